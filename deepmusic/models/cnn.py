"""The 2D CNN of the paper, section 4.3: the window as a photograph."""

import keras
from keras import layers

from deepmusic.config import ModelConfig
from deepmusic.models.blocks import conv2d_block, genre_head, window_input


def build(config: ModelConfig) -> keras.Model:
    """Build five blocks [Conv2D -> ReLU -> MaxPool2D -> Dropout], Flatten, Dense, softmax.

    Parameters
    ----------
    config : ModelConfig
        One block for each of its ``filters``.

    Returns
    -------
    keras.Model
    """
    window, x = window_input(config)
    # === Convolutions over time and frequency ===
    x = layers.Reshape((*x.shape[1:], 1), name="one_channel")(x)
    for index, filters in enumerate(config.filters, start=1):
        x = conv2d_block(x, filters, index, config)
    # === Verdict ===
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(window, genre_head(x, config), name="cnn")
