"""musicnn: a network that was trained to tag 200,000 songs, as a frozen trunk for genres.

Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging",
late-breaking demo, ISMIR 2019; the architecture is that of Pons et al., "End-to-end learning for
music audio tagging at scale", ISMIR 2018. Its weights (ISC licence, assets/musicnn/LICENSE) are
those of the checkpoint MSD_musicnn, trained on the Million Song Dataset with 50 tags of Last.fm,
brought over by tools/convert_musicnn.py.
"""

from keras import KerasTensor, Model, layers, ops

from deepmusic.models.tags import TAGS

N_MELS = 96

#: Batch normalisation stands behind the activation, with TensorFlow 1's epsilon.
_EPSILON = 1e-3


class PadTime(layers.Layer):
    """Layer that adds three silent frames on either side [batch, frames, bands, channels]."""

    def call(self, x: KerasTensor) -> KerasTensor:
        return ops.pad(x, [[0, 0], [3, 3], [0, 0], [0, 0]])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, frames, *rest = input_shape
        return (batch, None if frames is None else frames + 6, *rest)


class MaxOverBands(layers.Layer):
    """Layer that keeps the maximum over all bands [batch, frames, channels]."""

    def call(self, x: KerasTensor) -> KerasTensor:
        return ops.max(x, axis=2)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, frames, _, channels = input_shape
        return (batch, frames, channels)


class PoolTime(layers.Layer):
    """Layer that interleaves maximum and mean over time [batch, 2 * channels]."""

    def call(self, x: KerasTensor) -> KerasTensor:
        pooled = ops.stack([ops.max(x, axis=1), ops.mean(x, axis=1)], axis=2)
        return ops.reshape(pooled, (-1, 2 * x.shape[2]))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], 2 * (input_shape[2] or 0))


def build(n_frames: int | None = 187) -> Model:
    """Return musicnn with fresh weights.

    Parameters
    ----------
    n_frames : int or None
        Frames of an input; musicnn was trained with 187 (3.0 s). None takes any number.

    Returns
    -------
    keras.Model
        From log-mels [shape=(batch, n_frames, 96)] of `deepmusic.config.FRONT_ENDS` ``musicnn`` to
        an embedding [shape=(batch, 200)] and probabilities of `TAGS` [shape=(batch, 50)].
    """
    log_mel = layers.Input((n_frames, N_MELS), name="log_mel")
    embedding = embed(log_mel, n_frames)
    tags = layers.Dense(len(TAGS), activation="sigmoid", name="tags")(embedding)
    return Model(log_mel, [embedding, tags], name="musicnn")


def embed(log_mel: KerasTensor, n_frames: int | None) -> KerasTensor:
    """Return the embedding [shape=(batch, 200)] of log-mels, as of `build`."""
    x = layers.Reshape((-1 if n_frames is None else n_frames, N_MELS, 1), name="image")(log_mel)
    x = _norm(x, 0)
    padded = PadTime(name="pad_timbre")(x)
    front = [
        *(_convolve(padded, 204, (7, bands), "valid", i) for i, bands in ((0, 38), (1, 67))),
        *(_convolve(x, 51, (frames, 1), "same", i) for i, frames in ((2, 128), (3, 64), (4, 32))),
    ]
    front = layers.Concatenate(name="front")(
        [MaxOverBands(name=f"max_{i}")(branch) for i, branch in enumerate(front)]
    )
    middle: list[KerasTensor] = []
    for i in (5, 6, 7):
        source = middle[-1] if middle else front
        channels = source.shape[2]
        image = layers.Reshape((-1, channels, 1), name=f"image_{i}")(source)
        image = PadTime(name=f"pad_{i}")(image)
        found = _convolve(image, 64, (7, channels), "valid", i)
        found = MaxOverBands(name=f"max_{i}")(found)
        middle.append(layers.Add(name=f"add_{i}")([found, source]) if middle else found)
    pooled = PoolTime(name="pooled")(layers.Concatenate(name="features")([front, *middle]))
    x = layers.Dense(200, activation="relu", name="dense")(_norm(pooled, 9))
    return _norm(x, 10, name="embedding")


def _norm(x: KerasTensor, index: int, name: str | None = None) -> KerasTensor:
    return layers.BatchNormalization(epsilon=_EPSILON, name=name or f"norm_{index}")(x)


def _convolve(
    x: KerasTensor, filters: int, size: tuple[int, int], padding: str, index: int
) -> KerasTensor:
    x = layers.Conv2D(filters, size, padding=padding, activation="relu", name=f"conv_{index}")(x)
    return _norm(x, index + 1)
