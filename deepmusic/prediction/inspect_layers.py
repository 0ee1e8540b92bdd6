"""Layer activations of one window: filters of the CNN, states of the CRNN and of the CNN-GRU.

What is shown are outputs of the exported networks (`deepmusic.prediction.network`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepmusic.audio.features import ClipLogMel
from deepmusic.config import ModelConfig
from deepmusic.errors import AudioError, ModelError
from deepmusic.prediction.classifier import Classifier, split_into_windows
from deepmusic.prediction.network import (
    BOTH_WAYS,
    BRANCH_PROBABILITIES,
    CONVOLUTION,
    PROBABILITIES,
    STATE_PROBABILITIES,
    STATES,
)

#: Patterns to which a filter of the first convolution responds: see `filter_kinds`.
KINDS = LEVEL, TIME, PITCH, SLANT = "loudness", "time edges", "pitch edges", "slants"

_AT_ONCE = 20


def envelope(samples: np.ndarray, n_segments: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest sample of each of `n_segments` parts, for a waveform.

    Samples are mono, at least one; of fewer samples than segments come as many segments.
    """
    n_segments = min(n_segments, len(samples))
    edges = np.linspace(0, len(samples), n_segments, endpoint=False).astype(int)
    return np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)


@dataclass(frozen=True)
class Window:
    """The few seconds that a network reads at once."""

    start: float  #: in the song, in s
    seconds: float  #: length
    log_mel: np.ndarray  #: [shape=(n_mels, n_frames)], uint8, as the network reads it


def list_windows(log_mels: Sequence[ClipLogMel], config: ModelConfig) -> list[Window]:
    """Return the windows of a song that a network predicts, in order of time."""
    windows = split_into_windows(log_mels, config)
    return [
        Window(start, config.window_seconds, frames)
        for start, frames in zip(windows.starts.tolist(), windows.frames, strict=True)
    ]


def find_window(windows: Sequence[Window], start: float) -> Window:
    """Return the window that begins nearest to `start` (in s); raise `AudioError` without any."""
    if not windows:
        raise AudioError("This clip is too quiet for any window. Choose another clip.")
    return min(windows, key=lambda window: abs(window.start - start))


def activations(classifier: Classifier, log_mel: np.ndarray, output: str) -> np.ndarray:
    """Return an output of a classifier's network for one window.

    Parameters
    ----------
    classifier : Classifier
        The network.
    log_mel : np.ndarray [shape=(n_mels, n_frames)]
        The window, from 0 to 255.
    output : str
        Name of the output, such as ``conv_1``.

    Returns
    -------
    np.ndarray
        For ``conv_1`` of the CNN [shape=(n_frames, n_mels, n_filters)].

    Raises
    ------
    ModelError
        If the network has no output of this name.
    """
    return classifier.network.run(log_mel[None], [output])[0][0]


def mean_activations(classifier: Classifier, frames: np.ndarray, output: str) -> np.ndarray:
    """Return how much windows excite each map of a layer: the mean of the map over a window.

    Parameters
    ----------
    classifier : Classifier
        The network.
    frames : np.ndarray [shape=(n_windows, n_mels, n_frames)]
        The windows, from 0 to 255.
    output : str
        Name of the output, whose last axis are its maps, or its units.

    Returns
    -------
    np.ndarray [shape=(n_windows, n_maps)]

    Raises
    ------
    ModelError
        If the network has no output of this name.
    """
    # Few at once: the first convolution's output is 25 times its window.
    parts = np.split(frames, range(_AT_ONCE, len(frames), _AT_ONCE))
    outputs = (classifier.network.run(part, [output])[0] for part in parts)
    return np.concatenate(
        [found.reshape(len(found), -1, found.shape[-1]).mean(axis=1) for found in outputs]
    )


def most_exciting(activity: Sequence[float], clips: Sequence[int], count: int = 3) -> list[int]:
    """Return the windows that excite a map most, at most one a clip, strongest first.

    Parameters
    ----------
    activity : sequence of float
        Of each window. Those of no activity are left out.
    clips : sequence of int
        Number of the clip that each window is of.
    count : int
        How many are wanted.

    Returns
    -------
    list of int
        Numbers of windows.
    """
    found: dict[int, int] = {}
    for window in np.argsort(-np.asarray(activity), kind="stable").tolist():
        if activity[window] > 0 and len(found) < count:
            found.setdefault(clips[window], window)
    return list(found.values())


