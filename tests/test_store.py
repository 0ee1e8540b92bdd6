"""Log-mels on disk: computed once, kept through every kill, wherever they come from."""

import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from deepmusic import store
from deepmusic.config import FRONT_ENDS
from deepmusic.datasets import Folder, Gtzan
from deepmusic.datasets.gtzan import read_archive
from deepmusic.errors import DatasetError
from deepmusic.store import Store, prepare
from deepmusic.synth import tone

COMPACT, PAPER = FRONT_ENDS["compact"], FRONT_ENDS["paper"]


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))


def make_folder(root: Path, n_clips: int = 3, seconds: float = 4.0) -> Folder:
    """A collection of tones: low and high."""
    for genre, pitch in (("high", 2000), ("low", 200)):
        (root / genre).mkdir(parents=True, exist_ok=True)
        for number in range(n_clips):
            sound = tone(pitch + 10 * number, seconds=seconds)
            soundfile.write(root / genre / f"{number:03d}.wav", sound, 22_050)
    return Folder(root)


@pytest.fixture
def folder(tmp_path) -> Folder:
    return make_folder(tmp_path / "music")


def test_prepared_pictures_are_those_that_would_be_computed(folder):
    computed = folder.pictures(folder.tracks, COMPACT)
    done = prepare(folder, jobs=1)
    assert (done.computed, done.kept, done.missing, done.problems) == (6, 0, 0, ())
    stored = dict(Store.of(folder, COMPACT).read(folder.tracks))
    assert list(stored) == list(folder.tracks)
    for track, picture in computed.by_track.items():
        assert picture.dtype == stored[track].dtype == np.uint8
        np.testing.assert_array_equal(picture, stored[track])


def test_prepared_pictures_are_read_and_not_computed(folder, monkeypatch):
    prepare(folder, jobs=1)
    monkeypatch.setattr(store, "picture_of", lambda path, mel: pytest.fail("computed again"))
    loaded = folder.pictures(folder.tracks, COMPACT)
    assert list(loaded.by_track) == list(folder.tracks)
    assert loaded.problems == ()


def test_what_is_there_is_not_computed_again_and_what_changed_is(folder):
    prepare(folder, jobs=1)
    assert prepare(folder, jobs=1).computed == 0
    path = folder.audio_path("low/000.wav")
    before = dict(Store.of(folder, COMPACT).read(["low/000.wav"]))
    soundfile.write(path, tone(3000, seconds=4.0), 22_050)
    os.utime(path, (1, 1))
    assert prepare(folder, jobs=1).computed == 1
    after = dict(Store.of(folder, COMPACT).read(["low/000.wav"]))
    assert (before["low/000.wav"] != after["low/000.wav"]).any()


