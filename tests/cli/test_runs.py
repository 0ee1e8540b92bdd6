"""``deepmusic runs``."""

import json

import pytest

from deepmusic.training import worker
from deepmusic.training.recipes import recipe
from tests.cli import run


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A run that was interrupted, in the folder of runs."""
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    return worker.create(*recipe("crnn", "class"))


def test_runs_list_as_objects(stored):
    result = run("runs", "list", "--json")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert (row["id"], row["state"], row["epoch"]) == (stored.id, "interrupted", 0)
    assert row["epochs"] == stored.config.train.epochs


def test_runs_list_as_lines(stored):
    stored.fail("The disk is full.")
    result = run("runs", "list")
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    assert line.startswith(stored.id)
    assert "failed" in line
    assert "epoch 0/15" in line
    assert line.endswith("The disk is full.")


def test_no_runs_are_an_empty_list(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path / "none"))
    assert json.loads(run("runs", "list", "--json").stdout) == []


def test_runs_show_ends_with_the_log(stored):
    stored.log_path.write_text("".join(f"line {number}\n" for number in range(30)))
    result = run("runs", "show", stored.id)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "line 29"
    assert "line 3\n" not in result.stdout
    assert json.loads(run("runs", "show", stored.id, "--json").stdout)[0]["id"] == stored.id


def test_runs_delete(stored):
    result = run("runs", "delete", stored.id)
    assert result.exit_code == 0
    assert not stored.path.exists()


def test_a_run_that_does_not_train_cannot_be_stopped(stored):
    result = run("runs", "stop", stored.id)
    assert result.exit_code == 2
    assert "is interrupted. Only a queued or running run" in result.stderr


def test_a_finished_run_cannot_be_resumed(stored):
    stored.write_evaluation({})
    result = run("runs", "resume", stored.id)
    assert result.exit_code == 2
    assert "is finished" in result.stderr


def test_a_run_that_trains_is_not_deleted_or_resumed(stored):
    with stored.take_lock():
        for command in ("delete", "resume"):
            result = run("runs", command, stored.id)
            assert result.exit_code == 2
            assert "is queued" in result.stderr
    assert stored.path.exists()


@pytest.mark.parametrize("command", ["show", "stop", "resume", "delete"])
@pytest.mark.parametrize("run_id", ["none", "../outside"])
def test_an_unknown_run_is_refused(command, run_id, stored):
    (stored.path.parent.parent / "outside").mkdir(exist_ok=True)
    result = run("runs", command, run_id)
    assert result.exit_code == 2
    assert f"There is no run named {run_id!r}" in result.stderr


def test_training_can_be_switched_off(stored, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
    for arguments in (["train", "--data", "toy"], ["runs", "resume", stored.id]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "Training is switched off here" in result.stderr
