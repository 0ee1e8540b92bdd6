"""Metrics on predictions whose answers are known, and the shipped numbers recounted."""

import json
from pathlib import Path

import pandas as pd
import pytest

from deepmusic import evaluation, models
from deepmusic.datasets.gtzan import read_facts
from deepmusic.datasets.splits import make
from deepmusic.errors import DatasetError, RunError
from deepmusic.runs import SHIPPED, shipped_run

GENRES = ["blues", "jazz"]

#: Window accuracy that the paper's Table 1 prints for each network.
PAPER = {"cnn": 0.72, "crnn": 0.64, "cnn_gru": 0.61}


@pytest.fixture
def predictions():
    """Two clips. The mean of `a` says blues but its votes say jazz; all of `b` is wrong."""
    rows = [
        ("a", "blues", 0.0, 0.95, 0.05),
        ("a", "blues", 1.5, 0.45, 0.55),
        ("a", "blues", 3.0, 0.45, 0.55),
        ("b", "jazz", 0.0, 0.80, 0.20),
    ]
    return pd.DataFrame(rows, columns=["track", "genre", "start", *GENRES])


def test_summary_counts_windows_means_and_votes(predictions):
    summary = evaluation.summarize(predictions, GENRES)
    assert summary["windows"] == 4
    assert summary["clips"] == 2
    assert summary["window_accuracy"] == 0.25
    assert summary["clip_accuracy"] == 0.5
    assert summary["clip_vote_accuracy"] == 0.0


def test_confusion_has_true_genres_as_rows(predictions):
    # By mean probability: blues heard as blues, jazz heard as blues.
    assert evaluation.summarize(predictions, GENRES)["confusion"] == [[1, 0], [1, 0]]


def test_average_is_the_mean_over_common_windows(predictions):
    other = predictions.assign(blues=0.25, jazz=0.75).iloc[:3]
    mean = evaluation.average([predictions, other], GENRES)
    assert len(mean) == 3
    assert mean["blues"].tolist() == pytest.approx([0.6, 0.35, 0.35])
    assert (mean["blues"] + mean["jazz"]).tolist() == pytest.approx([1, 1, 1])


@pytest.fixture(scope="module")
def recounted():
    return evaluation.summarize_runs([shipped_run(name) for name in models.MODELS])


@pytest.mark.parametrize("name", [*models.MODELS, models.ENSEMBLE])
def test_shipped_evaluations_can_be_recounted(recounted, name):
    stated = json.loads((SHIPPED / name / "evaluation.json").read_text())
    # Probabilities are shipped to four decimals, so that a rare tie may fall the other way.
    for key in ("window_accuracy", "clip_accuracy", "clip_vote_accuracy"):
        assert recounted[name][key] == pytest.approx(stated[key], abs=0.0035)
    assert recounted[name]["clips"] == stated["clips"]
    assert recounted[name]["protocol"] == stated["protocol"]


@pytest.mark.parametrize("name", list(models.MODELS))
def test_shipped_networks_reach_the_paper(recounted, name):
    assert recounted[name]["window_accuracy"] >= PAPER[name]


@pytest.mark.parametrize("name", list(models.MODELS))
def test_shipped_networks_were_tested_on_clips_they_never_saw(name):
    run = shipped_run(name)
    split = make(read_facts(), run.config.train.split, run.config.train.fold)
    tested = set(run.read_predictions()["track"])
    assert tested == set(split.test)
    assert tested.isdisjoint(split.train + split.valid)


def test_runs_of_different_protocols_are_not_mixed():
    one, other = shipped_run("cnn"), shipped_run("crnn")
    other.__dict__["evaluation"] = {"protocol": "fault_filtered"}
    with pytest.raises(RunError, match="different protocols"):
        evaluation.summarize_runs([one, other])


def test_scores_are_split_by_what_clips_were_to_the_networks():
    split = make(read_facts(), "paper")
    trained, tested = split.train[0], split.test[0]
    verdicts = {
        Path(f"{trained}.wav"): {"cnn": trained.split(".")[0]},
        Path(f"{tested}.wav"): {"cnn": "nothing"},
    }
    table = evaluation.score_files(verdicts)
    header, row = table.splitlines()[-2:]
    assert header.split() == ["train", "test", "all"]
    assert " ".join(row.split()) == "CNN 1.000 of 1 0.000 of 1 0.500 of 2"


def test_scoring_a_stranger_is_refused():
    with pytest.raises(DatasetError, match=r"my song\.mp3.*not a track of GTZAN"):
        evaluation.score_files({Path("my song.mp3"): {"cnn": "jazz"}})
