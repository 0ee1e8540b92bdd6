"""Confusion matrices: what is counted, how it is drawn, and the page."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic import models
from deepmusic.charts.confusion import confusion_chart, difference_chart, precision_chart
from deepmusic.config import GTZAN_GENRES, RunConfig
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE, read_facts
from deepmusic.evaluation import candidates, confusion, paper
from deepmusic.evaluation.confusion import COUNTS, PRECISION, RECALL
from deepmusic.evaluation.metrics import clip_table
from deepmusic.runs import Run

GENRES = ["pop", "rock", "jazz"]


def clips(*rows):
    """A table of clips from (track, label, predicted, confidence)."""
    return pd.DataFrame(rows, columns=["track", "genre", "predicted", "confidence"]).set_index(
        "track"
    )


@pytest.fixture
def first():
    return clips(
        ("a", "pop", "pop", 0.9),
        ("b", "pop", "rock", 0.4),
        ("c", "rock", "rock", 0.8),
        ("d", "rock", "pop", 0.7),
        ("e", "rock", "pop", 0.6),
        ("f", "rock", "pop", 0.5),
    )


@pytest.fixture
def second():
    return clips(
        ("d", "rock", "jazz", 0.5),
        ("f", "rock", "pop", 0.9),
        ("c", "rock", "rock", 0.8),
        ("x", "jazz", "jazz", 1.0),
    )


# === What is counted ===


def test_rows_are_labels_and_columns_what_was_predicted(first):
    counts = confusion.confusion_matrix(first, GENRES)
    assert counts.to_numpy().tolist() == [[1, 1, 0], [3, 1, 0], [0, 0, 0]]
    assert (counts.index.name, counts.columns.name) == ("genre", "predicted")


def test_recall_reads_along_rows_and_precision_down_columns(first):
    counts = confusion.confusion_matrix(first, GENRES)
    assert confusion.normalize(counts, COUNTS) is counts
    recall = confusion.normalize(counts, RECALL)
    assert recall.loc["rock"].tolist() == [75, 25, 0]
    assert recall.loc["jazz"].isna().all(), "a share of nothing is no number"
    precision = confusion.normalize(counts, PRECISION)
    assert precision["pop"].tolist() == [25, 75, 0]
    assert precision["jazz"].isna().all()
    with pytest.raises(ValueError, match="measure='f1'"):
        confusion.normalize(counts, "f1")


def test_matrices_agree_with_scikit_learn():
    from sklearn.metrics import confusion_matrix

    drawn = np.random.default_rng(0).choice(GENRES, size=(2, 200))
    counts = confusion.confusion_matrix(
        pd.DataFrame({"genre": drawn[0], "predicted": drawn[1]}), GENRES
    )
    assert np.array_equal(counts, confusion_matrix(*drawn, labels=GENRES))
    for measure, normalize in ((RECALL, "true"), (PRECISION, "pred")):
        expected = confusion_matrix(*drawn, labels=GENRES, normalize=normalize)
        assert np.allclose(confusion.normalize(counts, measure), 100 * expected)


def test_the_diagonal_is_what_was_right(first):
    counts = confusion.confusion_matrix(first, GENRES)
    assert confusion.diagonal(counts).to_dict() == {"pop": 1, "rock": 1, "jazz": 0}


def test_the_worst_confusions_come_first_and_in_words(first):
    counts = confusion.confusion_matrix(first, GENRES)
    assert list(map(str, confusion.most_confused(counts))) == [
        "rock → pop, 3 of 4 clips",
        "pop → rock, 1 of 2 clips",
    ]
    assert len(confusion.most_confused(counts, 1)) == 1
    assert confusion.most_confused(counts.where(np.eye(3) > 0, 0)) == []


def test_only_common_clips_are_subtracted(first, second):
    left, right = confusion.common_clips(first, second)
    assert list(left.index) == list(right.index) == ["c", "d", "f"]


def test_matrices_differ_most_where_the_gap_is_widest(first, second):
    counts = [confusion.confusion_matrix(table, GENRES) for table in (first, second)]
    (ours, theirs), *rest = confusion.largest_differences(*counts)
    assert (str(ours), str(theirs)) == ("rock → pop, 3 of 4 clips", "rock → pop, 1 of 3 clips")
    assert [pair[0].predicted for pair in rest] == ["rock", "jazz"]
    assert confusion.largest_differences(counts[0], counts[0]) == []


def test_the_clips_of_a_cell_are_sorted_and_say_what_others_predict(first, second):
    tables = {"one": first, "two": second}
    listed = confusion.clips_in_cell(tables, ["one"], "rock", "pop")
    assert list(listed.index) == ["d", "e", "f"]
    assert listed["confidence"].tolist() == [0.7, 0.6, 0.5]
    assert listed["two"].fillna("?").tolist() == ["jazz", "?", "pop"]
    either = confusion.clips_in_cell(tables, ["one", "two"], "rock", "pop")
    assert list(either.index) == ["f", "d", "e"], "f by the surest of both"
    assert confusion.clips_in_cell(tables, ["two"], "pop", "jazz").empty


def test_windows_are_judged_one_by_one():
    windows = pd.DataFrame(
        {"track": "a", "genre": "pop", "start": [0.0, 1.5], "pop": [0.6, 0.1], "rock": [0.4, 0.9]}
    )
    predicted = confusion.window_table(windows, ["pop", "rock"])
    assert predicted.to_numpy().tolist() == [["pop", "pop"], ["pop", "rock"]]


def test_known_faults_are_twins_and_what_was_left_out():
    rows = [
        {"track": "a", "wav_sha256": "1", "fault_filtered": "train"},
        {"track": "b", "wav_sha256": "1", "fault_filtered": "excluded"},
        {"track": "c", "wav_sha256": "2", "fault_filtered": "test"},
        {"track": "d", "wav_sha256": "", "fault_filtered": "test"},
        {"track": "e", "wav_sha256": "", "fault_filtered": "excluded"},
    ]
    assert confusion.known_faults(rows) == {
        "a": "the same file as b",
        "b": "the same file as a; left out by the fault-filtered split",
        "e": "left out by the fault-filtered split",
    }


def test_gtzan_has_fourteen_twins_and_one_across_labels():
    faults = confusion.known_faults(read_facts())
    assert sum("same file" in words for words in faults.values()) == 28
    assert sum("left out" in words for words in faults.values()) == 70
    assert "the same file as rock.00016" in faults["metal.00058"]


@pytest.mark.parametrize(("model", "mean"), [("cnn", 0.728), ("crnn", 0.686), ("cnn_gru", 0.652)])
def test_the_papers_diagonals_are_there(model, mean):
    printed = paper.precision(model)
    assert set(printed) == set(GTZAN_GENRES)
    assert np.mean(list(printed.values())) == pytest.approx(mean, abs=0.0005)


def test_the_paper_printed_no_ensemble():
    assert paper.precision(models.ENSEMBLE) == {}


# === How it is drawn ===


def test_a_matrix_has_numbers_and_something_to_click(first):
    counts = confusion.confusion_matrix(first, GENRES)
    figure = confusion_chart(counts, unit="clips", top=4, title="<b>x", chosen=("rock", "pop"))
    heatmap, marks = figure.data
    assert [list(row) for row in heatmap.text] == [["1", "1", ""], ["3", "1", ""], ["", "", ""]]
    assert (heatmap.zmin, heatmap.zmax) == (0, 4)
    cells = dict(zip(zip(marks.y, marks.x, strict=True), marks.customdata, strict=True))
    assert cells["rock", "pop"] == 3 and len(cells) == 9
    (outline,) = figure.layout.shapes
    assert (outline.x0, outline.x1, outline.y0, outline.y1) == (-0.5, 0.5, 0.5, 1.5)
    assert figure.layout.title.text == "&lt;b&gt;x"


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_from_the_back_row(first, dark):
    counts = confusion.confusion_matrix(first, GENRES)
    for draw in (confusion_chart, difference_chart):
        figure = draw(counts, unit="clips", top=4, dark=dark)
        for axis in (figure.layout.xaxis, figure.layout.yaxis):
            assert axis.tickfont.size >= 16 and axis.title.font.size >= 16
        assert not figure.layout.shapes


def test_a_difference_has_signs_and_a_middle(first, second):
    matrix = confusion.confusion_matrix(first, GENRES) - confusion.confusion_matrix(second, GENRES)
    heatmap = difference_chart(matrix, unit="clips", top=2).data[0]
    assert [list(row) for row in heatmap.text] == [
        ["+1", "+1", ""],
        ["+2", "", "\N{MINUS SIGN}1"],
        ["", "", "\N{MINUS SIGN}1"],
    ]
    assert (heatmap.zmin, heatmap.zmax) == (-2, 2)


def test_no_number_is_an_empty_cell(first):
    precision = confusion.normalize(confusion.confusion_matrix(first, GENRES), PRECISION)
    for draw in (confusion_chart, difference_chart):
        assert draw(precision, unit="%", top=100).data[0].text[0][2] == ""


def test_our_precision_stands_beside_the_papers():
    figure = precision_chart(
        {"pop": 70.0, "rock": math.nan}, {"rock": 40.0, "pop": 80.0}, "cnn", name="CNN"
    )
    printed, ours = figure.data[1:]
    assert (printed.name, ours.name) == ("paper", "ours")
    assert list(printed.y) == ["rock", "pop"], "the paper's best is on top"
    assert list(printed.x) == [40, 80] and ours.x[1] == 70


# === The page ===


@pytest.fixture
def runs_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def no_gtzan(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)


@pytest.fixture
def toy_audio(monkeypatch, toy_gtzan):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_gtzan))
    return toy_gtzan


@pytest.fixture
def page(runs_folder, no_gtzan):
    app = AppTest.from_file("../../pages/confusion.py", default_timeout=30)
    app.session_state["frame_is_up"] = True
    return app


@pytest.fixture(autouse=True)
def _only_paper_is_shipped(monkeypatch):
    """Leave the other protocols to the runs that a test makes."""
    shipped = [one for one in candidates.find_shipped() if str(one.protocol) == "paper"]
    monkeypatch.setattr(candidates, "find_shipped", lambda: shipped)


@pytest.fixture
def nothing_shipped(monkeypatch, tmp_path):
    from deepmusic.runs import assets

    monkeypatch.setattr(assets, "SHIPPED", tmp_path / "nothing")
    monkeypatch.setattr(candidates, "find_shipped", list)


def make_run(folder, run_id, verdicts, model="cnn", protocol="fault_filtered", title=""):
    """A finished run that answers (track, label, predicted), one window a clip."""
    spec = models.spec(model)
    run = Run.create(folder / run_id, RunConfig(model=spec.config, train=spec.train))
    rows = [
        {"track": track, "genre": genre, "start": 0.0}
        | {name: 0.91 if name == predicted else 0.01 for name in GTZAN_GENRES}
        for track, genre, predicted in verdicts
    ]
    run.write_predictions(pd.DataFrame(rows))
    run.write_evaluation({"protocol": protocol})
    if title:
        run.write_notes(title, "")
    return run


def widget(page, label):
    every = [*page.selectbox, *page.multiselect, *page.get("button_group")]
    return next(found for found in every if found.label.startswith(label))


def texts(page):
    every = [*page.markdown, *page.caption, *page.info, *page.subheader]
    return "\n".join(found.value for found in every)


def press(page, label):
    next(button for button in page.button if button.label.startswith(label)).click().run()


def matrices(page):
    charts = page.get("plotly_chart")
    return [c for c in charts if json.loads(c.proto.spec)["data"][0]["type"] == "heatmap"]


def test_the_three_shipped_networks_stand_side_by_side(page):
    page.run()
    assert not page.exception and not page.warning
    assert len(matrices(page)) == 3
    assert len(page.get("plotly_chart")) == 6, "and the paper's diagonals beside ours"
    assert "precision, not recall" in texts(page)
    assert "300 test clips, protocol paper" in texts(page)
    assert page.query_params["networks"] == "shipped-cnn,shipped-crnn,shipped-cnn_gru"
    assert "is not at hand here" in texts(page)


def test_the_ensemble_can_be_added(page):
    page.run()
    options = widget(page, "Networks").options
    assert options == ["CNN", "CRNN", "CNN-GRU", "Ensemble"]
    widget(page, "Networks").set_value(["shipped-ensemble"]).run()
    assert not page.exception
    assert len(matrices(page)) == 1
    assert "The paper prints matrices of its three networks" in texts(page)


@pytest.mark.parametrize("measure", [COUNTS, RECALL, PRECISION])
@pytest.mark.parametrize("view", ["matrices", "difference"])
def test_numbers_and_view_can_be_chosen_by_link(page, measure, view):
    page.query_params["numbers"] = measure
    page.query_params["layout"] = view
    page.run()
    assert not page.exception
    assert len(matrices(page)) == (3 if view == "matrices" else 1)
    assert (page.query_params["numbers"], page.query_params["layout"]) == (measure, view)


def test_the_worst_confusion_is_open_and_a_line_opens_another(page):
    page.run()
    table = clip_table(Run(models_folder() / "cnn").read_predictions(), GTZAN_GENRES)
    worst = confusion.most_confused(confusion.confusion_matrix(table, GTZAN_GENRES))
    assert f"{worst[0].genre} → {worst[0].predicted}, {worst[0].clips} of" in texts(page)
    assert len(page.dataframe[0].value) == worst[0].clips
    press(page, str(worst[1]))
    assert not page.exception
    assert page.query_params["label"] == worst[1].genre
    assert page.query_params["predicted"] == worst[1].predicted
    assert len(page.dataframe[0].value) == worst[1].clips


def models_folder():
    from deepmusic.runs.assets import SHIPPED

    return SHIPPED


def test_a_cell_can_be_chosen_by_keyboard(page):
    page.run()
    widget(page, "Label").set_value("classical")
    widget(page, "predicted as").set_value("classical")
    widget(page, "by").set_value("shipped-cnn_gru").run()
    assert not page.exception
    assert "Right: classical → classical" in texts(page)
    assert set(page.dataframe[0].value["CNN-GRU predicts"]) == {"classical"}
    assert page.query_params["by"] == "shipped-cnn_gru"


def test_an_empty_cell_says_so(page):
    page.query_params.update({"label": "classical", "predicted": "metal"})
    page.run()
    assert not page.exception and not page.dataframe
    assert "classical → metal, 0 of 30 clips" in texts(page)


def test_a_link_to_nonsense_is_no_fault(page):
    page.query_params.update(
        {"label": "<script>", "predicted": "polka", "by": "../..", "networks": "x", "protocol": "y"}
    )
    page.query_params.update({"numbers": "z", "layout": "w", "clip": "v"})
    page.run()
    assert not page.exception
    assert len(matrices(page)) == 3


def test_nothing_chosen_invites(page):
    page.run()
    widget(page, "Networks").set_value([]).run()
    assert not page.exception and not page.get("plotly_chart")
    assert "Choose a network above" in texts(page)
    press(page, "Show them all")
    assert len(matrices(page)) == 4


def test_nothing_tested_invites(page, nothing_shipped):
    page.run()
    assert not page.exception and not page.get("plotly_chart")
    assert "No network has been tested yet" in texts(page)
    assert "3 runs cannot be shown" in page.expander[0].label


def test_protocols_are_never_mixed(page, runs_folder):
    verdicts = [("rock.00016", "rock", "metal"), ("pop.00001", "pop", "pop")]
    make_run(runs_folder, "20261122-100000-cnn", verdicts, title="filtered")
    page.run()
    assert widget(page, "Protocol").options == ["paper", "fault_filtered"]
    assert "filtered" not in widget(page, "Networks").options
    widget(page, "Protocol").set_value("fault_filtered").run()
    assert not page.exception
    assert widget(page, "Networks").options == ["filtered"]
    assert len(matrices(page)) == len(page.get("plotly_chart")) == 1, "no paper beside it"
    (row,) = page.dataframe[0].value.to_dict("records")
    assert row["Clip"] == "rock.00016"
    assert row["Known fault"].startswith("the same file as metal.00058")
    assert row["Confidence"] == pytest.approx(91)
    with pytest.raises(StopIteration):
        widget(page, "minus")


def test_own_runs_stand_beside_the_shipped_ones(page, runs_folder):
    verdicts = [("rock.00016", "rock", "metal")]
    run = make_run(runs_folder, "20261122-100000-crnn", verdicts, "crnn", "paper")
    page.query_params.update({"networks": f"{run.id},shipped-cnn", "by": run.id})
    page.run()
    assert not page.exception
    assert len(matrices(page)) == 2
    assert "Measured on 1 and 300 test clips" in texts(page)


def test_a_difference_counts_only_common_clips(page, runs_folder):
    ours = [("rock.00001", "rock", "metal"), ("pop.00001", "pop", "pop")]
    theirs = [("rock.00001", "rock", "rock"), ("jazz.00001", "jazz", "jazz")]
    make_run(runs_folder, "20261122-100000-cnn", ours, title="one")
    make_run(runs_folder, "20261122-110000-cnn", theirs, title="two")
    page.query_params.update({"protocol": "fault_filtered", "layout": "difference"})
    page.run()
    assert not page.exception
    assert "Of 1 clips, two alone predicts **1** right, one alone **0**" in texts(page)
    assert [b.label for b in page.button] == ["rock → metal: two 0, one 1 of 1 clips"]
    press(page, "rock → metal")
    assert list(page.dataframe[0].value["Clip"]) == ["rock.00001"]


def test_runs_without_common_clips_are_no_fault(page, runs_folder):
    make_run(runs_folder, "20261122-100000-cnn", [("rock.00001", "rock", "metal")])
    make_run(runs_folder, "20261122-110000-cnn", [("pop.00001", "pop", "metal")])
    page.query_params.update({"protocol": "fault_filtered", "layout": "difference"})
    page.run()
    assert not page.exception
    assert "no test clip in common" in texts(page)


def test_damaged_runs_are_told_and_the_page_goes_on(page, runs_folder):
    broken = make_run(runs_folder, "20261122-100000-cnn", [("pop.00001", "pop", "pop")])
    broken.predictions_path.write_text("track,genre\npop.00001,pop\n")
    strange = make_run(runs_folder, "20261122-110000-cnn", [("pop.00001", "pop", "pop")])
    strange.write_evaluation({"clip_accuracy": 0.5})
    diverged = make_run(runs_folder, "20261122-120000-cnn", [("pop.00001", "pop", "pop")])
    diverged.write_predictions(diverged.read_predictions().assign(rock=math.nan))
    page.run()
    assert not page.exception
    assert len(page.warning) == 3 and "has diverged" in page.warning[0].value
    assert "Train this run again" in page.warning[1].value
    assert len(matrices(page)) == 3


def test_segments_and_strangers_are_listed(page, runs_folder):
    verdicts = [("rock.00016#3", "rock", "metal"), ("rock.toy13", "rock", "metal")]
    make_run(runs_folder, "20261122-100000-cnn", verdicts, protocol="window_leak")
    page.query_params["protocol"] = "window_leak"
    page.run()
    assert not page.exception
    assert "wrong on purpose" in texts(page)
    rows = page.dataframe[0].value.set_index("Clip")
    assert rows.loc["rock.00016#3", "Known fault"] and not rows.loc["rock.toy13", "Known fault"]


def test_a_clip_can_be_heard_where_there_is_audio(page, runs_folder, toy_audio):
    track = sorted((toy_audio / "genres" / "rock").glob("*.wav"))[0].stem
    make_run(
        runs_folder, "20261122-100000-cnn", [(track, "rock", "pop"), ("rock.x", "rock", "pop")]
    )
    page.query_params["protocol"] = "fault_filtered"
    page.run()
    assert not page.exception
    assert widget(page, "Listen to").label == "Listen to (1 of 2 at hand)"
    assert widget(page, "Listen to").options == [track]
    assert len(page.get("audio")) == 1
    assert page.query_params["clip"] == track
    assert "See what the networks predict for it" in [button.label for button in page.button]


def test_a_damaged_or_old_file_is_no_fault(page, runs_folder, tmp_path, monkeypatch, music):
    folder = tmp_path / "gtzan" / "genres" / "rock"
    folder.mkdir(parents=True)
    (folder / "rock.00001.wav").write_bytes(b"no sound at all")
    soundfile.write(folder / "rock.00002.au", music, 22_050)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "gtzan"))
    verdicts = [("rock.00001", "rock", "pop"), ("rock.00002", "rock", "pop")]
    make_run(runs_folder, "20261122-100000-cnn", verdicts)
    page.query_params.update({"protocol": "fault_filtered", "clip": "rock.00001"})
    page.run()
    assert not page.exception and len(page.error) == 1
    widget(page, "Listen to").set_value("rock.00002").run()
    assert not page.exception and not page.error
    assert len(page.get("audio")) == 1
