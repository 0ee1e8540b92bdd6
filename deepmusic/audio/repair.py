"""Repair containers of sound: what they hold, whatever their headers say.

Decoders trust headers. Here the bytes are looked at first: sizes of 0 that a dying recorder left
are filled in, tags that hide the format are cut off, files that were joined are split, and the
length that a header claims is kept, to be compared with what is decoded.
"""

import itertools
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import replace

from deepmusic.audio.containers import Part, detect_format, id3_length, without_end_tags

#: Sizes from here on mean "unknown" in 32 bits, as programs that write into a pipe leave them.
_UNKNOWN_SIZE = 0x7FFF_0000

#: In Hz; a header that says more tells no length.
_HIGHEST_RATE = 1e6

#: More chunks or atoms, and more parts, than any honest file has: the rest is not looked at.
_MOST = 10_000
_MOST_PARTS = 500

_FLAC_START = b"fLaC\0\0\0\x22"


def split_parts(data: bytes) -> list[Part]:
    """Return the parts of a file, repaired, with what their headers claim.

    Parameters
    ----------
    data : bytes
        A whole file.

    Returns
    -------
    list of Part
        One for most files. Whatever is not understood comes back as it is.
    """
    body = without_end_tags(data[id3_length(data) :])
    format_ = detect_format(body)
    if not format_:
        # FFmpeg looks for the sound behind tags and junk by itself.
        return [Part(detect_format(data), data)]
    splitter = _SPLITTERS.get(format_, lambda body: iter([Part(format_, body)]))
    try:
        parts = [*itertools.islice(splitter(body), _MOST_PARTS)]
    except (struct.error, IndexError, ArithmeticError):
        parts = []
    if len(parts) == _MOST_PARTS:
        rest = len(body) - sum(len(part.data) for part in parts)
        parts[-1] = replace(parts[-1], surplus=max(0, rest))
    return parts or [Part(format_, body)]


# === WAV and AIFF ===


def _chunks(
    data: bytes, start: int, stop: int, order: str, size_format: str = "I"
) -> Iterator[tuple[bytes, int, int]]:
    """Yield identifier, first byte and claimed size of the chunks between two positions."""
    for _ in range(_MOST):
        if start + 8 > stop:
            return
        name, size = struct.unpack_from(f"{order}4s{size_format}", data, start)
        yield name, start + 8, size
        start += 8 + size + size % 2


def _is_chunk_chain(data: bytes, start: int) -> bool:
    """Return whether from here to the end chunks follow each other, as behind the sound."""
    end = start
    for name, first, size in _chunks(data, start, len(data), "<"):
        if not re.fullmatch(rb"[A-Za-z0-9 _\-]{4}", name):
            return False
        end = first + size + size % 2
    return end > start and abs(end - len(data)) <= 1


def _split_wav(data: bytes) -> Iterator[Part]:
    order = ">" if data[:4] == b"RIFX" else "<"
    position = 0
    while detect_format(data[position : position + 16]) == "wav":
        part, length = _wav_part(data[position:] if position else data, order)
        yield part
        if data[position + length : position + length + 4] != b"RIFF":
            return
        position += length


def _wav_part(data: bytes, order: str) -> tuple[Part, int]:
    """Return the first WAV of these bytes, and where another may follow."""
    byte_rate, align, long_size = 0, 1, None
    riff_size = struct.unpack_from(order + "I", data, 4)[0]
    first = size = count = 0
    for count, (name, first, size) in enumerate(_chunks(data, 12, len(data), order)):  # noqa: B007
        if name == b"fmt ":
            byte_rate, align = struct.unpack_from(order + "IH", data, first + 8)
        elif name == b"ds64":
            long_size = struct.unpack_from("<Q", data, first + 8)[0]
        elif name == b"data":
            break
    else:
        # Decoders would take seconds for millions of empty chunks.
        return Part("wav", data, seconds=0.0 if count + 1 == _MOST else None), len(data)
    there = len(data) - first
    if size == 0xFFFF_FFFF and long_size is not None:
        size = long_size
    if size == 0 and there and not _is_chunk_chain(data, first):
        # The size is written last: the recorder died before.
        there -= there % max(align, 1)
        sizes = struct.pack(order + "I", first + there - 8), struct.pack(order + "I", there)
        data = data[:4] + sizes[0] + data[8 : first - 4] + sizes[1] + data[first:]
        return Part("wav", data), len(data)
    if size >= _UNKNOWN_SIZE and long_size is None:
        return Part("wav", data), len(data)
    seconds = size / byte_rate if byte_rate else None
    end = first + size + size % 2
    if size > there:
        # Encoders of WAV often round the last block up, so that a few bytes are no damage.
        return Part("wav", data, seconds, is_cut=size - there > max(align, 4096)), len(data)
    length = riff_size + 8 + riff_size % 2
    if length >= end and data[length : length + 4] == b"RIFF":
        return Part("wav", data[:length], seconds), length
    return Part("wav", data, seconds, surplus=_surplus(data, end)), end


