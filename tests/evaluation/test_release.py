"""How finished runs become shipped ones, their repeats, and what is shipped now."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from deepmusic import models
from deepmusic.cli import main
from deepmusic.config import GTZAN_GENRES, RunConfig
from deepmusic.errors import RunError
from deepmusic.evaluation import candidates, evaluate, release
from deepmusic.evaluation.scores import score_candidate
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.runs import Run, assets, shipped_path, shipped_run, shipped_runs, weights

GENRES = list(GTZAN_GENRES)


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch):
    """Ship into a folder of the test's own."""
    folder = tmp_path / "shipped"
    monkeypatch.setattr(assets, "SHIPPED", folder)
    return folder


def make_run(path, model="crnn", right=2, **recipe):
    """A finished run on four clips of two windows, of which the first clips are right."""
    spec = models.spec(model)
    train = spec.train.changed(**recipe)
    run = Run.create(path, RunConfig(model=spec.config, train=train))
    rows = [
        {"track": f"{GENRES[clip]}.{train.fold or 0}", "genre": GENRES[clip], "start": start}
        | dict(zip(GENRES, np.full(10, 0.04), strict=True))
        | {GENRES[clip if clip < right else 9]: 0.64}
        for clip in range(4)
        for start in (0.0, 1.5)
    ]
    run.write_predictions(pd.DataFrame(rows))
    run.history_path.write_text("epoch,seconds,val_loss\n0,30.0,1.0\n")
    run.weights_path.write_bytes(b"weights")
    run.network_path.write_bytes(b"network")
    found = evaluate.summarize(run.read_predictions(), GENRES)
    run.write_evaluation(found | {"protocol": str(train.protocol), "parameters": 10})
    return run


def names_in(path):
    return sorted(entry.name for entry in path.iterdir())


def test_only_finished_runs_are_shipped(tmp_path):
    spec = models.spec("crnn")
    run = Run.create(tmp_path / "run", RunConfig(model=spec.config, train=spec.train))
    with pytest.raises(RunError, match="Train it to the end"):
        release.ship(run)


def test_the_networks_that_the_app_asks_keep_their_weights(tmp_path, shipped):
    run = make_run(tmp_path / "run")
    assert release.ship(run).path == shipped / "crnn"
    assert names_in(shipped / "crnn") == [
        *("config.json", "evaluation.json", "history.csv"),
        *("model.onnx", "model.weights.h5", "predictions.csv"),
    ]
    run.weights_path.unlink()
    with pytest.raises(RunError, match=r"model\.weights\.h5 is missing"):
        release.ship(run)
    assert (shipped / "crnn" / "model.weights.h5").exists()


@pytest.mark.parametrize(
    ("recipe", "folder"),
    [
        ({"split": "fault_filtered"}, "fault_filtered/crnn"),
        ({"split": "window_leak"}, "window_leak/crnn"),
        ({"split": "artist_folds", "fold": 2}, "artist_folds/fold2/crnn"),
    ],
)
def test_other_protocols_are_shipped_for_tables_alone(tmp_path, shipped, recipe, folder):
    run = make_run(tmp_path / "run", **recipe)
    # Weights of an older run must not stay beside newer figures.
    (shipped / folder).mkdir(parents=True)
    (shipped / folder / "model.weights.h5").write_bytes(b"old")
    assert release.ship(run).path == shipped / folder
    assert names_in(shipped / folder) == [
        *("config.json", "evaluation.json", "history.csv", "predictions.csv")
    ]
    assert [found.path for found in shipped_runs()] == [shipped / folder]
    with pytest.raises(RunError):
        shipped_run("crnn")
    assert shipped_run("crnn", run.protocol).config == run.config


def test_of_fmas_networks_one_keeps_its_weights(tmp_path, shipped, monkeypatch):
    run = make_run(tmp_path / "run", data="fma", split="own")
    run.write_evaluation(run.evaluation | {"protocol": "fma_clips, own split"})
    monkeypatch.setattr(release, "FMA_NETWORK", "cnn")
    copied = release.ship(run)
    assert copied.path == shipped / "fma_clips-ownsplit" / "crnn"
    assert "model.onnx" not in names_in(copied.path)
    monkeypatch.setattr(release, "FMA_NETWORK", "crnn")
    assert "model.onnx" in names_in(release.ship(run).path)
    assert f"{copied.path.relative_to(shipped)}/model.onnx" in weights.read_list()


def test_the_baseline_is_shipped_without_settings(tmp_path, shipped):
    run = Run(tmp_path / "svm-paper")
    run.path.mkdir()
    run.write_predictions(make_run(tmp_path / "run").read_predictions())
    run.write_evaluation({"protocol": "artist_folds, fold 3", "genres": GENRES})
    assert release.ship(run).path == shipped / "artist_folds" / "fold3" / "svm"
    assert names_in(shipped / "artist_folds" / "fold3" / "svm") == [
        *("evaluation.json", "predictions.csv")
    ]


def test_networks_that_know_all_clips_are_shipped_beside_and_in_no_table(tmp_path, shipped):
    home = make_run(tmp_path / "home")
    run = make_run(tmp_path / "run", split="all_clips")
    run.predictions_path.unlink()
    run.write_evaluation({"protocol": "all_clips", "parameters": 10})
    release.ship(home)
    assert release.ship(run).path == shipped / "all_clips" / "crnn"
    assert names_in(shipped / "all_clips" / "crnn") == [
        *("config.json", "evaluation.json", "history.csv", "model.onnx", "model.weights.h5")
    ]
    files = ("model.weights.h5", "model.onnx")
    folders = ("crnn", "all_clips/crnn")
    assert set(weights.read_list()) == {f"{one}/{file}" for one in folders for file in files}
    assert [found.path for found in shipped_runs()] == [shipped / "crnn"]
    assert shipped_run("crnn", DEPLOYED_PROTOCOL).config == run.config
    with pytest.raises(RunError, match="trained on every clip"):
        release.ship_repeat(make_run(tmp_path / "repeat", split="all_clips", seed=1))


