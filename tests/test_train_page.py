"""The Train page, without a browser and mostly without training."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import launch, models, recipes, timing
from deepmusic.runs import list_runs


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Runs that the page starts are counted, not trained; nothing is measured."""
    begun = []
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    monkeypatch.delenv("DEEPMUSIC_GTZAN", raising=False)
    monkeypatch.delenv("DEEPMUSIC_ALLOW_TRAINING", raising=False)
    monkeypatch.setattr(launch, "start", begun.append)
    monkeypatch.setattr(launch, "measure", lambda *arguments: None)
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


def test_history_lists_runs_and_the_mean_over_seeds(app):
    finish(make_run(seed=0), 0.80)
    finish(make_run(seed=1), 0.90)
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["state"].tolist() == ["finished", "finished"]
    assert "**CRNN**, toy, toy, 2 seeds: 85.0 ± 7.1 %" in texts(app)


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
