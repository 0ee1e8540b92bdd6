"""Decode sound files: any usual format to mono samples, or an error that says what to do.

libsndfile reads WAV, AIFF, AU, FLAC and Ogg, in this process. FFmpeg reads MP3, M4A, AAC, WebM
and the others, in a process of its own, and is the second opinion on whatever libsndfile refuses
or ends before the file does. Sound is decoded, mixed and resampled block by block, so that a file
which unpacks to gigabytes is refused before it fills the memory.
"""

import hashlib
import io
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import soundfile

from deepmusic.audio import ffmpeg, repair
from deepmusic.audio.containers import Part
from deepmusic.audio.song import (
    BLOCK_SAMPLES,
    FORMAT_CHANGES,
    SAMPLE_RATE,
    Blocks,
    Mono,
    Song,
    check_not_silent,
    mix_audibly,
)
from deepmusic.config import AudioLimits, current_deployment
from deepmusic.errors import AudioError
from deepmusic.formatting import format_bytes

#: What libsndfile reads whole; it reads MP3 too, but ends where a wrong header says.
_LIBSNDFILE_FORMATS = {"wav", "aiff", "au", "flac", "ogg", "caf", "w64"}

_LIBSNDFILE_SUFFIXES = {
    *(".wav", ".wave", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".flac", ".ogg", ".opus"),
}

#: What libsndfile counts where the header does not say, as in FLAC that came out of a pipe.
_UNKNOWN_FRAMES = 2**63 - 1

#: MPEG audio of the lowest bit rate, in bytes a second: a header cannot truly claim more.
_SLOWEST_MPEG = 1000

#: Parts without sound, after which the rest of a file is not tried.
_MOST_FAILURES = 10

#: Bytes behind the sound that are not worth a word.
_MOST_SURPLUS = 4096


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
        `Song.notes` says what was damaged, cut, left out or changed within the file.

    Raises
    ------
    AudioError
        If it is missing, too large, empty, not sound, too long, silent, or holds values that are
        no numbers.

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
    parts: list[Mono] = []
    notes: list[str] = []
    is_incomplete = False
    problem: str | None = None
    n_failures = 0
    for part in repair.split_parts(data):
        if n_failures > _MOST_FAILURES:
            break
        found, why = _decode_part(part, name, sample_rate, limits, parts)
        problem = problem or why
        if found is None:
            n_failures += 1
            continue
        # Without a wish, the first part sets the rate of all.
        sample_rate = sample_rate or found.mono.rate
        parts.append(found.mono)
        notes += _notes(part, found)
        is_incomplete |= _is_incomplete(part, found)
    if not parts:
        raise AudioError(f"{name} {problem}")
    if len({(part.rate, part.channels) for part in parts}) > 1:
        notes.append(FORMAT_CHANGES)
    return Song(
        samples=check_not_silent(parts, name, limits),
        sample_rate=sample_rate or parts[0].rate,
        name=name,
        source_sample_rate=parts[0].rate,
        source_channels=parts[0].channels,
        digest=hashlib.sha256(data).hexdigest(),
        notes=tuple(dict.fromkeys(notes)),
        is_incomplete=is_incomplete,
    )


def is_left_to_ffmpeg(path: Path) -> bool:
    """Tell by its suffix whether a file is probably one that libsndfile does not read."""
    return path.suffix.lower() not in _LIBSNDFILE_SUFFIXES


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


def _too_large(name: str, size: int, limits: AudioLimits) -> AudioError:
    return AudioError(
        f"{name} is {size / 2**20:.0f} MB; the limit is {limits.max_bytes / 2**20:.0f} MB. "
        "Cut it, or save it as MP3."
    )


# === One part ===


@dataclass(frozen=True)
class _Decoded:
    """What one decoder made of a part."""

    mono: Mono
    #: Length that its header claims, in s; None where nothing can be checked.
    claimed: float | None
    is_damaged: bool = False
    n_streams: int = 1

    @property
    def is_short(self) -> bool:
        """Whether less came than the header claims."""
        claimed = self.claimed or 0
        return claimed - self.mono.seconds > max(0.1, 0.005 * claimed)


