"""Runs on disk."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from deepmusic import models, runs
from deepmusic.config import RunConfig, TrainConfig
from deepmusic.errors import RunError
from deepmusic.evaluation import evaluate, metrics
from deepmusic.files import acquire_lock
from deepmusic.formatting import to_csv
from deepmusic.runs import Run

HOLD = """
import sys, time
from pathlib import Path
from deepmusic.files import acquire_lock
lock = acquire_lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def config():
    return RunConfig(model=models.MODELS["crnn"].config, train=TrainConfig())


def test_a_run_is_created_and_opened(tmp_path, config):
    Run.create(tmp_path / "run", config)
    assert Run.open(tmp_path / "run").config == config


def test_a_run_is_never_overwritten(tmp_path, config):
    Run.create(tmp_path, config)
    with pytest.raises(RunError, match="already holds a run"):
        Run.create(tmp_path, config)


def test_a_missing_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"config\.json cannot be read"):
        Run.open(tmp_path)


def test_a_run_of_another_version_names_the_key(tmp_path, config):
    settings = json.loads(config.to_json())
    settings["train"]["momentum"] = 0.9
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(RunError, match=r"train\.momentum"):
        Run.open(tmp_path)


def test_an_unfinished_run_says_so(tmp_path, config):
    run = Run.create(tmp_path, config)
    with pytest.raises(RunError, match="Train it to the end"):
        _ = run.evaluation
    with pytest.raises(RunError, match="Train it to the end"):
        run.read_predictions()


@pytest.mark.parametrize("name", list(models.MODELS))
def test_shipped_runs_are_small_and_whole(name):
    run = runs.shipped_run(name)
    assert run.config.model.name == name
    assert {path.name for path in run.path.iterdir()} - {"seeds"} == {
        *("config.json", "history.csv", "evaluation.json", "predictions.csv"),
        *("model.weights.h5", "model.onnx"),
    }
    assert max(path.stat().st_size for path in run.path.iterdir() if path.is_file()) < 8 * 2**20


def test_an_evaluation_is_that_on_disk(run):
    run.write_evaluation({"clip_accuracy": 0.5})
    assert run.evaluation["clip_accuracy"] == 0.5
    Run(run.path).write_evaluation({"clip_accuracy": 0.6})
    assert run.evaluation["clip_accuracy"] == 0.6


def test_tables_keep_words_as_they_stand(run):
    """A track may be called 000002, and a genre None."""
    table = "track,genre,predicted,windows\n000002,None,1,20\n"
    run.clips_path.write_text(table)
    run.predictions_path.write_text(table)
    clips = run.read_clips()
    assert clips.index.tolist() == ["000002"]
    assert clips.iloc[0].tolist() == ["None", "1", 20]
    assert run.read_predictions().iloc[0].tolist() == ["000002", "None", "1", 20]


@pytest.mark.parametrize("word", ["None", "NA", "nan", "null", "N/A", "-", "=1+1", "True", "1"])
def test_any_word_can_be_a_track_and_a_genre(word, run):
    """Repro 65: pandas takes some words for gaps."""
    genres = (word, "jazz")
    written = pd.DataFrame({"track": [word, "b"], "genre": [word, "jazz"], "start": 0.0})
    written = written.assign(**{word: [0.75, 0.5], "jazz": [0.25, 0.5]})
    run.write_predictions(written)
    read = run.read_predictions()
    pd.testing.assert_frame_equal(read, written, check_dtype=False)
    found = evaluate.summarize(read, genres)
    assert (found["clips"], found["clip_accuracy"]) == (2, 0.5)
    assert found["per_genre"][word]["recall"] == 1
    table = metrics.compact_clips(read, genres).reset_index()
    run.clips_path.write_text(to_csv(table))
    assert run.read_clips().loc[word, "genre"] == word


# === State ===


@pytest.fixture
def run(tmp_path, config):
    return Run.create(tmp_path / "runs" / "some", config)


