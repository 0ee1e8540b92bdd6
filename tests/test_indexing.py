"""Indexing: new and changed files alone, whatever is killed in between."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from deepmusic import indexing, synth
from deepmusic.__main__ import main
from deepmusic.errors import LibraryError
from deepmusic.library import Library

SAMPLE_RATE = 22_050
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def sounds(tmp_path_factory) -> Path:
    """Six bands of 4 s, in two folders, with a broken file, a short one and a text among them."""
    folder = tmp_path_factory.mktemp("music")
    (folder / "deep" / "er").mkdir(parents=True)
    for index, genre in enumerate(("blues", "metal", "disco", "jazz", "pop", "rock")):
        name = f"{genre}.flac" if index % 2 else f"deep/er/{genre}.wav"
        soundfile.write(folder / name, synth.play(genre, seconds=4), SAMPLE_RATE)
    (folder / "broken.mp3").write_bytes(b"this is no music" * 10)
    soundfile.write(folder / "short.wav", synth.play("jazz", seconds=1), SAMPLE_RATE)
    (folder / "notes.txt").write_text("no song")
    (folder / ".hidden").mkdir()
    shutil.copy(folder / "metal.flac", folder / ".hidden" / "metal.flac")
    return folder


@pytest.fixture
def music(sounds, tmp_path) -> Path:
    return Path(shutil.copytree(sounds, tmp_path / "music"))


@pytest.fixture
def library(tmp_path) -> Library:
    return Library(tmp_path / "library")


pytestmark = pytest.mark.usefixtures("networks_once")


def index(folder, library, **options):
    return indexing.index(folder, library, jobs=1, **options)


def counts(ended):
    return ended.added, ended.unchanged, ended.removed, ended.failed


def test_a_folder_is_indexed_and_then_only_what_changed(music, library):
    told = []
    assert counts(index(music, library, on_progress=told.append)) == (6, 0, 0, 2)
    assert [progress.done for progress in told] == list(range(1, 9))
    assert {entry.title for entry in library.all_entries()} == {
        *("blues", "metal", "disco", "jazz", "pop", "rock")
    }
    reasons = {failure.path.name: failure.reason for failure in library.failures()}
    assert "is not sound that can be read" in reasons["broken.mp3"]
    assert "a window is 3.0 s" in reasons["short.wav"]

    before = {entry.title: entry.digest for entry in library.all_entries()}
    assert counts(index(music, library)) == (0, 8, 0, 0)
    (music / "metal.flac").unlink()
    soundfile.write(music / "jazz.flac", synth.play("jazz", seconds=5, seed=1), SAMPLE_RATE)
    shutil.copy(music / "rock.flac", music / "broken.mp3")
    assert counts(index(music, library)) == (2, 5, 1, 0)
    after = {entry.title: entry.digest for entry in library.all_entries()}
    assert set(after) == {"blues", "disco", "jazz", "pop", "rock", "broken"}
    assert after["jazz"] != before["jazz"]
    assert after["pop"] == before["pop"]
    assert [failure.path.name for failure in library.failures()] == ["short.wav"]
    assert counts(index(music, library, retry=True)) == (0, 6, 0, 1)


def test_what_is_kept_is_what_the_networks_hear(music, library):
    from deepmusic import audio, embeddings, recommend

    indexing.index(music / "deep", library, jobs=2)
    collection = library.collection()
    row = library.find(music / "deep" / "er" / "blues.wav")
    song = audio.load_song(music / "deep" / "er" / "blues.wav")
    heard = recommend.hear(song, embeddings.load_networks())
    np.testing.assert_allclose(collection.embeddings[row], heard.embedding.song, atol=1e-5)
    np.testing.assert_allclose(collection.profiles[row], heard.embedding.profile, atol=1e-5)
    np.testing.assert_allclose(collection.timbre[row], heard.timbre, rtol=1e-4)
    (entry,) = collection.fetch([row])
    assert entry.tempo == pytest.approx(heard.entry.tempo)
    assert entry.digest == song.digest
    assert entry.duration == pytest.approx(4)


def test_an_unplugged_disk_does_not_empty_the_library(music, library):
    index(music / "deep", library)
    shutil.rmtree(music / "deep" / "er")
    with pytest.raises(LibraryError, match="Is a disk missing"):
        index(music / "deep", library)
    assert library.count() == 3
    with pytest.raises(LibraryError, match="is no folder"):
        index(music / "none", library)
    assert indexing.forget(music / "deep", library) == 3
    assert library.count() == 0


def test_other_folders_stay_when_one_is_indexed(music, library):
    (music / "deeper").mkdir()
    shutil.move(music / "rock.flac", music / "deeper")
    index(music / "deeper", library)
    index(music / "deep", library)
    assert library.count() == 4
    assert indexing.forget(music / "deep", library) == 3, "deeper is another folder"


def test_one_indexes_at_a_time(music, library):
    with library.lock:
        assert indexing.is_running(library)
        with pytest.raises(LibraryError, match="goes on already"):
            index(music, library)
    assert not indexing.is_running(library)


def test_a_stop_keeps_what_was_read(music, library, monkeypatch):
    monkeypatch.setattr(indexing, "_BATCH_SONGS", 2)
    ended = index(music, library, on_progress=lambda progress: indexing.stop(library))
    assert ended.ended == "stopped"
    assert ended.done == 2
    assert indexing.last_progress(library) == ended
    assert index(music, library).ended == "finished"
    assert library.count() == 6


def test_a_full_disk_is_told_in_words_and_what_was_read_is_kept(music, library, monkeypatch):
    monkeypatch.setattr(indexing, "_BATCH_SONGS", 3)
    add, calls = Library.add, []

    def fail(self, records, failures=()):
        calls.append(records)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        add(self, records, failures)

    monkeypatch.setattr(Library, "add", fail)
    with pytest.raises(LibraryError, match=r"cannot be written \(No space left"):
        index(music, library)
    kept = library.count()
    assert kept == len(calls[0])
    assert "No space left" in indexing.last_progress(library).ended
    monkeypatch.setattr(Library, "add", add)
    index(music, library)
    assert library.count() == 6


def test_an_indexing_in_the_background(music, library):
    with pytest.raises(LibraryError, match="is no folder"):
        indexing.start(music / "none", library)
    with library.lock, pytest.raises(LibraryError, match="goes on already"):
        indexing.start(music, library)
    worker = indexing.start(music / "deep", library)
    assert worker.wait(120) == 0, (library.folder / "log.txt").read_text()
    assert indexing.last_progress(library).ended == "finished"
    assert library.count() == 3


def test_nobody_indexes_on_a_public_server(music, library, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
    with pytest.raises(LibraryError, match="switched off"):
        indexing.index(music, library)
    result = CliRunner().invoke(main, ["index", str(music)])
    assert result.exit_code == 2
    assert "switched off" in result.stderr
    result = CliRunner().invoke(main, ["similar", str(music / "jazz.flac")])
    assert result.exit_code == 2


def test_a_kill_in_between_and_a_clean_resume(sounds, tmp_path):
    music, folder = tmp_path / "music", tmp_path / "library"
    music.mkdir()
    for number in range(60):
        shutil.copy(sounds / "metal.flac", music / f"{number:02d}.flac")
    environment = os.environ | {"DEEPMUSIC_LIBRARY": str(folder), "CUDA_VISIBLE_DEVICES": ""}
    worker = subprocess.Popen(
        [sys.executable, "-m", "deepmusic", "index", str(music), "--jobs", "1"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    library = Library(folder)
    deadline = time.monotonic() + 90
    while not library.count() and time.monotonic() < deadline and worker.poll() is None:
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    kept = library.count()
    assert 0 < kept < 60, "killed after the first batch and before the last"
    assert not indexing.is_running(library), "its lock went with it"
    before = {entry.path: entry.row for entry in library.all_entries()}
    # What a killed writer leaves behind the last complete row is written over.
    with (folder / "embeddings.float32").open("ab") as file:
        file.write(b"half a row")

    ended = index(music, library)
    assert counts(ended) == (60 - kept, kept, 0, 0)
    collection = library.collection()
    assert len(collection) == 60
    assert {path: library.find(path) for path in before} == before, "what was kept stays"
    # One sound, so that every row must hold the same numbers.
    same = collection.embeddings[collection.rows]
    np.testing.assert_allclose(same, np.broadcast_to(same[0], same.shape), atol=1e-5)
    assert sorted(collection.rows.tolist()) == list(range(60))


def test_the_command_line_indexes_and_finds(music, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(tmp_path / "library"))

    def run(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    result = run("similar", music / "jazz.flac")
    assert result.exit_code == 2
    assert "No music is indexed" in result.stderr

    result = run("index", music, "--jobs", 1)
    assert result.exit_code == 2, "two files could not be used"
    assert "broken.mp3 is not sound that can be read" in result.stderr
    assert "6 songs added or renewed" in result.stdout
    result = run("index", music, "--json")
    assert json.loads(result.stdout)["unchanged"] == 8
    assert {Path(one["path"]).name for one in json.loads(result.stdout)["failures"]} == {
        *("broken.mp3", "short.wav")
    }

    result = run("similar", music / "jazz.flac", "--json", "--most", 3)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["query"]["title"] == "jazz"
    assert len(found["results"]) == 3
    similarities = [one["similarity"] for one in found["results"]]
    assert similarities == sorted(similarities, reverse=True)
    assert str(music / "jazz.flac") not in [one["path"] for one in found["results"]]
    assert all(one["why"] for one in found["results"])

    text = run("similar", music / "jazz.flac", "--passage", "0:01-0:04", "--most", 1).stdout
    assert text.startswith("My library (6 songs), most like jazz, 0:01 to 0:04:")
    playlist = run("similar", music / "jazz.flac", music / "rock.flac", "--m3u8").stdout
    assert playlist.startswith("#EXTM3U\n")
    assert len([line for line in playlist.splitlines() if not line.startswith("#")]) == 4
    assert run("similar", "--genre", "jazz=2", "--genre", "pop", "--csv").exit_code == 0
    assert run("similar", "--genre", "jazz=two").exit_code == 2
    assert run("similar", music / "jazz.flac", "--passage", "later").exit_code == 2
    assert run("similar").exit_code == 2
    assert run("similar", music / "jazz.flac", "--in", "gtzan", "--most", 1).exit_code == 0
    assert "8 files forgotten" in run("index", music, "--forget").stdout
