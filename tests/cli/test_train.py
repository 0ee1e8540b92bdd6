"""``deepmusic train``."""

import json

import pytest

from deepmusic import models
from deepmusic.runs import list_runs
from deepmusic.training import recipes, worker
from deepmusic.training.recipes import recipe
from tests.cli import run
from tests.training import FewClips


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "cnn", "--transfer", "frozen"], "--transfer goes with --model musicnn"),
        (["--model", "musicnn", "--transfer", "frozen", "--augment"], "computed once"),
        (["--model", "musicnn", "--transfer", "scratch", "--preset", "paper"], "The paper trains"),
        (["--model", "musicnn", "--epochs", "3"], "give --transfer"),
    ],
)
def test_transfer_options_that_do_not_fit_are_refused(options, words):
    result = run("train", "--data", "toy", *options)
    assert result.exit_code
    assert words in " ".join(f"{result.output} {result.exception}".split())


def test_train_needs_data(monkeypatch):
    monkeypatch.delenv("DEEPMUSIC_GTZAN", raising=False)
    result = run("train", "--model", "crnn")
    assert result.exit_code == 2
    assert "Set DEEPMUSIC_GTZAN" in result.stderr


@pytest.mark.slow
def test_train_makes_a_run(toy_gtzan, tmp_path):
    result = run(
        *("train", "--model", "crnn", "--epochs", 1, "--seed", 3, "--out", tmp_path),
        env={"DEEPMUSIC_GTZAN": str(toy_gtzan)},
    )
    assert result.exit_code == 0, result.output
    (made,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert made.name.endswith("-crnn")
    settings = json.loads((made / "config.json").read_text())
    assert settings["train"]["seed"] == 3
    assert "CRNN       paper: window" in result.stdout
    assert "(10 test clips" in result.stdout


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_is_one_of_32_bits(seed, tmp_path):
    result = run("train", "--data", "toy", "--seed", seed, "--out", tmp_path)
    assert result.exit_code == 2
    assert "--seed" in result.stderr
    assert list_runs(tmp_path) == []


def test_a_fold_without_artist_folds_is_refused():
    result = run("train", "--data", "toy", "--fold", 1)
    assert result.exit_code == 2
    assert "fold=1 with split='paper'" in result.stderr


@pytest.mark.slow
def test_train_on_the_toy_set(tmp_path, monkeypatch):
    few, tiny = FewClips(), models.MODELS["cnn"].config.changed(filters=(4,), dense_units=8)
    monkeypatch.setattr("deepmusic.data.open_dataset", lambda name: few)
    monkeypatch.setattr(recipes, "recipe", lambda *names: (tiny, recipe(*names)[1]))
    as_terminal = "click.testing._NamedTextIOWrapper.isatty"
    monkeypatch.setattr(as_terminal, lambda self: True, raising=False)
    result = run("train", "--data", "toy", "--model", "crnn", "--epochs", 1, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    (made,) = list_runs(tmp_path)
    assert made.state == "finished"
    assert made.config.train.windows_per_clip == recipe("crnn", "class")[1].windows_per_clip
    assert "CNN        toy: window" in result.stdout
    assert "Epoch 1/1" in result.stderr and "2/2" in result.stderr
    assert "(10 test clips" in result.stdout


def test_train_prints_its_runs_as_json(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "start", lambda made: None)
    result = run(
        *("train", "--data", "toy", "--epochs", 2, "--repeats", 2),
        *("--background", "--json", "--out", tmp_path),
    )
    rows = json.loads(result.stdout)
    assert [row["model"] for row in rows] == [name for name in models.MODELS for _ in range(2)]
    assert {row["id"] for row in rows} == {made.id for made in list_runs(tmp_path)}
    assert {row["epoch"] for row in rows} == {0}


def test_what_comes_after_a_stopped_run_is_not_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "run_worker", lambda made: made.cancel())
    result = run("train", "--data", "toy", "--json", "--out", tmp_path)
    assert result.exit_code == 2
    assert "was stopped. Resume it: deepmusic runs resume" in result.stderr
    (made,) = list_runs(tmp_path)
    assert [row["state"] for row in json.loads(result.stdout)] == ["stopped"] == [made.state]


def test_a_failed_training_says_why(tmp_path):
    elsewhere = {"DEEPMUSIC_GTZAN": str(tmp_path / "nothing")}
    result = run("train", "--model", "crnn", "--out", tmp_path, env=elsewhere)
    assert result.exit_code == 2
    (made,) = list_runs(tmp_path)
    assert made.state == "failed"
    assert f"{made.id} failed: " in result.stderr
    assert "holds neither GTZAN's audio nor a log-mel archive" in result.stderr


def test_a_path_that_leads_nowhere_makes_no_run(tmp_path):
    result = run("train", "--data", tmp_path / "nothing", "--model", "crnn", "--out", tmp_path)
    assert result.exit_code == 2
    assert f"There is nothing at {tmp_path / 'nothing'}" in result.stderr
    assert list_runs(tmp_path) == []


def test_init_must_be_a_run(tmp_path):
    result = run("train", "--data", "toy", "--init", "nothing", "--out", tmp_path)
    assert result.exit_code != 0
    assert "'nothing'" in result.stderr
    assert not list(tmp_path.iterdir())


def test_the_svm_begins_with_no_run():
    assert run("train", "--model", "svm", "--init", "nothing").exit_code == 2


def test_mixup_is_set_and_needs_augmentation(tmp_path, monkeypatch):
    monkeypatch.setattr("deepmusic.training.worker.start", lambda run: None)
    arguments = ["train", "--data", "toy", "--model", "cnn", "--out", tmp_path, "--background"]
    assert run(*arguments, "--mixup", 0.3).exit_code == 0
    (made,) = list_runs(tmp_path)
    assert made.config.train.augment.mix_up == 0.3
    assert run(*arguments, "--mixup", 0.3, "--no-augment").exit_code == 2
    assert len(list_runs(tmp_path)) == 1
