"""Metrics on predictions whose answers are known, and the shipped numbers recounted."""

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.special import softmax
from sklearn.metrics import classification_report, top_k_accuracy_score

from deepmusic import models
from deepmusic.cli import main
from deepmusic.config import ModelConfig, RunConfig, TrainConfig
from deepmusic.data import Gtzan
from deepmusic.data.gtzan import read_facts
from deepmusic.data.splits import clip_of, make
from deepmusic.errors import DatasetError, RunError
from deepmusic.evaluation import calibration, evaluate, metrics, release
from deepmusic.runs import Run, shipped_path, shipped_run, shipped_runs
from deepmusic.runs.assets import SHIPPED

GENRES = ["blues", "jazz"]
THREE = ["blues", "jazz", "rock"]

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
    summary = evaluate.summarize(predictions, GENRES)
    assert summary["windows"] == 4
    assert summary["clips"] == 2
    assert summary["window_accuracy"] == 0.25
    assert summary["clip_accuracy"] == 0.5
    assert summary["clip_vote_accuracy"] == 0.0


def test_confusion_has_true_genres_as_rows(predictions):
    # By mean probability: blues heard as blues, jazz heard as blues.
    assert evaluate.summarize(predictions, GENRES)["confusion"] == [[1, 0], [1, 0]]


def test_clips_are_judged_by_mean_and_by_vote(predictions):
    table = metrics.clip_table(predictions, GENRES)
    assert list(table.index) == ["a", "b"]
    assert list(table.columns) == ["genre", "predicted", "predicted_by_vote", "confidence", *GENRES]
    assert table["genre"].tolist() == ["blues", "jazz"]
    assert table["predicted"].tolist() == ["blues", "blues"]
    assert table["predicted_by_vote"].tolist() == ["jazz", "blues"]
    assert table.loc["a", "confidence"] == pytest.approx((0.95 + 0.45 + 0.45) / 3)
    assert table["jazz"].tolist() == pytest.approx([0.383333, 0.2], abs=1e-5)


