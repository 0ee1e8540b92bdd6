"""Candidates of the tables: shipped and own runs, pooled folds, ensembles, the SVM."""

import numpy as np
import pandas as pd
import pytest

from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import RunError
from deepmusic.evaluation import candidates
from deepmusic.evaluation.candidates import (
    filter_candidates,
    find_candidates,
    find_pretrained,
    protocols_of,
)
from deepmusic.evaluation.scores import score_candidate
from deepmusic.models import ENSEMBLE, MODELS
from deepmusic.protocols import Protocol
from deepmusic.runs import Run
from tests.evaluation.examples import make_run


def test_shipped_runs_and_their_ensemble_come_first(tmp_path):
    make_run(tmp_path, "20261122-100000-cnn", title="mine")
    found, faults = find_candidates(own=tmp_path)
    paper = filter_candidates(found, Protocol("paper"))
    assert [c.name for c in paper] == ["CNN", "CRNN", "CNN-GRU", "Ensemble", "SVM", "CNN, mine"]
    assert faults == {}
    assert paper[3].model == ENSEMBLE and len(paper[3].runs) == 3


def test_protocols_are_never_mixed(tmp_path):
    make_run(tmp_path, "20261122-100000-cnn", split="fault_filtered")
    make_run(tmp_path, "20261122-110000-cnn", data="toy")
    found, _ = find_candidates(own=tmp_path)
    protocols = list(map(str, protocols_of(found)))
    assert [p for p in protocols if p in ("paper", "fault_filtered", "toy")] == [
        "paper",
        "fault_filtered",
        "toy",
    ]
    for protocol in protocols:
        assert {str(c.protocol) for c in filter_candidates(found, Protocol(protocol))} == {protocol}


def test_runs_in_a_folder_of_their_protocol_are_found(tmp_path):
    make_run(tmp_path / "shipped" / "fault_filtered", "cnn", split="fault_filtered")
    found, _ = find_candidates(tmp_path / "shipped", tmp_path / "own")
    assert [(c.name, str(c.protocol), c.shipped) for c in found] == [
        ("CNN", "fault_filtered", True)
    ]


def test_three_folds_are_one_number(tmp_path):
    for fold in (1, 2, 3):
        run = make_run(
            tmp_path, f"20261122-10000{fold}-cnn", split="artist_folds", fold=fold, seed=fold
        )
        table = run.read_predictions()
        run.write_predictions(table.assign(track=table["track"] + f"-{fold}"))
    found, _ = find_candidates(tmp_path / "none", tmp_path)
    (pooled,) = filter_candidates(found, Protocol("artist_folds"))
    score = score_candidate(pooled)
    assert (score.clips, score.parameters, score.training_seconds) == (6, 10, 360.0)
    make_run(tmp_path, "20261123-100001-crnn", "crnn", split="artist_folds", fold=1)
    found, _ = find_candidates(tmp_path / "none", tmp_path)
    assert len(filter_candidates(found, Protocol("artist_folds"))) == 1, "one fold is not three"


def test_the_newest_own_runs_make_an_ensemble(tmp_path):
    for model in MODELS:
        make_run(tmp_path, f"20261122-100000-{model}", model, predicted=("rock", "rock"))
    make_run(tmp_path, "20261123-100000-cnn", predicted=("blues", "rock"))
    found, _ = find_candidates(tmp_path / "none", tmp_path)
    (ensemble,) = [c for c in found if c.model == ENSEMBLE]
    assert ensemble.runs[0].id == "20261123-100000-cnn"
    score = score_candidate(ensemble)
    assert (score.clip.value, score.parameters) == (0.5, 30)
    assert len(filter_candidates(found, Protocol("paper"))) == 4
    assert len(filter_candidates(found, Protocol("paper"), all_own=True)) == 5


def test_own_runs_are_told_apart_by_their_names(tmp_path):
    make_run(tmp_path, "20261122-100000-cnn", title="twice")
    make_run(tmp_path, "20261122-110000-cnn", title="twice")
    make_run(tmp_path, "20261122-120000-cnn", data="gtzan")
    found, _ = find_candidates(tmp_path / "none", tmp_path)
    assert [c.name for c in found] == ["CNN on GTZAN", "CNN, twice, 2", "CNN, twice"]


def test_damaged_runs_are_named(tmp_path):
    make_run(tmp_path, "20261122-100000-cnn")
    (tmp_path / "20261122-100000-cnn" / "config.json").write_text("{}")
    make_run(tmp_path, "20261122-110000-cnn")
    (tmp_path / "20261122-110000-cnn" / "predictions.csv").write_text("track,genre\n")
    found, faults = find_candidates(tmp_path / "none", tmp_path)
    assert list(faults) == ["20261122-100000-cnn"]
    with pytest.raises(RunError, match="Train this run again"):
        score_candidate(found[0])


def test_the_baseline_stands_beside_the_networks(tmp_path):
    genres = list(GTZAN_GENRES)
    for number, name in enumerate(("svm", "svm-broken")):
        run = Run(tmp_path / "own" / name)
        run.path.mkdir(parents=True)
        table = pd.DataFrame(np.eye(10), columns=genres).assign(start=0.0)
        run.write_predictions(table.assign(track=genres, genre=genres))
        run.write_evaluation({"protocol": "paper", "genres": genres} if not number else {})
    (baseline,) = find_candidates(tmp_path / "none", tmp_path / "own")[0]
    score = score_candidate(baseline)
    assert (baseline.name, score.clip.value, score.parameters) == ("SVM, svm", 1.0, None)


def test_commands_for_what_is_missing():
    assert candidates.train_commands("cnn", Protocol("fault_filtered")) == [
        "deepmusic train --model cnn --split fault_filtered"
    ]
    assert len(candidates.train_commands("cnn", Protocol("artist_folds"))) == 3


def test_the_pretrained_network_stands_apart():
    found = {str(one.protocol): one for one in find_pretrained()}
    assert found.keys() == {"paper", "fault_filtered", "artist_folds"}
    assert len(found["artist_folds"].runs) == 3
    assert {one.model for one in found.values()} == {"musicnn"}
