"""Workers: how they are started, queued and stopped, and what a run's files tell of its end."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime

import numpy as np
import pytest

from deepmusic import models, runs
from deepmusic.config import GTZAN_GENRES, TrainConfig
from deepmusic.data import splits
from deepmusic.data.gtzan import read_facts
from deepmusic.errors import DatasetError, RunError
from deepmusic.files import acquire_lock
from deepmusic.training import callbacks, fit, worker

TINY = models.MODELS["cnn"].config.changed(filters=(4,), dense_units=8)
QUICK = TrainConfig(data="toy", epochs=20, windows_per_clip=4, batch_size=10)


@pytest.fixture(autouse=True)
def _one_at_a_time(monkeypatch):
    monkeypatch.setenv(worker.SLOTS_VARIABLE, "1")


@pytest.fixture
def run(tmp_path):
    return worker.create(TINY, QUICK, tmp_path)


def ending_with(error, monkeypatch):
    """Let training end with an error."""

    def train(run, dataset, parts=None):
        run.write_progress(phase="training", epoch=0, step=3, steps=7)
        raise error

    monkeypatch.setattr(fit, "train", train)


# === How a run begins ===


def test_new_runs_have_ids_of_their_own(tmp_path, monkeypatch):
    class Noon:
        @staticmethod
        def now(zone):
            return datetime(2026, 11, 22, 12, tzinfo=zone)

    monkeypatch.setattr(worker, "datetime", Noon)
    made = []
    makers = [
        threading.Thread(target=lambda: made.append(worker.create(TINY, QUICK, tmp_path).id))
        for _ in range(5)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    stem = "20261122-120000-cnn"
    assert sorted(made) == [stem, *(f"{stem}-{number}" for number in range(2, 6))]
    assert [run.id for run in runs.list_runs(tmp_path)] == sorted(made)


def test_new_runs_have_names_that_stay(tmp_path):
    first, second = (worker.create(TINY, QUICK, tmp_path) for _ in range(2))
    assert runs.run_names(tmp_path) == {first.id: "CNN on toy", second.id: "CNN on toy, 2"}
    first.delete()
    assert runs.run_names(tmp_path) == {second.id: "CNN on toy, 2"}


def test_two_servers_make_runs_of_their_own(tmp_path):
    """Both make runs within the same second; no run is lost or shared."""
    code = (
        "from pathlib import Path; from deepmusic.training import recipes, worker\n"
        f"folder, settings = Path({str(tmp_path)!r}), recipes.recipe('cnn', 'class')\n"
        "print(*[worker.create(*settings, folder).id for _ in range(15)])"
    )
    servers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    made = [one for server in servers for one in server.communicate(timeout=120)[0].split()]
    assert len(made) == len(set(made)) == 30
    assert sorted(made) == [run.id for run in runs.list_runs(tmp_path)]


def test_runs_lie_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path / "deep" / "er"))
    made = worker.create(TINY, QUICK)
    assert made.path.parent == tmp_path / "deep" / "er"
    assert runs.find_run(made.id) == made


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="No run can be made in"):
        worker.create(TINY, QUICK, tmp_path / "file" / "runs")


def test_a_full_disk_is_refused(tmp_path, monkeypatch):
    def no_room(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("deepmusic.runs.run.write_atomically", no_room)
    with pytest.raises(RunError, match="No space left on device"):
        worker.create(TINY, QUICK, tmp_path)
    assert runs.list_runs(tmp_path) == []


# === How a run ends ===


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DatasetError("No clip can be used. Check the folder."), "No clip can be used. Check"),
        (OSError(28, "No space left on device"), "The disk is full. Free some space"),
        (OSError("write failed: No space left on device"), "The disk is full. Free some space"),
        (MemoryError(), "The memory is full. Choose a smaller batch size"),
        (ValueError("odd"), "An unforeseen fault: ValueError: odd. The log says where."),
        (OSError(5, "Input/output error"), "An unforeseen fault: OSError"),
    ],
)
def test_a_failed_run_says_why(error, words, run, monkeypatch):
    ending_with(error, monkeypatch)
    worker.run_worker(run)
    assert run.state == "failed"
    assert run.error.startswith(words)
    assert run.summary()["error"].startswith(words)
    # The log tells a developer where; the error tells everyone what to do.
    assert "Traceback" in run.log_path.read_text()
    assert "Traceback" not in run.error
    assert run.ticket is None


def test_data_that_is_not_there_is_a_failure(tmp_path):
    recipe = QUICK.changed(data=str(tmp_path / "nothing"))
    run = worker.create(TINY, recipe, tmp_path)
    worker.run_worker(run)
    assert run.state == "failed"
    assert "There is nothing at" in run.error


def test_a_split_that_the_data_does_not_know_is_a_failure(tmp_path):
    run = worker.create(TINY, QUICK.changed(split="fault_filtered"), tmp_path)
    worker.run_worker(run)
    assert run.state == "failed"
    assert "no split named 'fault_filtered'" in run.error


def test_control_c_cancels(run, monkeypatch):
    ending_with(KeyboardInterrupt(), monkeypatch)
    worker.run_worker(run)
    assert run.state == "stopped"
    assert run.error == ""


def test_a_stopped_run_has_not_failed(run, monkeypatch):
    def train(run, dataset, parts=None):
        run.cancel()
        callbacks.stop_if_asked(run)

    monkeypatch.setattr(fit, "train", train)
    worker.run_worker(run)
    assert run.state == "stopped"
    assert "stopped after epoch 0" in run.log_path.read_text()


def test_a_run_that_ends_well_leaves_no_marks_of_its_course(run, monkeypatch):
    def train(run, dataset, parts=None):
        run.write_progress(phase="testing")
        run.write_evaluation({"clip_accuracy": 0.5})

    monkeypatch.setattr(fit, "train", train)
    worker.run_worker(run)
    assert run.state == "finished"
    assert {path.name for path in run.path.iterdir()} == {
        "config.json",
        "evaluation.json",
        "log.txt",
        "notes.json",
        "run.lock",
    }
    with pytest.raises(RunError, match="is finished"):
        worker.run_worker(run)
    with pytest.raises(RunError, match="is finished"):
        worker.start(run)


# === What is refused ===


def test_training_can_be_switched_off(run, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
    before = sorted(run.path.rglob("*"))
    for forbidden in (
        lambda: worker.create(TINY, QUICK, run.path.parent),
        lambda: worker.start(run),
        lambda: worker.run_worker(run),
    ):
        with pytest.raises(RunError, match="Training is switched off here"):
            forbidden()
    assert sorted(run.path.rglob("*")) == before
    assert len(list(run.path.parent.iterdir())) == 1


def test_a_run_has_one_worker(run):
    with run.take_lock():
        with pytest.raises(RunError, match="is queued already"):
            worker.run_worker(run)
        with pytest.raises(RunError, match="is queued"):
            worker.start(run)


def test_a_worker_lives_from_its_start_until_it_dies(run, started):
    """The lock goes over to the worker: there is no moment between its birth and its first word."""
    process = started(run)
    assert run.state == "queued"
    with pytest.raises(RunError, match="is queued"):
        worker.start(run)
    process.kill()
    # Dead, and not reaped: as under a server that never waits for it.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert run.state == "interrupted"


def test_a_worker_that_cannot_be_started_is_reported(run, monkeypatch):
    def no_process(*arguments, **options):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(worker.subprocess, "Popen", no_process)
    with pytest.raises(RunError, match=r"cannot be started \(Cannot allocate memory\)"):
        worker.start(run)
    assert run.state == "interrupted"


def test_only_a_living_worker_is_stopped(run):
    with pytest.raises(RunError, match=r"is interrupted\. Only a queued or running"):
        worker.stop(run)
    assert not run.is_cancelled()


def test_a_run_stopped_before_its_worker_lived_does_not_train(run, monkeypatch):
    ending_with(AssertionError("trained"), monkeypatch)
    with run.take_lock() as lock:
        worker.stop(run)
        worker.run_worker(run, os.dup(lock.fileno()))
    assert run.state == "stopped"


# === The queue ===


def test_runs_are_trained_in_the_order_of_the_queue(tmp_path):
    first, second, dead = (worker.create(TINY, QUICK, tmp_path) for _ in range(3))
    for age, waiting in ((1, dead), (2, first), (3, second)):
        waiting.enqueue()
        os.utime(waiting.path / "ticket", ns=(age, age))
    with first.take_lock(), second.take_lock():
        assert not worker._has_predecessor(first)
        assert worker._has_predecessor(second)
    assert not worker._has_predecessor(second)


def test_a_clock_that_is_set_back_loses_no_turn(tmp_path):
    first, second = (worker.create(TINY, QUICK, tmp_path) for _ in range(2))
    with first.take_lock(), second.take_lock():
        first.enqueue()
        second.enqueue()
        for age in (10**9 * 86_400 * 365, 0):
            os.utime(second.path / "ticket", ns=(0, first.ticket - age))
            waits = [worker._has_predecessor(run) for run in (first, second)]
            assert sorted(waits) == [False, True], "one goes first, and one waits"


@pytest.fixture
def archive(tmp_path):
    """Log-mels of noise, which a worker need not compute: of every genre 2, 1 and 1 clips."""
    split = splits.make(read_facts(), "paper")
    tracks = [
        track
        for part, count in ((split.train, 2), (split.valid, 1), (split.test, 1))
        for genre in GTZAN_GENRES
        for track in [name for name in part if name.startswith(f"{genre}.")][:count]
    ]
    noise = np.random.default_rng(0).integers(0, 256, (len(tracks), 128, 60), dtype=np.uint8)
    path = tmp_path / "noise.npz"
    np.savez(path, logmel=noise, track=tracks)
    return path


@pytest.fixture
def started():
    """Start workers that do not outlive the test."""
    processes = []

    def start(run):
        processes.append(worker.start(run))
        return processes[-1]

    yield start
    for process in processes:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def wait_until(condition, seconds=90.0):
    """Look until a condition holds, and return how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "waited in vain"
        time.sleep(0.05)
    return time.monotonic() - began


