"""The only opener of sound: any usual format becomes mono samples, or a clear error.

libsndfile reads WAV, AU, AIFF, FLAC, MP3, OGG and Opus by content, whatever the file is called.
M4A, AAC and WebM go through ffmpeg where it is installed. Sound is decoded, mixed and resampled
block by block, so that a file which unpacks to gigabytes is refused before it fills the memory.
"""

import hashlib
import io
import shutil
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
import soxr

from deepmusic import deployment
from deepmusic.config import AudioLimits, MelConfig
from deepmusic.errors import AudioError, SilenceError

SAMPLE_RATE = MelConfig().sample_rate

#: What a file picker should offer, and what a folder is searched for.
SUFFIXES = [
    ".wav",
    ".au",
    ".aif",
    ".aiff",
    ".flac",
    ".mp3",
    ".ogg",
    ".oga",
    ".opus",
    ".m4a",
    ".mp4",
    ".aac",
    ".webm",
    ".mka",
]

#: How WAV, AU, AIFF, FLAC, OGG and MP3 with a title begin.
_SOUND_STARTS = (b"RIFF", b"RIFX", b"RF64", b".snd", b"dns.", b"FORM", b"fLaC", b"OggS", b"ID3")

# Small (0.2 s of CD sound), because where a FLAC file breaks off its last block is lost.
_BLOCK_SAMPLES = 1 << 14
_FFMPEG_SECONDS = 300

#: Floats beyond this are no sound, and their squares would leave the range of floats.
_LARGEST = 1e6

#: What libsndfile counts where the header does not say, as in FLAC that came out of a pipe.
_UNKNOWN_FRAMES = 2**63 - 1


@dataclass(frozen=True)
class Song:
    """A sound in memory, of any length.

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
        What the listener should know, such as that the file breaks off early; usually empty.
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


def load_song(
    source: Path | str | bytes,
    *,
    name: str | None = None,
    sample_rate: int | None = SAMPLE_RATE,
    limits: AudioLimits | None = None,
) -> Song:
    """Read a sound from a file or from bytes.

    Parameters
    ----------
    source : Path, str or bytes
        A path, or the content of a file.
    name : str, optional
        How to call it in messages; the file's name by default.
    sample_rate : int or None
        Of the result, in Hz; None keeps the file's own.
    limits : AudioLimits, optional
        What is too large, too long or too quiet; by default what holds here
        (`deepmusic.deployment`).

    Returns
    -------
    Song

    Raises
    ------
    AudioError
        If it is missing, too large, empty, not sound, damaged, too long, silent, or holds values
        that are no numbers.
    """
    limits = limits or deployment.current().audio_limits
    if isinstance(source, bytes):
        data, name = source, Path(name or "sound").name
    else:
        path = Path(source)
        data, name = _read_bytes(path, limits), name or path.name
    if not data:
        raise AudioError(f"{name} is empty. Choose a file with sound in it.")
    if len(data) > limits.max_bytes:
        raise _too_large(name, len(data), limits)
    digest = hashlib.sha256(data).hexdigest()
    foreign = _foreign_container(data)
    if foreign is not None:
        return _load_with_ffmpeg(data, *foreign, name, digest, sample_rate, limits)
    if not _is_known_sound(data):
        raise _not_sound(name)
    return _load_with_soundfile(io.BytesIO(data), name, digest, sample_rate, limits)


def song_from_array(
    y: np.ndarray,
    *,
    sample_rate: int,
    name: str = "array",
    target_sample_rate: int = SAMPLE_RATE,
    limits: AudioLimits | None = None,
) -> Song:
    """Take samples that are already in memory.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,) or (n_channels, n_samples)]
        Samples from -1 to 1, in librosa's layout.
    sample_rate : int
        Of `y`, in Hz.
    name : str
        How to call it in messages.
    target_sample_rate : int
        Of the result, in Hz.
    limits : AudioLimits, optional
        What is too long or too quiet; by default what holds here.

    Returns
    -------
    Song

    Raises
    ------
    AudioError
        As `load_song`, or if `y` is not one- or two-dimensional.
    """
    limits = limits or deployment.current().audio_limits
    channels = np.atleast_2d(np.asarray(y, dtype=np.float32))
    if channels.ndim != 2 or not len(channels):
        raise AudioError(f"y.shape={np.shape(y)} must be (n_samples,) or (n_channels, n_samples).")
    _check_format(name, sample_rate, *channels.shape, limits)
    step = max(1, _BLOCK_SAMPLES // len(channels))
    blocks = (channels[:, start : start + step].T for start in range(0, channels.shape[1], step))
    mixed = _mix_and_resample(blocks, name, sample_rate, target_sample_rate, limits)
    return Song(
        samples=_checked(mixed, name, limits),
        sample_rate=target_sample_rate,
        name=name,
        source_sample_rate=sample_rate,
        source_channels=len(channels),
        digest=hashlib.sha256(channels.tobytes()).hexdigest(),
    )


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """Encode mono samples from -1 to 1 as FLAC, which every browser plays."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), sample_rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def encode_wav(samples: np.ndarray, sample_rate: int) -> bytes:
    """Encode mono samples from -1 to 1 as 16-bit WAV."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def digest_as_wav(song: Song) -> str:
    """Return the SHA-256 that a song would have as a 16-bit mono WAV file.

    Of a lossless copy of such a file (FLAC, AU), it is that of the WAV.
    """
    samples = np.rint(song.samples * 32768).clip(-32768, 32767).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, song.sample_rate, format="WAV", subtype="PCM_16")
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def browser_mime_type(data: bytes) -> str | None:
    """Tell the media type of sound that browsers play as it is; None if they need FLAC."""
    if data[:4] == b"RIFF":
        return "audio/wav"
    if data[:4] == b"fLaC":
        return "audio/flac"
    if data[:4] == b"OggS":
        return "audio/ogg"
    if data[:3] == b"ID3" or _is_mpeg_frame(data):
        return "audio/mpeg"
    foreign = _foreign_container(data)
    return {"mov": "audio/mp4", "matroska": "audio/webm", "aac": "audio/aac"}.get(
        foreign[0] if foreign else ""
    )


def _read_bytes(path: Path, limits: AudioLimits) -> bytes:
    try:
        size = path.stat().st_size
        if size > limits.max_bytes:
            raise _too_large(path.name, size, limits)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        # ValueError: a name with a NUL byte in it.
        why = getattr(error, "strerror", None) or error
        raise AudioError(
            f"{path} cannot be read ({why}). Check the name and its permissions."
        ) from error


def _not_sound(name: str) -> AudioError:
    return AudioError(
        f"{name} is not sound that can be read. "
        "Choose a WAV, AU, FLAC, MP3, OGG, Opus, M4A or WebM file."
    )


def _too_large(name: str, size: int, limits: AudioLimits) -> AudioError:
    return AudioError(
        f"{name} is {size / 2**20:.0f} MB; the limit is {limits.max_bytes / 2**20:.0f} MB. "
        "Cut it, or save it as MP3."
    )


def _is_known_sound(data: bytes) -> bool:
    """Tell whether a file begins like one of the formats that we name.

    libsndfile knows two dozen more, whose readers few people test.
    """
    return data.startswith(_SOUND_STARTS) or _is_mpeg_frame(data)


def _is_mpeg_frame(data: bytes) -> bool:
    """MPEG audio, layers 1 to 3: eleven sync bits, then a layer that is not 0."""
    return len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06 != 0


def _foreign_container(data: bytes) -> tuple[str, str] | None:
    """Recognise by content what libsndfile cannot read: ffmpeg's demuxer, and a name for people."""
    if data[4:8] == b"ftyp":
        return "mov", "M4A"
    if data[:4] == b"\x1aE\xdf\xa3":
        return "matroska", "WebM"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return "aac", "AAC"
    return None