def filter_kinds(kernel: np.ndarray) -> list[str]:
    """Return the pattern to which each filter of a 2D convolution mostly responds, one of `KINDS`.

    A kernel is the sum of four uncorrelated patterns, as in a two-way analysis of variance: its
    mean; what differs between its rows; between its columns; and the rest. The one with most of
    the energy names it.

    Parameters
    ----------
    kernel : np.ndarray [shape=(time, pitch, 1, n_filters)]
        Weights of a layer such as ``conv_1`` of the CNN, which reads time first.
    """
    weights = np.moveaxis(kernel[:, :, 0, :], -1, 0)
    level = weights.mean(axis=(1, 2), keepdims=True)
    over_time = weights.mean(axis=2, keepdims=True) - level
    over_pitch = weights.mean(axis=1, keepdims=True) - level
    rest = weights - level - over_time - over_pitch
    energy = [
        np.square(np.broadcast_to(pattern, weights.shape)).sum(axis=(1, 2))
        for pattern in (level, over_time, over_pitch, rest)
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
        What the network would predict if the window ended there; at last, its prediction.
    """

    states: np.ndarray
    probabilities: np.ndarray


def lstm_states(classifier: Classifier, log_mel: np.ndarray) -> LstmStates:
    """Return the states of a network's LSTM over a window.

    Parameters
    ----------
    classifier : Classifier
        One whose LSTM alone feeds ``embedding`` and ``genres``, such as the CRNN.
    log_mel : np.ndarray [shape=(n_mels, n_frames)]
        The window, from 0 to 255.

    Raises
    ------
    ModelError
        If the network has no LSTM.
    """
    states, probabilities = classifier.network.run(log_mel[None], [STATES, STATE_PROBABILITIES])
    return LstmStates(states[0], probabilities[0])


@dataclass(frozen=True)
class BranchStates:
    """What the two branches of the CNN-GRU compute from one window.

    Attributes
    ----------
    forwards, backwards : np.ndarray [shape=(n_steps, n_units)]
        States of the GRU in order of time, from -1 to 1; the latter reads from the end, so that its
        first row is its last state.
    convolution, recurrence, joined : np.ndarray [shape=(n_genres,)]
        Probabilities by the convolutions alone (the GRU's numbers set to zero), by the GRU alone,
        and by the network.
    """

    forwards: np.ndarray
    backwards: np.ndarray
    convolution: np.ndarray
    recurrence: np.ndarray
    joined: np.ndarray


def branch_states(classifier: Classifier, log_mel: np.ndarray) -> BranchStates:
    """Return what the branches of a CNN-GRU compute from a window [shape=(n_mels, n_frames)].

    Raises
    ------
    ModelError
        If the network has no such branches, or was exported before they were looked at.
    """
    wanted = [BOTH_WAYS, BRANCH_PROBABILITIES, PROBABILITIES]
    states, alone, joined = (found[0] for found in classifier.network.run(log_mel[None], wanted))
    forwards, backwards = np.split(states, 2, axis=1)
    convolution, recurrence = alone
    return BranchStates(forwards, backwards, convolution, recurrence, joined)


@dataclass(frozen=True)
class LayerActivations:
    """One window seen from inside: the CNN's first convolution and the CRNN's LSTM.

    Attributes
    ----------
    filter_kinds : list of str
        Of the first convolution's filters, in order of `KINDS`.
    channels : list of int
        Where these filters stand in the layer.
    kernels : np.ndarray [shape=(n_filters, time, pitch)]
        Weights of these filters.
    filter_outputs : np.ndarray [shape=(n_filters, n_frames, n_mels)]
        Outputs of these filters.
    lstm : LstmStates
        Of the CRNN.
    """

    filter_kinds: list[str]
    channels: list[int]
    kernels: np.ndarray
    filter_outputs: np.ndarray
    lstm: LstmStates


def layer_activations(
    cnn: Classifier, crnn: Classifier, windows: Mapping[str, np.ndarray]
) -> LayerActivations:
    """Return what two classifiers compute from a window.

    Parameters
    ----------
    cnn, crnn : Classifier
        The networks.
    windows : mapping of str to np.ndarray [shape=(n_mels, n_frames)]
        The window under ``cnn`` and ``crnn``, by each network's front end.

    Raises
    ------
    ModelError
        If the first has no 2D convolution, or the second no LSTM.
    """
    outputs = activations(cnn, windows["cnn"], CONVOLUTION)
    if cnn.network.kernel is None:
        raise ModelError(f"The first network needs a 2D convolution. Received: {cnn.name}")
    kinds = filter_kinds(cnn.network.kernel)
    lstm = lstm_states(crnn, windows["crnn"])
    order = sorted(range(len(kinds)), key=lambda index: KINDS.index(kinds[index]))
    return LayerActivations(
        [kinds[index] for index in order],
        order,
        np.moveaxis(cnn.network.kernel[:, :, 0, :], -1, 0)[order],
        np.moveaxis(outputs, -1, 0)[order],
        lstm,
    )