def test_a_run_that_waits_for_another_can_be_stopped(run, monkeypatch):
    ending_with(AssertionError("trained"), monkeypatch)
    with acquire_lock(run.path.parent / worker._SLOT):
        waiting = threading.Thread(target=worker.run_worker, args=(run,))
        waiting.start()
        wait_until(lambda: run.ticket is not None, seconds=10)
        assert run.state == "queued"
        worker.stop(run)
        waiting.join(10)
    assert (run.state, run.ticket) == ("stopped", None)
    assert "stopped while waiting" in run.log_path.read_text()


def test_as_many_train_at_once_as_there_are_slots_and_none_is_lost(tmp_path, monkeypatch):
    monkeypatch.setenv(worker.SLOTS_VARIABLE, "2")
    at_once, most = [], []

    def train(run, dataset, parts=None):
        at_once.append(run.id)
        most.append(len(at_once))
        time.sleep(0.2)
        at_once.remove(run.id)
        run.write_evaluation({})

    monkeypatch.setattr(fit, "train", train)
    queued = [worker.create(TINY, QUICK, tmp_path) for _ in range(6)]
    threads = [threading.Thread(target=worker.run_worker, args=(one,)) for one in queued]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [one.state for one in queued] == ["finished"] * 6
    assert max(most) == 2


