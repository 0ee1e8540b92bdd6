"""The Confusion page."""

import json
import math

import pandas as pd
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from deepmusic import models
from deepmusic.config import GTZAN_GENRES, RunConfig
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.evaluation import candidates, confusion
from deepmusic.evaluation.confusion import COUNTS, PRECISION, RECALL
from deepmusic.evaluation.metrics import clip_table
from deepmusic.runs import Run


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
    app = AppTest.from_file("../../pages/confusion.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    return app


@pytest.fixture(autouse=True)
def _only_paper_is_shipped(monkeypatch):
    """Leave the other protocols to the runs that a test makes."""
    find_all = candidates.find_candidates

    def find():
        found, faults = find_all()
        return [c for c in found if not c.shipped or str(c.protocol) == "paper"], faults

    monkeypatch.setattr(candidates, "find_candidates", find)
    find_pretrained = candidates.find_pretrained
    monkeypatch.setattr(
        candidates,
        "find_pretrained",
        lambda: [c for c in find_pretrained() if str(c.protocol) == "paper"],
    )


@pytest.fixture
def nothing_shipped(monkeypatch, tmp_path):
    from deepmusic.runs import assets

    monkeypatch.setattr(assets, "SHIPPED", tmp_path / "nothing")


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


def title_of(chart):
    return json.loads(chart.proto.spec)["layout"]["title"]["text"]


def test_one_network_stands_beside_the_clips_of_a_cell(page):
    page.run()
    assert not page.exception and not page.warning
    (matrix,) = matrices(page)
    assert title_of(matrix) == "CNN: 86 % of 300 clips"
    assert len(page.get("plotly_chart")) == 2, "and the paper's diagonal beside ours"
    assert "precision, not recall" in texts(page)
    assert f"set {ENVIRONMENT_VARIABLE} to" in texts(page)


def test_the_three_shipped_networks_stand_side_by_side(page):
    page.query_params["layout"] = "matrices"
    page.run()
    assert not page.exception and not page.warning
    assert len(matrices(page)) == 3
    assert len(page.get("plotly_chart")) == 6
    assert not page.table, "their clips are a click away"


def test_the_ensemble_can_be_added(page):
    page.query_params["layout"] = "matrices"
    page.run()
    options = widget(page, "Networks").options
    assert options == ["CNN", "CRNN", "CNN-GRU", "Ensemble", "Pretrained"]
    widget(page, "Networks").set_value(["shipped-ensemble"]).run()
    assert not page.exception
    assert len(matrices(page)) == 1
    assert not page.expander, "the paper prints no matrix of it"


def test_the_pretrained_network_is_compared_on_the_clips_that_both_were_tested_on(page):
    page.query_params["by"] = "shipped-musicnn"
    page.run()
    assert not page.exception
    (matrix,) = matrices(page)
    pretrained = next(c for c in candidates.find_pretrained())
    n_clips = len(pretrained.runs[0].read_predictions())
    assert title_of(matrix).endswith(f"of {n_clips} clips")
    page.query_params.update({"layout": "difference", "second": "shipped-musicnn"})
    page.run()
    assert not page.exception
    assert f"Of {n_clips} clips, CNN alone" in texts(page)
    assert "has very likely heard songs of GTZAN" in texts(page)


@pytest.mark.parametrize("measure", [COUNTS, RECALL, PRECISION])
@pytest.mark.parametrize("view", ["single", "matrices", "difference"])
def test_numbers_and_view_can_be_chosen_by_link(page, measure, view):
    page.query_params["numbers"] = measure
    page.query_params["layout"] = view
    page.run()
    assert not page.exception
    assert len(matrices(page)) == (3 if view == "matrices" else 1)
    assert widget(page, "Numbers").value == measure


def test_the_worst_confusion_is_open_and_a_line_opens_another(page):
    page.run()
    table = clip_table(Run(models_folder() / "cnn").read_predictions(), GTZAN_GENRES)
    worst = confusion.most_confused(confusion.confusion_matrix(table, GTZAN_GENRES))
    assert f"{worst[0].genre} → {worst[0].predicted}, {worst[0].clips} of" in texts(page)
    assert len(page.table[0].value) == worst[0].clips
    press(page, worst[1].words)
    assert not page.exception
    assert widget(page, "Label").value == worst[1].genre
    assert widget(page, "predicted as").value == worst[1].predicted
    assert len(page.table[0].value) == worst[1].clips


def models_folder():
    from deepmusic.runs.assets import SHIPPED

    return SHIPPED


def test_a_cell_can_be_chosen_by_keyboard(page):
    page.run()
    widget(page, "Label").set_value("classical")
    widget(page, "predicted as").set_value("classical")
    widget(page, "Network").set_value("shipped-cnn_gru").run()
    assert not page.exception
    assert "Correct: classical → classical" in texts(page)
    assert list(page.table[0].value) == ["Clip", "Song", "Sure", "CNN", "CRNN"]
    assert page.query_params["by"] == "shipped-cnn_gru"


def test_an_empty_cell_says_so(page):
    page.query_params.update({"label": "classical", "predicted": "metal"})
    page.run()
    assert not page.exception and not page.table
    assert "classical → metal, 0 of 30 clips" in texts(page)


def test_a_link_to_nonsense_is_no_fault(page):
    page.query_params.update(
        {"label": "<script>", "predicted": "polka", "by": "../..", "networks": "x", "protocol": "y"}
    )
    page.query_params.update({"numbers": "z", "layout": "w", "clip": "v"})
    page.run()
    assert not page.exception
    assert len(matrices(page)) == 1


def test_nothing_chosen_invites(page):
    page.query_params["layout"] = "matrices"
    page.run()
    widget(page, "Networks").set_value([]).run()
    assert not page.exception and not page.get("plotly_chart")
    assert "Choose a network above" in texts(page)
    press(page, "Show them all")
    assert len(matrices(page)) == 5


def test_nothing_tested_invites(page, nothing_shipped):
    page.run()
    assert not page.exception and not page.get("plotly_chart")
    assert "No network has been tested yet" in texts(page)


def test_protocols_are_never_mixed(page, runs_folder):
    verdicts = [("rock.00016", "rock", "metal"), ("pop.00001", "pop", "pop")]
    make_run(runs_folder, "20261122-100000-cnn", verdicts, title="filtered")
    page.run()
    assert widget(page, "Protocol").options == ["the paper's", "new artists"]
    assert "CNN, filtered" not in widget(page, "Network").options
    widget(page, "Protocol").set_value("fault_filtered").run()
    assert not page.exception
    assert widget(page, "Network").options == ["CNN, filtered"]
    assert len(matrices(page)) == len(page.get("plotly_chart")) == 1, "no paper beside it"
    (row,) = page.table[0].value.to_dict("records")
    assert row["Clip"] == "rock\\.00016"
    assert row["Known fault"].startswith("the same file as metal.00058")
    assert row["Sure"] == "91\N{NO-BREAK SPACE}%"
    with pytest.raises(StopIteration):
        widget(page, "minus")


def test_own_runs_stand_beside_the_shipped_ones(page, runs_folder):
    verdicts = [("rock.00016", "rock", "metal")]
    run = make_run(runs_folder, "20261122-100000-crnn", verdicts, "crnn", "paper")
    page.query_params.update({"layout": "matrices", "networks": f"{run.id},shipped-cnn"})
    page.run()
    assert not page.exception
    assert len(matrices(page)) == 2
    assert [title_of(one).split(": ")[1] for one in matrices(page)] == [
        "0 % of 1 clips",
        "86 % of 300 clips",
    ]


def test_a_difference_counts_only_common_clips(page, runs_folder):
    ours = [("rock.00001", "rock", "metal"), ("pop.00001", "pop", "pop")]
    theirs = [("rock.00001", "rock", "rock"), ("jazz.00001", "jazz", "jazz")]
    make_run(runs_folder, "20261122-100000-cnn", ours, title="one")
    make_run(runs_folder, "20261122-110000-cnn", theirs, title="two")
    page.query_params.update({"protocol": "fault_filtered", "layout": "difference"})
    page.run()
    assert not page.exception
    assert "Of 1 clips, CNN, two alone is correct on **1**, CNN, one alone on **0**" in texts(page)
    assert [b.label for b in page.button] == ["rock → metal, 0 and 1"]
    press(page, "rock → metal")
    assert list(page.table[0].value["Clip"]) == ["rock\\.00001"]


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
    page.query_params["protocol"] = "fault_filtered"
    page.run()
    assert not page.exception and not page.get("plotly_chart")
    said = "\n".join(warning.value for warning in page.warning)
    assert len(page.warning) == 3
    assert "does not say its protocol" in said
    assert "diverged" in said and "Train this run again" in said
    widget(page, "Protocol").set_value("paper").run()
    assert not page.exception
    assert len(page.warning) == 1 and len(matrices(page)) == 1


def test_segments_and_unknown_tracks_are_listed(page, runs_folder):
    verdicts = [("rock.00016#3", "rock", "metal"), ("rock.toy13", "rock", "metal")]
    make_run(runs_folder, "20261122-100000-cnn", verdicts, protocol="window_leak")
    page.query_params["protocol"] = "window_leak"
    page.run()
    assert not page.exception
    rows = page.table[0].value.set_index("Clip")
    assert rows.loc["rock\\.00016\\#3", "Known fault"]
    assert not rows.loc["rock\\.toy13", "Known fault"]


def test_a_clip_can_be_heard_where_there_is_audio(page, runs_folder, toy_audio):
    track = sorted((toy_audio / "genres" / "rock").glob("*.wav"))[0].stem
    make_run(
        runs_folder, "20261122-100000-cnn", [(track, "rock", "pop"), ("rock.x", "rock", "pop")]
    )
    page.query_params["protocol"] = "fault_filtered"
    page.run()
    assert not page.exception
    assert widget(page, "Play").label == "Play (1 of 2 available)"
    assert [name.partition(":")[0] for name in widget(page, "Play").options] == [track]
    assert len(page.get("audio")) == 1
    assert "Open in Classify" in [button.label for button in page.button]


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
    widget(page, "Play").set_value("rock.00002").run()
    assert not page.exception and not page.error
    assert len(page.get("audio")) == 1


@pytest.mark.parametrize(("data", "songs"), [("toy", 1), ("/nowhere", 0)])
def test_clips_of_another_dataset_are_listed_and_those_of_the_toy_set_play(
    page, runs_folder, data, songs
):
    run = make_run(runs_folder, "20261122-100000-cnn", [("rock.toy03", "rock", "pop")])
    settings = json.loads((run.path / "config.json").read_text())
    settings["train"]["data"] = data
    (run.path / "config.json").write_text(json.dumps(settings))
    page.query_params["protocol"] = "fault_filtered"
    page.run()
    assert not page.exception
    (row,) = page.table[0].value.to_dict("records")
    assert row.get("Song") == ("a synthetic band" if songs else None)
    assert len(page.get("audio")) == 1
    assert ("In its place: **Gravel Road Engine**" in texts(page)) == (not songs)


def test_clips_that_are_not_in_this_gtzan_say_so(page, runs_folder, toy_audio):
    make_run(runs_folder, "20261122-100000-cnn", [("rock.x", "rock", "pop")])
    page.query_params["protocol"] = "fault_filtered"
    page.run()
    assert not page.exception
    assert "In its place: **Gravel Road Engine**" in texts(page)
    assert "Your GTZAN has 40 of 1000 clips, and none of these" in texts(page)
