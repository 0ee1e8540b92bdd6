"""Repair of containers: whatever their headers hold, parts come out and no exception."""

import random
import struct

import pytest

from deepmusic.audio.repair import split_parts
from tests.audio.formats import FFMPEG_FORMATS, FORMATS, encoded_by_ffmpeg, encoded_tone, with_bytes

#: Containers whose bytes are looked into.
KINDS = ("wav", "au", "aiff", "flac", "vorbis", "mp3", "m4a", "w64")


def whole(kind: str) -> bytes:
    return encoded_tone(kind, 0.3) if kind in FORMATS else encoded_by_ffmpeg(kind, seconds=0.3)


@pytest.mark.parametrize("kind", [*FORMATS, *FFMPEG_FORMATS])
def test_a_whole_file_is_one_part(kind):
    (part,) = split_parts(whole(kind))
    assert not part.is_cut
    assert part.surplus == 0
    assert part.seconds is None or part.seconds == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_any_length_gives_parts(kind):
    data = whole(kind)
    for length in [*range(120), *range(120, len(data), max(1, len(data) // 60))]:
        assert split_parts(data[:length])


@pytest.mark.parametrize("kind", KINDS)
def test_any_header_gives_parts(kind):
    """Found by `make fuzz`: sample rates beyond all numbers, containers of a header alone."""
    data = whole(kind)
    numbers = [b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0"]
    for start in range(min(len(data), 200)):
        for number in numbers:
            assert split_parts(with_bytes(data, start, number))
    draw = random.Random(0)
    for _ in range(2000):
        broken = bytearray(data)
        for _ in range(draw.choice([1, 2, 8])):
            broken[draw.randrange(min(len(data), 200))] = draw.randrange(256)
        assert split_parts(bytes(broken))


@pytest.mark.parametrize("exponent", [0, 1, 0x3FFF, 0x7FFE, 0x7FFF])
def test_an_aiff_of_an_odd_rate_claims_nothing(exponent):
    data = whole("aiff")
    rate = data.find(b"COMM") + 16
    (part,) = split_parts(with_bytes(data, rate, struct.pack(">HQ", exponent, 2**64 - 1)))
    assert part.seconds is None or part.seconds < 1e6
