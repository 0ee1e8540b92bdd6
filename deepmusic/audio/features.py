"""Front end: log-mels of samples, and the windows of them that a network reads.

The steps (paper, section 3): mel-spectrogram -> dB below the loudest point -> scaled to bytes ->
every third frame or so -> windows. A `deepmusic.config.MelConfig` holds all their settings.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from deepmusic.audio.samples import let_go
from deepmusic.config import FRONT_ENDS, GTZAN_FRAMES, LARGEST_LOG_POWER, MelConfig
from deepmusic.errors import AudioError

#: GTZAN's clips have 1290 to 1320 frames, of each of which 387 are kept.
_GTZAN_FRAME_RANGE = range(1280, 1331)

#: Spacing of FMA's archive, whose frames end as far from the clip's end as they begin.
_FMA_STEP = FRONT_ENDS["fma"].frame_step

#: librosa's filters of the named front ends, by sample rate, FFT size and number of bands.
_STORED = Path(__file__).with_name("mel_filters.npz")

#: Frames transformed at once; more would leave the processor's cache.
_FRAMES_AT_ONCE = 64

#: Products that apply the filters.
_FILTER_GROUPS = 8

#: Floor of a power, as of `librosa.power_to_db`.
_SMALLEST_POWER = 1e-10

#: Coefficients that `mfccs` returns.
N_MFCCS = 40

#: Root mean square of `bring_to_level`: the median of GTZAN's clips, in dB of full scale.
LEVEL_DBFS = -18.6


def bring_to_level(y: np.ndarray) -> np.ndarray:
    """Return samples [shape=(n_samples,)] with a root mean square of `LEVEL_DBFS`; zeros stay."""
    level = float(np.sqrt(np.mean(y.astype(np.float64) ** 2))) or 1.0
    return y * np.float32(10 ** (LEVEL_DBFS / 20) / level)


def mfccs(log_mel: np.ndarray) -> np.ndarray:
    """Return the first `N_MFCCS` cepstral coefficients [N_MFCCS, n_frames] of a log-mel in dB."""
    from scipy.fft import dct

    return dct(log_mel.astype(np.float64), axis=0, norm="ortho")[:N_MFCCS]


def log_mel(y: np.ndarray, mel: MelConfig) -> np.ndarray:
    """Return the mel-spectrogram of samples in dB (paper, section 3), as librosa computes it.

    librosa's own takes more than a second to import and compile, for which no prediction should
    wait; tests hold this one to `librosa.feature.melspectrogram` and `librosa.power_to_db`.

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
    power = mel_power(y, mel)
    np.log10(np.maximum(power, _SMALLEST_POWER, out=power), out=power)
    power *= 10
    return power.T


def mel_power(y: np.ndarray, mel: MelConfig) -> np.ndarray:
    """Return the mel-spectrogram of samples as power [shape=(n_frames, n_mels)], float32.

    Parameters and errors as of `log_mel`.
    """
    if y.ndim != 1 or y.size == 0:
        raise AudioError(
            f"y must be one channel with at least one sample. Received: y.shape={y.shape}"
        )
    padded = np.pad(y, mel.n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, mel.n_fft)[:: mel.hop_length]
    # In double precision, as librosa's: it costs 5 % more, and keeps 80 dB of range exact.
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(mel.n_fft) / mel.n_fft)
    power = np.zeros((len(frames), mel.n_mels), np.float32)
    for start in range(0, len(frames), _FRAMES_AT_ONCE):
        block = slice(start, start + _FRAMES_AT_ONCE)
        spectrum = np.fft.rfft(frames[block] * window)
        energy = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        for bands, bins, filters in _filter_groups(mel):
            power[block, bands] = energy[:, bins] @ filters
    return power


@cache
def _filter_groups(mel: MelConfig) -> list[tuple[slice, slice, np.ndarray]]:
    """Return groups of neighbouring bands: bands, bins read, filters [shape=(n_bins, n_bands)].

    Nearly all of librosa's filters is zero. Products of small groups skip most of it, and stay in
    one thread, while threads of one large product wait for each other where all cores are busy.
    """
    filters = _mel_filters(mel)
    groups = []
    for bands in np.array_split(np.arange(mel.n_mels), _FILTER_GROUPS):
        bins = np.flatnonzero(filters[bands].any(axis=0))
        if bins.size:
            read = slice(bins[0], bins[-1] + 1)
            part = np.ascontiguousarray(filters[bands, read].T)
            groups.append((slice(bands[0], bands[-1] + 1), read, part))
    return groups