@pytest.fixture(scope="module")
def random_predictions():
    """Two hundred clips of three windows and three genres, right about half of the time."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 200)
    logits = rng.normal(size=(200, 3, 3)) + 1.5 * np.eye(3)[truth][:, None]
    return pd.DataFrame(softmax(logits.reshape(-1, 3), axis=1), columns=THREE).assign(
        track=np.repeat([f"clip{number}" for number in range(200)], 3),
        genre=np.repeat(np.array(THREE)[truth], 3),
        start=np.tile([0.0, 1.5, 3.0], 200),
    )


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


def test_a_genre_that_is_never_heard_has_precision_zero(predictions):
    found = evaluate.summarize(predictions, GENRES)["per_genre"]
    assert found["jazz"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}
    assert found["blues"]["precision"] == 0.5


@pytest.mark.parametrize(
    ("right", "of", "interval"),
    # Newcombe, Statistics in Medicine 17, 1998, table I.
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611))],
)
def test_shares_have_wilsons_interval(right, of, interval):
    answers = [True] * right + [False] * (of - right)
    assert metrics.wilson_interval(answers) == pytest.approx(interval, abs=5e-5)


def test_the_interval_of_windows_is_drawn_over_clips(random_predictions):
    low, high = metrics.window_interval(random_predictions, THREE)
    accuracy = evaluate.summarize(random_predictions, THREE)["window_accuracy"]
    assert low < accuracy < high
    assert [low, high] == metrics.window_interval(random_predictions, THREE)
    # Ten copies of each window are no more clips, and say no more.
    copies = pd.concat([random_predictions] * 10)
    assert metrics.window_interval(copies, THREE) == pytest.approx([low, high])
    # Nor are segments of a clip clips of their own.
    cut = random_predictions.assign(
        track=random_predictions["track"] + "#" + (random_predictions.index % 3).astype(str)
    )
    assert metrics.window_interval(cut, THREE) == pytest.approx([low, high])


def test_segments_of_a_clip_are_no_clips_of_their_own():
    right = pd.Series([True] * 30 + [False] * 10)
    apart = right.set_axis([f"clip{number}" for number in range(40)])
    assert metrics.clip_interval(apart) == metrics.wilson_interval(right)
    # Ten clips of four segments, each right or wrong as a whole, say less than forty clips.
    cut = right.set_axis([f"clip{number // 4}#{number % 4}" for number in range(40)])
    low, high = metrics.clip_interval(cut)
    assert high - low > 1.5 * np.diff(metrics.wilson_interval(right))[0]
    assert low < 0.75 < high


def test_compact_clips_say_what_the_windows_said(random_predictions):
    clips = metrics.compact_clips(random_predictions, THREE)
    found = evaluate.summarize(random_predictions, THREE)
    for accuracy, name in (
        (clips["windows_right"].sum() / clips["windows"].sum(), "window_accuracy"),
        ((clips["predicted"] == clips["genre"]).mean(), "clip_accuracy"),
        ((clips["predicted_by_vote"] == clips["genre"]).mean(), "clip_vote_accuracy"),
    ):
        assert accuracy == pytest.approx(found[name], abs=5e-5)
    assert (clips[THREE].idxmax(axis=1) == clips["predicted"]).all()


def test_one_clip_has_no_interval(predictions):
    assert metrics.window_interval(predictions.iloc[:3], GENRES) == [0.0, 1.0]


def test_calibration_by_hand():
    """Confidences 0.55 (right), 0.58 (wrong), 0.95 (right), 1.0 (right)."""
    blues = [0.55, 0.58, 0.95, 1.0]
    table = pd.DataFrame(
        {
            "track": list("abcd"),
            "genre": ["blues", "jazz", "blues", "blues"],
            "start": 0.0,
            "blues": blues,
            "jazz": [1 - share for share in blues],
        }
    )
    found = evaluate.summarize(table, GENRES)
    filled = {one["low"]: one for one in found["reliability"] if one["count"]}
    assert [one["count"] for one in found["reliability"]] == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert filled[0.5]["confidence"] == pytest.approx(0.565)
    assert filled[0.5]["accuracy"] == 0.5
    assert filled[0.9]["confidence"] == pytest.approx(0.975)
    assert filled[0.9]["accuracy"] == 1
    assert found["reliability"][0]["accuracy"] is None
    expected = 0.5 * (0.565 - 0.5) + 0.5 * (1 - 0.975)
    assert found["expected_calibration_error"] == pytest.approx(expected)


def answers(right: str, genre: str = "blues") -> pd.DataFrame:
    """Return a clip table: a letter for each clip, r where the network is right."""
    predicted = [genre if letter == "r" else "jazz" for letter in right]
    index = pd.Index([f"clip{number}" for number in range(len(right))], name="track")
    return pd.DataFrame({"genre": genre, "predicted": predicted}, index=index)


@pytest.mark.parametrize(
    ("only_one", "only_other", "p_value"),
    # By hand: 2 * (1 + 10) / 2**10; none apart; and 25 against 15, as in the manual of mlxtend.
    [(9, 1, 0.021484375), (0, 0, 1.0), (3, 3, 1.0), (25, 15, 0.1539)],
)
def test_mcnemar(only_one, only_other, p_value):
    one = answers("r" * (4 + only_one) + "w" * (2 + only_other))
    other = answers("rrrr" + "w" * only_one + "ww" + "r" * only_other)
    found = metrics.mcnemar(one, other.sample(frac=1, random_state=0))
    assert found == {
        "both": 4,
        "only_one": only_one,
        "only_other": only_other,
        "neither": 2,
        "p_value": pytest.approx(p_value, abs=5e-5),
    }


def test_different_clips_are_not_compared():
    with pytest.raises(RunError, match=r"different clips \(3 and 2, 2 in common\)"):
        metrics.mcnemar(answers("rrr"), answers("rr"))


def test_agreement():
    tables = {"one": answers("rrwr"), "other": answers("rwww")}
    assert metrics.agreement(tables) == {
        "clips": 4,
        "agreed": 0.5,
        "right_when_agreed": 0.5,
        "right_when_split": {"one": 1.0, "other": 0.0},
        "one_is_right_when_split": 1.0,
    }
    alone = metrics.agreement({"one": answers("rw")})
    assert alone["agreed"] == 1
    assert alone["one_is_right_when_split"] is None


@pytest.mark.parametrize("known", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found(known):
    rng = np.random.default_rng(1)
    logits = rng.normal(scale=2, size=(4000, 3))
    truth = [rng.choice(3, p=row) for row in softmax(logits, axis=1)]
    table = pd.DataFrame(softmax(logits * known, axis=1), columns=THREE).assign(
        track=[f"clip{number}" for number in range(4000)], genre=np.array(THREE)[truth], start=0.0
    )
    found = calibration.fit_temperature(table, THREE)
    assert found == pytest.approx(known, rel=0.08)
    assert found == pytest.approx(calibration.fit_temperature(table, THREE[::-1]))
    scaled = calibration.apply_temperature(table, THREE, known)
    # Next to nothing counts as a millionth, which a high temperature makes visible.
    np.testing.assert_allclose(scaled[THREE], softmax(logits, axis=1), atol=0.01)
    if known != 1:
        errors = [
            evaluate.summarize(one, THREE)["expected_calibration_error"] for one in (table, scaled)
        ]
        assert errors[1] < 0.03 < errors[0]


def test_a_temperature_scales_clips_and_changes_no_verdict(random_predictions):
    table = metrics.clip_table(random_predictions, THREE)
    scaled = calibration.apply_temperature(table, THREE, 0.4)
    assert (scaled[THREE].idxmax(axis=1) == table["predicted"]).all()
    np.testing.assert_allclose(scaled["confidence"], scaled[THREE].max(axis=1))
    assert (scaled["confidence"] > table["confidence"]).all()


def test_a_network_that_diverged_has_no_temperature(random_predictions):
    lost = random_predictions.assign(jazz=np.nan)
    assert evaluate.calibrated(random_predictions, lost, THREE) == {}


def test_temperature_one_changes_nothing(predictions):
    same = calibration.apply_temperature(predictions, GENRES, 1.0)
    pd.testing.assert_frame_equal(same, predictions)
    with_zero = predictions.assign(blues=1.0, jazz=0.0)
    assert np.isfinite(calibration.apply_temperature(with_zero, GENRES, 3.0)[GENRES]).all(None)


def test_average_is_the_mean_over_common_windows(predictions):
    other = predictions.assign(blues=0.25, jazz=0.75).iloc[:3]
    mean = metrics.average([predictions, other], GENRES)
    assert len(mean) == 3
    assert mean["blues"].tolist() == pytest.approx([0.6, 0.35, 0.35])
    assert (mean["blues"] + mean["jazz"]).tolist() == pytest.approx([1, 1, 1])


@cache
def recounted():
    return evaluate.summarize_runs(list(map(shipped_run, models.MODELS)))


SHIPPED_RUNS = shipped_runs()


def name_of(run):
    return str(run.path.relative_to(SHIPPED))


@pytest.mark.parametrize("run", SHIPPED_RUNS, ids=name_of)
def test_shipped_evaluations_can_be_recounted(run):
    stated, found = run.evaluation, evaluate.recount(run)
    # Probabilities are shipped to four decimals, so that a rare tie may fall the other way.
    for key in ("window_accuracy", "clip_accuracy", "clip_vote_accuracy"):
        assert found[key] == pytest.approx(stated[key], abs=0.0035)
    assert found["clips"] == stated["clips"]
    assert stated["temperature"] > 0 and "calibrated" in stated


@pytest.mark.parametrize("run", SHIPPED_RUNS, ids=name_of)
def test_shipped_runs_and_repeats_lie_where_their_protocol_says(run):
    for one in (run, *run.repeats().values()):
        protocol = one.config.train.protocol
        assert one.protocol == protocol
        assert run.path == shipped_path(one.config.model.name, protocol)
    for seed, repeat in run.repeats().items():
        assert repeat.config.train.seed == seed != run.config.train.seed
        assert release.differences(run, repeat) == []


def test_the_ensemble_can_be_recounted():
    stated = json.loads((shipped_path(models.ENSEMBLE) / "evaluation.json").read_text())
    found = recounted()[models.ENSEMBLE]
    assert {key: found[key] for key in stated} == stated


@pytest.mark.parametrize("name", list(models.MODELS))
def test_shipped_networks_reach_the_paper(name):
    assert recounted()[name]["window_accuracy"] >= PAPER[name]


@pytest.mark.parametrize("run", SHIPPED_RUNS, ids=name_of)
def test_shipped_networks_were_tested_on_clips_they_never_saw(run):
    split = make(read_facts(), run.config.train.split, run.config.train.fold)
    tested = set(run.read_predictions()["track"])
    # The segments of jazz.00054, which is corrupt in the usual copy, may be missing.
    assert {track for track in set(split.test) - tested if clip_of(track) != "jazz.00054"} == set()
    assert tested <= set(split.test)
    assert tested.isdisjoint(split.train + split.valid)
    for repeat in run.repeats().values():
        assert set(repeat.read_clips().index) == tested


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


def test_scoring_a_stranger_is_refused():
    with pytest.raises(DatasetError, match=r"my song\.mp3.*not a track of GTZAN"):
        evaluate.score_files({Path("my song.mp3"): {"cnn": "jazz"}})


# === Testing a run anew ===


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Gtzan:
    """Twenty clips of noise that the protocol `paper` chooses and tests by."""
    root = tmp_path_factory.mktemp("clips")
    split = make(read_facts(), "paper")
    tracks = split.test[:12] + split.valid[:8]
    logmel = np.random.default_rng(0).integers(0, 256, (20, 128, 387)).astype(np.uint8)
    np.savez(root / "logmel.npz", logmel=logmel, track=np.array(tracks))
    return Gtzan(root)


def finished_run(path: Path, **recipe) -> Run:
    """Make a run with the weights that it began with."""
    config = ModelConfig(name="crnn", filters=(4, 4), recurrent_units=4, dense_units=4)
    run = Run.create(path, RunConfig(model=config, train=TrainConfig(**recipe)))
    models.build(config).save_weights(run.weights_path)
    run.write_evaluation(
        {"protocol": recipe.get("split", "paper"), "clips": 3, "parameters": 77, "skipped": []}
    )
    return run


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
    with pytest.raises(RunError, match="Only 12 of the 300 test clips of paper are at hand"):
        evaluate.evaluate(run, clips)
    assert not run.predictions_path.exists()


def test_an_unfinished_run_is_not_tested(tmp_path, clips):
    config = RunConfig(model=models.spec("crnn").config, train=TrainConfig())
    run = Run.create(tmp_path / "run", config)
    with pytest.raises(RunError, match="Train it to the end"):
        evaluate.evaluate(run, clips)
    assert run.state == "interrupted"


# === On the command line ===


def command(*arguments, **environment):
    return CliRunner().invoke(main, list(map(str, arguments)), env=environment)


def test_evaluate_counts_again_where_the_data_are_not_at_hand(tmp_path):
    shutil.copytree(shipped_path("crnn"), tmp_path / "crnn")
    before = (tmp_path / "crnn" / "evaluation.json").read_bytes()
    printed = command("evaluate", tmp_path / "crnn", DEEPMUSIC_GTZAN=None)
    assert printed.exit_code == 0, printed.output
    assert "Counting predictions.csv again instead" in printed.stderr
    assert printed.stdout.startswith("CRNN, crnn, protocol paper: 300 test clips, 6000 windows")
    low, high = recounted()["crnn"]["clip_accuracy_interval"]
    assert f"{low:.3f} to {high:.3f}" in printed.stdout
    assert (tmp_path / "crnn" / "evaluation.json").read_bytes() == before

    found = json.loads(command("evaluate", tmp_path / "crnn", "--recount", "--json").stdout)
    assert found["clip_accuracy"] == recounted()["crnn"]["clip_accuracy"]


def test_evaluate_finds_a_run_by_its_id(tmp_path, clips):
    finished_run(tmp_path / "mine", split="window_leak")
    environment = {"DEEPMUSIC_RUNS": str(tmp_path), "DEEPMUSIC_GTZAN": str(clips.root)}
    printed = command("evaluate", "mine", **environment)
    assert printed.exit_code == 0, printed.output
    assert "This protocol is wrong on purpose" in printed.stdout
    assert "the same, at temperature" in printed.stdout
    refused = command("evaluate", "mine", "--protocol", "paper", **environment)
    assert refused.exit_code == 2
    assert "was trained or validated on" in refused.stderr


def test_evaluate_refuses_what_it_cannot_do(tmp_path):
    assert "There is no run named 'none'" in command("evaluate", "none").stderr
    run = shipped_path("crnn")
    other = command("evaluate", run, "--protocol", "fault_filtered", DEEPMUSIC_GTZAN=None)
    assert other.exit_code == 2
    assert "Set DEEPMUSIC_GTZAN" in other.stderr
    both = command("evaluate", run, "--recount", "--protocol", "fault_filtered")
    assert "leave out --protocol" in both.stderr


def test_results_compare_the_networks():
    printed = command("results").stdout
    assert "All agree on 0." in printed
    duel = metrics.mcnemar(
        *(
            metrics.clip_table(run.read_predictions(), run.config.model.genres)
            for run in (shipped_run("cnn"), shipped_run("crnn"))
        )
    )
    words = f"only one is right on {duel['only_one']} and {duel['only_other']} clips"
    assert f"CNN against CRNN: {words}" in printed