@pytest.mark.parametrize(("value", "slots"), [("3", 3), ("", 4), ("0", 4), ("many", 4)])
def test_slots_are_half_of_the_cores_unless_the_environment_says_more(value, slots, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setenv(worker.SLOTS_VARIABLE, value)
    assert worker.training_slots() == slots


@pytest.mark.slow
def test_runs_wait_for_each_other_and_survive_their_workers(tmp_path, archive, started):
    recipe = QUICK.changed(data=str(archive))
    first, second = (worker.create(TINY, recipe, tmp_path / "runs") for _ in range(2))
    process = started(first)
    assert first.state == "queued"
    wait_until(lambda: first.state == "running")

    started(second)
    wait_until(second.is_locked)
    wait_until(lambda: second.ticket is not None)
    assert (first.state, second.state) == ("running", "queued")
    worker.stop(second)
    assert wait_until(lambda: second.state == "stopped", seconds=15) < 10
    assert "stopped while waiting" in second.log_path.read_text()

    wait_until(lambda: callbacks.saved_epochs(first))
    assert first.state == "running"
    process.kill()
    # Its starter has not reaped it yet, as a server does not.
    wait_until(lambda: first.state == "interrupted", seconds=10)
    kept = callbacks.saved_epochs(first)[-1] + 1

    worker.run_worker(first)  # In this process, which has imported TensorFlow.
    assert first.state == "finished"
    assert [row["epoch"] for row in first.history()] == list(range(QUICK.epochs))
    assert f"going on after epoch {kept}\n" in first.log_path.read_text()
    assert first.evaluation["clips"] == 10


def test_the_first_clip_waits_for_no_large_package():
    """So that a run tells of its clips before TensorFlow is imported, and SciPy never is."""
    code = (
        "import sys; import deepmusic.training.loading; from deepmusic.audio import synth\n"
        "synth.play('rock', seconds=0.5)\n"
        "print(*{'keras', 'tensorflow', 'scipy', 'librosa', 'pandas'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
