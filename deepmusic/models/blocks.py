"""Blocks that the three networks share: input, convolution, and output of genres."""

from keras import KerasTensor, layers, ops, regularizers

from deepmusic.config import ModelConfig
from deepmusic.errors import ModelError


class SubtractMean(layers.Layer):
    """Layer that subtracts from every feature its mean over the steps [batch, steps, features]."""

    def call(self, steps: KerasTensor) -> KerasTensor:
        return steps - ops.mean(steps, axis=1, keepdims=True)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


def window_input(config: ModelConfig) -> tuple[KerasTensor, KerasTensor]:
    """Return the input [shape=(n_mels, n_frames)], and the window normalised and turned.

    The latter has the shape [shape=(n_frames, n_mels)].

    Batch normalisation of each band stands where others subtract a dataset's mean: it is learnt
    with the weights and travels with them. With ``level_window``, each window's own mean of every
    band is subtracted before, as speech recognisers do with cepstra (Atal, JASA 55, 1974): the
    spectral envelope of mix, microphone and loudness is a constant in dB, and goes.
    """
    window = layers.Input((config.mel.n_mels, config.window_frames), name="window")
    x = layers.Rescaling(1 / 255, name="unit_range")(window)
    x = layers.Permute((2, 1), name="time_first")(x)
    if config.level_window:
        x = SubtractMean(name="subtract_band_means")(x)
    return window, normalize(x, "level_bands", config)


def normalize(x: KerasTensor, name: str, config: ModelConfig) -> KerasTensor:
    """Return batch normalisation, or `x` itself where the network shall have none."""
    if not config.normalize:
        return x
    return layers.BatchNormalization(momentum=config.norm_momentum, name=name)(x)


def conv2d_block(x: KerasTensor, filters: int, index: int, config: ModelConfig) -> KerasTensor:
    """Return Conv2D -> ReLU -> MaxPool2D -> normalise -> Dropout (paper, sections 4.1 and 4.3).

    Normalising after the pool instead of before it costs a quarter and trains as well.
    """
    if min(x.shape[1:3]) < 2:
        raise ModelError(
            f"{len(config.filters)} blocks halve a window of {2 ** len(config.filters)} frames at "
            f"least. Use fewer filters or more frames. Received: window_frames="
            f"{config.window_frames}"
        )
    x = layers.Conv2D(
        filters, config.kernel_size, padding="same", activation="relu", name=f"conv_{index}"
    )(x)
    x = layers.MaxPooling2D(2, name=f"pool_{index}")(x)
    x = normalize(x, f"norm_{index}", config)
    return layers.Dropout(config.block_dropout, name=f"dropout_{index}")(x)


def genre_head(x: KerasTensor, config: ModelConfig) -> KerasTensor:
    """Return Dense -> softmax over the genres, with dropout around the dense layer."""
    penalty = regularizers.L2(config.l2) if config.l2 else None
    x = layers.Dropout(config.head_dropout, name="dropout_features")(x)
    x = layers.Dense(
        config.dense_units, activation="relu", kernel_regularizer=penalty, name="embedding"
    )(x)
    x = layers.Dropout(config.head_dropout, name="dropout_embedding")(x)
    return layers.Dense(
        len(config.genres), activation="softmax", kernel_regularizer=penalty, name="genres"
    )(x)
