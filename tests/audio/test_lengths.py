"""Headers that lie, files joined, cut or damaged: what is there is read, the rest is noted."""

import struct
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from deepmusic.audio import load_song
from deepmusic.audio.synth import tone
from deepmusic.errors import AudioError
from tests.audio.formats import (
    FFMPEG_FORMATS,
    FORMATS,
    ID3V1,
    apev2,
    encode_with_pyav,
    encoded,
    encoded_by_ffmpeg,
    encoded_mp3,
    id3,
    with_bytes,
)

RATE = 44_100


@cache
def tune(seconds: float, sample_rate: int = RATE, channels: int = 1) -> np.ndarray:
    """Return a tone and a little noise, which keeps encoders from saving on it."""
    n_samples = round(seconds * sample_rate)
    noise = np.random.default_rng(channels).normal(size=n_samples)
    y = tone(330, seconds=seconds, sample_rate=sample_rate)[:n_samples] + 0.05 * noise
    return y if channels == 1 else np.stack([y, y[::-1]], axis=1)


@cache
def whole(kind: str) -> bytes:
    """Return six seconds in a format of either encoder."""
    if kind in FORMATS:
        return encoded(tune(6, FORMATS[kind][2]), kind)
    return encoded_by_ffmpeg(kind, tune(6, FFMPEG_FORMATS[kind][2]))


def with_xing(factor: float) -> bytes:
    """Return 20 s of MP3 whose header claims another number of frames."""
    data = encoded_mp3(tune(20))
    start = max(data.find(b"Xing"), data.find(b"Info")) + 8
    (n_frames,) = struct.unpack_from(">I", data, start)
    return with_bytes(data, start, struct.pack(">I", int(factor * n_frames)))


def loud_and_quiet() -> np.ndarray:
    return np.concatenate([tune(30), 0.0003 * np.random.default_rng(0).normal(size=30 * RATE)])


def flac_claiming(factor: float) -> bytes:
    data = whole("flac")
    number = int.from_bytes(data[18:26], "big")
    n_frames = number & ((1 << 36) - 1)
    claim = (number ^ n_frames) | int(factor * n_frames)
    return with_bytes(data, 18, claim.to_bytes(8, "big"))


def aiff_without(*names: bytes) -> bytes:
    """Return AIFF whose chunks of these names say 0: frames, bytes, or the size of all."""
    data = whole("aiff")
    for name in names:
        start = data.find(name) + (10 if name == b"COMM" else 4)
        data = with_bytes(data, start, bytes(4))
    return data


CHANGES = "sample rate or its channels change"

