"""Decode sound files: any usual format to mono samples, or an error that says what to do.

libsndfile reads WAV, AU, AIFF, FLAC, MP3, OGG and Opus by content, whatever the file is called.
M4A, AAC and WebM go through ffmpeg where it is installed. Sound is decoded, mixed and resampled
block by block, so that a file which unpacks to gigabytes is refused before it fills the memory.
"""

import hashlib
import io
import shutil
import stat
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
import soundfile

from deepmusic.audio.song import (
    BLOCK_SAMPLES,
    SAMPLE_RATE,
    Song,
    check_format,
    check_not_silent,
    mix_and_resample,
)
from deepmusic.config import AudioLimits, current_deployment
from deepmusic.errors import AudioError

#: How WAV, AU, AIFF, FLAC, OGG and MP3 with a title begin.
_SOUND_STARTS = (b"RIFF", b"RIFX", b"RF64", b".snd", b"dns.", b"FORM", b"fLaC", b"OggS", b"ID3")

_FFMPEG_SECONDS = 300

#: What libsndfile counts where the header does not say, as in FLAC that came out of a pipe.
_UNKNOWN_FRAMES = 2**63 - 1


def load_song(
    source: Path | str | bytes | BinaryIO,
    *,
    name: str | None = None,
    sample_rate: int | None = SAMPLE_RATE,
    limits: AudioLimits | None = None,
) -> Song:
    """Decode a sound.

    Parameters
    ----------
    source : Path, str, bytes or file object
        A file's path, its content, or the file itself, opened for reading bytes.
    name : str, optional
        For messages; the file's name by default.
    sample_rate : int or None
        Of the result, in Hz; None keeps the file's own.
    limits : AudioLimits, optional
        What is too large, too long or too quiet; by default that of this deployment.

    Returns
    -------
    Song

    Raises
    ------
    AudioError
        If it is missing, too large, empty, not sound, damaged, too long, silent, or holds values
        that are no numbers.

    Examples
    --------
    >>> from deepmusic.audio import synth
    >>> from deepmusic.audio.encode import encode_wav
    >>> song = load_song(encode_wav(synth.play("jazz", seconds=2), 22_050), name="jazz.wav")
    >>> song.name, song.duration, song.samples.dtype
    ('jazz.wav', 2.0, dtype('float32'))
    """
    limits = limits or current_deployment().audio_limits
    if isinstance(source, bytes):
        data, name = source, Path(name or "sound").name
    elif not isinstance(source, (str, Path)):
        data = source.read(limits.max_bytes + 1)
        name = Path(name or str(getattr(source, "name", "sound"))).name
    else:
        path = Path(source)
        data, name = _read_bytes(path, limits), name or path.name
    if not data:
        raise AudioError(f"{name} is empty. Choose a file with sound in it.")
    if len(data) > limits.max_bytes:
        raise _too_large(name, len(data), limits)
    digest = hashlib.sha256(data).hexdigest()
    foreign = foreign_container(data)
    if foreign is not None:
        return _load_with_ffmpeg(data, *foreign, name, digest, sample_rate, limits)
    if not _is_known_sound(data):
        raise _not_sound(name)
    return _load_with_soundfile(io.BytesIO(data), name, digest, sample_rate, limits)


def _read_bytes(path: Path, limits: AudioLimits) -> bytes:
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) and not stat.S_ISDIR(state.st_mode):
            # A pipe or a device can keep its reader waiting for ever, or never end.
            raise AudioError(f"{path} is a pipe or a device. Choose a file with sound in it.")
        if state.st_size > limits.max_bytes:
            raise _too_large(path.name, state.st_size, limits)
        with path.open("rb") as file:
            return file.read(limits.max_bytes + 1)
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
    """Return whether a file is in a named format; libsndfile has many more, hardly tested."""
    return data.startswith(_SOUND_STARTS) or is_mpeg_frame(data)


def is_mpeg_frame(data: bytes) -> bool:
    """Return whether MPEG audio begins here: eleven sync bits, then a layer of 1 to 3."""
    return len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06 != 0


def foreign_container(data: bytes) -> tuple[str, str] | None:
    """Return ffmpeg's demuxer and the format's name for what libsndfile cannot read, or None."""
    if data[4:8] == b"ftyp":
        return "mov", "M4A"
    if data[:4] == b"\x1aE\xdf\xa3":
        return "matroska", "WebM"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return "aac", "AAC"
    return None


class _Stream(soundfile.SoundFile):
    """A sound file read once from start to end, without soundfile's seeks, which break MP3."""

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
        check_format(name, sound.samplerate, sound.channels, n_frames, limits)
        notes: list[str] = []
        sample_rate = sample_rate or sound.samplerate
        mixed = mix_and_resample(_blocks(sound, notes), name, sound.samplerate, sample_rate, limits)
        if not mixed.size:
            raise AudioError(
                f"{name} breaks off before any sound can be read. Get a whole copy of it."
            )
        return Song(
            samples=check_not_silent(mixed, name, limits),
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
                max(1, BLOCK_SAMPLES // sound.channels), dtype="float32", always_2d=True
            )
        except (soundfile.LibsndfileError, RuntimeError):
            notes.append("The file is damaged; what comes before the damage was used.")
            return
        if not len(block):
            return
        yield block


def _load_with_ffmpeg(
    data: bytes,
    demuxer: str,
    kind: str,
    name: str,
    digest: str,
    sample_rate: int | None,
    limits: AudioLimits,
) -> Song:
    """Decode M4A, AAC or WebM by ffmpeg, from a temporary folder."""
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
        with _running(command) as (process, output):
            rate, channels = _read_au_header(output) or (0, 0)
            if not channels:
                raise unreadable
            check_format(name, rate, channels, None, limits)
            sample_rate = sample_rate or rate
            blocks = _au_blocks(output, channels)
            mixed = mix_and_resample(blocks, name, rate, sample_rate, limits)
            if process.wait() or not mixed.size:
                raise unreadable
    return Song(
        samples=check_not_silent(mixed, name, limits),
        sample_rate=sample_rate,
        name=name,
        source_sample_rate=rate,
        source_channels=channels,
        digest=digest,
    )


@contextmanager
def _running(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Run a program while its output is read, for `_FFMPEG_SECONDS` at most."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    alarm = threading.Timer(_FFMPEG_SECONDS, process.kill)
    alarm.daemon = True
    alarm.start()
    try:
        yield process, process.stdout
    finally:
        alarm.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def _read_au_header(output: IO[bytes]) -> tuple[int, int] | None:
    """Return sample rate and channels of AU; None if there is no sound."""
    header = output.read(24)
    if len(header) < 24:
        return None
    _, offset, _, _, rate, channels = struct.unpack(">4s5I", header)
    output.read(offset - len(header))
    return rate, channels


def _au_blocks(output: IO[bytes], channels: int) -> Iterator[np.ndarray]:
    """Yield [frames, channels] of 32-bit floats, to the end."""
    size = 4 * channels
    while data := output.read(max(1, BLOCK_SAMPLES // channels) * size):
        whole = data[: len(data) // size * size]
        yield np.frombuffer(whole, ">f4").astype(np.float32).reshape(-1, channels)