def _mel_filters(mel: MelConfig) -> np.ndarray:
    """Return librosa's mel filters [n_mels, n_fft // 2 + 1]; `_STORED` spares its import."""
    with np.load(_STORED) as stored:
        if (name := f"{mel.sample_rate}-{mel.n_fft}-{mel.n_mels}") in stored:
            return stored[name]
    import librosa

    return librosa.filters.mel(sr=mel.sample_rate, n_fft=mel.n_fft, n_mels=mel.n_mels)


def hz_to_mel(frequency: float) -> float:
    """Return a frequency in mel: linear up to 1 kHz, then logarithmic, as librosa's default."""
    if frequency < 1000:
        return frequency * 3 / 200
    return 15 + 27 * math.log(frequency / 1000) / math.log(6.4)


def mel_to_hz(mel: float) -> float:
    """Return a frequency of a pitch in mel; the inverse of `hz_to_mel`."""
    if mel < 15:
        return mel * 200 / 3
    return 1000 * math.exp((mel - 15) * math.log(6.4) / 27)


def empty_bands(mel: MelConfig) -> int:
    """Return how many mel bands are too narrow for any frequency of the spectrum."""
    return int((~_mel_filters(mel).any(axis=1)).sum())


def below_loudest(decibels: np.ndarray, mel: MelConfig) -> np.ndarray:
    """Return a clip's log-mel in dB below its own loudest point, from ``-mel.top_db`` to 0."""
    return np.maximum(decibels - decibels.max(), -mel.top_db)


def to_bytes(decibels: np.ndarray) -> np.ndarray:
    """Return a log-mel, uint8, scaled from its minimum (0) to its maximum (255); zeros if flat."""
    low, high = float(decibels.min()), float(decibels.max())
    if high <= low:
        return np.zeros(decibels.shape, dtype=np.uint8)
    return np.rint((decibels - low) * (255.0 / (high - low))).astype(np.uint8)


def frame_spacing(n_frames: int, mel: MelConfig) -> tuple[int, float]:
    """Return how many frames of a clip are kept, and their distance in frames.

    The distance is a hair off ``mel.frame_step``, so that the frames kept cover the clip evenly. A
    clip of GTZAN's length gives 387 with `compact`.
    """
    if mel.frame_step == 1:
        return n_frames, 1.0
    if mel.frame_step == _FMA_STEP:
        n_kept = round(n_frames / mel.frame_step)
        return n_kept, n_frames / max(1, n_kept)
    usual = GTZAN_FRAMES if n_frames in _GTZAN_FRAME_RANGE else n_frames
    # 0.4, not 0.5, lets 3.0 s of sound (130 frames) fill a window of 39.
    n_kept = max(0, round(usual / mel.frame_step - 0.4))
    return n_kept, n_frames / (n_kept + 0.5)


def kept_frames(n_frames: int, mel: MelConfig) -> np.ndarray:
    """Return the numbers [shape=(n_kept,)] of the kept frames: ``floor((j + 0.5) * spacing)``."""
    n_kept, spacing = frame_spacing(n_frames, mel)
    # With a spacing of 1 the half frame is no offset: floor(j + 0.5) is j.
    return np.floor((np.arange(n_kept) + 0.5) * spacing).astype(np.int64)


def network_input(decibels: np.ndarray, mel: MelConfig) -> np.ndarray:
    """Return the frames of one clip that a network reads, scaled to bytes.

    Parameters
    ----------
    decibels : np.ndarray [shape=(n_mels, n_frames)]
        What `log_mel` returned for the clip.
    mel : MelConfig
        Front end.

    Returns
    -------
    np.ndarray [shape=(n_mels, n_kept)], uint8
    """
    below = below_loudest(decibels, mel)
    if mel.scale == "fixed_decibels":
        scaled = np.rint((below + mel.top_db) * (255 / mel.top_db)).astype(np.uint8)
    else:
        scaled = to_bytes(below)
    return np.ascontiguousarray(scaled[:, kept_frames(decibels.shape[1], mel)])