def _surplus(data: bytes, end: int) -> int:
    """Return how many bytes follow that are neither chunks, tags nor zeros."""
    rest = data[end:]
    if not rest or rest[:4] == b"RIFF" or _is_chunk_chain(data, end):
        return 0
    rest = without_end_tags(rest[id3_length(rest) :]).strip(b"\0")
    return len(rest)


def _split_aiff(data: bytes) -> Iterator[Part]:
    position = 0
    while detect_format(data[position : position + 16]) == "aiff":
        part = data[position:] if position else data
        length = struct.unpack_from(">I", part, 4)[0] + 8
        length += length % 2
        joined = detect_format(part[length : length + 16]) == "aiff"
        yield _aiff_part(part[:length] if joined else part)
        if not joined:
            return
        position += length


def _aiff_part(data: bytes) -> Part:
    n_frames, rate, frame_size = 0, 0.0, 0
    for name, first, size in _chunks(data, 12, len(data), ">"):
        if name == b"COMM":
            channels, n_frames, bits = struct.unpack_from(">hIh", data, first)
            exponent, mantissa = struct.unpack_from(">HQ", data, first + 8)
            rate = math.ldexp(mantissa, (exponent & 0x7FFF) - 16383 - 63)
            compressed = data[8:12] == b"AIFC" and data[first + 18 : first + 22] not in (
                *(b"NONE", b"sowt", b"twos"),
            )
            frame_size = 0 if compressed else channels * ((bits + 7) // 8)
            comm = first
        elif name == b"SSND":
            there = len(data) - first
            seconds = n_frames / rate if 1 <= rate <= _HIGHEST_RATE and n_frames else None
            if not (n_frames and size > 8) and frame_size and there > 8 + frame_size:
                if _is_chunk_chain_big(data, first + size):
                    break
                n_frames = (there - 8) // frame_size
                fixed = bytearray(data)
                struct.pack_into(">I", fixed, comm + 2, n_frames)
                struct.pack_into(">I", fixed, first - 4, 8 + n_frames * frame_size)
                struct.pack_into(">I", fixed, 4, len(data) - 8)
                return Part("aiff", bytes(fixed))
            return Part("aiff", data, seconds, is_cut=size > there + 1)
    return Part("aiff", data)


def _is_chunk_chain_big(data: bytes, start: int) -> bool:
    return start < len(data) and all(
        name.isalnum() for name, _, _ in _chunks(data, start, len(data), ">")
    )


# === AU ===


def _split_au(data: bytes) -> Iterator[Part]:
    order = ">" if data[:4] == b".snd" else "<"
    offset, size, encoding, rate, channels = struct.unpack_from(order + "5I", data, 4)
    there = len(data) - offset
    width = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}.get(encoding, 0) * channels
    if size == 0 and there > 0:
        yield Part("au", data[:8] + b"\xff" * 4 + data[12:])
    elif size >= _UNKNOWN_SIZE or not width * rate:
        yield Part("au", data)
    else:
        yield Part(
            "au",
            data,
            size / (width * rate),
            is_cut=size > there + width,
            surplus=max(0, there - size - 1),
        )


# === FLAC ===


