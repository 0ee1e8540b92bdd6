"""From samples to the picture that a network reads: pure functions of arrays.

The steps (paper, section 3): mel-spectrogram -> dB below the loudest point -> scaled to bytes ->
every third frame or so -> windows. All of it is described by one `deepmusic.config.MelConfig`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.config import GTZAN_FRAMES, MelConfig
from deepmusic.errors import AudioError

if TYPE_CHECKING:
    import scipy.sparse


#: GTZAN's clips have 1290 to 1320 frames, and all of them are taken to 387 columns.
_GTZAN_FRAME_RANGE = range(1280, 1331)

#: Coefficients that `mfccs` returns.
N_MFCCS = 40


def mfccs(log_mel: np.ndarray) -> np.ndarray:
    """Return the first `N_MFCCS` coefficients [N_MFCCS, n_frames] of a log-mel in dB."""
    from scipy.fft import dct

    return dct(log_mel.astype(np.float64), axis=0, norm="ortho")[:N_MFCCS]


def log_mel(y: np.ndarray, mel: MelConfig) -> np.ndarray:
    """Compute the mel-spectrogram in dB (paper, section 3).

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
        Mono samples at ``mel.sample_rate``.
    mel : MelConfig
        Front end.

    Returns
    -------
    np.ndarray [shape=(n_mels, n_frames)], float32
        In dB; -100 dB is the floor. `below_loudest` gives the paper's scale.

    Raises
    ------
    AudioError
        If `y` is not a non-empty one-dimensional array.
    """
    # librosa takes a second to import; only those who compute features pay for it.
    import librosa

    if y.ndim != 1 or y.size == 0:
        raise AudioError(f"y.shape={y.shape} must be one channel with at least one sample.")
    spectrum = librosa.stft(y, n_fft=mel.n_fft, hop_length=mel.hop_length)
    power = _mel_filters(mel) @ (spectrum.real**2 + spectrum.imag**2)
    return librosa.power_to_db(power, ref=1.0, top_db=None).astype(np.float32, copy=False)


@cache
def _mel_filters(mel: MelConfig) -> "scipy.sparse.csr_array":
    """Return librosa's mel filters [n_mels, n_fft // 2 + 1], nearly all of which is zero.

    Times them, a sparse product does a fortieth of a dense one's work, in one thread: while other
    work keeps all cores busy, the threads of a dense product wait 0.1 s and more for each other.
    """
    import librosa
    import scipy.sparse

    filters = librosa.filters.mel(sr=mel.sample_rate, n_fft=mel.n_fft, n_mels=mel.n_mels)
    return scipy.sparse.csr_array(filters)


def empty_bands(mel: MelConfig) -> int:
    """Return how many mel bands are so narrow that no frequency of the spectrum lies in them."""
    return int((np.diff(_mel_filters(mel).indptr) == 0).sum())


def below_loudest(decibels: np.ndarray, mel: MelConfig) -> np.ndarray:
    """Express a clip in dB below its own loudest point, no lower than ``-mel.top_db``.

    Parameters
    ----------
    decibels : np.ndarray [shape=(n_mels, n_frames)]
        What `log_mel` returned.
    mel : MelConfig
        Front end.

    Returns
    -------
    np.ndarray [shape=(n_mels, n_frames)]
        From ``-mel.top_db`` to 0.
    """
    return np.maximum(decibels - decibels.max(), -mel.top_db)


def to_bytes(decibels: np.ndarray) -> np.ndarray:
    """Scale a picture in dB so that its own minimum is 0 and its maximum is 255.

    Parameters
    ----------
    decibels : np.ndarray [shape=(n_mels, n_frames)]
        What `below_loudest` returned.

    Returns
    -------
    np.ndarray [shape=(n_mels, n_frames)], uint8
        All zeros if the picture is flat.
    """
    low, high = float(decibels.min()), float(decibels.max())
    if high <= low:
        return np.zeros(decibels.shape, dtype=np.uint8)
    return np.rint((decibels - low) * (255.0 / (high - low))).astype(np.uint8)


def frame_spacing(n_frames: int, mel: MelConfig) -> tuple[int, float]:
    """Say how many columns a clip gives, and how many frames lie between two of them.

    The spacing is a hair off ``mel.frame_step``, so that the columns cover the clip evenly.

    Parameters
    ----------
    n_frames : int
        Frames of the whole spectrogram of a clip.
    mel : MelConfig
        Front end; ``frame_step`` is the spacing of a GTZAN clip's columns.

    Returns
    -------
    (int, float)
        Number of columns and spacing. A clip of GTZAN's length gives 387 with `compact`.
    """
    if mel.frame_step == 1:
        return n_frames, 1.0
    usual = GTZAN_FRAMES if n_frames in _GTZAN_FRAME_RANGE else n_frames
    # 0.4, not 0.5, lets 3.0 s of sound (130 frames) fill a window of 39 columns.
    n_columns = max(0, round(usual / mel.frame_step - 0.4))
    return n_columns, n_frames / (n_columns + 0.5)


def kept_frames(n_frames: int, mel: MelConfig) -> np.ndarray:
    """Choose the frames that become columns: ``floor((j + 0.5) * spacing)``.

    Parameters
    ----------
    n_frames, mel
        As in `frame_spacing`.

    Returns
    -------
    np.ndarray [shape=(n_columns,)], int64
        Increasing frame numbers.
    """
    n_columns, spacing = frame_spacing(n_frames, mel)
    # With a spacing of 1 the half frame is no offset: floor(j + 0.5) is j.
    return np.floor((np.arange(n_columns) + 0.5) * spacing).astype(np.int64)


def network_input(decibels: np.ndarray, mel: MelConfig) -> np.ndarray:
    """Turn one clip's spectrogram into what a network reads.

    Parameters
    ----------
    decibels : np.ndarray [shape=(n_mels, n_frames)]
        What `log_mel` returned for the clip.
    mel : MelConfig
        Front end.

    Returns
    -------
    np.ndarray [shape=(n_mels, n_columns)], uint8
    """
    scaled = to_bytes(below_loudest(decibels, mel))
    return np.ascontiguousarray(scaled[:, kept_frames(decibels.shape[1], mel)])


def window_starts(n_columns: int, window_frames: int, overlap: float = 0.5) -> np.ndarray:
    """Place windows evenly over a clip, from its first column to its last.

    Parameters
    ----------
    n_columns : int
        Columns of the clip.
    window_frames : int
        Columns of a window.
    overlap : float
        Least share that neighbours have in common.

    Returns
    -------
    np.ndarray [shape=(n_windows,)], int64
        First column of each window; empty if the clip is shorter than a window.
    """
    room = n_columns - window_frames
    if room < 0:
        return np.zeros(0, dtype=np.int64)
    step = max(1, int(window_frames * (1 - overlap)))
    n_windows = -(-room // step) + 1
    return np.rint(np.linspace(0, room, n_windows)).astype(np.int64)


def windows(clip: np.ndarray, window_frames: int, overlap: float = 0.5) -> np.ndarray:
    """Cut a clip's picture into windows, all at once.

    Parameters
    ----------
    clip : np.ndarray [shape=(n_mels, n_columns)]
        What `network_input` returned.
    window_frames, overlap
        As in `window_starts`.

    Returns
    -------
    np.ndarray [shape=(n_windows, n_mels, window_frames)], same type
    """
    starts = window_starts(clip.shape[1], window_frames, overlap)
    if starts.size == 0:
        return np.zeros((0, clip.shape[0], window_frames), dtype=clip.dtype)
    every = np.lib.stride_tricks.sliding_window_view(clip, window_frames, axis=1)
    return every[:, starts].transpose(1, 0, 2)


def clip_bounds(n_samples: int, mel: MelConfig) -> list[tuple[int, int]]:
    """Cut a song into clips of 30 s, as GTZAN's are.

    A rest shorter than half a clip joins the clip before it, so that no clip is a scrap with a dB
    reference of its own (and GTZAN's clips, of 29.9 to 30.7 s, stay whole).

    Parameters
    ----------
    n_samples : int
        Length of the song at ``mel.sample_rate``.
    mel : MelConfig
        Front end.

    Returns
    -------
    list of (int, int)
        First sample and end of each clip.
    """
    length = round(mel.clip_seconds * mel.sample_rate)
    n_clips = max(1, int(n_samples / length + 0.5))
    starts = [index * length for index in range(n_clips)]
    return list(zip(starts, [*starts[1:], n_samples], strict=True))


@dataclass(frozen=True)
class ClipLogMel:
    """Log-mel of one clip of a song, in dB and as networks read it.

    Attributes
    ----------
    start : float
        Where it begins in the song, in s.
    decibels : np.ndarray [shape=(n_mels, n_frames)], float32
        What `log_mel` returned: all frames, for people to look at.
    frames : np.ndarray [shape=(n_mels, n_kept)], uint8
        What `network_input` returned: what a network reads. None at all where the clip is silent.
    seconds_per_frame : float
        Time between two of those frames.
    """

    start: float
    decibels: np.ndarray
    frames: np.ndarray
    seconds_per_frame: float


def clip_log_mels(
    samples: np.ndarray, mel: MelConfig, *, is_silent: Callable[[np.ndarray], bool]
) -> Iterator[ClipLogMel]:
    """Compute the log-mel of a song clip by clip, so that a caller can show how far it is.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)], float32
        Mono samples at ``mel.sample_rate``.
    mel : MelConfig
        Front end.
    is_silent : callable
        Tells of a clip's samples whether there is nothing to hear. Scaling silence to full range
        would show a network noise, so a silent clip gets no columns.

    Yields
    ------
    ClipLogMel
        One for each of `clip_bounds`.
    """
    for start, stop in clip_bounds(len(samples), mel):
        clip = samples[start:stop]
        decibels = log_mel(clip, mel)
        columns = network_input(decibels, mel)
        _, spacing = frame_spacing(decibels.shape[1], mel)
        seconds_per_frame = spacing * mel.hop_length / mel.sample_rate
        if is_silent(clip):
            columns = columns[:, :0]
        yield ClipLogMel(start / mel.sample_rate, decibels, columns, seconds_per_frame)