@contextmanager
def worker_of(run):
    """Let another process hold a run's lock."""
    command = [sys.executable, "-c", HOLD, str(run.path / "run.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        try:
            assert worker.stdout.readline() == "held\n"
            yield worker
        finally:
            worker.kill()


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ((), "interrupted"),
        (("run.lock", "progress.json", "ticket", "log.txt", "history.csv"), "interrupted"),
        (("error.txt",), "failed"),
        (("cancelled",), "stopped"),
        (("cancelled", "error.txt"), "failed"),
        (("evaluation.json",), "finished"),
        (("evaluation.json", "cancelled", "error.txt", "ticket"), "finished"),
    ],
)
def test_the_state_follows_from_files(files, state, run):
    for name in files:
        (run.path / name).write_text("{}")
    assert run.state == state


def test_a_worker_that_lives_is_queued_until_it_says_what_it_does(run):
    with worker_of(run):
        assert run.state == "queued"
        run.write_progress(phase="starting")
        assert run.state == "running"
        run.cancel()
        assert run.state == "running"


def test_a_killed_worker_does_not_run(run):
    run.write_progress(phase="training", epoch=1, step=0, steps=9)
    with worker_of(run) as worker:
        assert run.state == "running"
        worker.kill()
        # Not waited for: a dead process that nobody reaped must not count as alive.
        killed = time.monotonic()
        while run.state != "interrupted":
            assert time.monotonic() - killed < 10


def test_a_new_ticket_is_the_youngest(run):
    assert run.ticket is None
    run.enqueue()
    os.utime(run.path / "ticket", ns=(5, 5))
    assert run.ticket == 5
    run.enqueue()
    assert run.ticket > 5
    run.dequeue()
    assert run.ticket is None


def test_a_lock_has_one_holder(run, monkeypatch):
    monkeypatch.setattr("deepmusic.runs.run.acquire_lock", partial(acquire_lock, wait=0.1))
    with run.take_lock():
        assert run.state == "queued"
        with pytest.raises(RunError, match="is queued already"):
            run.take_lock()
    assert run.state == "interrupted"
    with worker_of(run), pytest.raises(RunError, match="is queued already"):
        run.take_lock()


def test_two_who_look_at_once_do_not_see_a_worker(run):
    (run.path / "run.lock").touch()
    seen = []

    def look():
        seen.extend(run.is_locked() for _ in range(2000))

    watchers = [threading.Thread(target=look) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert len(seen) == 4000
    assert not any(seen)


def test_on_a_full_disk_a_run_still_fails_with_a_reason(run, monkeypatch):
    def no_room(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("deepmusic.runs.run.write_atomically", no_room)
    run.fail("out of words")
    assert run.state == "failed"
    assert run.error.startswith("The disk is full. Free some space, then resume")


def test_going_on_forgets_how_it_ended(run):
    run.fail("no room")
    run.cancel()
    run.write_progress(phase="testing")
    assert run.error == "no room\n"
    run.clear_ending()
    assert (run.state, run.error, run.progress) == ("interrupted", "", {})


def test_a_run_is_not_deleted_while_its_worker_lives(run):
    with worker_of(run), pytest.raises(RunError, match="is queued"):
        run.delete()
    run.delete()
    assert not run.path.exists()


# === What a worker leaves ===


def test_half_a_row_is_no_epoch(run):
    run.history_path.write_text("epoch,loss,val_loss\n0,2.5,2.4\n1,2.2,2.3\n2,2.0")
    assert [row["epoch"] for row in run.history()] == [0, 1]
    assert run.kept_epoch == 1
    run.history_path.write_text("epoch,loss,val_loss\n0,2.5,2.4\n1,2.2,")
    assert [row["epoch"] for row in run.history()] == [0]


def test_epochs_to_be_done_again_leave_the_history(run):
    run.history_path.write_text("epoch,val_loss\n0,2.4\n1,2.3\n2,2.")
    run.cut_history(1)
    assert run.history_path.read_text() == "epoch,val_loss\n0,2.4\n"


def test_a_run_without_history_keeps_no_epoch(run):
    assert run.history() == []
    assert run.kept_epoch is None


def test_notes_are_kept_and_may_be_damaged(run):
    assert run.notes == {"title": "", "text": ""}
    run.write_notes(" Größer ", "two\nlines\n")
    assert run.notes == {"title": "Größer", "text": "two\nlines"}
    assert run.summary()["title"] == "Größer"
    (run.path / "notes.json").write_text("{")
    assert run.notes == {"title": "", "text": ""}


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), OSError(30, "Read-only file system")]
)
@pytest.mark.parametrize(
    "change", [Run.cancel, Run.delete, lambda run: run.write_notes("title", "text")]
)
def test_a_disk_that_refuses_is_named(run, error, change, monkeypatch):
    def refuse(*args, **kwargs):
        raise error

    for owner, name in ((os, "replace"), (Path, "touch"), (Path, "write_text"), (shutil, "rmtree")):
        monkeypatch.setattr(owner, name, refuse)
    with pytest.raises(RunError, match=f"cannot be changed .{error.strerror}.. Free some space"):
        change(run)
    assert run.config, "nothing is lost"


