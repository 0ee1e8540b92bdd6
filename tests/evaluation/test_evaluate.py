"""Evaluation of runs: summaries, and testing a run anew."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import classification_report, top_k_accuracy_score

from deepmusic import models
from deepmusic.config import RunConfig, TrainConfig
from deepmusic.data.gtzan import read_facts
from deepmusic.data.splits import clip_of, make
from deepmusic.errors import DatasetError, RunError
from deepmusic.evaluation import evaluate, metrics
from deepmusic.runs import Run, shipped_run
from tests.evaluation.examples import BLUES_JAZZ, THREE, finished_run


def test_summary_counts_windows_means_and_votes(predictions):
    summary = evaluate.summarize(predictions, BLUES_JAZZ)
    assert summary["windows"] == 4
    assert summary["clips"] == 2
    assert summary["window_accuracy"] == 0.25
    assert summary["clip_accuracy"] == 0.5
    assert summary["clip_vote_accuracy"] == 0.0


def test_confusion_has_true_genres_as_rows(predictions):
    # By mean probability: blues predicted as blues, jazz as blues.
    assert evaluate.summarize(predictions, BLUES_JAZZ)["confusion"] == [[1, 0], [1, 0]]


def test_metrics_are_scikit_learns(random_predictions):
    found = evaluate.summarize(random_predictions, THREE)
    table = metrics.clip_table(random_predictions, THREE)
    report = classification_report(table["genre"], table["predicted"], output_dict=True)
    assert found["clip_accuracy"] == report["accuracy"]
    for genre in THREE:
        expected = report[genre] | {"f1": report[genre]["f1-score"]}
        assert found["per_genre"][genre] == {
            key: pytest.approx(expected[key], abs=5e-5)
            for key in ("precision", "recall", "f1", "support")
        }
    assert found["top2_accuracy"] == top_k_accuracy_score(
        table["genre"], table[THREE], k=2, labels=THREE
    )
    assert np.trace(found["confusion"]) == found["clip_accuracy"] * 200
    assert np.sum(found["confusion"], axis=1).tolist() == [
        found["per_genre"][genre]["support"] for genre in THREE
    ]


def test_a_genre_that_is_never_predicted_has_precision_zero(predictions):
    found = evaluate.summarize(predictions, BLUES_JAZZ)["per_genre"]
    assert found["jazz"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}
    assert found["blues"]["precision"] == 0.5


def test_a_network_that_diverged_has_no_temperature(random_predictions):
    lost = random_predictions.assign(jazz=np.nan)
    assert evaluate.calibrated(random_predictions, lost, THREE) == {}


def test_runs_of_different_protocols_are_not_mixed(tmp_path):
    one, other = shipped_run("cnn"), Run.create(tmp_path, shipped_run("crnn").config)
    other.write_evaluation({"protocol": "fault_filtered"})
    with pytest.raises(RunError, match="different protocols"):
        evaluate.summarize_runs([one, other])


def test_scores_are_split_by_what_clips_were_to_the_networks():
    split = make(read_facts(), "paper")
    trained, tested = split.train[0], split.test[0]
    predicted = {
        Path(f"{trained}.wav"): {"cnn": trained.split(".")[0]},
        Path(f"{tested}.wav"): {"cnn": "nothing"},
    }
    table = evaluate.score_files(predicted)
    header, row = table.splitlines()[-2:]
    assert header.split() == ["train", "test", "all"]
    assert " ".join(row.split()) == "CNN 1.000 of 1 0.000 of 1 0.500 of 2"


def test_scoring_an_unknown_track_is_refused():
    with pytest.raises(DatasetError, match=r"my song\.mp3.*not a track of GTZAN"):
        evaluate.score_files({Path("my song.mp3"): {"cnn": "jazz"}})


def test_a_run_is_tested_anew(tmp_path, clips):
    run = finished_run(tmp_path / "run")
    found = evaluate.evaluate(run, clips)
    again = Run.open(run.path)
    assert again.evaluation == found
    assert (found["protocol"], found["part"], found["parameters"]) == ("paper", "test", 77)
    assert (found["clips"], found["windows"]) == (12, 12 * 20)
    assert found["clips_by_part"]["test"] == 12
    assert len(found["skipped"]) == 300 - 12
    assert set(again.read_predictions()["track"]) == set(clips.split("paper").test[:12])
    assert evaluate.recount(again) == found
    assert 0.2 <= found["temperature"] <= 10
    assert sum(one["count"] for one in found["calibrated"]["reliability"]) == 12


@pytest.mark.parametrize("protocol", ["fault_filtered", "window_leak"])
def test_clips_that_trained_a_run_do_not_test_it(protocol, tmp_path, clips):
    run = finished_run(tmp_path / "run")
    split, own = clips.split(protocol), clips.split("paper")
    tested = set(map(clip_of, split.test))
    n_seen = len(tested & {*own.train, *own.valid})
    before = run.evaluation
    with pytest.raises(RunError, match=f"on {n_seen} of the {len(tested)} clips that") as caught:
        evaluate.evaluate(run, clips, protocol)
    assert f"train --model crnn --split {protocol}" in str(caught.value)
    assert Run.open(run.path).evaluation == before
    assert not run.predictions_path.exists()


def test_the_other_folds_of_a_fold_trained_its_run(tmp_path, clips):
    run = finished_run(tmp_path / "run", split="artist_folds", fold=2)
    with pytest.raises(RunError, match="--split artist_folds --fold 1"):
        evaluate.evaluate(run, clips, "artist_folds", 1)


def test_a_leaking_run_is_tested_on_segments(tmp_path, clips):
    run = finished_run(tmp_path / "run", split="window_leak")
    found = evaluate.evaluate(run, clips)
    tested = set(run.read_predictions()["track"])
    assert found["protocol"] == "window_leak"
    assert len(tested) == found["clips"] == found["windows"] / 2
    assert all("#" in track for track in tested)
    assert {clip_of(track) for track in tested} <= {*clips.tracks}
    with pytest.raises(RunError, match="its own protocol is window_leak"):
        evaluate.evaluate(run, clips, "paper")


def test_predictions_are_not_replaced_by_fewer(tmp_path, clips):
    run = finished_run(tmp_path / "run")
    run.write_evaluation({"protocol": "paper", "clips": 300})
    vars(run).pop("evaluation", None)
    with pytest.raises(RunError, match="Only 12 of the 300 test clips of paper are available"):
        evaluate.evaluate(run, clips)
    assert not run.predictions_path.exists()


def test_an_unfinished_run_is_not_tested(tmp_path, clips):
    config = RunConfig(model=models.spec("crnn").config, train=TrainConfig())
    run = Run.create(tmp_path / "run", config)
    with pytest.raises(RunError, match="Train it to the end"):
        evaluate.evaluate(run, clips)
    assert run.state == "interrupted"