def test_each_front_end_has_a_store_of_its_own(folder):
    compact, paper = (prepare(folder, mel, jobs=1) for mel in (COMPACT, PAPER))
    assert compact.path != paper.path
    wide = next(Store.of(folder, PAPER).read(folder.tracks))[1]
    assert wide.shape == (128, 1 + 4 * 22_050 // 512)


def test_a_file_that_cannot_be_used_is_named_and_not_tried_again(folder, monkeypatch):
    folder.audio_path("high/001.wav").write_text("no sound at all")
    done = prepare(folder, jobs=1)
    assert done.computed == 5
    (problem,) = done.problems
    assert problem.track == "high/001.wav"
    assert "not sound that can be read" in problem.reason
    monkeypatch.setattr(store, "picture_of", lambda path, mel: pytest.fail("tried again"))
    assert prepare(folder, jobs=1).problems == (problem,)
    assert folder.pictures(folder.tracks, COMPACT).problems == (problem,)


def test_missing_sound_is_counted_and_what_was_computed_of_it_is_kept(folder):
    prepare(folder, jobs=1)
    folder.audio_path("low/002.wav").unlink()
    again = Folder(folder.location)
    assert "low/002.wav" not in again.tracks
    listed = folder.location / "list.csv"
    listed.write_text("path,genre\nlow/000.wav,low\nhigh/000.wav,high\nlow/009.wav,low\n")
    done = prepare(Folder(listed), jobs=1)
    assert (done.computed, done.missing) == (2, 1)


def test_stopping_keeps_what_was_done(folder):
    def stop(done: int, of: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(folder, jobs=1, on_progress=stop)
    assert prepare(folder, jobs=1).computed == 2


def test_a_kill_keeps_what_was_done(folder, tmp_path):
    script = f"""
import os, signal
from pathlib import Path
from deepmusic import store
from deepmusic.datasets import Folder
store._COMMIT_SECONDS = 0
def watch(done, of):
    if done == 4:
        os.kill(os.getpid(), signal.SIGKILL)
writing = store.Store.writing
store.Store.writing = lambda self: writing(self, commit_seconds=0)
store.prepare(Folder(Path({str(folder.location)!r})), jobs=1, on_progress=watch)
"""
    killed = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parent.parent)
    assert killed.returncode == -signal.SIGKILL
    done = prepare(folder, jobs=1)
    assert (done.computed, done.kept) == (2, 4)


def test_two_cannot_write_at_once(folder):
    with (
        Store.of(folder, COMPACT).writing(),
        pytest.raises(DatasetError, match="is being written already"),
    ):
        prepare(folder, jobs=1)


def test_a_damaged_store_says_what_to_do(folder):
    path = prepare(folder, jobs=1).path
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(DatasetError, match="Delete it, and prepare the collection anew"):
        prepare(folder, jobs=1)


def test_memory_does_not_grow_with_the_collection(tmp_path):
    def peak(n_clips: int) -> int:
        collection = make_folder(tmp_path / str(n_clips), n_clips, seconds=3.0)
        tracemalloc.start()
        try:
            prepare(collection, PAPER, jobs=1)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    small, large = peak(3), peak(13)
    pictures_of_large = 26 * 128 * 130
    assert large - small < 0.3 * pictures_of_large


def test_progress_counts_every_file(folder):
    seen = []
    prepare(folder, jobs=1, on_progress=lambda done, of: seen.append((done, of)))
    assert seen == [(number, 6) for number in range(7)]


def test_processes_and_cluster_are_passed_on(folder, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        store.parallel, "each", lambda function, items, **options: seen.update(options) or ()
    )
    prepare(folder, jobs=3, cluster="tcp://somewhere:1")
    assert seen == {"jobs": 3, "cluster": "tcp://somewhere:1"}


# --- Archives ------------------------------------------------------------------------------------


def test_an_archive_leads_back_to_the_same_pictures(folder, tmp_path):
    prepare(folder, jobs=1)
    path = tmp_path / "logmel.npz"
    assert store.export_archive(folder, path) == (6, [])
    with np.load(path, allow_pickle=False) as archive:
        assert archive["logmel"].dtype == np.uint8
        assert archive["logmel"].shape == (6, 128, 51)
        assert list(archive["track"]) == list(folder.tracks)
    assert list(read_archive(path)) == list(folder.tracks)
    other = Folder(make_folder(tmp_path / "other").location)
    os.utime(other.audio_path("low/000.wav"), (5, 5))
    assert store.import_archive(other, path) == (6, [])
    assert prepare(other, jobs=1).computed == 0
    for track, picture in Store.of(other, COMPACT).read(folder.tracks):
        np.testing.assert_array_equal(picture, read_archive(path)[track])


def test_clips_of_another_length_are_left_out_of_an_archive(folder, tmp_path):
    soundfile.write(folder.audio_path("low/001.wav"), tone(200, seconds=5.0), 22_050)
    prepare(folder, jobs=1)
    assert store.export_archive(folder, tmp_path / "a.npz") == (5, ["low/001.wav"])


def test_nothing_prepared_is_nothing_to_export(folder, tmp_path):
    with pytest.raises(DatasetError, match="Prepare it first"):
        store.export_archive(folder, tmp_path / "a.npz")


def test_a_damaged_archive_leaves_the_store_as_it_was(folder, tmp_path):
    prepare(folder, jobs=1)
    path = tmp_path / "logmel.npz"
    store.export_archive(folder, path)
    tracks = [*folder.tracks]
    # The last row is missing.
    logmel = np.stack(list(read_archive(path).values()))
    np.savez_compressed(path, logmel=logmel[:5], track=np.array(tracks))
    before = Store.of(folder, COMPACT).stamps()
    with pytest.raises(DatasetError, match="expected uint8"):
        store.import_archive(folder, path)
    whole = tmp_path / "whole.npz"
    store.export_archive(folder, whole)
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    whole.write_bytes(data)
    with pytest.raises(DatasetError, match="not a log-mel archive"):
        store.import_archive(folder, whole)
    assert Store.of(folder, COMPACT).stamps() == before


def test_tracks_of_another_collection_are_named(folder, tmp_path):
    path = tmp_path / "logmel.npz"
    np.savez(path, logmel=np.zeros((1, 128, 51), np.uint8), track=np.array(["blues.00000"]))
    assert store.import_archive(folder, path) == (0, ["blues.00000"])


def test_prepared_gtzan_is_the_archive(gtzan_root, monkeypatch):
    """The 100 real clips, computed by us, against the archive that was made elsewhere."""
    audio = Gtzan(gtzan_root / "genres")
    some = dict(list(audio._audio.items())[::10])
    monkeypatch.setattr(audio, "_audio", some)
    assert prepare(audio, jobs=1).computed == 10
    (archive,) = gtzan_root.glob("*.npz")
    archived = read_archive(archive)
    for track, picture in Store.of(audio, COMPACT).read(some):
        difference = np.abs(picture.astype(int) - archived[track])
        assert difference.mean() < 1
        assert np.mean(difference <= 1) > 0.95
