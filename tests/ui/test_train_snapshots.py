"""The Train page's look into a run after an epoch, from the files that a worker left."""

import json

import numpy as np
import pytest

from deepmusic.config import GTZAN_GENRES
from deepmusic.runs import Run, Snapshot
from deepmusic.runs.snapshots import write_snapshot
from tests.ui.test_train_page import app, chart_of, finish, make_run, started, texts, widget

__all__ = ["app", "started"]


def snapshot_after(run: Run, epoch: int, right: int) -> None:
    """Write a snapshot of ten clips, one a genre, of which so many are right."""
    predicted = [*range(right), *[0] * (10 - right)]
    snapshot = Snapshot(
        tracks=np.array([f"{genre}.toy10" for genre in GTZAN_GENRES]),
        labels=np.arange(10, dtype=np.uint8),
        probabilities=np.eye(10, dtype=np.float16)[predicted],
        positions=np.random.default_rng(0).uniform(-1, 1, (10, 2)).astype(np.float16),
        filters=np.ones((4, 3, 3), np.float16),
    )
    write_snapshot(run, epoch, snapshot)


@pytest.fixture
def run(started):
    run = finish(make_run("cnn"), 0.5)
    snapshot_after(run, 0, right=1)
    snapshot_after(run, 1, right=8)
    return run


def test_the_newest_epoch_is_shown_and_a_slider_leads_back(app, run):
    app.run()
    assert not app.exception
    assert "10 validation clips after epoch 1: **80 %** right" in texts(app)
    assert "which is **blues**" in texts(app)
    assert "4 filters, 3 bands by 3 frames" in texts(app)
    assert len(app.get("vega_lite_chart")) == 5
    widget(app.select_slider, "Epoch").set_value(0).run()
    assert "after epoch 0: **10 %** right" in texts(app)


def test_another_clip_is_chosen(app, run):
    app.run()
    widget(app.selectbox, "Clip").set_value("rock.toy10").run()
    assert not app.exception
    assert "which is **rock**" in texts(app)


def test_a_run_that_trains_is_followed_and_takes_the_page(app, run):
    app.run()
    assert "after epoch 1: **80 %** right" in texts(app), "of the one that has ended"
    other = make_run("crnn")
    snapshot_after(other, 0, right=3)
    with other.take_lock():
        other.write_progress(phase="training", epoch=0, step=1, steps=4)
        app.run()
        assert not app.exception
        assert "after epoch 0: **30 %** right" in texts(app)
        assert not [one for one in app.select_slider if one.label == "Epoch"]
        assert "Train another network" in [expander.label for expander in app.expander]
        before = json.loads(chart_of(app, 2).spec)
        snapshot_after(other, 1, right=9)
        app.run()
        assert "after epoch 1: **90 %** right" in texts(app)
        drawn = json.loads(chart_of(app, 2).spec)
        app.button_group(key="watched_run").set_value(run.id).run()
        assert "after epoch 1: **80 %** right" in texts(app.run()), "once it was chosen, it stays"
    assert drawn == before, "otherwise it is drawn anew"


def test_a_run_without_snapshots_shows_its_curves_alone(app, started):
    finish(make_run("cnn"), 0.5)
    app.run()
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 2


def test_what_goes_wrong_is_said(app, run):
    head = "epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds\n"
    run.history_path.write_text(head + "".join(f"{n},.1,3,.1,{3 + n},.1,2\n" for n in range(6)))
    app.run()
    assert "stuck at chance" in app.warning[0].value