# === Repeats ===


def test_repeats_give_mean_and_deviation(tmp_path, shipped):
    release.ship(make_run(tmp_path / "run", right=2))
    for seed, right in ((1, 3), (2, 1)):
        kept = release.ship_repeat(make_run(tmp_path / f"run{seed}", right=right, seed=seed))
        assert kept.path == shipped / "crnn" / "seeds" / str(seed)
        assert names_in(kept.path) == ["clips.csv", "config.json", "evaluation.json"]
    (candidate,) = candidates.find_shipped()
    score = score_candidate(candidate)
    assert score.clip.value == 0.5
    assert score.repeats.n == 3
    for spread in (score.repeats.clip, score.repeats.window, score.repeats.vote):
        # 0.5, 0.75 and 0.25.
        assert (spread.mean, spread.deviation) == pytest.approx((0.5, 0.25))
    printed = CliRunner().invoke(main, ["results"]).stdout
    words = "over 3 seeds, mean ± standard deviation: window 0.500 ± 0.250, clip 0.500 ± 0.250"
    assert words in printed


def test_repeats_of_folds_and_of_ensembles_are_joined(tmp_path):
    for model in models.MODELS:
        for fold in (1, 2, 3):
            recipe = {"split": "artist_folds", "fold": fold}
            release.ship(make_run(tmp_path / f"{model}{fold}", model, 2, **recipe))
            run = make_run(tmp_path / f"{model}{fold}r", model, 2 + (fold == 1), **recipe, seed=7)
            release.ship_repeat(run)
    found = {one.model: score_candidate(one).repeats for one in candidates.find_shipped()}
    assert list(found) == [*models.MODELS, models.ENSEMBLE]
    for repeats in found.values():
        # Half of 12 clips under one seed, 7 of 12 under the other.
        assert repeats.clip.mean == pytest.approx((6 + 7) / 24)
        assert repeats.clip.deviation == pytest.approx(1 / 12 / np.sqrt(2))
    assert found["cnn"].window.mean == pytest.approx((6 + 7) / 24)
    assert found[models.ENSEMBLE].window is None


def test_a_repeat_must_be_the_same_recipe_and_another_seed(tmp_path):
    lone = make_run(tmp_path / "lone", seed=1)
    with pytest.raises(RunError, match=r"config\.json cannot be read"):
        release.ship_repeat(lone)
    release.ship(make_run(tmp_path / "run"))
    with pytest.raises(RunError, match="has seed 0, as the shipped run has"):
        release.ship_repeat(make_run(tmp_path / "same"))
    with pytest.raises(RunError, match="they differ in epochs, batch_size"):
        release.ship_repeat(make_run(tmp_path / "other", seed=1, epochs=3, batch_size=7))
    fewer = make_run(tmp_path / "fewer", seed=1)
    fewer.write_predictions(fewer.read_predictions().iloc[2:])
    with pytest.raises(RunError, match="was not tested on the clips that"):
        release.ship_repeat(fewer)
    assert shipped_run("crnn").repeats() == {}
    # Where the same dataset lies is no part of a recipe.
    release.ship_repeat(make_run(tmp_path / "elsewhere", seed=1, data="/somewhere/gtzan"))
    assert list(shipped_run("crnn").repeats()) == [1]


def test_a_repeat_of_a_second_step_has_a_first_of_its_own(tmp_path):
    release.ship(make_run(tmp_path / "second", init="first"))
    with pytest.raises(RunError, match="they differ in init"):
        release.ship_repeat(make_run(tmp_path / "lone", seed=1))
    release.ship_repeat(make_run(tmp_path / "second 1", seed=1, init="first 1"))
    assert list(shipped_run("crnn").repeats()) == [1]


def test_a_new_run_drops_the_repeats_of_another_recipe(tmp_path):
    release.ship(make_run(tmp_path / "run"))
    for seed in (1, 2):
        release.ship_repeat(make_run(tmp_path / f"run{seed}", seed=seed))
    release.ship(make_run(tmp_path / "again", seed=2))
    assert list(shipped_run("crnn").repeats()) == [1]
    release.ship(make_run(tmp_path / "longer", epochs=99))
    assert shipped_run("crnn").repeats() == {}


def test_the_command_ships_and_counts_the_ensemble(tmp_path, shipped):
    made = [make_run(tmp_path / model, model) for model in models.MODELS]
    printed = CliRunner().invoke(main, ["ship", *(str(run.path) for run in made)])
    assert printed.exit_code == 0, printed.output
    assert "-> " + str(shipped / "cnn_gru") in printed.stdout
    stated = json.loads((shipped_path(models.ENSEMBLE) / "evaluation.json").read_text())
    assert stated["clip_accuracy"] == 0.5
    again = make_run(tmp_path / "again", seed=1)
    printed = CliRunner().invoke(main, ["ship", "--repeat", str(again.path)])
    assert printed.exit_code == 0, printed.output
    assert list(shipped_run("crnn").repeats()) == [1]
