"""Layer activations of one window: filter outputs of the CNN, states of the CRNN's LSTM.

Layers are found by their names, so that a network may gain others between them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.audio import features
from deepmusic.audio.features import ClipLogMel
from deepmusic.config import ModelConfig
from deepmusic.errors import AudioError, ModelError

if TYPE_CHECKING:
    import keras

    from deepmusic.prediction import Classifier


#: What a filter of the first convolution responds to: see `filter_kinds`.
LEVEL, TIME, PITCH, SLANT = "loudness", "time edges", "pitch edges", "slants"

KINDS = (LEVEL, TIME, PITCH, SLANT)

#: Names of layers of `deepmusic.models`.
FIRST_CONVOLUTION, LSTM = "conv_1", "lstm"


def envelope(samples: np.ndarray, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest sample of each of `n_columns` segments, for a waveform.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        Mono, at least one.
    n_columns : int
        At least 1; fewer segments come back where there are fewer samples.

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
    log_mel : np.ndarray [shape=(n_mels, n_frames)], uint8
        As the network reads it.
    """

    start: float
    seconds: float
    log_mel: np.ndarray


def split_into_windows(clips: Sequence[ClipLogMel], config: ModelConfig) -> list[Window]:
    """Split a song into the windows that a network predicts.

    Parameters
    ----------
    clips : sequence of ClipLogMel
        Log-mels of the network's front end.
    config : ModelConfig
        Of the network.

    Returns
    -------
    list of Window
        In the order of time; those of `deepmusic.prediction.Prediction`.
    """
    width = config.window_frames
    return [
        Window(clip.start + first * clip.seconds_per_frame, config.window_seconds, log_mel)
        for clip in clips
        for first, log_mel in zip(
            features.window_starts(clip.frames.shape[1], width),
            features.windows(clip.frames, width),
            strict=True,
        )
    ]


def find_window(windows: Sequence[Window], start: float) -> Window:
    """Return the window that begins nearest to `start` (in s); raise `AudioError` without any."""
    if not windows:
        raise AudioError("No window of this clip has anything to hear. Choose another clip.")
    return min(windows, key=lambda window: abs(window.start - start))


def activations(network: "keras.Model", log_mel: np.ndarray, layer: str) -> np.ndarray:
    """Return a layer's output for one window.

    Parameters
    ----------
    network : keras.Model
        As `deepmusic.models.build` makes it.
    log_mel : np.ndarray [shape=(n_mels, n_frames)]
        The window, from 0 to 255.
    layer : str
        Name of the layer, such as ``conv_1``.

    Returns
    -------
    np.ndarray
        Of the layer's output shape; for ``conv_1`` of the CNN [n_frames, n_mels, n_filters].

    Raises
    ------
    ModelError
        If the network has no layer of this name.
    """
    import keras

    part = keras.Model(network.input, _layer(network, layer).output)
    return np.asarray(part(log_mel[None].astype(np.float32), training=False))[0]


def kernel(network: "keras.Model", layer: str) -> np.ndarray:
    """Return the weights of a convolution; raise `ModelError` if there is no such layer."""
    return np.asarray(_layer(network, layer).kernel)


def filter_kinds(kernel: np.ndarray) -> list[str]:
    """Name the pattern that each filter of a 2D convolution mostly responds to.

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
class LstmStates:
    """State of an LSTM after each of its steps through a window.

    Attributes
    ----------
    states : np.ndarray [shape=(n_steps, n_units)]
        From -1 to 1.
    probabilities : np.ndarray [shape=(n_steps, n_genres)]
        What the network would predict if the window ended there.
    """

    states: np.ndarray
    probabilities: np.ndarray


def lstm_states(network: "keras.Model", log_mel: np.ndarray, layer: str = LSTM) -> LstmStates:
    """Return the state of a network's LSTM after every step of a window.

    Parameters
    ----------
    network : keras.Model
        One whose LSTM alone feeds ``embedding`` and ``genres``, such as the CRNN.
    log_mel : np.ndarray [shape=(n_mels, n_frames)]
        The window, from 0 to 255.
    layer : str
        Name of the LSTM.

    Returns
    -------
    LstmStates
        Its last row of probabilities is the network's prediction.

    Raises
    ------
    ModelError
        If the network has no layer of this name.
    """
    import keras

    lstm = _layer(network, layer)
    steps = keras.Model(network.input, lstm.input)(log_mel[None].astype(np.float32), training=False)
    # The same cell, and so the same weights; only that it returns its state at every step.
    states = keras.layers.RNN(lstm.cell, return_sequences=True)(steps, training=False)[0]
    probabilities = _layer(network, "genres")(_layer(network, "embedding")(states))
    return LstmStates(np.asarray(states), np.asarray(probabilities))


@dataclass(frozen=True)
class LayerActivations:
    """One window seen from inside: the CNN's first convolution and the CRNN's LSTM.

    Attributes
    ----------
    filter_kinds : list of str
        What each filter of the first convolution is after, one of `KINDS`; in their order.
    filter_outputs : np.ndarray [shape=(n_filters, n_frames, n_mels)]
        What each filter gives.
    lstm : LstmStates
        Of the CRNN.
    """

    filter_kinds: list[str]
    filter_outputs: np.ndarray
    lstm: LstmStates


def layer_activations(
    cnn: "Classifier", crnn: "Classifier", windows: Mapping[str, np.ndarray]
) -> LayerActivations:
    """Look into two classifiers while they read a window; safe beside other threads.

    Parameters
    ----------
    cnn, crnn : Classifier
        The networks.
    windows : mapping of str to np.ndarray [shape=(n_mels, n_frames)]
        The window under ``cnn`` and ``crnn``, as each network's front end gives it.
    """
    with cnn.locked_network() as network:
        outputs = activations(network, windows["cnn"], FIRST_CONVOLUTION)
        kinds = filter_kinds(kernel(network, FIRST_CONVOLUTION))
    with crnn.locked_network() as network:
        lstm = lstm_states(network, windows["crnn"])
    order = sorted(range(len(kinds)), key=lambda index: KINDS.index(kinds[index]))
    return LayerActivations(
        [kinds[index] for index in order], np.moveaxis(outputs, -1, 0)[order], lstm
    )


def _layer(network: "keras.Model", name: str) -> "keras.layers.Layer":
    try:
        return network.get_layer(name)
    except ValueError:
        raise ModelError(
            f"The network {network.name} has no layer {name!r}. "
            f"Choose one of: {', '.join(layer.name for layer in network.layers)}."
        ) from None
