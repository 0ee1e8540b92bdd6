"""Tags of every usual format, read, written, and put back."""

import csv
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from PIL import Image

from deepmusic import genre_tags, indexing, synth, tags
from deepmusic.__main__ import main
from deepmusic.errors import LibraryError
from deepmusic.library import Library
from deepmusic.tags import Tags

pytestmark = pytest.mark.usefixtures("networks_once")

FORMATS = ["mp3", "flac", "ogg", "opus", "wav", "aiff", "m4a"]
TAGS = {"title": "So What", "artist": "Miles Davis", "album": "Kind of Blue", "genre": "Jazz"}


@pytest.fixture(scope="session")
def sound(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "sound.wav"
    soundfile.write(path, synth.play("jazz", seconds=3.5), 22_050)
    return path


@pytest.fixture(params=FORMATS)
def tagged(request, sound, tmp_path) -> Path:
    """A file of each format, tagged by ffmpeg, a stranger to mutagen."""
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


def test_a_genre_is_written_and_put_back(tagged, tmp_path):
    old = tags.read(tagged).genre
    sound_before, _ = soundfile.read(tagged) if tagged.suffix != ".m4a" else (None, None)
    backup = tmp_path / "backup.csv"
    assert tags.write_genres({tagged: "Blues"}, backup) == (1, [])
    assert tags.read(tagged).genre == "Blues"
    assert tags.read(tagged).artist == tags.read(tagged).artist
    if sound_before is not None:
        np.testing.assert_array_equal(soundfile.read(tagged)[0], sound_before)
    (row,) = csv.DictReader(backup.open())
    assert (row["path"], row["old_genre"], row["new_genre"]) == (str(tagged), old, "Blues")
    assert tags.restore_genres(backup) == []
    assert tags.read(tagged).genre == old
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["backup.csv", tagged.name])


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
    picture = Picture()
    picture.data, picture.type, picture.mime = image.read_bytes(), 3, "image/png"
    if suffix == "mp3":
        file.tags.add(APIC(mime="image/png", type=3, data=image.read_bytes()))
    elif suffix == "flac":
        file.add_picture(picture)
    elif suffix == "ogg":
        file["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    else:
        file["covr"] = [MP4Cover(image.read_bytes(), MP4Cover.FORMAT_PNG)]
    file.save()
    assert tags.read_cover(path) == image.read_bytes()


def test_nothing_is_touched_without_a_backup(sound, tmp_path):
    song = Path(shutil.copy(sound, tmp_path / "a.wav"))
    before = song.read_bytes()
    (tmp_path / "taken.csv").write_text("someone's")
    for backup in (tmp_path / "taken.csv", tmp_path / "no folder" / "b.csv"):
        with pytest.raises(LibraryError):
            tags.write_genres({song: "Blues"}, backup)
    assert song.read_bytes() == before
    assert (tmp_path / "taken.csv").read_text() == "someone's"


def test_a_file_that_cannot_be_written_is_named_and_the_rest_go_on(sound, tmp_path):
    song = Path(shutil.copy(sound, tmp_path / "a.wav"))
    text = tmp_path / "b.mp3"
    text.write_text("no music")
    gone = tmp_path / "gone.flac"
    changed, faults = tags.write_genres(
        {text: "Blues", gone: "Blues", song: "Blues"}, tmp_path / "backup.csv"
    )
    assert changed == 1
    assert [fault.split(":")[0] for fault in faults] == [str(text), str(gone)]
    assert tags.read(song).genre == "Blues"
    assert text.read_text() == "no music"


def test_a_library_goes_to_review_and_back_into_its_files(sound, tmp_path, monkeypatch):
    music = tmp_path / "music"
    music.mkdir()
    song = Path(shutil.copy(sound, music / "a.wav"))
    tags.write_genres({song: "Old Genre"}, tmp_path / "first.csv")
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(tmp_path / "library"))
    indexing.index(music, jobs=1)
    table = tmp_path / "review.csv"

    def run(*arguments):
        return CliRunner().invoke(main, ["genres", *map(str, arguments)])

    before = song.read_bytes()
    result = run(table)
    assert result.exit_code == 0, result.output
    (row,) = csv.DictReader(table.open())
    assert row["old_genre"] == "Old Genre"
    assert 0 < float(row["confidence"]) <= 1
    assert song.read_bytes() == before, "nothing is written without --write"
    assert run(table).exit_code == 2, "a review is not overwritten"

    reviewed = table.read_text().replace(f",{row['genre']},", ",hard bop,", 1)
    table.write_text(reviewed)
    result = run(table, "--write")
    assert result.exit_code == 0, result.output
    assert tags.read(song).genre == "hard bop"
    (backup,) = tmp_path.glob("review.backup-*.csv")
    assert run(backup, "--restore").exit_code == 0
    assert tags.read(song).genre == "Old Genre"


def test_only_files_of_the_library_are_written_to(sound, tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    shutil.copy(sound, music / "a.wav")
    library = Library(tmp_path / "library")
    indexing.index(music, library, jobs=1)
    outside = Path(shutil.copy(sound, tmp_path / "outside.wav"))
    table = tmp_path / "evil.csv"
    table.write_text(f"path,genre\n{outside},Blues\n")
    with pytest.raises(LibraryError, match="is not in the library"):
        genre_tags.apply_table(library, table)
    assert outside.read_bytes() == sound.read_bytes()
    table.write_text("name,style\na,b\n")
    with pytest.raises(LibraryError, match="columns path, genre"):
        genre_tags.apply_table(library, table)