def log_power_input(power: np.ndarray) -> np.ndarray:
    """Return the frames [shape=(n_mels, n_frames)] of a front end of the scale ``log_power``.

    Parameters
    ----------
    power : np.ndarray [shape=(n_frames, n_mels)]
        What `mel_power` returned for a clip brought to a level.
    """
    log_power = np.log10(1 + 10_000 * power.T, dtype=np.float32)
    return np.rint(np.minimum(log_power * (255 / LARGEST_LOG_POWER), 255)).astype(np.uint8)


def clip_frames(clip: np.ndarray, mel: MelConfig) -> tuple[np.ndarray, np.ndarray]:
    """Return a clip's log-mel in dB, as of `log_mel`, and the frames that a network reads."""
    if mel.scale == "log_power":
        power = mel_power(bring_to_level(clip), mel)
        return 10 * np.log10(np.maximum(power.T, _SMALLEST_POWER)), log_power_input(power)
    decibels = log_mel(clip, mel)
    return decibels, network_input(decibels, mel)


def window_starts(n_frames: int, window_frames: int, overlap: float = 0.5) -> np.ndarray:
    """Return the first frame [shape=(n_windows,)] of each window of a clip.

    Windows lie evenly from the clip's first frame to its last, and share `overlap` (0 to 1) with
    their neighbours at least. There is none if the clip is shorter than a window.
    """
    room = n_frames - window_frames
    if room < 0:
        return np.zeros(0, dtype=np.int64)
    step = max(1, int(window_frames * (1 - overlap)))
    n_windows = -(-room // step) + 1
    return np.rint(np.linspace(0, room, n_windows)).astype(np.int64)


def windows(frames: np.ndarray, window_frames: int, overlap: float = 0.5) -> np.ndarray:
    """Cut a clip's frames [shape=(n_mels, n_kept)] into windows.

    Their shape is [shape=(n_windows, n_mels, window_frames)]; they are views of the clip.
    """
    starts = window_starts(frames.shape[1], window_frames, overlap)
    if starts.size == 0:
        return np.zeros((0, frames.shape[0], window_frames), dtype=frames.dtype)
    every = np.lib.stride_tricks.sliding_window_view(frames, window_frames, axis=1)
    return every[:, starts].transpose(1, 0, 2)


def clip_bounds(n_samples: int, mel: MelConfig) -> list[tuple[int, int]]:
    """Return the first sample and the end of each 30 s clip of a song.

    A rest shorter than half a clip joins the clip before it, so that no scrap has a dB reference of
    its own (and GTZAN's clips, of 29.9 to 30.7 s, stay whole).
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
        Of the clip in the song, in s.
    decibels : np.ndarray [shape=(n_mels, n_frames)], float32
        What `log_mel` returned: all frames, for charts.
    frames : np.ndarray [shape=(n_mels, n_kept)], uint8
        What `network_input` returned; no frame where the clip is silent.
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
    """Yield the log-mel of each of a song's `clip_bounds`, as soon as it is computed.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)], float32
        Mono samples at ``mel.sample_rate``.
    mel : MelConfig
        Front end.
    is_silent : callable
        Whether a clip's samples are silent. Scaled to full range silence would look like noise, so
        a silent clip gets no frames.
    """
    for start, stop in clip_bounds(len(samples), mel):
        clip = samples[start:stop]
        decibels, frames = clip_frames(clip, mel)
        _, spacing = frame_spacing(decibels.shape[1], mel)
        seconds_per_frame = spacing * mel.hop_length / mel.sample_rate
        if is_silent(clip):
            frames = frames[:, :0]
        let_go(samples)
        yield ClipLogMel(start / mel.sample_rate, decibels, frames, seconds_per_frame)


def stft_decibels(y: np.ndarray, n_fft: int, hop_length: int) -> np.ndarray:
    """Return the level of each frequency in each frame, in dB [shape=(1 + n_fft // 2, n_frames)].

    Frames are centred, and weighted by a Hann window, as those of `mel_power`. Mono samples.
    """
    padded = np.pad(y, n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    spectrum = np.fft.rfft(frames * np.hanning(n_fft + 1)[:-1], axis=1)
    power = np.square(np.abs(spectrum)).T
    return 10 * np.log10(np.maximum(power, 1e-10))
