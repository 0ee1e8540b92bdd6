"""The CRNN of the paper, section 4.2: convolutions over time, then an LSTM.

The paper's notebook fed (mel, time) where Keras expects (steps, features), so that both ran across
mel bands. Here both run over time, as the paper's text says.
"""

import keras
from keras import layers

from deepmusic.config import ModelConfig
from deepmusic.errors import ModelError
from deepmusic.models.blocks import genre_head, normalize, window_input


def build(config: ModelConfig) -> keras.Model:
    """Return blocks [Conv1D -> BatchNorm -> ReLU -> MaxPool1D -> Dropout], LSTM, Dense, softmax.

    Raises `ModelError` if the pools leave the LSTM nothing to read.
    """
    if config.window_frames < 2 ** len(config.filters):
        raise ModelError(
            f"{len(config.filters)} pools leave the LSTM no step. Use fewer filters or more "
            f"frames. Received: window_frames={config.window_frames}"
        )
    window, x = window_input(config)
    # Steps are frames, features are mel bands.
    for index, filters in enumerate(config.filters, start=1):
        x = layers.Conv1D(
            filters, config.kernel_size, padding="same", use_bias=False, name=f"conv_{index}"
        )(x)
        x = normalize(x, f"norm_{index}", config)
        x = layers.ReLU(name=f"relu_{index}")(x)
        x = layers.MaxPooling1D(2, name=f"pool_{index}")(x)
        x = layers.Dropout(config.block_dropout, name=f"dropout_{index}")(x)
    x = layers.LSTM(config.recurrent_units, name="lstm")(x)
    return keras.Model(window, genre_head(x, config), name="crnn")
