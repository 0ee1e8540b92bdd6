"""Songs in memory: mono samples, mixed and resampled block by block, within limits."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr

from deepmusic.config import AudioLimits, MelConfig, current_deployment
from deepmusic.errors import AudioError, SilenceError
from deepmusic.formatting import format_duration

SAMPLE_RATE = MelConfig().sample_rate

#: Small (0.2 s of CD sound), because where a FLAC file breaks off its last block is lost.
BLOCK_SAMPLES = 1 << 14

#: Floats beyond this are no sound, and their squares would leave the range of floats.
_LARGEST = 1e6


@dataclass(frozen=True)
class Song:
    """Samples of a song, of any length, and where they came from.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)], float32
        The mean of its channels.
    sample_rate : int
        Of `samples`, in Hz.
    name : str
        For people to read; never used as a path.
    source_sample_rate, source_channels : int
        As they were in the file.
    digest : str
        SHA-256 of the file's bytes (of the samples, for an array).
    note : str
        What was wrong with the file, such as that it breaks off early; usually empty.
    """

    samples: np.ndarray
    sample_rate: int
    name: str
    source_sample_rate: int
    source_channels: int
    digest: str
    note: str = ""

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def song_from_array(
    y: np.ndarray,
    *,
    sample_rate: int,
    name: str = "array",
    target_sample_rate: int = SAMPLE_RATE,
    limits: AudioLimits | None = None,
) -> Song:
    """Return a song of samples that are already in memory.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,) or (n_channels, n_samples)]
        Samples from -1 to 1, in librosa's layout.
    sample_rate : int
        Of `y`, in Hz.
    name : str
        For messages.
    target_sample_rate : int
        Of the result, in Hz.
    limits : AudioLimits, optional
        By default those of this deployment.

    Returns
    -------
    Song

    Raises
    ------
    AudioError
        As `load_song`, or if `y` is not one- or two-dimensional.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    >>> song = song_from_array(tone, sample_rate=48_000)
    >>> song.duration, song.sample_rate, song.source_sample_rate
    (1.0, 22050, 48000)
    """
    limits = limits or current_deployment().audio_limits
    channels = np.atleast_2d(np.asarray(y, dtype=np.float32))
    if channels.ndim != 2 or not len(channels):
        raise AudioError(
            "y must have the shape (n_samples,) or (n_channels, n_samples), with one channel "
            "at least. "
            f"Received: y.shape={np.shape(y)}"
        )
    check_format(name, sample_rate, len(channels), channels.shape[1], limits)
    step = max(1, BLOCK_SAMPLES // len(channels))
    blocks = (channels[:, start : start + step].T for start in range(0, channels.shape[1], step))
    mixed = mix_and_resample(blocks, name, sample_rate, target_sample_rate, limits)
    return Song(
        samples=check_not_silent(mixed, name, limits),
        sample_rate=target_sample_rate,
        name=name,
        source_sample_rate=sample_rate,
        source_channels=len(channels),
        digest=hashlib.sha256(channels.tobytes()).hexdigest(),
    )


def check_format(
    name: str, sample_rate: int, channels: int, n_frames: int | None, limits: AudioLimits
) -> None:
    """Raise `AudioError` if a sample rate or a stated length (None if unknown) is out of bounds."""
    low, high = limits.min_sample_rate, limits.max_sample_rate
    if not low <= sample_rate <= high:
        raise AudioError(
            f"{name} has a sample rate of {sample_rate:,} Hz; {low:,} to {high:,} Hz can be read. "
            "Save it at 44,100 Hz."
        )
    if n_frames == 0:
        raise AudioError(f"{name} holds no sound. Choose a longer clip.")
    if n_frames is not None:
        _check_size(name, sample_rate, channels, n_frames, limits)


def _check_size(
    name: str, sample_rate: int, channels: int, n_frames: int, limits: AudioLimits
) -> None:
    if n_frames > limits.max_seconds * sample_rate:
        raise AudioError(
            f"{name} lasts {format_duration(n_frames / sample_rate)} or more; the limit is "
            f"{format_duration(limits.max_seconds)}. Cut it into parts."
        )
    if n_frames * channels > limits.max_samples:
        raise AudioError(
            f"{name} holds {n_frames * channels / 1e6:,.0f} million samples or more in its "
            f"{channels} channels; the limit is {limits.max_samples / 1e6:,.0f} million. Save it "
            "as stereo at 44,100 Hz."
        )


def mix_and_resample(
    blocks: Iterator[np.ndarray],
    name: str,
    source_rate: int,
    target_rate: int,
    limits: AudioLimits,
) -> np.ndarray:
    """Return mono samples of blocks [frames, channels], checked and resampled one by one."""
    resampler = (
        soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality="HQ")
        if source_rate != target_rate
        else None
    )
    parts, n_frames = [], 0
    low, high = np.inf, -np.inf
    for block in blocks:
        n_frames += len(block)
        _check_size(name, source_rate, block.shape[1], n_frames, limits)
        mono = _mean_of_channels(block)
        if not np.isfinite(mono).all():
            raise AudioError(
                f"{name} holds values that are no numbers (NaN or infinity). Export it again."
            )
        low, high = min(low, mono.min()), max(high, mono.max())
        if max(-low, high) > _LARGEST:
            raise AudioError(
                f"{name} holds values beyond {_LARGEST:,.0f} times full scale. Export it again."
            )
        parts.append(resampler.resample_chunk(mono) if resampler else mono)
    # Checked here too: resampling bends the ends of a constant offset, which then swings.
    if n_frames and (high - low) / 2 < limits.silence_peak:
        raise _silent(name)
    if resampler:
        parts.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _mean_of_channels(block: np.ndarray) -> np.ndarray:
    """Return [frames] for [frames, channels]; NumPy's mean along so short an axis is slow."""
    mono = block[:, 0].copy()
    for channel in range(1, block.shape[1]):
        mono += block[:, channel]
    mono /= block.shape[1]
    return mono


def check_not_silent(samples: np.ndarray, name: str, limits: AudioLimits) -> np.ndarray:
    """Return the samples; raise `SilenceError` if they are silent."""
    if is_silent(samples, limits):
        raise _silent(name)
    return samples


def _silent(name: str) -> SilenceError:
    return SilenceError(
        f"{name} is silent. Choose a clip with music in it, or check the microphone."
    )


def is_silent(samples: np.ndarray, limits: AudioLimits | None = None) -> bool:
    """Return whether samples stay within the silence limit, whatever their constant offset."""
    limits = limits or current_deployment().audio_limits
    return samples.size == 0 or float(np.ptp(samples)) / 2 < limits.silence_peak
