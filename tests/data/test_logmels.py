"""Log-mels on disk: computed once, kept through every kill, wherever they come from."""

import errno
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from deepmusic.audio.synth import tone
from deepmusic.config import FRONT_ENDS, MelConfig
from deepmusic.data import Folder, Gtzan, logmels
from deepmusic.data.archive import read_archive
from deepmusic.data.logmels import load, prepare
from deepmusic.errors import DatasetError

COMPACT, PAPER = FRONT_ENDS["compact"], FRONT_ENDS["paper"]


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_DATA", str(tmp_path / "data"))


def test_prepared_log_mels_are_those_that_would_be_computed(folder, stored):
    computed = folder.log_mels(folder.tracks, COMPACT)
    done = prepare(folder, jobs=1)
    assert (done.computed, done.kept, done.missing, done.skipped) == (6, 0, 0, ())
    assert done.folder.parent.name == "logmels"
    assert done.folder.name.startswith("music-") and done.folder.name.endswith("-compact")
    assert all(path.suffix == ".npy" for path in done.folder.iterdir())
    assert list(stored(folder)) == list(folder.tracks)
    for track, log_mel in computed.by_track.items():
        assert log_mel.dtype == stored(folder)[track].dtype == np.uint8
        np.testing.assert_array_equal(log_mel, stored(folder)[track])


def test_prepared_log_mels_are_read_and_not_computed(folder, monkeypatch):
    prepare(folder, jobs=1)
    monkeypatch.setattr(logmels, "compute", lambda path, mel: pytest.fail("computed again"))
    loaded = folder.log_mels(folder.tracks, COMPACT)
    assert list(loaded.by_track) == list(folder.tracks)
    assert loaded.skipped == ()


@pytest.mark.parametrize("time", [1, 4_000_000_000])
def test_what_is_there_is_kept_and_what_was_replaced_is_computed(folder, time, stored):
    """Also where the new sound is older than the log-mel."""
    prepare(folder, jobs=1)
    assert prepare(folder, jobs=1).computed == 0
    path = folder.audio_path("low/000.wav")
    before = stored(folder)["low/000.wav"]
    soundfile.write(path, tone(3000, seconds=4.0), 22_050)
    os.utime(path, (time, time))
    assert "low/000.wav" not in stored(folder)
    done = prepare(folder, jobs=1)
    assert (done.computed, done.kept) == (1, 5)
    assert (before != stored(folder)["low/000.wav"]).any()
    assert len(list(done.folder.iterdir())) == 6


