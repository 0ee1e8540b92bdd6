"""Songs in memory: mono samples, mixed and resampled block by block, within limits."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import soxr

from deepmusic.audio.samples import GrowingSamples, let_go
from deepmusic.config import AudioLimits, MelConfig, current_deployment
from deepmusic.errors import AudioError, SilenceError
from deepmusic.formatting import format_duration

SAMPLE_RATE = MelConfig().sample_rate

#: Small (0.2 s of CD sound), because where a FLAC file breaks off its last block is lost.
BLOCK_SAMPLES = 1 << 14

#: Samples whose level is measured at once.
_CHECKED_AT_ONCE = 1 << 20

#: Floats beyond this are no sound, and their squares would leave the range of floats.
_LARGEST = 1e6

#: Power of the mix against that of the loudest channel (-30 dB) below which channels cancel out.
_CANCELLED = 1e-3

FORMAT_CHANGES = "Its sample rate or its channels change within the file; all of it was used."


@dataclass(frozen=True)
class Song:
    """Samples of a song, of any length, and where they came from.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)], float32
        The mean of its channels. Those of a long file are read-only, and lie on disk: `let_go`.
    sample_rate : int
        Of `samples`, in Hz.
    name : str
        For people to read; never used as a path.
    source_sample_rate, source_channels : int
        As they were in the file.
    digest : str
        SHA-256 of the file's bytes (of the samples, for an array).
    notes : tuple of str
        Sentences on what was cut, damaged, left out or changed within the file; usually none.
    is_incomplete : bool
        Whether sound is missing: the file breaks off or is damaged.
    """

    samples: np.ndarray
    sample_rate: int
    name: str
    source_sample_rate: int
    source_channels: int
    digest: str
    notes: tuple[str, ...] = ()
    is_incomplete: bool = False

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    @property
    def note(self) -> str:
        """All notes as one text; usually empty."""
        return " ".join(self.notes)


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
    if not channels.size:
        raise AudioError(f"{name} holds no sound. Choose a longer clip.")
    step = max(1, BLOCK_SAMPLES // len(channels))

    def blocks() -> Iterator[tuple[int, np.ndarray]]:
        for start in range(0, channels.shape[1], step):
            yield sample_rate, channels[:, start : start + step].T

    mono = mix_audibly(blocks, name, target_sample_rate, limits)
    return Song(
        samples=check_not_silent([mono], name, limits),
        sample_rate=target_sample_rate,
        name=name,
        source_sample_rate=sample_rate,
        source_channels=len(channels),
        digest=hashlib.sha256(channels.tobytes()).hexdigest(),
        notes=mono.notes,
    )


@dataclass(frozen=True)
class Mono:
    """Blocks mixed to one channel and resampled, and what they were.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)], float32
        At the target rate.
    rate, channels : int
        Sample rate in Hz and channels of the first block.
    seconds : float
        Length of all blocks.
    n_values : int
        Samples of all blocks and channels.
    amplitude : float
        Half of peak to peak of the mix, before it was resampled.
    cancelling : int or None
        The loudest channel, where the channels cancel each other out in the mix; else None.
    notes : tuple of str
        As `Song.notes`.
    """

    samples: np.ndarray
    rate: int
    channels: int
    seconds: float
    n_values: int
    amplitude: float
    cancelling: int | None
    notes: tuple[str, ...]


#: Blocks [frames, channels], each with its sample rate, which may change like the channels.
Blocks = Iterator[tuple[int, np.ndarray]]


def mix_audibly(
    make_blocks: Callable[[], Blocks],
    name: str,
    target_rate: int | None,
    limits: AudioLimits,
    *,
    before: Sequence[Mono] = (),
) -> Mono:
    """Return the mean of the channels; the loudest channel alone where they cancel each other out.

    Parameters
    ----------
    make_blocks : callable
        Returns the blocks from the start; called again for the loudest channel.
    name : str
        For messages.
    target_rate : int or None
        Of the result, in Hz; None keeps the rate of the first block.
    limits : AudioLimits
        Bound the length, together with what came before.
    before : sequence of Mono
        Parts of the same file, decoded already.

    Raises
    ------
    AudioError
        If it is too long, sampled at an odd rate, or holds values that are no numbers.
    """
    mono = _mix_and_resample(make_blocks(), name, target_rate, limits, before, None)
    if mono.cancelling is None:
        return mono
    loudest = _mix_and_resample(make_blocks(), name, target_rate, limits, before, mono.cancelling)
    note = "Its channels cancel each other out in mono; the loudest of them was used."
    return replace(loudest, notes=(*loudest.notes, note))


def _mix_and_resample(
    blocks: Blocks,
    name: str,
    target_rate: int | None,
    limits: AudioLimits,
    before: Sequence[Mono],
    channel: int | None,
) -> Mono:
    mixed = GrowingSamples(name)
    formats: list[tuple[int, int]] = []
    seconds = sum(part.seconds for part in before)
    n_values = sum(part.n_values for part in before)
    low, high = np.inf, -np.inf
    power = 0.0
    powers = np.zeros(1)
    resampler = None
    for rate, block in blocks:
        if not formats or formats[-1] != (rate, block.shape[1]):
            _check_rate(name, rate, limits)
            if resampler:
                mixed.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
            formats.append((rate, block.shape[1]))
            target_rate = target_rate or rate
            resampler = (
                soxr.ResampleStream(rate, target_rate, 1, dtype="float32", quality="HQ")
                if rate != target_rate
                else None
            )
            powers = np.pad(powers, (0, max(0, block.shape[1] - len(powers))))
        seconds += len(block) / rate
        n_values += block.size
        _check_size(name, seconds, n_values, block.shape[1], limits)
        mono = (
            _mean_of_channels(block)
            if channel is None
            else np.ascontiguousarray(block[:, min(channel, block.shape[1] - 1)])
        )
        if not np.isfinite(mono).all():
            raise AudioError(
                f"{name} holds values that are no numbers (NaN or infinity). Export it again."
            )
        low, high = min(low, mono.min()), max(high, mono.max())
        if max(-low, high) > _LARGEST:
            raise AudioError(
                f"{name} holds values beyond {_LARGEST:,.0f} times full scale. Export it again."
            )
        if channel is None and block.shape[1] > 1:
            power += float(mono @ mono)
            powers[: block.shape[1]] += np.einsum("ij,ij->j", block, block)
        mixed.append(resampler.resample_chunk(mono) if resampler else mono)
    if resampler:
        mixed.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    cancels = power < _CANCELLED * powers.max()
    return Mono(
        samples=mixed.finish(),
        rate=formats[0][0] if formats else 0,
        channels=formats[0][1] if formats else 0,
        seconds=seconds - sum(part.seconds for part in before),
        n_values=n_values - sum(part.n_values for part in before),
        amplitude=max(0.0, float(high - low) / 2),
        cancelling=int(powers.argmax()) if cancels else None,
        notes=(FORMAT_CHANGES,) if len(set(formats)) > 1 else (),
    )


def _check_rate(name: str, rate: int, limits: AudioLimits) -> None:
    low, high = limits.min_sample_rate, limits.max_sample_rate
    if not low <= rate <= high:
        raise AudioError(
            f"{name} has a sample rate of {rate:,} Hz; {low:,} to {high:,} Hz can be read. "
            "Save it at 44,100 Hz."
        )


def _check_size(
    name: str, seconds: float, n_values: int, channels: int, limits: AudioLimits
) -> None:
    if seconds > limits.max_seconds:
        raise AudioError(
            f"{name} lasts more than {format_duration(limits.max_seconds)}, which is the limit. "
            "Cut it into parts."
        )
    if n_values > limits.max_samples:
        raise AudioError(
            f"{name} holds more than {limits.max_samples / 1e6:,.0f} million samples, which is the "
            f"limit, in its {channels} channels. Save it as stereo at 44,100 Hz."
        )


def _mean_of_channels(block: np.ndarray) -> np.ndarray:
    """Return [frames] for [frames, channels]; NumPy's mean along so short an axis is slow."""
    mono = block[:, 0].copy()
    with np.errstate(invalid="ignore"):  # Infinities are refused by who asked.
        for channel in range(1, block.shape[1]):
            mono += block[:, channel]
    mono /= block.shape[1]
    return mono


def check_not_silent(parts: Sequence[Mono], name: str, limits: AudioLimits) -> np.ndarray:
    """Return the samples of all parts, joined; raise `SilenceError` if they are silent."""
    samples = (
        parts[0].samples if len(parts) == 1 else np.concatenate([part.samples for part in parts])
    )
    # Resampling bends the ends of a constant offset, which then swings: so the source counts too.
    loudest = max(part.amplitude for part in parts)
    if loudest < limits.silence_peak or is_silent(samples, limits):
        raise SilenceError(
            f"{name} is silent. Choose a clip with music in it, or check the microphone."
        )
    return samples


def is_silent(samples: np.ndarray, limits: AudioLimits | None = None) -> bool:
    """Return whether samples stay within the silence limit, whatever their constant offset."""
    limits = limits or current_deployment().audio_limits
    low, high = np.inf, -np.inf
    for start in range(0, len(samples), _CHECKED_AT_ONCE):
        block = samples[start : start + _CHECKED_AT_ONCE]
        low, high = min(low, block.min()), max(high, block.max())
        let_go(samples)
    return float(high - low) / 2 < limits.silence_peak
