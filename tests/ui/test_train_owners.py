"""Whose run it is, on the Train page: names, the instructor's password, and the queue."""

import pytest

from deepmusic.runs import Run
from deepmusic.training import recipes, worker
from deepmusic.ui import kept
from deepmusic.ui.train import owners, waiting
from tests.ui.test_train_page import app, finish, make_run, press, started, texts, widget

__all__ = ["app", "started"]


def run_of(owner, name="crnn"):
    model, recipe = recipes.recipe(name, "class")
    return worker.create(model, recipe.changed(data="toy"), owner=owner)


def owner_of(app):
    return app.session_state["visitor_name"]


def labels(app):
    return [button.label for button in app.button]


@pytest.fixture
def others_run(started):
    return finish(run_of("Ada"), 0.5)


def test_a_run_is_started_under_the_name_in_the_address(app, started):
    app.query_params["me"] = "Grace"
    press(app.run(), "Train 3 runs")
    assert not app.exception
    assert {run.owner for run in started} == {"Grace"}


def test_a_run_is_started_under_the_name_that_the_browser_keeps(app, started, monkeypatch):
    given = []
    browser = lambda **settings: given.append(settings["data"]) or {"kept": "Ada"}  # noqa: E731
    monkeypatch.setattr(kept, "_component", browser)
    press(app.run(), "Train 3 runs")
    assert {run.owner for run in started} == {"Ada"}
    assert given[-1] == {"name": "deepmusic_owner", "typed": None, "otherwise": ""}
    for name in ("Grace", ""):
        widget(app.text_input, "Your name").set_value(name).run()
        assert not app.exception
        assert given[-1]["typed"] == name
        assert owner_of(app) == name


def test_only_its_owner_deletes_a_run(app, others_run):
    app.session_state["chosen_run"] = others_run.id
    app.run()
    assert "Delete ..." not in labels(app)
    assert "belongs to Ada" in texts(app)
    widget(app.text_input, "Your name").set_value("Ada").run()
    assert "Delete ..." in labels(app)


def test_the_instructor_deletes_all_runs(app, others_run, monkeypatch):
    monkeypatch.setenv(owners.PASSWORD_VARIABLE, "räuber 7")
    app.session_state["chosen_run"] = others_run.id
    app.run()
    password = widget(app.text_input, "Instructor's password")
    password.set_value("guess").run()
    assert "not the instructor's" in app.error[0].value
    assert "Delete ..." not in labels(app)
    widget(app.text_input, "Instructor's password").set_value("räuber 7").run()
    assert not app.exception
    assert "Delete ..." in labels(app)


def test_without_a_password_in_the_environment_no_one_is_the_instructor(app, others_run):
    app.session_state["instructor_password"] = ""
    app.session_state["chosen_run"] = others_run.id
    app.run()
    assert "Delete ..." not in labels(app)
    assert not [one for one in app.text_input if one.label == "Instructor's password"]


def test_only_its_owner_stops_a_run_and_all_see_the_queue(app, started):
    first, second = run_of("Ada"), make_run("cnn")
    rows = "".join(f"{n},.5,1,.6,1,.1,6\n" for n in range(5))
    head = "epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds\n"
    first.history_path.write_text(head + rows)
    second.enqueue()
    with first.take_lock(), second.take_lock():
        first.write_progress(phase="training", epoch=5, step=0, steps=4)
        app.run()
        assert not app.exception
        bars = [bar.proto.text for bar in app.get("progress")]
        assert "(Ada): epoch 6 of 15" in bars[0]
        assert bars[1].endswith("waits for its turn: 1 ahead, about 60 s")
        keys = [button.key for button in app.button]
        assert f"stop_live_{first.id}" not in keys
        assert f"stop_live_{second.id}" in keys


def test_a_wait_of_unknown_length_is_not_guessed(started):
    ahead = [make_run(), make_run("cnn")]
    assert waiting.describe(ahead, ahead, 1) == "waits for its turn: 2 ahead"
    assert waiting.describe([], ahead, 1).endswith("it is next")


def test_a_queued_run_takes_as_long_as_one_that_was_like_it(started):
    rows = "".join(f"{n},.5,1,.6,1,.1,{9 if n == 0 else 2}\n" for n in range(3))
    done, waits = make_run(), make_run()
    head = "epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds\n"
    done.history_path.write_text(head + rows)
    assert waiting.seconds_left(waits, [done, waits]) == 15 * 2
    assert waiting.seconds_left(make_run("cnn"), [done, waits]) is None
    assert isinstance(waits, Run)
