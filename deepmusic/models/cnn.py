"""The 2D CNN of the paper, section 4.3: convolutions over time and frequency."""

import keras
from keras import layers

from deepmusic.config import ModelConfig
from deepmusic.models.blocks import conv2d_block, genre_head, window_input


def build(config: ModelConfig) -> keras.Model:
    """Return blocks [Conv2D -> ReLU -> MaxPool2D -> Dropout], Flatten, Dense, softmax."""
    window, x = window_input(config)
    x = layers.Reshape((*x.shape[1:], 1), name="one_channel")(x)
    for index, filters in enumerate(config.filters, start=1):
        x = conv2d_block(x, filters, index, config)
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(window, genre_head(x, config), name="cnn")