def test_a_run_that_another_server_deletes_is_gone_for_both(run, monkeypatch):
    rmtree = shutil.rmtree

    def both(path):
        rmtree(path)
        rmtree(path)

    monkeypatch.setattr(shutil, "rmtree", both)
    run.delete()
    assert runs.list_runs(run.path.parent) == []


# === Folders of runs ===


@pytest.mark.parametrize("outside", ["../secret", "/etc", "some/../some", "some/", ".", "", "none"])
def test_an_id_from_outside_names_no_folder(outside, run):
    (run.path.parent.parent / "secret").mkdir()
    (run.path.parent.parent / "secret" / "config.json").write_text(run.config.to_json())
    with pytest.raises(RunError, match="There is no run named"):
        runs.find_run(outside, run.path.parent)
    assert runs.find_run("some", run.path.parent) == run


def test_only_folders_with_settings_are_runs(run):
    (run.path.parent / "empty").mkdir()
    (run.path.parent / ".worker.lock").touch()
    assert runs.list_runs(run.path.parent) == [run]
    assert runs.list_runs(run.path / "nowhere") == []


def test_a_run_of_an_earlier_version_still_opens(run):
    settings = json.loads(run.config.to_json())
    for part, key in (("train", "data"), ("train", "patience"), ("model", "norm_momentum")):
        del settings[part][key]
    del settings["versions"]
    (run.path / "config.json").write_text(json.dumps(settings))
    opened = Run.open(run.path)
    assert opened.config.train.data == "gtzan"
    assert opened.config.model.norm_momentum == 0.99
    assert opened.summary()["data"] == "gtzan"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("config.json", '{"model": {"width": 3}}', "model.width: Extra inputs are not permitted"),
        ("config.json", '{"model": ', "does not fit this version"),
        ("evaluation.json", "{", "no readable evaluation.json"),
    ],
)
def test_a_damaged_run_says_why_and_the_others_list(name, text, why, run, config):
    Run.create(run.path.parent / "whole", config)
    (run.path / name).write_text(text)
    damaged, other = (found.summary() for found in runs.list_runs(run.path.parent))
    assert (damaged["id"], other["id"]) == ("some", "whole")
    assert why in damaged["error"]
    assert (other["error"], other["model"], other["epochs"]) == ("", "crnn", config.train.epochs)
    assert damaged.keys() == other.keys()


def test_a_summary_tells_of_the_kept_epoch(run):
    header = "epoch,val_accuracy,val_loss"
    run.history_path.write_text(f"{header}\n0,0.3,2.1\n1,0.5,1.4\n2,0.6,1.5\n")
    run.write_evaluation({"clip_accuracy": 0.7})
    row = run.summary()
    assert (row["epoch"], row["val_accuracy"], row["clip_accuracy"]) == (3, 0.5, 0.7)
    assert (row["state"], row["split"]) == ("finished", "paper")


def test_predictions_of_a_diverged_network_are_nan(tmp_path):
    run = Run(tmp_path)
    run.predictions_path.write_text("track,genre,start,jazz\na,jazz,0.0,\n")
    assert run.read_predictions()["jazz"].isna().all()
