"""The Train page, without a browser and mostly without training."""

import json
import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import models
from deepmusic.runs import list_runs
from deepmusic.training import recipes, worker


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Runs that the page starts are counted, not trained."""
    begun = []
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(tmp_path))
    monkeypatch.delenv("DEEPMUSIC_GTZAN", raising=False)
    monkeypatch.setattr(worker, "start", begun.append)
    return begun


@pytest.fixture
def app(started):
    app = AppTest.from_file("../../pages/train.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    return app


def texts(app) -> str:
    return "\n".join(e.value for e in [*app.markdown, *app.caption, *app.subheader])


def widget(kind, label):
    return next(one for one in kind if one.label == label)


def press(app, label):
    widget(app.button, label).click().run()
    return app


def make_run(name="crnn", preset="class", **changes):
    model, recipe = recipes.recipe(name, preset)
    return worker.create(model, recipe.changed(**{"data": "toy"} | changes))


def finish(run, accuracy):
    run.history_path.write_text(
        "epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds\n0,.5,1,.6,1,.1,2\n"
    )
    run.write_evaluation({"clip_accuracy": accuracy, "clips": 30, "protocol": "toy"})
    return run


def test_notes_that_cannot_be_written_are_no_crash(app, monkeypatch):
    def refuse(*args):
        raise OSError(28, "No space left on device")

    run = make_run()
    monkeypatch.setattr("os.replace", refuse)
    app.session_state["chosen_run"] = run.id
    widget(app.run().text_area, "Notes").set_value("much to say")
    press(app, "Save")
    assert not app.exception
    assert not run.notes["text"]


def test_an_empty_page_invites(app):
    app.run()
    assert not app.exception
    assert "Press **Train**" in texts(app)
    assert not app.dataframe


def test_the_button_starts_a_run_for_each_network(app, started):
    press(app.run(), "Train 3 runs")
    assert not app.exception
    assert [run.config.model.name for run in started] == list(models.MODELS)
    assert {run.config.train.data for run in started} == {"toy"}
    assert {run.config.train.epochs for run in started} == {15}


def test_settings_and_repeats_reach_the_runs(app, started):
    app.run()
    app.pills[0].set_value(["crnn"]).run()
    widget(app.number_input, "Most epochs").set_value(3)
    widget(app.number_input, "Seed").set_value(7)
    widget(app.number_input, "Repeats").set_value(2)
    widget(app.selectbox, "Augmentation").set_value("off")
    press(app.run(), "Train 2 runs")
    trains = [run.config.train for run in started]
    assert [train.seed for train in trains] == [7, 8]
    assert {train.epochs for train in trains} == {3}
    assert {train.augment for train in trains} == {None}


def test_every_preset_says_how_long_it_takes(app):
    app.run()
    words = app.segmented_control[0].help
    assert "all three networks take about two minutes on two cores" in words
    assert "17, 5 and 15 minutes" in words
    assert "Hours without a GPU" in words


def test_the_settings_of_each_network_stand_in_the_form_and_are_kept(app, started):
    app.run()
    app.segmented_control[0].set_value("paper").run()
    fields = [*app.number_input, *app.selectbox]
    shown = {one.label: (one.value, one.placeholder) for one in fields if one.placeholder}
    assert shown.pop("Run", None) is None
    assert shown == {
        "A mistake to learn from": (None, "none"),
        "Kernel": (None, "3 | 5 | 3"),
        "Recurrent units": (None, "0 | 64 | 64"),
        "Dropout after each layer": (None, "0.25 | 0.35 | 0.25"),
        "Dropout at the end": (None, "0.25 | 0.35 | 0.25"),
        "n_fft": (None, "2048"),
        "n_mels": (None, "128"),
        "Most epochs": (None, "150, 80, 100"),
        "Learning rate": (None, "0.001"),
        "Batch size": (None, "128, 32, 256"),
        "Augmentation": (None, "on, off, off"),
    }
    assert "for CNN, CRNN, CNN-GRU" in texts(app)
    press(app, "Train 3 runs")
    of_paper = [recipes.recipe(name, "paper")[1].changed(data="toy") for name in models.MODELS]
    assert [run.config.train for run in started] == of_paper
    # What the recipe of one network says can be asked for all.
    widget(app.number_input, "Most epochs").set_value(150)
    widget(app.selectbox, "Augmentation").set_value("on")
    press(app.run(), "Train 3 runs")
    trains = [run.config.train for run in started[3:]]
    assert [train.epochs for train in trains] == [150, 150, 150]
    assert trains[0].augment == of_paper[0].augment
    assert trains[1].augment == recipes.recipe("crnn", "best")[1].augment


def test_a_path_in_an_error_is_no_markup(app):
    app.run()
    widget(app.selectbox, "Data").set_value("own").run()
    widget(app.text_input, "Path").set_value("/no/[a](b) *c*").run()
    assert not app.exception
    assert r"\[a\](b) \*c\*" in app.error[0].value


def test_a_failure_is_no_markup(app):
    run = finish(make_run(), 0.5)
    (run.path / "evaluation.json").unlink()
    run.fail("*boom* [a](b)")
    run.write_notes("*title*", "")
    app.run()
    assert r"failed: \*boom\* \[a\](b)" in app.get("progress")[0].proto.text
    assert r"Log of \*title\*" in [expander.label for expander in app.expander]


def test_a_run_that_is_deleted_meanwhile_is_no_fault(app, monkeypatch):
    """Another visitor deletes it while the page looks at when its last epoch was complete."""
    finish(make_run(), 0.5)
    finish(make_run("cnn"), 0.5)
    looks, stat = [], Path.stat

    def gone_at_the_second_look(path, **options):
        if path.name == "history.csv" and "-crnn" in str(path):
            looks.append(path)
            if len(looks) == 2:
                raise FileNotFoundError(2, "No such file or directory", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", gone_at_the_second_look)
    app.run()
    assert looks
    assert not app.exception


def test_a_run_that_cannot_be_read_spoils_no_curves(app):
    strange = finish(make_run(), 0.5)
    finish(make_run("cnn"), 0.5)
    (strange.path / "config.json").write_text("{}")
    app.run()
    assert not app.exception
    assert "does not fit this version" in app.warning[0].value
    assert len(app.get("vega_lite_chart")) == 2


def chart_of(app, number):
    return app.get("vega_lite_chart")[number].proto


def test_a_chart_stays_the_same_while_epochs_come_in(app):
    run = make_run(epochs=10)
    rows = "epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds\n0,.5,1,.6,1,.1,90\n"
    run.history_path.write_text(rows)
    with run.take_lock():
        run.write_progress(phase="training", epoch=1, step=1, steps=4)
        app.run()
        assert not app.exception
        assert app.get("progress")[0].proto.text.endswith("epoch 2 of 10")
        before = [json.loads(chart_of(app, number).spec) for number in (0, 1)]
        run.history_path.write_text(rows + "1,.6,.9,.7,.9,.1,2\n")
        run.write_progress(phase="training", epoch=2, step=1, steps=4)
        app.run()
        assert app.get("progress")[0].proto.text.endswith("epoch 3 of 10, about 16 s left")
    # Otherwise the browser draws a new one, and what was zoomed is lost.
    assert [json.loads(chart_of(app, number).spec) for number in (0, 1)] == before
    assert not {"data", "datasets"} & before[0].keys()


def test_what_lives_is_watched_first(app):
    for accuracy in (0.7, 0.8, 0.9, 1.0):
        finish(make_run(), accuracy)
    waiting, training = make_run("cnn"), make_run("cnn_gru")
    waiting.enqueue()
    with waiting.take_lock(), training.take_lock():
        training.write_progress(phase="starting")
        app.run()
    assert not app.exception
    shown = [bar.proto.text for bar in app.get("progress")]
    names = [text.split("**")[1] for text in shown]
    assert names[:2] == ["CNN\\-GRU on toy", "CNN on toy"]
    assert names[2:] == [f"CRNN on toy, {number}" for number in (4, 3, 2)]
    assert "waits for its turn" in shown[1]
    assert "test accuracy 100 %" in shown[2]


def test_what_ended_long_ago_is_still_in_view(app):
    run = finish(make_run(), 0.8)
    for path in run.path.iterdir():
        os.utime(path, (0, 0))
    app.run()
    (shown,) = app.get("progress")
    assert shown.proto.text == "**CRNN on toy**: finished, test accuracy 80 %"


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        ({"phase": "starting TensorFlow"}, "starting TensorFlow ..."),
        (
            {"phase": "preparing the test clips", "step": 4, "steps": 30},
            "preparing the test clips: 4 of 30 ...",
        ),
        (
            {"phase": "training", "epoch": 0, "step": 0, "steps": 9},
            "compiling the network, some seconds ...",
        ),
        ({"phase": "training", "epoch": 0, "step": 3, "steps": 9}, "epoch 1 of 15"),
    ],
)
def test_what_a_run_does_before_its_first_epoch_is_said(progress, words, app):
    run = make_run()
    with run.take_lock():
        run.write_progress(**progress)
        app.run()
    assert app.get("progress")[0].proto.text == f"**CRNN on toy**: {words}"


def test_accuracy_is_in_percent_and_epochs_count_from_one(app):
    finish(make_run(), 0.8)
    app.run()
    spec = json.loads(chart_of(app, 0).spec)["encoding"]
    assert spec["y"]["scale"]["domain"] == [0, 100]
    assert spec["x"]["axis"]["values"][0] == 1
    assert 0 < spec["x"]["scale"]["domain"][0] <= 1


def choose(app, run):
    widget(app.selectbox, "Run").set_value(run.id)
    return app.run()


def test_a_chosen_run_stays_chosen_when_others_come(app, started):
    run = make_run()
    choose(app.run(), run)
    make_run("cnn")
    app.run()
    assert "**CRNN on toy**: interrupted" in texts(app)
    next(b for b in app.button if b.key == f"resume_history_{run.id}").click().run()
    assert [begun.id for begun in started] == [run.id]
    assert "**CRNN on toy**: " in texts(app)


def test_a_run_is_renamed(app):
    run, other = make_run(), make_run()
    choose(app.run(), run)
    assert widget(app.selectbox, "Run").options == ["CRNN on toy, 2", "CRNN on toy"]
    widget(app.text_input, "Name").set_value("my first")
    press(app, "Save")
    assert run.notes["title"] == "my first"
    assert widget(app.run().selectbox, "Run").options == ["CRNN on toy, 2", "my first"]
    choose(app, other)
    assert widget(app.text_input, "Name").value == "CRNN on toy, 2"


def test_a_run_is_deleted_after_a_question(app):
    run = make_run()
    press(choose(app.run(), run), "Delete ...")
    assert run.path.exists()
    assert "deleted for good" in texts(app)
    press(app, "Delete")
    assert not app.exception
    assert not run.path.exists()
    assert not app.run().dataframe


@pytest.mark.parametrize("name", ["crnn", models.PRETRAINED])
def test_a_finished_run_is_used_in_classify(started, name):
    run = finish(make_run(name), 0.8)
    app = AppTest.from_file("../../app.py", default_timeout=120)
    app.switch_page("pages/train.py")
    choose(app.run(), run)
    next(b for b in app.button if b.key == f"use_history_{run.id}").click().run()
    assert not app.exception
    assert app.session_state["own_runs"] == {name: run.id}
    assert app.session_state["classify.model"] == name
    assert app.session_state["classify.demo"] == "blues"


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
    assert "**CRNN**, toy, 15 epochs, 2 seeds: test accuracy 85.0 ± 7.1 %" in texts(app)


@pytest.mark.parametrize(
    "other",
    [
        {"windows_per_clip": 7},
        {"preset": "best", "epochs": 15, "batch_size": 64, "learning_rate": 2e-3},
        {"data": "gtzan"},
        {"seed": 0},
    ],
)
def test_runs_of_different_recipes_are_no_repeats(other, app):
    finish(make_run(seed=0), 0.5)
    finish(make_run(**{"seed": 1} | other), 0.9)
    app.run()
    assert not app.exception
    assert "seeds:" not in texts(app)


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
    assert table["error"].str.contains("model.flux").sum() == 1


def test_a_failed_run_says_why(app):
    make_run().fail("The disk is full.")
    app.run()
    assert app.dataframe[0].value["error"].tolist() == ["The disk is full."]


def test_no_network_no_button(app):
    app.run()
    app.pills[0].set_value([]).run()
    assert not app.exception
    assert app.button[0].disabled


def test_training_can_be_switched_off(app, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_PUBLIC", "1")
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
