"""Labelled sounds from a folder, a list or a ZIP."""

import io
import zipfile

import pytest

from deepmusic.data import labelled
from deepmusic.data.labelled import open_sounds
from deepmusic.errors import DatasetError

NESTED = (
    *("music/rock/live/a.wav", "music/rock/live/b.wav", "music/rock/c.wav"),
    *("music/jazz/all/a.wav", "music/jazz/all/b.wav", "music/notes.txt"),
    *("__MACOSX/music/rock/._a.wav", "music/.DS_Store", "music/empty/text.txt"),
)


def pack(names, content=b"sound") -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    file.seek(0)
    return file


def grouped(sounds) -> dict[str, list[str]]:
    found = {}
    for sound in sounds:
        found.setdefault(sound.recording, []).append(sound.name)
    return found


def test_folders_around_the_classes_and_within_them(tmp_path):
    """Folders within a class are recordings, unless there is one for all of it."""
    with open_sounds(pack(NESTED)) as (packed, remarks):
        assert packed[0].source.read_bytes() == b"sound"
    for name in NESTED:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sound")
    with open_sounds(tmp_path) as (found, _):
        assert grouped(found) == grouped(packed)
    assert grouped(packed) == {
        "jazz/jazz/all/a.wav": ["jazz/all/a.wav"],
        "jazz/jazz/all/b.wav": ["jazz/all/b.wav"],
        "rock/rock/c.wav": ["rock/c.wav"],
        "rock/live": ["rock/live/a.wav", "rock/live/b.wav"],
    }
    assert "The folder empty holds no sound." in remarks
    assert any("2 files are no sound files" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("names", "recordings"),
    [
        (("train/a.wav", "test/b.wav"), {"train/train/a.wav", "test/test/b.wav"}),
        (
            ("train/a.wav", "test/b.wav", "bird/c.wav"),
            {"train/train/a.wav", "test/test/b.wav", "bird/bird/c.wav"},
        ),
        (
            ("train/sax/live/a.wav", "train/sax/b.wav", "test/sax/c.wav", "test/guitar/d.wav"),
            {"sax/live", "sax/train/sax/b.wav", "sax/test/sax/c.wav", "guitar/test/guitar/d.wav"},
        ),
        (
            ("train/live/a.wav", "train/live/b.wav", "train/c.wav", "test/d.wav"),
            {"train/live", "train/train/c.wav", "test/test/d.wav"},
        ),
        (
            ("sax/train/a.wav", "sax/b.wav", "guitar/test/c.wav"),
            {"sax/sax/train/a.wav", "sax/sax/b.wav", "guitar/guitar/test/c.wav"},
        ),
    ],
    ids=["classes", "three classes", "a split of classes", "a recording", "a split in classes"],
)
def test_train_and_test_are_classes_unless_they_hold_the_same_ones(names, recordings):
    with open_sounds(pack(names)) as (found, remarks):
        assert not remarks
        assert {one.recording for one in found} == recordings
        assert {one.label for one in found} == {one.partition("/")[0] for one in recordings}


def test_an_artist_in_a_list_is_a_recording(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.wav").write_bytes(b"sound")
    table = "path,genre,artist\na.wav,rock,X\nb.wav,jazz,X\nc.wav,jazz,\n"
    (tmp_path / "list.csv").write_text(table)
    with open_sounds(tmp_path / "list.csv") as (found, _):
        assert [one.recording for one in found] == ["X", "X", "jazz/c.wav"]


def test_a_zip_cannot_write_outside_of_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    names = ("../../evil.wav", "/evil.wav", "rock/a.wav", "jazz\\b.wav")
    with open_sounds(pack(names)) as (found, _):
        assert sorted(one.name for one in found) == ["jazz/b.wav", "rock/a.wav"]
        assert not list(tmp_path.rglob("evil.wav"))
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize(
    ("file", "match"),
    [
        (pack(["rock/a.wav", "rock/b.wav"]), "only the class rock; two classes"),
        (pack(["a.wav", "b.wav"]), "no folder with sounds"),
        (pack(["rock/a.txt", "jazz/b.txt"]), "no folder with sounds"),
        (io.BytesIO(b"PK\x03\x04 no zip"), "cannot be unpacked"),
    ],
    ids=["one class", "no folders", "no sounds", "damaged"],
)
def test_a_zip_without_classes_is_refused(file, match):
    with pytest.raises(DatasetError, match=match), open_sounds(file):
        pass


def test_a_damaged_zip_is_no_list(tmp_path):
    (tmp_path / "sounds.zip").write_bytes(b"PK\x03\x04 no zip")
    with (
        pytest.raises(DatasetError, match="cannot be unpacked"),
        open_sounds(tmp_path / "sounds.zip"),
    ):
        pass


def test_a_zip_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(labelled, "MOST_BYTES", 10_000)
    bomb = pack(["rock/a.wav", "jazz/b.wav"], bytes(6000))
    with pytest.raises(DatasetError, match="unpacks to more than"), open_sounds(bomb):
        pass
    with open_sounds(bomb, most_bytes=20_000) as (found, _):
        assert len(found) == 2
    monkeypatch.setattr(labelled, "MOST_FILES", 1)
    with pytest.raises(DatasetError, match="holds 2 files"), open_sounds(bomb):
        pass
