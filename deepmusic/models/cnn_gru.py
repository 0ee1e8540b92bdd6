"""The parallel CNN-GRU of the paper, section 4.1: two readers of one window.

As in the CRNN, the notebook's recurrence ran across mel bands; here it runs over time.
"""

import keras
from keras import layers

from deepmusic.config import ModelConfig
from deepmusic.models.blocks import conv2d_block, genre_head, window_input


def build(config: ModelConfig) -> keras.Model:
    """Build four Conv2D blocks beside a bidirectional GRU, concatenate, Dense, softmax.

    Parameters
    ----------
    config : ModelConfig
        One block for each of its ``filters``; ``recurrent_units`` in each direction.

    Returns
    -------
    keras.Model
    """
    window, levelled = window_input(config)
    image = layers.Reshape((*levelled.shape[1:], 1), name="one_channel")(levelled)
    # === Branch 1: convolutions over time and frequency ===
    x = image
    for index, filters in enumerate(config.filters, start=1):
        x = conv2d_block(x, filters, index, config)
    seen = layers.Flatten(name="flatten")(x)
    # === Branch 2: a GRU reads the window forwards and backwards, at half its resolution ===
    x = layers.MaxPooling2D(2, name="halve")(image)
    x = layers.Reshape(x.shape[1:3], name="drop_channel")(x)
    heard = layers.Bidirectional(layers.GRU(config.recurrent_units, name="gru"), name="both_ways")(
        x
    )
    # === Verdict ===
    x = layers.Concatenate(name="both_branches")([seen, heard])
    return keras.Model(window, genre_head(x, config), name="cnn_gru")
