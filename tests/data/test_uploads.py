"""Folders that came by a browser."""

import io

import pytest
import soundfile

from deepmusic.audio import synth
from deepmusic.data import Folder, uploads
from deepmusic.errors import DatasetError


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "uploads"


def test_a_folder_is_stored_once_and_opens(folder):
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.tone(440, seconds=1), 22_050, format="WAV")
    names = ["my songs/rock/a.wav", "my songs/jazz/b.wav", "my songs/loose.wav"]
    files = [(name, buffer.getvalue()) for name in names]
    path = uploads.store(files)
    assert path.name.startswith("my songs-")
    dataset = Folder(path)
    assert set(dataset.genres) == {"jazz", "rock"}
    assert dataset.audio_path("rock/a.wav").read_bytes() == buffer.getvalue()
    assert "loose.wav" in " ".join(dataset.remarks)
    assert uploads.store(files) == path
    assert list(folder.iterdir()) == [path]
    assert uploads.store([(names[0], b"other"), *files[1:]]) != path


@pytest.mark.parametrize("name", ["song.mp3", "../rock/a.mp3", "m/../../a.mp3", "/", "m/a\0b.mp3"])
def test_names_that_lead_elsewhere_are_refused(name, folder):
    with pytest.raises(DatasetError, match="one subfolder per genre is needed"):
        uploads.store([("m/rock/a.mp3", b"."), (name, b".")])
    assert list(folder.iterdir()) == []
    assert list(folder.parent.parent.rglob("a*.mp3")) == []


def test_an_absolute_name_stays_below(folder):
    path = uploads.store([("/etc/rock/passwd", b".")])
    assert path.parent.resolve() == folder.resolve()
    assert (path / "rock" / "passwd").read_bytes() == b"."


def test_nothing_is_no_folder():
    with pytest.raises(DatasetError, match="Received: no file"):
        uploads.store([])


def test_a_disk_that_denies_it_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match="cannot be written"):
        uploads.store([("m/rock/a.mp3", b".")])
