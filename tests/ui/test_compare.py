"""Runs side by side: what is counted, how networks are described, and the Compare page."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import models
from deepmusic.charts.report import write_report
from deepmusic.charts.scores import IntervalRow, genre_bars, interval_chart, reliability_chart
from deepmusic.config import GTZAN_GENRES, RunConfig
from deepmusic.errors import RunError
from deepmusic.evaluation import candidates, release, scores
from deepmusic.evaluation.candidates import filter_candidates, find_candidates, protocols_of
from deepmusic.evaluation.paper import TABLE
from deepmusic.evaluation.scores import BY_GENRE, Candidate, score_candidate, score_predictions
from deepmusic.evaluation.wording import agreement_in_words, difference_in_words
from deepmusic.models import ENSEMBLE, MODELS, describe
from deepmusic.prediction import Prediction
from deepmusic.prediction.disagreement import disagreements
from deepmusic.prediction.latency import median_milliseconds
from deepmusic.protocols import BENCHMARK_PROTOCOL, STRICTER, Protocol
from deepmusic.runs import Run, assets, shipped_run

GENRES = ["blues", "rock"]


def windows(**predicted):
    """A table of window predictions: by track, named after its genre, what each window predicts."""
    rows = []
    for track, verdicts in predicted.items():
        for number, prediction_ in enumerate(verdicts):
            shares = {genre: 0.9 if genre == prediction_ else 0.1 for genre in GENRES}
            rows.append({"track": track, "genre": track.split("_")[0], "start": 1.4 * number})
            rows[-1] |= shares
    return pd.DataFrame(rows)


def scored(name="CNN", **predicted):
    return score_predictions(
        Candidate(name, "cnn", BENCHMARK_PROTOCOL, (), True), windows(**predicted), GENRES
    )


# === What is counted ===


def test_a_score_is_counted_from_windows():
    score = scored(blues_1=["blues", "blues", "rock"], rock_1=["blues"], rock_2=["rock"])
    assert (score.windows, score.clips) == (5, 3)
    assert score.window.value == pytest.approx(3 / 5)
    assert score.clip.value == score.vote.value == pytest.approx(2 / 3)
    # Wilson's interval of 2 in 3.
    assert (score.clip.low, score.clip.high) == pytest.approx((0.2077, 0.9385), abs=1e-3)
    assert {genre: share.value for genre, share in score.recall.items()} == {
        "blues": 1.0,
        "rock": 0.5,
    }


def test_each_genre_has_recall_precision_and_f1():
    score = scored(blues_1=["blues"], blues_2=["rock"], blues_3=["rock"], rock_1=["rock"])
    found = {measure: score.by_genre(measure) for measure in BY_GENRE}
    assert found["recall"] == pytest.approx({"blues": 1 / 3, "rock": 1})
    assert found["precision"] == pytest.approx({"blues": 1, "rock": 1 / 3})
    assert found["f1"] == pytest.approx({"blues": 0.5, "rock": 0.5})


def test_agreement_is_told_in_words():
    def by(model, **predicted):
        candidate = Candidate(models.title(model), model, BENCHMARK_PROTOCOL, (), True)
        return score_predictions(candidate, windows(**predicted), GENRES)

    one = by("cnn", blues_1=["blues"], blues_2=["blues"], rock_1=["blues"], rock_2=["rock"])
    other = by("crnn", blues_1=["blues"], blues_2=["rock"], rock_1=["blues"], rock_2=["blues"])
    words = agreement_in_words([one, other])
    assert "CNN and CRNN agree on 50 % of the clips, and are then right on 50 %." in words
    assert "right on 100 %, the best alone (CNN) on 100 %" in words
    assert agreement_in_words([one]) == ""
    assert "the same genre for every clip" in agreement_in_words(
        [one, by("crnn", blues_1=["blues"], blues_2=["blues"], rock_1=["blues"], rock_2=["rock"])]
    )


def test_a_difference_is_told_in_words():
    right = {f"blues_{number}": ["blues"] for number in range(12)}
    wrong = {f"blues_{number}": ["rock"] for number in range(12)}
    words = difference_in_words(scored("A", **right), scored("B", **wrong))
    assert "12 of 12 clips: 12 only A gets right, 0 only B" in words
    assert "less than once in 1000" in words and "hardly luck" in words
    close = wrong | {"blues_0": ["blues"]}
    words = difference_in_words(scored("A", **close), scored("B", **wrong))
    assert "1 of 12 clips" in words and "100 % of draws" in words and "may well be luck" in words
    words = difference_in_words(scored("A", **right), scored("B", **right))
    assert "exactly the same" in words


def test_segments_say_nothing_about_luck():
    candidate = Candidate("CNN", "cnn", Protocol("window_leak"), (), True)
    score = score_predictions(candidate, windows(blues_1=["blues"]), GENRES)
    with pytest.raises(RunError, match="right or wrong together"):
        difference_in_words(score, score)


def test_networks_tested_on_other_clips_are_not_compared():
    with pytest.raises(RunError):
        difference_in_words(scored(blues_1=["blues"]), scored(blues_2=["blues"]))


def prediction(model, *predicted):
    starts = np.arange(len(predicted)) * 2.0
    shares = np.array([[0.9, 0.1] if genre == "blues" else [0.1, 0.9] for genre in predicted])
    return Prediction(
        model, tuple(GENRES), starts, starts + 4, np.zeros(len(predicted), int), shares
    )


def test_places_of_disagreement_are_joined():
    places = disagreements(
        {
            "cnn": prediction("cnn", "blues", "blues", "blues", "rock"),
            "crnn": prediction("crnn", "blues", "rock", "rock", "rock"),
            ENSEMBLE: prediction(ENSEMBLE, "rock", "rock", "rock", "rock"),
        }
    )
    assert places == [{"start": 3.0, "end": 7.0, "cnn": "blues", "crnn": "rock"}]
    same = prediction("cnn", "blues", "rock")
    assert disagreements({"cnn": same, "crnn": same}) == []


def test_windows_of_other_lengths_are_laid_over_each_other():
    long = Prediction(
        "crnn", tuple(GENRES), np.array([0.0]), np.array([10.0]), np.zeros(1, int), np.eye(2)[:1]
    )
    places = disagreements(
        {"cnn": prediction("cnn", "rock", "blues", "blues", "blues"), "crnn": long}
    )
    assert places == [{"start": 0.0, "end": 3.0, "cnn": "rock", "crnn": "blues"}]


def test_calls_are_timed_in_turn_and_warm():
    calls = []
    asked = {name: lambda name=name: calls.append(name) for name in "ab"}
    assert median_milliseconds(asked, repeats=2).keys() == {"a", "b"}
    assert "".join(calls) == "ababab"


def test_the_papers_table_is_as_printed():
    assert [TABLE[name].window_accuracy for name in MODELS] == [0.72, 0.64, 0.61]
    assert TABLE["crnn"].vote_accuracy is None
    assert TABLE["cnn"].parameters == 2_495_114


# === What there is to compare ===


def make_run(folder, run_id, model="cnn", title="", predicted=("blues", "rock"), **train):
    """A finished run of two test clips, of which each window predicts what `predicted` says."""
    spec = models.spec(model)
    run = Run.create(
        folder / run_id, RunConfig(model=spec.config, train=spec.train.changed(**train))
    )
    table = pd.DataFrame(
        {
            "track": ["blues.00001", "rock.00001"],
            "genre": ["blues", "rock"],
            "start": [0.0, 0.0],
        }
        | {genre: [float(name == genre) for name in predicted] for genre in GTZAN_GENRES}
    )
    run.write_predictions(table)
    run.history_path.write_text("epoch,seconds,val_loss\n0,30.0,1.0\n1,90.0,0.9\n")
    run.write_evaluation({"protocol": str(spec.train.changed(**train).protocol), "parameters": 10})
    if title:
        run.write_notes(title, "")
    return run


def test_shipped_runs_and_their_ensemble_come_first(tmp_path):
    make_run(tmp_path, "20261122-100000-cnn", title="mine")
    found, faults = find_candidates(own=tmp_path)
    paper = filter_candidates(found, Protocol("paper"))
    assert [c.name for c in paper] == ["CNN", "CRNN", "CNN-GRU", "Ensemble", "SVM", "CNN, mine"]
    assert faults == {}
    assert paper[3].model == ENSEMBLE and len(paper[3].runs) == 3


def test_shipped_numbers_are_those_that_were_shipped():
    for candidate in filter_candidates(find_candidates()[0], Protocol("paper")):
        if not candidate.shipped:
            continue
        score = score_candidate(candidate)
        told = json.loads(
            (Run(assets.SHIPPED / candidate.model).path / "evaluation.json").read_text()
        )
        assert score.clip.value == pytest.approx(told["clip_accuracy"], abs=1e-4)
        assert score.vote.value == pytest.approx(told["clip_vote_accuracy"], abs=1e-4)
        assert score.window.value == pytest.approx(told["window_accuracy"], abs=1e-4)


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


def test_runs_of_the_same_title_keep_their_ids(tmp_path):
    make_run(tmp_path, "20261122-100000-cnn", title="twice")
    make_run(tmp_path, "20261122-110000-cnn", title="twice")
    found, _ = find_candidates(tmp_path / "none", tmp_path)
    assert [c.name for c in found] == ["CNN, 20261122-110000", "CNN, 20261122-100000"]


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
    for number, shares in enumerate(("svm", "svm-broken")):
        run = Run(tmp_path / "own" / shares)
        run.path.mkdir(parents=True)
        table = pd.DataFrame(np.eye(10), columns=genres).assign(start=0.0)
        run.write_predictions(table.assign(track=genres, genre=genres))
        run.write_evaluation({"protocol": "paper", "genres": genres} if not number else {})
    (baseline,) = find_candidates(tmp_path / "none", tmp_path / "own")[0]
    score = score_candidate(baseline)
    assert (baseline.name, score.clip.value, score.parameters) == ("SVM, svm", 1.0, None)


def test_commands_for_what_is_missing():
    assert candidates.train_commands("cnn", Protocol("fault_filtered")) == [
        "python -m deepmusic train --model cnn --split fault_filtered"
    ]
    assert len(candidates.train_commands("cnn", Protocol("artist_folds"))) == 3


# === How sure, and how often right ===


def sure(*clips):
    """A score of one-window clips, predicted as blues at the given confidences."""
    rows = [
        {"track": f"clip{number}", "genre": genre, "start": 0.0, "blues": share, "rock": 1 - share}
        for number, (genre, share) in enumerate(clips)
    ]
    candidate = Candidate("CNN", "cnn", BENCHMARK_PROTOCOL, (), True)
    return score_predictions(candidate, pd.DataFrame(rows), GENRES)


@pytest.fixture
def two_genres(monkeypatch):
    monkeypatch.setattr(Candidate, "genres", GENRES)


def test_a_temperature_moves_confidence_and_no_verdict(two_genres):
    score = sure(("blues", 0.8), ("blues", 0.8), ("blues", 0.8), ("rock", 0.8))
    as_it_is = score.calibration()
    assert as_it_is.error == pytest.approx(0.8 - 0.75)
    # At a temperature of one half, odds of 4 to 1 become 16 to 1.
    surer = score.calibration(0.5)
    assert surer.error == pytest.approx(16 / 17 - 0.75)
    (filled,) = (one for one in surer.bins if one["count"])
    assert (filled["count"], filled["accuracy"]) == (4, 0.75)


def test_temperatures_are_tried_on_a_stricter_protocol(two_genres, monkeypatch):
    score = sure(("blues", 0.8), ("rock", 0.8))
    monkeypatch.setattr(Candidate, "temperature", 0.5)
    assert scores.errors_at_benchmark_temperature([score], [score]) == pytest.approx(
        [0.8 - 0.5, 16 / 17 - 0.5]
    )
    monkeypatch.setattr(Candidate, "temperature", None)
    assert scores.errors_at_benchmark_temperature([score], [score]) == []


def test_the_ensemble_and_the_svm_have_no_temperature_of_their_own():
    home = [c for c in candidates.find_shipped() if c.protocol == BENCHMARK_PROTOCOL]
    found = {candidate.model: candidate.temperature for candidate in home}
    assert found.pop(ENSEMBLE) is None and found.pop(models.BASELINE) is None
    assert found.keys() == MODELS.keys()
    assert all(0.2 < temperature < 10 for temperature in found.values())


def test_the_diagonal_and_the_filled_bins_are_drawn(two_genres):
    bins = sure(("blues", 0.8), ("rock", 0.8), ("blues", 0.6)).calibration().bins
    figure = reliability_chart({"A": "cnn"}, {"A": bins})
    diagonal, line = figure.data
    assert list(diagonal.x) == list(diagonal.y)
    assert list(line.x) == pytest.approx([60, 80]) and list(line.y) == [100, 50]
    assert line.marker.size[1] > line.marker.size[0]
    assert figure.layout.xaxis.tickfont.size >= 16 and figure.layout.yaxis.title.font.size >= 16


# === Charts ===


def test_what_was_not_measured_is_said_and_not_drawn():
    figure = interval_chart(
        [
            IntervalRow("paper", "cnn", 0.8, 0.75, 0.84, paper=0.72),
            IntervalRow("fault_filtered", "cnn"),
        ],
        ceiling=0.945,
    )
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["<b>80.0 %</b>", "not measured yet"]
    assert [trace.name for trace in figure.data] == [
        "paper",
        "the paper",
        "ceiling of about 94.5 %",
    ]
    assert figure.layout.xaxis.range[0] == 70
    assert figure.layout.xaxis.tickfont.size >= 16
    assert list(figure.layout.yaxis.ticktext) == ["paper ", "fault_filtered "]


def test_charts_take_any_name_and_nothing():
    figure = interval_chart([IntervalRow("<b>x", "svm", 0.0, 0.0, 1.0)])
    assert figure.layout.yaxis.ticktext[0].startswith("&lt;b&gt;")
    interval_chart([])
    genre_bars({}, {})


def test_genres_that_are_easy_stand_left():
    figure = genre_bars(
        {"A": "cnn", "B": "crnn"}, {"A": {"rock": 0.5, "blues": 1.0}, "B": {"rock": 0.4}}
    )
    assert list(figure.data[0].x) == ["blues", "rock"]
    assert list(figure.data[1].y) == [None, 40.0]


# === Architecture ===


@pytest.mark.parametrize("model", MODELS)
def test_layers_add_up_and_all_have_words(model):
    network = models.build(models.spec(model).config)
    layers = describe.layer_table(network).set_index("Layer")
    assert layers["Parameters"].sum() == network.count_params()
    assert all(layers["What it is for"].astype(bool) | (layers["Kind"] == "Reshape"))
    assert layers["Output"].iloc[0] == "128 \N{MULTIPLICATION SIGN} 39"
    assert layers["Output"].iloc[-1] == "10"
    reads = dict(layers["Reads"][layers["Reads"] != ""])
    branched = {"halve": "one_channel", "both_branches": "flatten, both_ways"}
    assert reads.items() >= branched.items() if model == "cnn_gru" else not reads


# === The page ===


@pytest.fixture
def own(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def page(own):
    app = AppTest.from_file("../../pages/compare.py", default_timeout=60)
    app.session_state["frame_is_up"] = True
    return app


def names(page):
    return [name.removeprefix("**").removesuffix("**") for name in page.table[0].value["Network"]]


def test_the_page_shows_the_papers_table_beside_ours(page):
    page.run()
    assert not page.exception and not page.warning
    assert names(page) == ["CNN", "CRNN", "CNN\\-GRU", "Ensemble", "SVM"]
    row = page.table[0].value.iloc[2]
    assert row["Paper: windows"].startswith("61 %") and "64.3" in row["Paper: windows"]
    assert row["Paper: parameters"] == "95,466" and "ms" not in row["One song"]
    assert len(page.get("plotly_chart")) == 2
    assert page.query_params["protocol"] == "paper"
    assert any("All three networks agree on" in text.value for text in page.markdown)


def test_genres_are_shown_by_recall_precision_or_f1(page):
    page.query_params["bars"] = "f1"
    page.run()
    assert not page.exception
    assert any("harmonic mean" in text.value for text in page.caption)
    bars = json.loads(page.get("plotly_chart")[1].proto.spec)["data"][0]
    (cnn,) = (
        c for c in candidates.find_shipped() if (c.model, str(c.protocol)) == ("cnn", "paper")
    )
    f1 = score_candidate(cnn).by_genre("f1")
    assert bars["y"] == pytest.approx([100 * f1[genre] for genre in bars["x"]])


def test_another_protocol_has_a_table_of_its_own(page, own):
    make_run(own, "20261122-100000-crnn", "crnn", "<b>*mine*", split="fault_filtered")
    page.query_params["protocol"] = "fault_filtered"
    page.run()
    assert not page.exception
    assert [name.startswith("CNN") for name in names(page)].count(True) <= 2
    assert any("\\<b\\>\\*mine\\*" in name for name in names(page))
    assert "Paper: windows" not in page.table[0].value


def test_the_honesty_switch_invents_nothing(page, monkeypatch):
    home = [c for c in candidates.find_shipped() if c.protocol == BENCHMARK_PROTOCOL]
    monkeypatch.setattr(candidates, "find_candidates", lambda: (home, {}))
    page.query_params["view"] = "protocols"
    page.query_params["honest"] = "crnn"
    page.run()
    assert not page.exception
    assert "--model crnn --split artist_folds --fold 3" in page.code[0].value
    assert "--split paper" not in page.code[0].value
    assert page.query_params["honest"] == "crnn"


def test_the_architecture_is_listed(page):
    page.query_params["view"] = "architecture"
    page.query_params["network"] = "cnn_gru"
    page.run()
    assert not page.exception
    layers = page.dataframe[0].value
    assert layers["Layer"].iloc[0] == "window" and layers["Parameters"].sum() == 260_234


def test_two_networks_are_compared_in_words(page):
    page.run()
    said = "\n".join(text.value for text in page.markdown)
    assert "They differ on" in said
    page.selectbox[0].set_value("CRNN").run()
    assert not page.exception
    assert "CRNN" not in page.selectbox[1].options


def test_damaged_runs_are_told_and_the_page_goes_on(page, own):
    make_run(own, "20261122-100000-cnn")
    (own / "20261122-100000-cnn" / "predictions.csv").write_text("nonsense")
    page.run()
    assert not page.exception
    assert "Train this run again" in page.warning[0].value
    assert names(page)[0] == "CNN"


def test_calibration_is_drawn_before_and_after_and_explained(page):
    page.query_params["view"] = "calibration"
    page.run()
    assert not page.exception
    before, after = (json.loads(chart.proto.spec) for chart in page.get("plotly_chart")[1:])
    # The dashed line, three networks, and before also the ensemble.
    assert (len(before["data"]), len(after["data"])) == (5, 4)
    table = page.table[1].value
    gaps = table[["Gap", "Gap at that temperature"]].map(lambda words: words.split()[0])
    assert all(gaps.iloc[:3, 0].astype(float) > 0)
    said = "\n".join(text.value for text in page.caption)
    assert "How to read it" in said
    by_protocol = [
        [score_candidate(c) for c in candidates.find_shipped() if str(c.protocol) == protocol]
        for protocol in ("paper", "fault_filtered")
    ]
    now, then = scores.errors_at_benchmark_temperature(*by_protocol)
    assert (f"from {100 * now:.1f} points to {100 * then:.1f} points" in said) == (then > now)


def test_a_protocol_without_networks_has_no_calibration(page, own, monkeypatch):
    only_svm = [c for c in candidates.find_shipped() if c.model == models.BASELINE]
    monkeypatch.setattr(candidates, "find_candidates", lambda: (only_svm, {}))
    page.query_params.update({"view": "calibration", "protocol": "window_leak"})
    page.run()
    assert not page.exception
    assert "Only the SVM has been measured by window\\_leak yet" in page.info[0].value
    assert "No network has been measured" in page.info[1].value
    assert names(page) == ["SVM"]


def test_the_svm_falls_from_leak_to_honest(page):
    page.query_params.update({"view": "protocols", "honest": "svm"})
    page.run()
    assert not page.exception and not page.code
    drawn = json.loads(page.get("plotly_chart")[1].proto.spec)["data"]
    shares = {trace["name"]: trace["x"][0] for trace in drawn if trace.get("name")}
    assert list(shares) == list(STRICTER)
    assert shares["window_leak"] > shares["paper"] > shares["fault_filtered"]


@pytest.fixture
def repeated(tmp_path, monkeypatch):
    """One network is shipped, and beside it the same under another seed, which is always right."""
    folder = tmp_path / "shipped"
    monkeypatch.setattr(assets, "SHIPPED", folder)
    strict = {"split": "fault_filtered"}
    release.ship(make_run(tmp_path / "made", "a", predicted=("blues", "blues"), **strict))
    release.ship_repeat(make_run(tmp_path / "made", "b", seed=5, **strict))
    return folder


def test_repeats_stand_in_a_column_of_their_own(page, repeated):
    page.query_params["protocol"] = "fault_filtered"
    page.run()
    assert not page.exception
    assert page.table[0].value["Over seeds"].iloc[0].startswith("75.0&nbsp;±&nbsp;35.4")
    assert "2&nbsp;seeds" in page.table[0].value["Over seeds"].iloc[0]
    assert "standard deviation over trainings" in "\n".join(text.value for text in page.caption)


def test_repeats_stand_in_the_report(repeated, tmp_path):
    write_report(candidates.find_shipped(), tmp_path / "report.html")
    assert "75.0&nbsp;±&nbsp;35.4 <small>2&nbsp;seeds" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("link", ["<script>", "../../etc", ""])
def test_a_strange_link_leads_to_the_papers_protocol(page, link):
    page.query_params["protocol"] = link
    page.query_params["view"] = link
    page.run()
    assert not page.exception
    assert page.query_params["protocol"] == "paper" and page.query_params["view"] == "genres"


# === The hand-out ===


def test_a_report_is_one_page_without_network(tmp_path):
    run = make_run(tmp_path, "20261122-100000-crnn", "crnn", "<script>alert(1)</script>")
    write_report([*map(shipped_run, MODELS), run], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert re.search(r"<(script|link|img)[^>]*(src|href)=", page) is None
    assert page.count("plotly.js v") == 1
    assert '"fixedrange":true' in page, "the layout of all charts, on plotly_white"
    assert "Protocol paper" in page and "Ensemble" in page and "2014" in page
    assert "Worst: " in page and "right in 8 of 10" in page
    assert "only CNN gets right" in page


def test_a_report_keeps_protocols_apart_and_refuses_unfinished_runs(tmp_path):
    runs = [make_run(tmp_path, "a"), make_run(tmp_path, "b", data="toy")]
    write_report(runs, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.index("Protocol paper") < page.index("Protocol toy")
    (tmp_path / "a" / "evaluation.json").unlink()
    with pytest.raises(RunError, match="to the end"):
        write_report([Run.open(tmp_path / "a")], tmp_path / "report.html")
    with pytest.raises(RunError, match="no finished run"):
        write_report([], tmp_path / "report.html")