def _decode_part(
    part: Part, name: str, sample_rate: int | None, limits: AudioLimits, before: list[Mono]
) -> tuple[_Decoded | None, str]:
    """Return what the decoder found that gets more out of a part; or None, and why, as a clause."""

    def mix(make_blocks: Callable[[], Blocks]) -> Mono:
        return mix_audibly(make_blocks, name, sample_rate, limits, before=before)

    if part.seconds == 0:
        return None, "holds no sound. Choose a longer clip."
    first = _decode_with_libsndfile(part, mix) if part.format in _LIBSNDFILE_FORMATS else None
    if first and not first.is_damaged and not first.is_short:
        return first, ""
    try:
        second = _decode_with_ffmpeg(part, mix)
    except ffmpeg.DecoderDied as error:
        return first, (
            f"cannot be decoded: {error}. Save it anew as MP3, FLAC or WAV, or get another copy."
        )
    if first and second and first.mono.seconds >= second.mono.seconds:
        return first, ""
    if second:
        # FFmpeg passes over damage without a word; what libsndfile met shows in what is missing.
        missing = second.claimed is None or second.claimed - second.mono.seconds > 0.02
        hurt = second.is_damaged or bool(first and first.is_damaged and missing)
        return replace(second, is_damaged=hurt), ""
    if first:
        return first, ""
    if part.format:
        return None, (
            "holds no sound that can be decoded: it is empty, breaks off or is damaged. "
            "Get a whole copy, or save it as MP3, FLAC or WAV."
        )
    return None, (
        "is not sound that can be read. Choose a WAV, AIFF, FLAC, MP3, OGG, Opus, M4A or WebM file."
    )


def _is_incomplete(part: Part, found: _Decoded) -> bool:
    return part.is_cut or found.is_damaged or found.is_short


def _notes(part: Part, found: _Decoded) -> Iterator[str]:
    mono = found.mono
    if _is_incomplete(part, found):
        what = "breaks off" if part.is_cut else "is damaged or breaks off"
        much = f": {mono.seconds:.1f} of {found.claimed:.1f} s" if found.is_short else ""
        yield f"The file {what}{much}; {'this much' if much else 'what could be decoded'} was used."
    if found.n_streams > 1:
        yield f"It holds {found.n_streams} audio streams; the first was used."
    if part.surplus > _MOST_SURPLUS:
        yield f"{format_bytes(part.surplus)} behind the end of its sound were left out."
    yield from mono.notes


def _decode_with_libsndfile(part: Part, mix: Callable[..., Mono]) -> _Decoded | None:
    claimed, is_damaged = part.seconds, False

    def blocks() -> Blocks:
        nonlocal claimed, is_damaged
        with _Stream(io.BytesIO(part.data)) as sound:
            if claimed is None and sound.frames != _UNKNOWN_FRAMES:
                claimed = sound.frames / sound.samplerate
            size = max(1, BLOCK_SAMPLES // sound.channels)
            try:
                while len(block := sound.read(size, dtype="float32", always_2d=True)):
                    yield sound.samplerate, block
            except (soundfile.LibsndfileError, RuntimeError):
                is_damaged = True

    try:
        mono = mix(blocks)
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ZeroDivisionError):
        return None
    return _Decoded(mono, claimed, is_damaged) if len(mono.samples) else None


def _decode_with_ffmpeg(part: Part, mix: Callable[..., Mono]) -> _Decoded | None:
    report = ffmpeg.Report()
    mono = mix(lambda: ffmpeg.decode(part.data, report))
    if not len(mono.samples) or report.good <= report.bad:
        return None
    claimed = part.seconds or report.seconds
    if part.format in ("", "mp3") and claimed and claimed > len(part.data) / _SLOWEST_MPEG:
        claimed = None
    # In WAV, packets are marked for a size of 0 too.
    is_damaged = bool(report.bad or report.gaps or (report.corrupt and part.format != "wav"))
    is_damaged |= any("ended prematurely" in text for text in report.log)
    return _Decoded(mono, claimed, is_damaged, report.streams)


class _Stream(soundfile.SoundFile):
    """A sound file read once from start to end, without soundfile's seeks."""

    def seekable(self) -> bool:
        return False
