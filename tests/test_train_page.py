"""The Train page, without a browser and mostly without training."""

import io
import json

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import launch, models, recipes, timing
from deepmusic.runs import list_runs


class Measurement:
    """The process of a measurement: it goes on, or ended with a code and what it printed."""

    def __init__(self, code=None, printed=b""):
        self.code, self.stdout = code, io.BytesIO(printed)

    def poll(self):
        return self.code

    def terminate(self):
        self.code = -15


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Runs that the page starts are counted, not trained; nothing is measured."""
    begun = []
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    monkeypatch.delenv("DEEPMUSIC_GTZAN", raising=False)
    monkeypatch.delenv("DEEPMUSIC_ALLOW_TRAINING", raising=False)
    monkeypatch.setattr(launch, "start", begun.append)
    monkeypatch.setattr(launch, "measure", lambda *arguments: Measurement())
    return begun


@pytest.fixture
def app(started):
    app = AppTest.from_file("../pages/train.py", default_timeout=30)
    app.session_state["frame_is_up"] = True
    return app


def texts(app) -> str:
    return "\n".join(e.value for e in [*app.markdown, *app.caption, *app.subheader])


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    return app


def make_run(name="crnn", **changes):
    model, recipe = recipes.recipe(name, "class")
    return launch.create(model, recipe.changed(data="toy", **changes))


def finish(run, accuracy):
    run.history_path.write_text(
        "epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds\n0,.5,1,.6,1,.1,2\n"
    )
    run.write_evaluation({"clip_accuracy": accuracy, "clips": 30, "protocol": "toy"})
    return run


def test_an_empty_page_invites(app):
    app.run()
    assert not app.exception
    assert "Nothing trains just now" in texts(app)
    assert "Every run is kept here" in texts(app)


def test_the_button_starts_a_run_for_each_network(app, started):
    press(app.run(), "Train 3 runs")
    assert not app.exception
    assert [run.config.model.name for run in started] == list(models.MODELS)
    assert {run.config.train.data for run in started} == {"toy"}
    assert {run.config.train.epochs for run in started} == {15}


def test_settings_and_repeats_reach_the_runs(app, started):
    app.run()
    app.pills[0].set_value(["crnn"]).run()
    by_label = {widget.label: widget for widget in app.number_input}
    by_label["Most epochs"].set_value(3)
    by_label["Seed"].set_value(7)
    by_label["Repeats"].set_value(2)
    app.toggle[0].set_value(False)
    press(app.run(), "Train 2 runs")
    trains = [run.config.train for run in started]
    assert [train.seed for train in trains] == [7, 8]
    assert {train.epochs for train in trains} == {3}
    assert {train.augment for train in trains} == {None}


def test_the_estimate_comes_from_a_measurement(app, tmp_path):
    app.run()
    assert "Measuring how long this takes here" in texts(app)
    stored = {}
    for name in models.MODELS:
        model, recipe = recipes.recipe(name, "class")
        key = timing.key_of(model, recipe.changed(data="toy"))
        stored[key] = {
            "start_seconds": 5,
            "step_seconds": 0.1,
            "steps": 10,
            "check_seconds": 0.2,
            "test_seconds": 1,
        }
    (tmp_path / ".timings.json").write_text(json.dumps(stored))
    app.run()
    # Three runs of 5 + 15 * (10 * 0.1 + 0.2) + 1 = 24 s.
    assert "Takes about **72 s** here" in texts(app)


def test_a_measurement_that_gave_way_is_made_again(app, monkeypatch):
    begun = []

    def measure(*arguments):
        begun.append(Measurement(launch.GAVE_WAY if not begun else None))
        return begun[-1]

    monkeypatch.setattr(launch, "measure", measure)
    app.run()
    app.run()
    app.run()
    assert len(begun) == 2
    assert "Measuring how long this takes here" in texts(app)
    with make_run().take_lock():
        app.run()
        assert "measured once nothing else trains" in texts(app)
    assert len(begun) == 2


def test_other_settings_end_a_measurement(app, monkeypatch):
    begun = []
    monkeypatch.setattr(
        launch, "measure", lambda *arguments: begun.append(Measurement()) or begun[-1]
    )
    app.run()
    next(box for box in app.selectbox if box.label == "Batch size").set_value(32).run()
    assert [measurement.code for measurement in begun] == [-15, None]


def test_a_measurement_that_failed_says_why(app, monkeypatch):
    printed = b"noise\ndeepmusic: No clip can be used.\n"
    monkeypatch.setattr(launch, "measure", lambda *arguments: Measurement(2, printed))
    for _ in range(2):
        app.run()
        assert not app.exception
        assert "could not be measured. No clip can be used." in texts(app)


def chart_of(app, number):
    return app.get("vega_lite_chart")[number].proto


def test_a_chart_stays_the_same_while_epochs_come_in(app):
    run = make_run(epochs=10)
    rows = "epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds\n0,.5,1,.6,1,.1,2\n"
    run.history_path.write_text(rows)
    with run.take_lock():
        run.write_progress(phase="training", epoch=1, step=1, steps=4)
        app.run()
        assert not app.exception
        assert "epoch 2 of 10, about 18 s left" in app.get("progress")[0].proto.text
        before = [json.loads(chart_of(app, number).spec) for number in (0, 1)]
        run.history_path.write_text(rows + "1,.6,.9,.7,.9,.1,2\n")
        app.run()
    # Otherwise the browser draws a new one, and what was zoomed is lost.
    assert [json.loads(chart_of(app, number).spec) for number in (0, 1)] == before
    assert not {"data", "datasets"} & before[0].keys()


def test_what_lives_is_watched_first(app):
    for accuracy in (0.7, 0.8, 0.9, 1.0):
        finish(make_run(), accuracy)
    waiting, training = make_run("cnn"), make_run("cnn_gru")
    waiting.take_ticket()
    with waiting.take_lock(), training.take_lock():
        training.write_progress(phase="starting")
        app.run()
    assert not app.exception
    shown = [bar.proto.text for bar in app.get("progress")]
    assert [text.split("**")[1] for text in shown] == ["CNN-GRU", "CNN", "CRNN", "CRNN", "CRNN"]
    assert "waits for its turn" in shown[1]
    assert "100 % of the test clips right" in shown[2]


def choose(app, run):
    next(box for box in app.selectbox if box.label == "Run").set_value(run.id)
    return app.run()


def test_a_chosen_run_stays_chosen_when_others_come(app, started):
    run = make_run()
    choose(app.run(), run)
    make_run("cnn")
    app.run()
    assert f"**{run.id}**: interrupted" in texts(app)
    next(b for b in app.button if b.key == f"resume_history_{run.id}").click().run()
    assert [begun.id for begun in started] == [run.id]
    assert f"**{run.id}**: " in texts(app)


def test_a_run_is_renamed(app):
    run, other = make_run(), make_run("cnn")
    choose(app.run(), run)
    next(box for box in app.text_input if box.label == "Name").set_value("my first")
    press(app, "Save")
    assert run.notes["title"] == "my first"
    choose(app, other)
    assert next(box for box in app.text_input if box.label == "Name").value == ""


def test_a_run_is_deleted_after_a_question(app):
    run = make_run()
    press(choose(app.run(), run), "Delete ...")
    assert run.path.exists()
    assert "gone for good" in texts(app)
    press(app, "Delete")
    assert not app.exception
    assert not run.path.exists()
    assert "Every run is kept here" in texts(app.run())


def test_a_finished_run_is_used_in_classify(app):
    run = finish(make_run(), 0.8)
    choose(app.run(), run)
    next(b for b in app.button if b.key == f"use_history_{run.id}").click().run()
    assert app.session_state["own_runs"] == {"crnn": run.id}
    assert {b.label for b in app.button if b.key and b.key.startswith("use_")} == {
        "Used in Classify"
    }


def test_a_run_that_cannot_be_read_can_still_be_deleted(app):
    run = make_run()
    (run.path / "config.json").write_text("{}")
    choose(app.run(), run)
    assert not app.exception
    assert "does not fit this version" in app.error[0].value
    press(app, "Delete ...")
    press(app, "Delete")
    assert not run.path.exists()


def test_history_lists_runs_and_the_mean_over_seeds(app):
    finish(make_run(seed=0), 0.80)
    finish(make_run(seed=1), 0.90)
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["state"].tolist() == ["finished", "finished"]
    assert "**CRNN**, toy, 15 epochs, 2 seeds: 85.0 ± 7.1 %" in texts(app)


def test_a_run_of_another_version_spoils_only_its_own_row(app):
    finish(make_run(), 0.8)
    strange = make_run()
    settings = json.loads((strange.path / "config.json").read_text())
    settings["model"]["flux"] = 1
    (strange.path / "config.json").write_text(json.dumps(settings))
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert len(table) == 2
    assert table["why"].str.contains("model.flux").sum() == 1


def test_a_failed_run_says_why(app):
    make_run().fail("The disk is full.")
    app.run()
    assert app.dataframe[0].value["why"].tolist() == ["The disk is full."]


def test_no_network_no_button(app):
    app.run()
    app.pills[0].set_value([]).run()
    assert not app.exception
    assert app.button[0].disabled


def test_training_can_be_switched_off(app, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_ALLOW_TRAINING", "0")
    app.run()
    assert not app.exception
    assert "switched off" in app.info[0].value
    assert not app.button


def test_a_refused_start_is_told_on_the_page(app, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    app.run()
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(blocked))
    press(app, "Train 3 runs")
    assert not app.exception
    assert "No run can be made" in app.error[0].value
    assert list_runs(tmp_path) == []
