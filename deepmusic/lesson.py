"""From sound to verdict, step by step: what a network makes of one window, layer by layer.

Layers are found by their names, so that a network may gain others between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepmusic import features
from deepmusic.config import ModelConfig
from deepmusic.errors import AudioError, ModelError
from deepmusic.features import ClipPicture

if TYPE_CHECKING:
    import keras

#: What a filter of the first convolution can be after, in words: see `filter_kinds`.
LEVEL, TIME, PITCH, SLANT = "loudness", "time edges", "pitch edges", "slants"
KINDS = (LEVEL, TIME, PITCH, SLANT)

#: Layers of `deepmusic.models` that the lesson looks into.
FIRST_CONVOLUTION, MEMORY = "conv_1", "lstm"


def envelope(samples: np.ndarray, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the lowest and the highest sample of each of `n_columns` stretches, for a waveform.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        Mono, at least one.
    n_columns : int
        At least 1; fewer stretches come back where there are fewer samples.

    Returns
    -------
    (np.ndarray, np.ndarray) [shape=(n_columns,)]
        Lowest and highest.
    """
    n_columns = min(n_columns, len(samples))
    edges = np.linspace(0, len(samples), n_columns, endpoint=False).astype(int)
    return np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)


@dataclass(frozen=True)
class Window:
    """The few seconds that a network reads at once.

    Attributes
    ----------
    start, seconds : float
        Where it begins in the song and how long it lasts, in s.
    picture : np.ndarray [shape=(n_mels, n_columns)], uint8
        Its mel-spectrogram, as the network reads it.
    """

    start: float
    seconds: float
    picture: np.ndarray


def cut_windows(pictures: Sequence[ClipPicture], config: ModelConfig) -> list[Window]:
    """Cut a song into the windows that a network is asked about.

    Parameters
    ----------
    pictures : sequence of ClipPicture
        Of the network's front end.
    config : ModelConfig
        Of the network.

    Returns
    -------
    list of Window
        In the order of time; those of `deepmusic.prediction.Prediction`.
    """
    width = config.window_columns
    return [
        Window(clip.start + first * clip.seconds_per_column, config.window_seconds, picture)
        for clip in pictures
        for first, picture in zip(
            features.window_starts(clip.columns.shape[1], width),
            features.windows(clip.columns, width),
            strict=True,
        )
    ]


def find_window(windows: Sequence[Window], start: float) -> Window:
    """Return the window that begins nearest to `start` (in s); raise `AudioError` without any."""
    if not windows:
        raise AudioError("No window of this clip has anything to hear. Choose another clip.")
    return min(windows, key=lambda window: abs(window.start - start))


def activations(network: "keras.Model", picture: np.ndarray, layer: str) -> np.ndarray:
    """Return what a layer gives for one window.

    Parameters
    ----------
    network : keras.Model
        As `deepmusic.models.build` makes it.
    picture : np.ndarray [shape=(n_mels, n_columns)]
        The window, from 0 to 255.
    layer : str
        Name of the layer, such as ``conv_1``.

    Returns
    -------
    np.ndarray
        Of the layer's output shape; for ``conv_1`` of the CNN [columns, n_mels, n_filters].

    Raises
    ------
    ModelError
        If the network has no layer of this name.
    """
    import keras

    part = keras.Model(network.input, _layer(network, layer).output)
    return np.asarray(part(picture[None].astype(np.float32), training=False))[0]


def kernel(network: "keras.Model", layer: str) -> np.ndarray:
    """Return the weights of a convolution; raise `ModelError` if there is no such layer."""
    return np.asarray(_layer(network, layer).kernel)


def filter_kinds(kernel: np.ndarray) -> list[str]:
    """Say what each filter of a 2D convolution is mostly after.

    A kernel is the sum of four patterns that have nothing in common, as in a two-way analysis of
    variance: its mean; what differs between its rows; between its columns; and the rest. The one
    that holds most of its energy names it.

    Parameters
    ----------
    kernel : np.ndarray [shape=(time, pitch, 1, n_filters)]
        Weights of a layer such as ``conv_1`` of the CNN, which reads time first.

    Returns
    -------
    list of str
        For each filter `LEVEL`, `TIME`, `PITCH` or `SLANT`.
    """
    weights = np.moveaxis(kernel[:, :, 0, :], -1, 0)
    level = weights.mean(axis=(1, 2), keepdims=True)
    over_time = weights.mean(axis=2, keepdims=True) - level
    over_pitch = weights.mean(axis=1, keepdims=True) - level
    rest = weights - level - over_time - over_pitch
    patterns = (level, over_time, over_pitch, rest)
    energy = [
        np.square(np.broadcast_to(pattern, weights.shape)).sum(axis=(1, 2)) for pattern in patterns
    ]
    return [KINDS[index] for index in np.argmax(energy, axis=0)]


@dataclass(frozen=True)
class Memory:
    """What a recurrent layer holds after each of its steps through a window.

    Attributes
    ----------
    states : np.ndarray [shape=(n_steps, n_units)]
        From -1 to 1.
    guesses : np.ndarray [shape=(n_steps, n_genres)]
        Probabilities that the network would state if the window ended there.
    """

    states: np.ndarray
    guesses: np.ndarray


def remember(network: "keras.Model", picture: np.ndarray, layer: str = MEMORY) -> Memory:
    """Let a network's recurrent layer read a window, and keep its state after every step.

    Parameters
    ----------
    network : keras.Model
        One whose recurrent layer alone feeds ``embedding`` and ``genres``, such as the CRNN.
    picture : np.ndarray [shape=(n_mels, n_columns)]
        The window, from 0 to 255.
    layer : str
        Name of the recurrent layer.

    Returns
    -------
    Memory
        Its last guess is what the network says of the window.

    Raises
    ------
    ModelError
        If the network has no layer of this name.
    """
    import keras

    recurrent = _layer(network, layer)
    heard = keras.Model(network.input, recurrent.input)(
        picture[None].astype(np.float32), training=False
    )
    # The same cell, and so the same weights; only that it tells its state at every step.
    states = keras.layers.RNN(recurrent.cell, return_sequences=True)(heard, training=False)[0]
    guesses = _layer(network, "genres")(_layer(network, "embedding")(states))
    return Memory(np.asarray(states), np.asarray(guesses))


def _layer(network: "keras.Model", name: str) -> "keras.layers.Layer":
    try:
        return network.get_layer(name)
    except ValueError:
        raise ModelError(
            f"The network {network.name} has no layer {name!r}. "
            f"Choose one of: {', '.join(layer.name for layer in network.layers)}."
        ) from None
