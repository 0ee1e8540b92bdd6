"""Runs on disk."""

import json

import pytest

from deepmusic import models, runs
from deepmusic.config import RunConfig, TrainConfig
from deepmusic.errors import RunError
from deepmusic.runs import Run


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


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "evaluation.json"
    path.write_text("old")

    def no_room(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs.os, "replace", no_room)
    with pytest.raises(OSError, match="No space"):
        runs.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_finished_runs_are_shipped(tmp_path, monkeypatch, config):
    monkeypatch.setattr(runs, "SHIPPED", tmp_path / "shipped")
    run = Run.create(tmp_path / "run", config)
    with pytest.raises(RunError, match="Train it to the end"):
        runs.ship(run)
    for name in set(runs.SHIPPED_FILES) - {"config.json"}:
        (run.path / name).write_text("{}")
    runs.ship(Run.open(run.path))
    assert sorted(p.name for p in (tmp_path / "shipped" / "crnn").iterdir()) == sorted(
        runs.SHIPPED_FILES
    )


@pytest.mark.parametrize("name", list(models.MODELS))
def test_shipped_runs_are_small_and_whole(name):
    run = runs.shipped_run(name)
    assert run.config.model.name == name
    assert {path.name for path in run.path.iterdir()} == set(runs.SHIPPED_FILES)
    assert run.weights_path.stat().st_size < 8 * 2**20
