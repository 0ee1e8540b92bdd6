"""The Compare page."""

import html
import json

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import load, models
from deepmusic.evaluation import candidates, release, scores
from deepmusic.evaluation.scores import score_candidate
from deepmusic.explain.truth import read_shipped
from deepmusic.formatting import format_percent
from deepmusic.prediction.measures import shipped_measures
from deepmusic.protocols import BENCHMARK_PROTOCOL, STRICTER, Protocol
from deepmusic.runs import assets
from deepmusic.ui import demos, what_if
from tests.evaluation.examples import make_run


@pytest.fixture
def own(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def page(own):
    app = AppTest.from_file("../../pages/compare.py", default_timeout=120)
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
    assert row["Paper: parameters"] == "95,466"
    assert len(page.get("plotly_chart")) == 1
    assert any("All three networks agree on" in text.help for text in page.markdown)
    titles = [option.content for option in page.get("button_group")[1].proto.options]
    assert titles == [
        "leaky",
        "the paper's",
        "new artists",
        "new artists, all clips",
        "FMA, eight genres",
    ]
    assert "protocol" not in page.query_params, "the default"


def test_the_pretrained_network_stands_beside_the_others_on_the_same_clips(page):
    page.query_params["protocol"] = "fault_filtered"
    page.run()
    assert not page.exception
    (text,) = (one for one in page.markdown if one.value.startswith("**Pretrained**"))
    assert "**84 %** of 217 clips" in text.value
    assert "CNN 62 %, CRNN 61 %, CNN\\-GRU 66 %, Ensemble 67 %" in text.value
    assert "likely heard songs of GTZAN" in text.help


def test_genres_are_shown_by_recall_precision_or_f1(page):
    page.query_params.update({"view": "genres", "bars": "f1"})
    page.run()
    assert not page.exception
    assert any("harmonic mean" in text.value for text in page.markdown)
    bars = json.loads(page.get("plotly_chart")[0].proto.spec)["data"][0]
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
    page.query_params["network"] = "crnn"
    page.run()
    assert not page.exception
    assert "--model crnn --split artist_folds --fold 3" in page.code[0].value
    assert "--split paper" not in page.code[0].value


def test_the_architecture_is_listed(page):
    page.query_params["view"] = "architecture"
    page.query_params["network"] = "cnn_gru"
    page.run()
    assert not page.exception
    layers = page.dataframe[0].value
    assert layers["Layer"].iloc[0] == "window" and layers["Parameters"].sum() == 260_234
    drawn = [block.proto.body for block in page.get("html")]
    assert sum("log-mel of 3 s" in one for one in drawn) == 3
    totals = [text.value for text in page.markdown if "parameters" in text.value]
    assert totals[0] == "**CNN**, 659,786 parameters"


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
    before, after = (json.loads(chart.proto.spec) for chart in page.get("plotly_chart"))
    # The dashed line, three networks, and before also the ensemble.
    assert (len(before["data"]), len(after["data"])) == (5, 4)
    table = page.table[0].value
    gaps = table[["Calibration error", "With temperature"]].map(lambda words: words.split()[0])
    assert all(gaps.iloc[:3, 0].astype(float) > 0)
    said = "\n".join(text.help for text in page.markdown)
    assert "expected calibration error" in said
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
    assert "No network has been measured" in page.info[0].value


def test_a_protocol_without_networks_leads_to_their_training(page, own, monkeypatch):
    only_svm = [c for c in candidates.find_shipped() if c.model == models.BASELINE]
    monkeypatch.setattr(candidates, "find_candidates", lambda: (only_svm, {}))
    page.query_params["protocol"] = "window_leak"
    page.run()
    assert not page.exception
    assert "Only the SVM has been measured by leaky yet" in page.info[0].value
    assert names(page) == ["SVM"]


def test_the_svm_falls_from_leak_to_honest(page):
    page.query_params.update({"view": "protocols", "network": "svm"})
    page.run()
    assert not page.exception and not page.code
    drawn = json.loads(page.get("plotly_chart")[0].proto.spec)["data"]
    shares = {trace["name"]: trace["x"][0] for trace in drawn if trace.get("name")}
    assert list(map(html.unescape, shares)) == [Protocol(name).title for name in STRICTER]
    leaky, papers, strict, _ = shares.values()
    assert leaky > papers > strict


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


@pytest.mark.parametrize("link", ["<script>", "../../etc", ""])
def test_a_strange_link_leads_to_the_papers_protocol(page, link):
    page.query_params["protocol"] = link
    page.query_params["view"] = link
    page.run()
    assert not page.exception
    assert names(page)[0] == "CNN" and "Paper: windows" in page.table[0].value
    assert not {"protocol", "view"} & set(page.query_params), "the defaults"


def test_other_music_shows_what_the_words_are_worth(page):
    page.query_params["view"] = "elsewhere"
    page.run()
    assert not page.exception
    assert len(page.get("plotly_chart")) == 2
    words = shipped_measures().calibrations["all_clips/musicnn"].words
    table = page.table[0].value
    assert table["Sure"].iloc[0].startswith(format_percent(words["sure"].right))
    assert len(table) == 5


def test_one_song_is_answered_in_the_same_words(page):
    page.query_params.update({"view": "duel", "source": "demo", "demo": "jazz"})
    page.run()
    assert not page.exception
    sentence = load("ensemble").predict(demos.read("jazz")).answer.sentence
    assert any(f"**{sentence}**" in element.value for element in page.markdown)


@pytest.mark.slow
def test_a_disagreement_is_explained_by_each_network(page, monkeypatch):
    asked = []
    monkeypatch.setattr(what_if, "_show_change", lambda *given: asked.append(given[1:]))
    page.query_params.update({"view": "duel", "source": "demo", "demo": "hiphop"})
    page.run()
    page.toggle(key="why").set_value(True).run()
    assert not page.exception
    assert " to " in page.selectbox(key="why_segment").options[0]
    said = [element.value for element in page.markdown if " rather than " in element.value]
    assert len(said) == 3
    assert len(set(said)) > 1
    assert not asked
    page.toggle[1].set_value(True).run()
    assert asked == [("ensemble", 0)]


def test_explanations_are_measured_by_network(page):
    page.query_params["view"] = "explanations"
    page.run()
    assert not page.exception
    assert len(page.get("plotly_chart")) == 2
    measured = read_shipped()
    table = page.table[0].value
    assert len(table) == len(measured)
    shares = [round(100 * found["sound"]["evidence"][0]) for found in measured.values()]
    cells = table["What mattered as sound keeps the genre"]
    assert [int(cell.split()[0]) for cell in cells] == shares


def test_what_each_network_is_blind_to_can_be_read_and_heard():
    app = AppTest.from_file("../../pages/compare.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    app.query_params["view"] = "blind"
    app.query_params["loss"] = "shuffled"
    app.run()
    assert not app.exception
    assert app.table[0].value["CRNN"].tolist()[2].startswith("**21 %**")
    assert "CRNN" in app.caption[0].value
