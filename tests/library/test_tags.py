"""Tags of every usual format, and covers."""

import base64
import io
import shutil
import struct
import subprocess
import time
import tracemalloc
from pathlib import Path

import pytest
import soundfile
from PIL import Image

from deepmusic.audio import synth
from deepmusic.library import tags
from deepmusic.library.tags import Tags

NAMED = ["v23.mp3", "v24.mp3", "a.flac", "a.ogg", "a.oga", "a.opus", "a.wav", "a.aiff", "a.m4a"]
NAMED += ["a.mp4", "a.wma", "a.aac"]
OPTIONS = {
    "v23.mp3": ["-id3v2_version", "3", "-write_id3v1", "1"],
    "a.oga": ["-c:a", "flac"],
    "a.aiff": ["-write_id3v2", "1"],
    "a.aac": ["-write_id3v2", "1"],
    "a.mp4": ["-c:a", "aac"],
}
TAGS = Tags("So What", "Miles Davis", "Kind of Blue", "Jazz")
FOREIGN = Tags("Полюшко 東京", "Björk 🎵", "Ñandú" * 20, "Народная")


@pytest.fixture(scope="session")
def sound(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "sound.wav"
    soundfile.write(path, synth.play("jazz", seconds=3.5), 22_050)
    return path


@pytest.fixture
def encode(sound, tmp_path):
    """Return a function that writes a file with ffmpeg."""
    if not shutil.which("ffmpeg"):
        pytest.skip("needs ffmpeg")

    def write(name, *options) -> Path:
        command = ["ffmpeg", "-v", "error", "-i", sound, *options, tmp_path / name]
        subprocess.run(command, check=True)
        return tmp_path / name

    return write


@pytest.mark.parametrize("words", [TAGS, FOREIGN], ids=["plain", "foreign"])
@pytest.mark.parametrize("name", NAMED)
def test_tags_of_every_format_are_read(name, words, encode):
    """Those of WAV are RIFF INFO."""
    given = [part for key, word in vars(words).items() for part in ("-metadata", f"{key}={word}")]
    path = encode(name, *given, *OPTIONS.get(name, ()))
    assert tags.read(path) == words
    renamed = path.rename(path.with_suffix(".mp3"))
    assert tags.read(renamed) == words
    assert tags.read(io.BytesIO(renamed.read_bytes())) == words


# === ID3 by hand, in all its versions ===

FRAMES = {"title": ("TT2", "TIT2"), "artist": ("TP1", "TPE1"), "album": ("TAL", "TALB")}
FRAMES["genre"] = ("TCO", "TCON")
CODECS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


def synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(words, version, encoding, unsynchronised=False) -> bytes:
    body = b""
    for key, (short, long) in FRAMES.items():
        text = bytes([encoding]) + words[key].encode(CODECS[encoding])
        if version == 4 and unsynchronised:
            text = text.replace(b"\xff", b"\xff\0")
        size = synchsafe(len(text)) if version == 4 else len(text).to_bytes(4, "big")
        body += (
            short.encode() + len(text).to_bytes(3, "big") + text
            if version == 2
            else long.encode() + size + bytes([0, 2 * unsynchronised * (version == 4)]) + text
        )
    if version == 3 and unsynchronised:
        body = body.replace(b"\xff", b"\xff\0")
    flags = 0x80 * unsynchronised
    return b"ID3" + bytes([version, 0, flags]) + synchsafe(len(body)) + body


@pytest.mark.parametrize("encoding", CODECS)
@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("unsynchronised", [False, True])
def test_every_id3_is_read(version, encoding, unsynchronised):
    words = {"title": "Café ÿ", "artist": "Müller", "album": "Ñandú", "genre": "Jazz"}
    if encoding:
        words["artist"] = "東京"
    tag = id3(words, version, encoding, unsynchronised and version > 2)
    assert tags.read(io.BytesIO(tag + b"\xff\xfb\x90\0" * 400)) == Tags(**words)
    chunk = b"id3 " + struct.pack("<I", len(tag)) + tag
    if not unsynchronised:
        assert tags.read(io.BytesIO(b"RIFF\0\0\0\0WAVE" + chunk)) == Tags(**words)


def test_id3v1_is_read_where_there_is_nothing_better():
    old = b"TAG" + b"".join(word.encode().ljust(30, b"\0") for word in ("Song", "Band", "Album"))
    old += b"1959" + b"\0" * 30 + b"\x08"
    music = b"\xff\xfb\x90\0" * 400
    assert tags.read(io.BytesIO(music + old)) == Tags("Song", "Band", "Album", "Jazz")
    both = id3(vars(TAGS), 4, 3) + music + old
    assert tags.read(io.BytesIO(both)) == TAGS


def comments(*pairs: str) -> bytes:
    """A FLAC file of nothing but a block of comments."""
    block = struct.pack("<II", 0, len(pairs))
    block += b"".join(struct.pack("<I", len(p.encode())) + p.encode() for p in pairs)
    return b"fLaC\0\0\0\x22" + bytes(34) + b"\x84" + len(block).to_bytes(3, "big") + block


def test_several_values_are_joined_and_stay_in_one_line():
    found = tags.read(io.BytesIO(comments("ARTIST=Miles\nDavis", "artist=Coltrane", "TITLE= x ")))
    assert found == Tags("x", "Miles Davis; Coltrane")


def test_files_without_tags_or_with_nonsense_have_none(sound, tmp_path):
    assert tags.read(sound) == Tags()
    nonsense = tmp_path / "a.mp3"
    nonsense.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x7fnonsense" * 9)
    assert tags.read(nonsense) == Tags()
    assert tags.read(tmp_path / "none.mp3") == Tags()
    assert tags.read_cover(nonsense) is None
    assert tags.read_cover(sound) is None


# === Hostile files ===

#: Made when they are asked for: most processes that test need none of them.
HOSTILE = {
    "claims 4 GB": lambda: b"fLaC\0\0\0\x22" + bytes(34) + b"\x84\xff\xff\xff" + b"\xff" * 12,
    "4,294,967,295 comments": lambda: b"fLaC\x84\0\0\x08" + bytes(4) + b"\xff" * 4,
    "700,000 artists": lambda: comments(*(f"artist={number}" for number in range(700_000))),
    "a million chunks": lambda: b"RIFF\0\0\0\0WAVE" + b"abcd\0\0\0\0" * 3_000_000,
    "a million atoms": lambda: b"\0\0\0\x20ftyp" + b"M4A " * 6 + b"\0\0\0\x08moov" * 3_000_000,
    "a million frames": lambda: b"ID3\4\0\x80\x7f\x7f\x7f\x7f" + b"TIT2\0\0\0\1\0\0a" * 2_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_takes_long_or_much_memory(name, monkeypatch):
    monkeypatch.setattr(tags, "_MAX_SECONDS", 0.3)
    content = HOSTILE[name]()
    file = io.BytesIO(content)
    tracemalloc.start()
    began = time.monotonic()
    tags.read(file)
    took, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 3
    assert peak < 100e6 + 3 * len(content)


# === Covers ===


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg", "a.m4a"])
def test_covers_are_found(name, encode, tmp_path):
    image = tmp_path / "cover.png"
    Image.new("RGB", (4, 4), "red").save(image)
    cover = image.read_bytes()
    if name == "a.ogg":
        picture = struct.pack(">II9sI", 3, 9, b"image/png", 0) + bytes(16)
        picture += struct.pack(">I", len(cover)) + cover
        text = base64.b64encode(picture).decode()
        path = encode(name, "-metadata", f"METADATA_BLOCK_PICTURE={text}")
    else:
        attached = ("-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic")
        path = encode(name, "-i", image, *attached)
    assert tags.read_cover(path) == cover
    assert tags.read(path) == Tags()