#: Name: seconds, part of the note ("" for none), maker.
CLAIMS: dict[str, tuple[float, str, Callable[[], bytes]]] = {
    "VBR MP3 without header, loud then quiet": (
        60,
        "",
        lambda: encoded_mp3(loud_and_quiet(), xing=False, q="2"),
    ),
    "VBR MP3 without header, quiet then loud": (
        60,
        "",
        lambda: encoded_mp3(loud_and_quiet()[::-1], xing=False, q="2"),
    ),
    "MP3, Xing says a quarter": (20, "", lambda: with_xing(0.25)),
    "MP3, Xing says 0": (20, "", lambda: with_xing(0)),
    "MP3, Xing says hundredfold": (20, "", lambda: with_xing(100)),
    "MP3, joined": (18, "", lambda: encoded_mp3(tune(6)) + encoded_mp3(tune(12))),
    "MP3, joined with tags": (
        18,
        "",
        lambda: id3() + encoded_mp3(tune(6)) + ID3V1 + id3(300) + encoded_mp3(tune(12)),
    ),
    "MP3, mono then stereo": (
        12,
        CHANGES,
        lambda: encoded_mp3(tune(6)) + encoded_mp3(tune(6, channels=2)),
    ),
    "MP3, 44.1 then 48 kHz": (
        12,
        CHANGES,
        lambda: encoded_mp3(tune(6)) + encoded_mp3(tune(6, 48_000), 48_000),
    ),
    "MP3 behind a cover of 8 MB": (6, "", lambda: id3(2**23) + encoded_mp3(tune(6))),
    "Ogg, chained": (12, "", lambda: 2 * whole("vorbis")),
    "Ogg, Vorbis then Opus": (12, CHANGES, lambda: whole("vorbis") + whole("opus")),
    "Ogg, mono then stereo": (
        12,
        CHANGES,
        lambda: whole("vorbis") + encoded(tune(6, channels=2), "vorbis"),
    ),
    "Ogg, FLAC then Vorbis": (12, "", lambda: whole("flac-in-ogg") + whole("vorbis")),
    "FLAC counts a third": (6, "", lambda: flac_claiming(1 / 3)),
    "FLAC counts 0": (6, "", lambda: flac_claiming(0)),
    "FLAC counts a hundredfold": (6, "6.0 of 600.0 s", lambda: flac_claiming(100)),
    "FLAC, joined": (12, "", lambda: 2 * whole("flac")),
    "WAV of size 0": (6, "", lambda: with_bytes(whole("wav"), 40, bytes(4))),
    "WAV of size 0 in RIFF of size 0": (
        6,
        "",
        lambda: with_bytes(with_bytes(whole("wav"), 40, bytes(4)), 4, bytes(4)),
    ),
    "WAV of unknown size": (6, "", lambda: with_bytes(whole("wav"), 40, b"\xff" * 4)),
    "WAV of the largest size": (6, "", lambda: with_bytes(whole("wav"), 40, b"\xff\xff\xff\x7f")),
    "WAV, joined": (12, "", lambda: 2 * whole("wav")),
    "WAV and much that is none": (6, "40 kB behind", lambda: whole("wav") + b"\1\2" * 20_000),
    "WAV that says a third": (
        2,
        "behind the end",
        lambda: with_bytes(whole("wav"), 40, struct.pack("<I", (len(whole("wav")) - 44) // 3)),
    ),
    "AU of size 0": (6, "", lambda: with_bytes(whole("au"), 8, bytes(4))),
    "AU of unknown size": (6, "", lambda: with_bytes(whole("au"), 8, b"\xff" * 4)),
    "AIFF, sound of size 0": (6, "", lambda: aiff_without(b"SSND")),
    "AIFF of 0 frames": (6, "", lambda: aiff_without(b"COMM")),
    "AIFF that says 0 all over": (6, "", lambda: aiff_without(b"COMM", b"SSND", b"FORM")),
    "AIFF, joined": (12, "", lambda: 2 * whole("aiff")),
    "M4A, joined": (12, "", lambda: 2 * whole("m4a")),
    "WebM, joined": (12, "", lambda: 2 * whole("webm")),
    "ADTS, joined": (12, "", lambda: 2 * whole("adts")),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_what_is_there_is_read_whatever_the_header_claims(case):
    seconds, note, make = CLAIMS[case]
    song = load_song(make())
    assert song.duration == pytest.approx(seconds, abs=0.12)
    assert note in song.note
    assert bool(note) == bool(song.note)


@pytest.mark.parametrize("bits", [12, 16, 20, 24])
def test_flac_of_odd_depths(bits):
    data = encode_with_pyav(
        *(tune(3), "flac", "flac", RATE),
        sample_format="s16" if bits <= 16 else "s32",
        codec_options={"bits_per_raw_sample": str(bits)},
    )
    song = load_song(data, sample_rate=RATE)
    assert song.notes == ()
    np.testing.assert_allclose(song.samples, tune(3).clip(-1, 1), rtol=0, atol=2 ** (1.5 - bits))


KINDS = [*FORMATS, *FFMPEG_FORMATS]

#: Nothing in them says how long they are: neither a header nor a mark of the end.
UNMARKED = {"mp2", "ac3", "wma"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_has_no_note(kind):
    song = load_song(whole(kind))
    assert song.notes == ()
    assert not song.is_incomplete
    assert song.duration == pytest.approx(6, abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.61, 0.9])
def test_a_cut_file_says_so(kind, share):
    data = whole(kind)
    try:
        song = load_song(data[: int(share * len(data))])
    except AudioError as error:
        assert "no sound that can be decoded" in str(error) or "not sound" in str(error)
        return
    assert song.duration == pytest.approx(6 * share, abs=1.2)
    if song.duration > 0.5 and kind not in UNMARKED:
        assert song.is_incomplete
        assert "breaks off" in song.note


@pytest.mark.parametrize("kind", ["wav", "au", "flac", "mp3", "vorbis", "adts", "webm"])
def test_half_a_file_gives_its_first_half(kind):
    data = whole(kind)
    complete, half = load_song(data), load_song(data[: len(data) // 2])
    n_samples = len(half.samples) - 4_000  # a codec may fumble its last frames
    assert n_samples > 40_000
    np.testing.assert_allclose(half.samples[:n_samples], complete.samples[:n_samples], atol=1e-4)


#: Whole seconds lie in one packet of these, and chance makes no sound of floats.
COARSE = {"wav-float", "wavpack", "tta", "webm", "opus", "wma", "flac-in-ogg"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in COARSE])
def test_a_scratch_costs_little_and_is_noted(kind):
    data = whole(kind)
    noise = np.random.default_rng(0).bytes(300)
    song = load_song(with_bytes(data, len(data) // 2, noise))
    assert song.duration == pytest.approx(6, abs=0.5)
    # Samples as they are hold no mark by which damage could be told.
    raw = FORMATS.get(kind, ("",))[0] in ("WAV", "AU", "AIFF") or kind in (
        *("wav-mulaw", "aifc", "caf", "w64"),
    )
    assert raw or song.is_incomplete or song.duration > 5.98


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("front", "behind"),
    [
        (id3(), b""),
        (id3(version=4) + id3(3000), b""),
        (b"", ID3V1),
        (b"", apev2() + ID3V1),
        (b"", apev2(header=False)),
        (id3(), apev2() + ID3V1),
    ],
    ids=["ID3", "two ID3", "ID3v1", "APE and ID3v1", "APE without header", "all"],
)
def test_tags_neither_hide_nor_harm_the_sound(kind, front, behind):
    song = load_song(front + whole(kind) + behind)
    assert song.duration == pytest.approx(6, abs=0.05)
    assert song.notes == ()


@pytest.mark.parametrize("tag", [b"", id3()], ids=["bare", "behind a tag"])
@pytest.mark.parametrize(
    "junk",
    [bytes(5000), b"ICY 200 OK\r\nicy-name: x\r\n\r\n", np.random.default_rng(0).bytes(5000)],
    ids=["zeros", "HTTP", "noise"],
)
def test_mp3_behind_junk(tag, junk):
    song = load_song(tag + junk + encoded_mp3(tune(6)))
    assert song.duration == pytest.approx(6, abs=0.1)


def test_mp3_from_amid_a_frame():
    assert load_song(encoded_mp3(tune(6))[333:]).duration == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("channels", [(1, -1), (1, -0.98), (0.5, -0.5, 0)])
def test_opposite_channels_are_not_silent(channels):
    y = tune(6)
    song = load_song(encoded(np.stack([gain * y for gain in channels], 1), "wav-float"))
    assert "cancel" in song.note
    assert not song.is_incomplete
    assert np.std(song.samples) == pytest.approx(np.std(y) * max(channels), rel=0.05)


@pytest.mark.parametrize("gains", [(1, 1), (1, 0), (1, 0.5, 0.2, 0, 0, 0)])
def test_other_channels_are_averaged(gains):
    y = tune(6)
    song = load_song(encoded(np.stack([gain * y for gain in gains], 1), "wav-float"))
    assert song.notes == ()
    assert np.std(song.samples) == pytest.approx(np.std(y) * np.mean(gains), rel=0.05)
