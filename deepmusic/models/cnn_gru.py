"""The parallel CNN-GRU of the paper, section 4.1: two branches over one window.

As in the CRNN, the notebook's recurrence ran across mel bands; here it runs over time.
"""

import keras
from keras import layers

from deepmusic.config import ModelConfig
from deepmusic.models.blocks import conv2d_block, genre_head, window_input


def build(config: ModelConfig) -> keras.Model:
    """Return Conv2D blocks beside a bidirectional GRU, concatenated, then Dense and softmax."""
    window, levelled = window_input(config)
    image = layers.Reshape((*levelled.shape[1:], 1), name="one_channel")(levelled)
    # === Branch 1: convolutions over time and frequency ===
    x = image
    for index, filters in enumerate(config.filters, start=1):
        x = conv2d_block(x, filters, index, config)
    convolved = layers.Flatten(name="flatten")(x)
    # === Branch 2: a GRU over time, forwards and backwards, at half the resolution ===
    x = layers.MaxPooling2D(2, name="halve")(image)
    x = layers.Reshape(x.shape[1:3], name="drop_channel")(x)
    gru = layers.GRU(config.recurrent_units, name="gru")
    recurrent = layers.Bidirectional(gru, name="both_ways")(x)
    x = layers.Concatenate(name="both_branches")([convolved, recurrent])
    return keras.Model(window, genre_head(x, config), name="cnn_gru")