def test_each_front_end_has_a_folder_of_its_own(folder):
    compact, paper = (prepare(folder, mel, jobs=1) for mel in (COMPACT, PAPER))
    assert compact.folder != paper.folder
    (wide, *_) = load(folder, folder.tracks, PAPER).by_track.values()
    assert wide.shape == (128, 1 + 4 * 22_050 // 512)
    short = MelConfig(n_fft=1024)
    assert prepare(folder, short, jobs=1).folder not in (compact.folder, paper.folder)


def test_two_datasets_of_one_name_keep_apart(folder, tmp_path, make_folder):
    other = make_folder(tmp_path / "elsewhere" / "music")
    assert other.name == folder.name
    assert prepare(other, jobs=1).folder != prepare(folder, jobs=1).folder


def test_any_name_of_a_track_is_a_file(tmp_path, stored):
    """Deep, long, with marks, and bytes that are no UTF-8."""
    names = ["a b #3", "50% @ night", "x" * 240, "ä" * 100, os.fsdecode(b"caf\xe9")]
    root = tmp_path / "music"
    for genre in ("high", "low"):
        for name in names:
            path = root / genre / ("y" * 200) / f"{name}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                soundfile.write(file, tone(440, seconds=3.5), 22_050, format="WAV")
    folder = Folder(root)
    assert prepare(folder, jobs=1).computed == 10
    assert prepare(folder, jobs=1).kept == 10
    assert list(stored(folder)) == list(folder.tracks)


def test_a_file_that_cannot_be_used_is_named_and_tried_again(folder):
    path = folder.audio_path("high/001.wav")
    whole, age = path.read_bytes(), path.stat().st_mtime
    path.write_text("no sound at all")
    done = prepare(folder, jobs=1)
    assert done.computed == 5
    (skipped,) = done.skipped
    assert skipped.track == "high/001.wav"
    assert "not sound that can be read" in skipped.reason
    assert prepare(folder, jobs=1).skipped == (skipped,)
    assert folder.log_mels(folder.tracks, COMPACT).skipped == (skipped,)
    path.write_bytes(whole)
    os.utime(path, (age, age))
    assert prepare(folder, jobs=1).computed == 1


def test_missing_sound_is_counted_and_what_was_computed_of_it_is_kept(folder):
    listed = folder.location / "list.csv"
    listed.write_text("path,genre\nlow/000.wav,low\nhigh/000.wav,high\nlow/009.wav,low\n")
    done = prepare(Folder(listed), jobs=1)
    assert (done.computed, done.missing) == (2, 1)
    folder.audio_path("low/000.wav").unlink()
    again = prepare(Folder(listed), jobs=1)
    assert (again.computed, again.kept, again.missing) == (0, 2, 1)
    assert "low/000.wav" in load(Folder(listed), ["low/000.wav"], COMPACT).by_track


def test_a_damaged_file_is_computed_anew(folder, stored):
    done = prepare(folder, jobs=1)
    before = stored(folder)
    for path in done.folder.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    after = folder.log_mels(folder.tracks, COMPACT).by_track
    assert all((after[track] == log_mel).all() for track, log_mel in before.items())


def test_stopping_keeps_what_was_done(folder):
    def stop(done: int, of: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(folder, jobs=1, on_progress=stop)
    assert prepare(folder, jobs=1).computed == 2


@pytest.mark.slow
def test_a_kill_keeps_what_was_done(folder, stored):
    """In the midst of writing, and with clips of the usual size."""
    for path in folder._audio.values():
        soundfile.write(path, tone(440, seconds=30), 22_050)
    script = f"""
import os, signal
from pathlib import Path
import numpy as np
from deepmusic.data import Folder, logmels
save, saved = np.save, []
def save_half(path, log_mel, **options):
    save(path, log_mel, **options)
    saved.append(path)
    if len(saved) == 5:
        os.truncate(path, 1000)
        os.kill(os.getpid(), signal.SIGKILL)
np.save = save_half
logmels.prepare(Folder(Path({str(folder.location)!r})), jobs=1)
"""
    killed = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL
    assert len(load(folder, folder.tracks, COMPACT).by_track) == 6
    assert len(stored(folder)) == 4
    (half,) = logmels.LogMelFolder(folder, COMPACT).path.glob(".*")
    os.utime(half, (1, 1))
    done = prepare(folder, jobs=1)
    assert (done.computed, done.kept) == (2, 4)
    assert len(os.listdir(done.folder)) == 6


def test_two_can_work_at_once(folder, stored):
    """One does what the other does, and neither spoils anything."""
    threads = [
        threading.Thread(target=prepare, args=(folder,), kwargs={"jobs": 1}) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert prepare(folder, jobs=1).kept == 6
    assert len(stored(folder)) == 6


def test_only_what_cannot_be_written_is_called_a_full_disk(folder, tmp_path, monkeypatch):
    def fail(*args, **options):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    with monkeypatch.context() as patched:
        patched.setattr("joblib.Parallel.__call__", fail)
        with pytest.raises(DatasetError, match=r"Cannot allocate memory.*--jobs 1") as caught:
            prepare(folder, jobs=1)
        assert "space" not in str(caught.value)
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DatasetError, match=r"cannot be written .*Free some space"):
        prepare(folder, jobs=1)


def test_memory_does_not_grow_with_the_dataset(tmp_path, make_folder):
    def peak(n_clips: int) -> int:
        dataset = make_folder(tmp_path / str(n_clips), n_clips, seconds=3.0)
        tracemalloc.start()
        try:
            prepare(dataset, PAPER, jobs=1)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    small, large = peak(3), peak(13)
    log_mels_of_large = 26 * 128 * 130
    assert large - small < 0.3 * log_mels_of_large


def test_progress_counts_every_file(folder):
    seen = []
    prepare(folder, jobs=1, on_progress=lambda done, of: seen.append((done, of)))
    assert seen == [(number, 6) for number in range(7)]


def test_processes_and_cluster_are_passed_on(folder, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        logmels.parallel,
        "map_unordered",
        lambda function, items, **options: seen.update(options) or (),
    )
    prepare(folder, jobs=3, cluster="tcp://somewhere:1")
    assert (seen["jobs"], seen["cluster"]) == (3, "tcp://somewhere:1")


def test_prepared_gtzan_is_the_archive(gtzan_root, monkeypatch, stored):
    """The 100 real clips, computed by us, against the archive that was made elsewhere."""
    audio = Gtzan(gtzan_root / "genres")
    some = dict(list(audio._audio.items())[::10])
    monkeypatch.setattr(audio, "_audio", some)
    assert prepare(audio, jobs=1).computed == 10
    (archive,) = gtzan_root.glob("*.npz")
    archived = read_archive(archive)
    for track, log_mel in stored(audio).items():
        difference = np.abs(log_mel.astype(int) - archived[track])
        assert difference.mean() < 1
        assert np.mean(difference <= 1) > 0.95