class _Stream(soundfile.SoundFile):
    """A sound file that is read once, from its start to its end.

    soundfile follows each block that it reads with a seek to where it is already, and MP3 stumbles
    over that: its frames lean on those before them.
    """

    def seekable(self) -> bool:
        return False


def _load_with_soundfile(
    file: io.BufferedIOBase, name: str, digest: str, sample_rate: int | None, limits: AudioLimits
) -> Song:
    try:
        sound = _Stream(file)
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise _not_sound(name) from error
    with sound:
        n_frames = None if sound.frames == _UNKNOWN_FRAMES else sound.frames
        _check_format(name, sound.samplerate, sound.channels, n_frames, limits)
        notes: list[str] = []
        sample_rate = sample_rate or sound.samplerate
        mixed = _mix_and_resample(
            _blocks(sound, notes), name, sound.samplerate, sample_rate, limits
        )
        if not mixed.size:
            raise AudioError(
                f"{name} breaks off before any sound can be read. Get a whole copy of it."
            )
        return Song(
            samples=_checked(mixed, name, limits),
            sample_rate=sample_rate,
            name=name,
            source_sample_rate=sound.samplerate,
            source_channels=sound.channels,
            digest=digest,
            note="".join(notes),
        )


def _blocks(sound: soundfile.SoundFile, notes: list[str]) -> Iterator[np.ndarray]:
    """Yield [frames, channels] to the end, or to where the file is damaged (noted)."""
    while True:
        try:
            block = sound.read(
                max(1, _BLOCK_SAMPLES // sound.channels), dtype="float32", always_2d=True
            )
        except (soundfile.LibsndfileError, RuntimeError):
            notes.append("The file is damaged; what comes before the damage was used.")
            return
        if not len(block):
            return
        yield block


def _check_format(
    name: str, sample_rate: int, channels: int, n_frames: int | None, limits: AudioLimits
) -> None:
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
        raise _too_long(name, n_frames / sample_rate, limits)
    if n_frames * channels > limits.max_samples:
        raise AudioError(
            f"{name} holds {n_frames * channels / 1e6:,.0f} million samples or more in its "
            f"{channels} channels; the limit is {limits.max_samples / 1e6:,.0f} million. Save it "
            "as stereo at 44,100 Hz."
        )


def _too_long(name: str, seconds: float, limits: AudioLimits) -> AudioError:
    return AudioError(
        f"{name} lasts {_clock(seconds)} or more; the limit is {_clock(limits.max_seconds)}. "
        "Cut out the part that matters."
    )


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _mix_and_resample(
    blocks: Iterator[np.ndarray],
    name: str,
    source_rate: int,
    target_rate: int,
    limits: AudioLimits,
) -> np.ndarray:
    """Take the mean of the channels and resample with soxr, block by block."""
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
    # Asked here too, because resampling bends the ends of a constant offset, which then swings.
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


def _checked(samples: np.ndarray, name: str, limits: AudioLimits) -> np.ndarray:
    if is_silent(samples, limits):
        raise _silent(name)
    return samples


def _silent(name: str) -> SilenceError:
    return SilenceError(
        f"{name} is silent. Choose a clip with music in it, or check the microphone."
    )


def is_silent(samples: np.ndarray, limits: AudioLimits | None = None) -> bool:
    """Tell whether samples stay within the silence limit, whatever their constant offset."""
    limits = limits or deployment.current().audio_limits
    return samples.size == 0 or float(np.ptp(samples)) / 2 < limits.silence_peak


def _load_with_ffmpeg(
    data: bytes,
    demuxer: str,
    kind: str,
    name: str,
    digest: str,
    sample_rate: int | None,
    limits: AudioLimits,
) -> Song:
    """Let ffmpeg decode M4A, AAC or WebM from a folder that goes afterwards."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise AudioError(
            f"{name} is {kind} sound, which needs the program ffmpeg. "
            "Install ffmpeg, or save the file as MP3, FLAC or WAV."
        )
    unreadable = AudioError(
        f"{name} looks like {kind}, but ffmpeg finds no sound in it that it can read. "
        "Get a whole copy, or save it as MP3, FLAC or WAV."
    )
    # M4A keeps its table of contents at its end, so the input must be a file. The output is read
    # from a pipe: as a file, an hour in many channels would fill the disk.
    with tempfile.TemporaryDirectory(prefix="deepmusic-") as folder:
        source = Path(folder, "source")
        try:
            source.write_bytes(data)
        except OSError as error:
            raise AudioError(
                f"{name} is {kind} sound, and no temporary file can be written "
                f"for ffmpeg ({error.strerror}). Free some space, or save it as MP3, FLAC or WAV."
            ) from error
        # The demuxer is named and only files may be opened, so that no playlist hidden in the bytes
        # makes ffmpeg fetch something else.
        command = [program, "-v", "error", "-nostdin", "-protocol_whitelist", "file"]
        command += ["-f", demuxer, "-i", str(source), "-map", "0:a:0"]
        command += ["-t", str(limits.max_seconds + 1), "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
        with _running(command) as process:
            output = process.stdout
            rate, channels = _read_au_header(output) or (0, 0)
            if not channels:
                raise unreadable
            _check_format(name, rate, channels, None, limits)
            sample_rate = sample_rate or rate
            blocks = _au_blocks(output, channels)
            mixed = _mix_and_resample(blocks, name, rate, sample_rate, limits)
            if process.wait() or not mixed.size:
                raise unreadable
    return Song(
        samples=_checked(mixed, name, limits),
        sample_rate=sample_rate,
        name=name,
        source_sample_rate=rate,
        source_channels=channels,
        digest=digest,
    )


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen]:
    """Run a program for as long as its output is read, and for `_FFMPEG_SECONDS` at most."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    alarm = threading.Timer(_FFMPEG_SECONDS, process.kill)
    alarm.daemon = True
    alarm.start()
    try:
        yield process
    finally:
        alarm.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def _read_au_header(output: IO[bytes]) -> tuple[int, int] | None:
    """Return sample rate and channels of AU, which needs no length; None if there is no sound."""
    header = output.read(24)
    if len(header) < 24:
        return None
    _, offset, _, _, rate, channels = struct.unpack(">4s5I", header)
    output.read(offset - len(header))
    return rate, channels


def _au_blocks(output: IO[bytes], channels: int) -> Iterator[np.ndarray]:
    """Yield [frames, channels] of 32-bit floats, to the end."""
    size = 4 * channels
    while data := output.read(max(1, _BLOCK_SAMPLES // channels) * size):
        whole = data[: len(data) // size * size]
        yield np.frombuffer(whole, ">f4").astype(np.float32).reshape(-1, channels)