def _split_flac(data: bytes) -> Iterator[Part]:
    starts = [0, *(match.start() for match in re.finditer(re.escape(_FLAC_START), data[1:]))]
    starts = [0, *(start + 1 for start in starts[1:])]
    for start, stop in zip(starts, [*starts[1:], len(data)], strict=True):
        part = without_end_tags(data[start:stop]) if len(starts) > 1 else data
        rate = int.from_bytes(part[18:21], "big") >> 4
        n_frames = int.from_bytes(part[21:26], "big") & ((1 << 36) - 1)
        if n_frames:
            # libsndfile ends at this count, which is wrong in files that were cut or joined.
            part = part[:21] + bytes([part[21] & 0xF0]) + bytes(4) + part[26:]
        yield Part("flac", part, n_frames / rate if n_frames and rate else None)


# === Ogg ===


def _split_ogg(data: bytes) -> Iterator[Part]:
    """Yield the links of a chain: where streams begin behind pages of others."""
    position, start, began = 0, 0, False
    serials: set[bytes] = set()
    ended: set[bytes] = set()
    for _ in range(10_000_000):
        if data[position : position + 4] != b"OggS":
            position = data.find(b"OggS", position)
            if position < 0:
                break
        if position + 27 > len(data):
            break
        flags, serial = data[position + 5], data[position + 14 : position + 18]
        n_segments = data[position + 26]
        begins = bool(flags & 0x02)
        if begins and began:
            yield Part("ogg", data[start:position], is_cut=not serials <= ended)
            start, serials, ended = position, set(), set()
        if begins:
            serials.add(serial)
        if flags & 0x04:
            ended.add(serial)
        began = not begins
        end = position + 27 + n_segments
        end += sum(data[position + 27 : end])
        if end > len(data):
            ended.discard(serial)
            break
        position = end
    yield Part("ogg", data[start:] if start else data, is_cut=not serials <= ended)


# === MPEG audio ===


def _split_mp3(data: bytes) -> Iterator[Part]:
    """Yield the files that were joined, each behind a tag of its own."""
    start = 0
    for match in re.finditer(rb"ID3[\x02-\x04].[\x00-\xff][\x00-\x7f]{4}", data, re.DOTALL):
        behind = match.start() + id3_length(data[match.start() : match.start() + 10])
        if match.start() and detect_format(data[behind : behind + 16]) == "mp3":
            yield Part("mp3", without_end_tags(data[start : match.start()]))
            start = behind
    yield Part("mp3", data[start:] if start else data)


# === W64 ===


def _split_w64(data: bytes) -> Iterator[Part]:
    position, size, name = 40, 0, b""
    for _ in range(_MOST):
        if position + 24 > len(data):
            break
        name, size = struct.unpack_from("<4s12xQ", data, position)
        if name == b"data" or size < 24:
            break
        position += size + -size % 8
    yield Part("w64", data, is_cut=name == b"data" and position + size > len(data) + 4096)


# === MP4 ===


def _split_mp4(data: bytes) -> Iterator[Part]:
    """Yield the files that were joined: each begins with its type, and has its own contents."""
    starts, contents, position = [0], 0, 0
    for _ in range(_MOST):
        if position + 8 > len(data):
            break
        size, name = struct.unpack_from(">I4s", data, position)
        if size == 1 and position + 16 <= len(data):
            size = struct.unpack_from(">Q", data, position + 8)[0]
        if name == b"ftyp" and position and contents == len(starts):
            starts.append(position)
        if name == b"moov":
            contents += 1
        if size < 8:
            break
        position += size
    else:
        # FFmpeg would take many seconds for millions of empty atoms.
        yield Part("mp4", data, seconds=0.0)
        return
    is_cut = position > len(data)
    if contents != len(starts):
        yield Part("mp4", data, is_cut=is_cut)
        return
    for start, stop in zip(starts, [*starts[1:], len(data)], strict=True):
        whole = stop < len(data) or not is_cut
        yield Part("mp4", data[start:stop] if len(starts) > 1 else data, is_cut=not whole)


_SPLITTERS = {
    "wav": _split_wav,
    "aiff": _split_aiff,
    "au": _split_au,
    "flac": _split_flac,
    "ogg": _split_ogg,
    "mp3": _split_mp3,
    "mp4": _split_mp4,
    "w64": _split_w64,
}
