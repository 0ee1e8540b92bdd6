"""Indexing: new and changed files alone, whatever is killed in between."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from deepmusic import audio
from deepmusic.audio import synth
from deepmusic.cli import main
from deepmusic.cli.options import progress_bar
from deepmusic.errors import DatasetError, LibraryError
from deepmusic.formatting import parse_name
from deepmusic.library import indexing, recommend
from deepmusic.library.store import Library
from tests.names import DECODED, HARMFUL

SAMPLE_RATE = 22_050


class Terminal(io.StringIO):
    """A file that passes for a terminal."""

    def isatty(self):
        return True


ROOT = Path(__file__).resolve().parents[2]


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
    assert {entry.title for entry in library.open().entries} == {
        *("blues", "metal", "disco", "jazz", "pop", "rock")
    }
    reasons = {failure.path.name: failure.reason for failure in library.failures()}
    assert "is not sound that can be read" in reasons["broken.mp3"]
    assert "a window is 3.0 s" in reasons["short.wav"]

    before = {entry.title: entry.digest for entry in library.open().entries}
    assert counts(index(music, library)) == (0, 8, 0, 0)
    (music / "metal.flac").unlink()
    soundfile.write(music / "jazz.flac", synth.play("jazz", seconds=5, seed=1), SAMPLE_RATE)
    shutil.copy(music / "rock.flac", music / "broken.mp3")
    assert counts(index(music, library)) == (2, 5, 1, 0)
    after = {entry.title: entry.digest for entry in library.open().entries}
    assert set(after) == {"blues", "disco", "jazz", "pop", "rock", "broken"}
    assert after["jazz"] != before["jazz"]
    assert after["pop"] == before["pop"]
    assert [failure.path.name for failure in library.failures()] == ["short.wav"]
    assert counts(index(music, library, retry=True)) == (0, 6, 0, 1)


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_what_is_stored_is_what_the_networks_give(music, library, jobs):
    from deepmusic.library import embeddings
    from deepmusic.library.song_index import analyze_song

    indexing.index(music / "deep", library, jobs=jobs)
    index = library.open()
    path = music / "deep" / "er" / "blues.wav"
    (entry,) = [entry for entry in index.entries if entry.path == path]
    row = index.rows[entry.id]
    song = audio.load_song(path)
    analyzed = analyze_song(song, embeddings.load_embedder())
    np.testing.assert_allclose(index.embeddings[row], analyzed.embedding.song, atol=1e-5)
    np.testing.assert_allclose(index.profiles[row], analyzed.embedding.profile, atol=1e-5)
    np.testing.assert_allclose(index.timbre[row], analyzed.timbre, rtol=1e-4)
    assert entry.tempo == pytest.approx(analyzed.entry.tempo)
    assert entry.digest == song.digest
    assert entry.duration == pytest.approx(4)


def test_without_the_pretrained_network_the_others_embed_and_say_so(music, library, monkeypatch):
    from deepmusic.library import embeddings
    from deepmusic.prediction import measures

    assert index(music, library).added == 6
    assert library.open().space == embeddings.MUSICNN
    (music / "new").mkdir()
    shutil.copy(music / "rock.flac", music / "new")
    monkeypatch.setattr(measures, "FOLDER", music)
    assert "without musicnn" in embeddings.fallback_reason()
    with pytest.raises(LibraryError, match="other networks"):
        library.open()
    ended = index(music / "new", library)
    assert (ended.added, ended.renewed) == (7, 6), "songs of all folders are indexed anew"
    found = library.open()
    assert found.space == embeddings.THREE_NETWORKS
    assert found.embeddings.shape[1] > 200
    assert found.tags.size == 0
    query = recommend.query_by_ids(found, [found.entries[0].id])
    assert recommend.recommend(found, query, min_similarity=-1)


def test_an_unplugged_disk_does_not_empty_the_library(music, library):
    index(music, library)
    for song in (music / "deep" / "er").iterdir():
        song.unlink()
    ended = index(music, library)
    assert ended.removed == 0
    assert ended.unreachable == [str(music / "deep" / "er")]
    assert library.count() == 6
    shutil.rmtree(music / "deep")
    assert index(music, library).removed == 3, "a folder that was deleted among others is gone"
    shutil.rmtree(music)
    music.mkdir()
    assert index(music, library).unreachable == [str(music)]
    assert library.count() == 3
    with pytest.raises(LibraryError, match="must be a folder"):
        index(music / "none", library)
    assert indexing.forget(music, library) == 5, "with two that could not be used"
    assert library.count() == 0


@pytest.mark.usefixtures("ordinary_user")
@pytest.mark.parametrize("mode", [0o000, 0o444, 0o555])
def test_songs_that_cannot_be_read_stay(mode, music, library):
    index(music, library)
    (music / "deep" / "er").chmod(mode)
    (music / "jazz.flac").chmod(0o000)
    try:
        ended = index(music, library)
    finally:
        (music / "deep" / "er").chmod(0o755)
    assert (ended.removed, library.count()) == (0, 6)
    folder = str(music / "deep" / "er")
    assert any(path.startswith(folder) for path in ended.unreachable) == (mode != 0o555)


@pytest.mark.usefixtures("ordinary_user")
def test_songs_behind_a_link_that_cannot_be_read_stay(music, library, tmp_path):
    (music / "deep").rename(tmp_path / "disk")
    (music / "deep").symlink_to(tmp_path / "disk")
    index(music, library)
    (tmp_path / "disk" / "er").chmod(0o444)
    try:
        ended = index(music, library)
    finally:
        (tmp_path / "disk" / "er").chmod(0o755)
    assert (ended.removed, library.count()) == (0, 6)
    assert len(ended.unreachable) == 3


@pytest.mark.parametrize("left", [(), (".hidden",), (".Trash-0/files", ".stfolder")])
def test_songs_of_an_empty_mount_point_stay(left, music, library):
    index(music, library)
    shutil.rmtree(music / "deep")
    (music / "deep").mkdir()
    for name in left:
        (music / "deep" / name).mkdir(parents=True)
    ended = index(music, library)
    assert (ended.removed, library.count()) == (0, 6)
    assert ended.unreachable == [str(music / "deep")]


def test_songs_that_were_deleted_go(music, library):
    index(music, library)
    folder = music / "deep" / "er"
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
        assert index(music, library).removed == 1
    assert library.count() == 4
    (folder / "cover.jpg").touch()
    next(folder.glob("*.wav")).unlink()
    assert index(music, library).removed == 1, "a folder with a cover in it is mounted"
    assert library.count() == 3


def test_linked_music_is_one_song_each_and_goes_with_its_file(music, library, tmp_path):
    disk = tmp_path / "disk"
    shutil.copytree(music / "deep", disk / "deep")
    shutil.rmtree(music / "deep")
    (music / "deep").symlink_to(disk / "deep")
    (music / "again").symlink_to(disk / "deep" / "er")
    (music / "alias.flac").symlink_to(music / "jazz.flac")
    (music / "loop").symlink_to(music)
    assert index(music, library).added == 6
    assert index(music, library).unchanged == 8
    assert index(disk, library).unchanged == 3
    next((disk / "deep" / "er").iterdir()).unlink()
    assert index(music, library).removed == 1
    disk.rename(tmp_path / "unplugged")
    ended = index(music, library)
    assert (ended.removed, library.count()) == (0, 5)
    assert "2 broken link (again, deep)" in ended.passed_over


@pytest.mark.parametrize("when", [-(2**55), -11_644_473_600, -1, 2**33, 2**44])
def test_any_date_can_be_stored(when, library, tmp_path, monkeypatch):
    path = tmp_path / "m" / "a.wav"
    path.parent.mkdir()
    path.write_bytes(b"no sound")
    stat = Path.stat

    def dated(self, **options):
        found = stat(self, **options)
        facts = {name: getattr(found, name) for name in ("st_mode", "st_size")}
        return SimpleNamespace(**facts, st_mtime_ns=when * 10**9) if self == path else found

    monkeypatch.setattr(Path, "stat", dated)
    assert counts(index(path.parent, library)) == (0, 0, 0, 1)
    assert counts(index(path.parent, library)) == (0, 1, 0, 0)


def test_files_that_vanish_meanwhile_are_told(music, library, monkeypatch):
    load = audio.load_song

    def vanish(path, **settings):
        Path(path).unlink()
        return load(path, **settings)

    monkeypatch.setattr(audio, "load_song", vanish)
    assert counts(index(music, library)) == (0, 0, 0, 8)
    assert all("cannot be read (No such file" in one.reason for one in library.failures())


@pytest.mark.parametrize("name", ["x" * 300, "x/" * 3000, "a\0b", "loop"])
def test_names_that_cannot_be_are_no_folders(name, library, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    for function in (indexing.index, indexing.start):
        with pytest.raises(LibraryError, match="must be a folder that can be read"):
            function(tmp_path / name, library)
    assert indexing.forget(tmp_path / name, library) == 0


@pytest.fixture(scope="module")
def named(sounds, tmp_path_factory) -> tuple[Path, Library]:
    """A library of songs with all kinds of names, and of files without sound."""
    folder = tmp_path_factory.mktemp("named") / os.fsdecode(b"\xff\x1b[2J\n")
    for kind in ("good", "bad"):
        (folder / kind).mkdir(parents=True)
        for name in DECODED.values():
            target = folder / kind / name
            target.write_bytes(b"no sound") if kind == "bad" else shutil.copy(
                sounds / "deep" / "er" / "blues.wav", target
            )
    library = Library(folder.parent / "library")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DEEPMUSIC_PUBLIC", raising=False)
        assert counts(index(folder, library)) == (len(DECODED), 0, 0, len(DECODED))
    return folder, library


def test_any_name_is_indexed_once_and_given_back(named):
    folder, library = named
    assert counts(index(folder, library)) == (0, 2 * len(DECODED), 0, 0)
    entries = library.open().entries
    assert {entry.path for entry in entries} == {folder / "good" / n for n in DECODED.values()}
    for failure in library.failures():
        assert failure.path.parent == folder / "bad"
        assert failure.reason.isprintable()
    assert {entry.title for entry in entries} >= {r"caf\xe9", r"caf\\xe9", r"a\nb", "--help"}
    assert all(entry.title.isprintable() for entry in entries)


@pytest.mark.parametrize("style", [(), ("--json",), ("--csv",), ("--m3u8",)])
def test_any_name_is_printed(style, named, monkeypatch):
    folder, library = named
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(library.folder))
    asked = ["similar", str(folder / "good" / DECODED["screen clearing"]), "--most", "1000"]
    # All songs are one; each is a copy of the others.
    monkeypatch.setattr(recommend, "MIN_COPY_COSINE", 2.0)
    monkeypatch.setattr(recommend, "_same_facts", lambda one, other: False)
    result = CliRunner().invoke(main, [*asked, "--per-artist", "1000", *style])
    assert result.exit_code == 0, result.output
    printed = result.stdout_bytes.decode()
    assert not HARMFUL & set(printed)
    paths = {str(folder / "good" / name) for name in DECODED.values()}
    if style == ("--json",):
        assert {one["path"] for one in json.loads(printed)["results"]} == paths
    elif style == ("--csv",):
        rows = csv.DictReader(io.StringIO(printed))
        assert {parse_name(row["path"]) for row in rows} == paths
    elif style == ("--m3u8",):
        lines = [line for line in printed.split("\n") if line and line[0] != "#"]
        assert all(line.startswith("file:///") for line in lines), "for the name of the folder"
        assert {os.fsdecode(unquote_to_bytes(line[7:])) for line in lines} == paths
    else:
        assert len(printed.splitlines()) == 1 + 2 * len(paths)


@pytest.mark.parametrize("style", [(), ("--json",)])
def test_any_name_is_reported(style, named, monkeypatch):
    folder, library = named
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(library.folder))
    result = CliRunner().invoke(main, ["index", str(folder), *style])
    assert result.exit_code == 2
    assert not HARMFUL & set(result.stdout_bytes.decode() + result.stderr_bytes.decode())
    if style:
        found = {one["path"] for one in json.loads(result.stdout)["failures"]}
        assert found == {str(folder / "bad" / name) for name in DECODED.values()}
    else:
        assert result.stderr.count("\n") == len(DECODED)


def test_a_folder_has_one_name(music, library, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(music)
    (tmp_path / "beside").mkdir()
    monkeypatch.chdir(tmp_path / "beside")
    index(music / "deep", library)
    index(tmp_path / "link" / "deep", library)
    index(Path("../music/deep"), library)
    assert library.count() == 3
    assert indexing.forget(tmp_path / "link" / "deep", library) == 3


def test_strange_files_do_not_end_an_indexing(music, library, monkeypatch):
    load, strange = audio.load_song, Path(os.fsdecode(os.fsencode(music) + b"/caf\xe9.wav"))
    strange.write_bytes(b"no sound")
    os.mkfifo(music / "pipe.wav")
    os.utime(music / "metal.flac", (-11_644_473_600, -11_644_473_600))  # The year 1601.

    def fail(path, **settings):
        if path.name == "jazz.flac":
            raise ValueError("the decoder has a fault")
        return load(path, **settings)

    monkeypatch.setattr(audio, "load_song", fail)
    assert counts(index(music, library)) == (5, 0, 0, 4)
    reasons = {failure.path.name: failure.reason for failure in library.failures()}
    assert "not foreseen (ValueError: the decoder has a fault)" in reasons["jazz.flac"]
    assert strange.name in reasons
    assert "pipe.wav" not in reasons
    assert counts(index(music, library)) == (0, 9, 0, 0)


def test_other_folders_stay_when_one_is_indexed(music, library):
    (music / "deeper").mkdir()
    shutil.move(music / "rock.flac", music / "deeper")
    index(music / "deeper", library)
    index(music / "deep", library)
    assert library.count() == 4
    assert indexing.forget(music / "deep", library) == 3, "deeper is another folder"


def test_one_indexes_at_a_time(music, library):
    with library.lock():
        assert library.is_locked()
        with pytest.raises(LibraryError, match="is running"):
            index(music, library)
    assert not library.is_locked()


def test_a_stop_keeps_what_was_read(music, library, monkeypatch):
    monkeypatch.setattr(indexing, "_BATCH_SONGS", 2)
    ended = index(music, library, on_progress=lambda progress: indexing.stop(library))
    assert ended.ended == "stopped"
    assert ended.done == 2
    assert indexing.last_progress(library) == ended
    assert index(music, library).ended == "finished"
    assert library.count() == 6


def test_a_fault_in_between_is_reported_and_what_was_read_is_kept(music, library, monkeypatch):
    monkeypatch.setattr(indexing, "_BATCH_SONGS", 3)
    add, calls = Library.add, []

    def fail(self, songs, failures=()):
        calls.append(songs)
        if len(calls) > 1:
            raise LibraryError("The library cannot be written.")
        add(self, songs, failures)

    monkeypatch.setattr(Library, "add", fail)
    with pytest.raises(LibraryError, match="cannot be written"):
        index(music, library)
    assert library.count() == len(calls[0])
    assert "cannot be written" in indexing.last_progress(library).ended
    monkeypatch.setattr(Library, "add", add)
    index(music, library)
    assert library.count() == 6


def test_only_what_cannot_be_written_is_called_a_full_disk(music, library, monkeypatch):
    def fail(self, calls):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("joblib.Parallel.__call__", fail)
    with pytest.raises(DatasetError, match=r"Cannot allocate memory.*--jobs 1") as caught:
        indexing.index(music, library, jobs=2)
    assert "space" not in str(caught.value)
    (library.folder / "progress.json").unlink()
    (library.folder / "progress.json").mkdir()
    with pytest.raises(LibraryError, match="cannot be written"):
        index(music, library)


def test_an_indexing_in_the_background_is_refused_at_once(music, library):
    with pytest.raises(LibraryError, match="must be a folder"):
        indexing.start(music / "none", library)
    with library.lock(), pytest.raises(LibraryError, match="is running"):
        indexing.start(music, library)


@pytest.mark.slow
def test_an_indexing_in_the_background(music, library):
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


@pytest.mark.slow
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
    assert not library.is_locked(), "its lock went with it"
    before = {entry.path: entry.id for entry in library.open().entries}

    ended = index(music, library)
    assert counts(ended) == (60 - kept, kept, 0, 0)
    found = library.open()
    assert len(found) == 60
    after = {entry.path: entry.id for entry in found.entries}
    assert before.items() <= after.items(), "what was kept stays"
    # One sound, so that every row must hold the same numbers.
    same = found.embeddings
    np.testing.assert_allclose(same, np.broadcast_to(same[0], same.shape), atol=1e-5)


def test_the_command_line_indexes_and_finds(music, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_LIBRARY", str(tmp_path / "library"))
    # The bands are no more alike than any two genres.
    alike = partial(recommend.recommend, min_similarity=-1.0)
    monkeypatch.setattr("deepmusic.library.recommend.recommend", alike)

    def run(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    result = run("similar", music / "jazz.flac")
    assert result.exit_code == 2
    assert "No music is indexed" in result.stderr

    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "song.xyz").write_bytes(b"not read")
    result = run("index", tmp_path / "odd")
    assert result.exit_code == 2
    assert "must hold sound files (.wav" in result.stderr
    assert "1 file was passed over: 1 .xyz (song.xyz)." in result.stderr

    result = run("index", music, "--jobs", 1)
    assert result.exit_code == 2, "two files could not be used"
    assert "broken.mp3 is not sound that can be read" in result.stderr
    assert "6 songs added or renewed" in result.stdout
    result = run("index", music, "--json")
    assert json.loads(result.stdout)["unchanged"] == 8
    assert {Path(one["path"]).name for one in json.loads(result.stdout)["failures"]} == {
        *("broken.mp3", "short.wav")
    }

    result = run("similar", music / "jazz.flac", "--json", "--limit", 3)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["query"]["title"] == "jazz"
    assert len(found["results"]) == 3
    similarities = [one["similarity"] for one in found["results"]]
    assert similarities == sorted(similarities, reverse=True)
    assert str(music / "jazz.flac") not in [one["path"] for one in found["results"]]

    text = run("similar", music / "jazz.flac", "--passage", "0:01-0:04", "--most", 1).stdout
    assert text.startswith("My library (6 songs), most like jazz, 0:01 to 0:04:")
    playlist = run("similar", music / "jazz.flac", music / "rock.flac", "--m3u8").stdout
    assert playlist.startswith("#EXTM3U\n")
    assert len([line for line in playlist.splitlines() if not line.startswith("#")]) == 4
    table = run("similar", music / "jazz.flac", "--csv").stdout
    assert table.startswith("rank,similarity,artist,title,album,duration,path,why\n1,")
    assert run("similar", music / "jazz.flac", "--passage", "later").exit_code == 2
    assert run("similar").exit_code == 2
    assert run("similar", music / "jazz.flac", "--in", "gtzan", "--most", 1).exit_code == 0
    assert run("index", music, "--jobs", 0).exit_code == 2, "as before, not a traceback"
    soundfile.write(music / "cut.flac", synth.play("metal", seconds=9), SAMPLE_RATE)
    whole = (music / "cut.flac").read_bytes()
    (music / "cut.flac").write_bytes(whole[: len(whole) * 4 // 5])
    result = run("index", music, "--jobs", 1)
    assert f"{music / 'cut.flac'}: " in result.stderr, "what is damaged is reported"
    assert "1 songs added" in result.stdout
    assert "cut.flac: " in run("similar", music / "cut.flac").stderr
    for song in (music / "deep" / "er").iterdir():
        song.unlink()
    result = run("index", music)
    assert f"{music / 'deep' / 'er'} is empty or cannot be read" in result.stderr
    assert "9 files forgotten" in run("index", music, "--forget").stdout


def test_a_progress_bar_grows_on_a_terminal(music, library, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_bar("Indexing") as report:
        index(music, library, on_progress=lambda progress: report(progress.done, progress.total))
    assert "8/8" in terminal.getvalue()
