"""Tags of every usual format, and covers."""

import shutil
import subprocess
from pathlib import Path

import pytest
import soundfile
from PIL import Image

from deepmusic.audio import synth
from deepmusic.library import tags
from deepmusic.library.tags import Tags

FORMATS = ["mp3", "flac", "ogg", "opus", "wav", "aiff", "m4a"]
TAGS = {"title": "So What", "artist": "Miles Davis", "album": "Kind of Blue", "genre": "Jazz"}


@pytest.fixture(scope="session")
def sound(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "sound.wav"
    soundfile.write(path, synth.play("jazz", seconds=3.5), 22_050)
    return path


@pytest.fixture(params=FORMATS)
def tagged(request, sound, tmp_path) -> Path:
    """A file of each format, tagged by ffmpeg, which does not use mutagen."""
    if not shutil.which("ffmpeg"):
        pytest.skip("needs ffmpeg")
    path = tmp_path / f"song.{request.param}"
    words = [part for key, value in TAGS.items() for part in ("-metadata", f"{key}={value}")]
    if request.param == "aiff":
        words += ["-write_id3v2", "1"]
    command = ["ffmpeg", "-v", "error", "-i", sound, *words, path]
    subprocess.run(command, check=True)
    return path


def test_tags_are_read(tagged):
    found = tags.read(tagged)
    if tagged.suffix == ".wav":
        pytest.skip("ffmpeg writes RIFF INFO there, which mutagen does not read")
    assert found == Tags(**TAGS)


def test_files_without_tags_or_with_nonsense_have_none(sound, tmp_path):
    assert tags.read(sound) == Tags()
    nonsense = tmp_path / "a.mp3"
    nonsense.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x7fnonsense" * 9)
    assert tags.read(nonsense) == Tags()
    assert tags.read(tmp_path / "none.mp3") == Tags()
    assert tags.read_cover(nonsense) is None
    assert tags.read_cover(sound) is None


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "m4a"])
def test_covers_are_found(sound, tmp_path, suffix):
    import base64

    from mutagen import File
    from mutagen.flac import Picture
    from mutagen.id3 import APIC
    from mutagen.mp4 import MP4Cover

    if not shutil.which("ffmpeg"):
        pytest.skip("needs ffmpeg")
    path, image = tmp_path / f"a.{suffix}", tmp_path / "cover.png"
    Image.new("RGB", (4, 4), "red").save(image)
    subprocess.run(["ffmpeg", "-v", "error", "-i", sound, path], check=True)
    file = File(path)
    if file.tags is None:
        file.add_tags()
    cover = Picture()
    cover.data, cover.type, cover.mime = image.read_bytes(), 3, "image/png"
    if suffix == "mp3":
        file.tags.add(APIC(mime="image/png", type=3, data=image.read_bytes()))
    elif suffix == "flac":
        file.add_picture(cover)
    elif suffix == "ogg":
        file["metadata_block_picture"] = [base64.b64encode(cover.write()).decode()]
    else:
        file["covr"] = [MP4Cover(image.read_bytes(), MP4Cover.FORMAT_PNG)]
    file.save()
    assert tags.read_cover(path) == image.read_bytes()
