"""Training curves: what is computed from them, and how they are drawn."""

import math

import pytest

from deepmusic import models
from deepmusic.charts.training import Curve, history_chart, overfitting_gap, rate_drops, smooth
from deepmusic.evaluation import paper
from deepmusic.runs import Run, assets


def history(val_losses, rates=None, **columns):
    """Rows of a history: validation accuracy 0.5, training accuracy 0.8, loss 1.0 unless given."""
    rates = rates or [0.001] * len(val_losses)
    constant = {"accuracy": 0.8, "loss": 1.0, "seconds": 9.0, "val_accuracy": 0.5} | columns
    return [
        constant | {"epoch": float(epoch), "val_loss": loss, "learning_rate": rate}
        for epoch, (loss, rate) in enumerate(zip(val_losses, rates, strict=True))
    ]


# === What is computed ===


def test_smoothing_weighs_what_is_near():
    assert smooth([1.0, 2.0, 4.0], 0.0) == [1.0, 2.0, 4.0]
    # (0.5 * 1 + 2) / 1.5, and (0.25 * 1 + 0.5 * 2 + 4) / 1.75
    assert smooth([1.0, 2.0, 4.0], 0.5) == pytest.approx([1.0, 5 / 3, 3.0])
    assert smooth([3.0] * 5, 0.9) == pytest.approx([3.0] * 5)
    assert smooth([], 0.9) == []


def test_smoothing_leaves_out_what_is_no_number():
    smoothed = smooth([math.nan, 1.0, math.inf, 2.0], 0.5)
    assert [math.isfinite(value) for value in smoothed] == [False, True, False, True]
    assert smoothed[3] == pytest.approx(5 / 3)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_smoothing_has_limits(smoothing):
    with pytest.raises(ValueError, match="smoothing must be"):
        smooth([1.0], smoothing)


def test_a_cut_of_the_learning_rate_is_a_drop():
    rates = [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.005]
    assert rate_drops(history([1.0] * 7, rates)) == [3, 6]


def test_a_cosine_has_no_drops():
    cosine = [0.5 * (1 + math.cos(math.pi * epoch / 20)) for epoch in range(21)]
    assert cosine[-2] < 0.6 * cosine[-3], "near its end it falls steeply"
    assert rate_drops(history([1.0] * 21, cosine)) == []
    assert all(not rate_drops(Run(assets.SHIPPED / name).history()) for name in models.MODELS)


def test_small_steps_and_unknown_rates_are_no_drops():
    assert rate_drops(history([1.0] * 4, [0.1, 0.1, 0.08, 0.08])) == []
    assert rate_drops(paper.history("cnn")) == []


def test_the_gap_is_that_of_the_kept_epoch():
    rows = history([2.0, 1.0, 1.5])
    rows[1] |= {"accuracy": 0.9, "val_accuracy": 0.7}
    assert overfitting_gap(rows) == pytest.approx(20.0)
    rows[1]["accuracy"] = 0.6
    assert overfitting_gap(rows) == pytest.approx(-10.0), "masks and dropout make training harder"
    assert overfitting_gap([]) is None


def test_an_epoch_without_a_loss_is_not_kept():
    assert Curve("a", "cnn", history([math.nan, 2.0, 1.5, math.nan])).kept["epoch"] == 2
    assert Curve("a", "cnn", history([math.nan])).kept is None


@pytest.mark.parametrize(("model", "rows", "last"), [("cnn", 143, 149), ("cnn_gru", 100, 99)])
def test_the_paper_has_what_its_notebooks_printed(model, rows, last):
    printed = paper.history(model)
    assert len(printed) == rows
    assert printed[0]["epoch"] == 0 and printed[-1]["epoch"] == last
    assert all(0 < row["val_accuracy"] < 1 for row in printed)
    assert Curve("p", model, printed).n_epochs == last + 1


def test_the_paper_ends_where_its_table_says():
    assert paper.history("cnn")[-1]["val_accuracy"] == pytest.approx(0.72, abs=0.005)
    assert paper.history("cnn_gru")[-1]["val_accuracy"] == pytest.approx(0.643, abs=0.001)
    assert paper.history("crnn") == [], "it exists only as a picture"


# === How they are drawn ===


def lines(figure):
    return [trace for trace in figure.data if trace.mode == "lines" and trace.x[0] is not None]


def test_a_run_is_a_dotted_and_a_solid_line_and_a_mark_where_it_was_kept():
    figure = history_chart([Curve("mine", "crnn", history([2.0, 1.0, 1.5]))], "loss")
    training, validation = lines(figure)
    assert (training.line.dash, validation.line.dash) == ("dot", "solid")
    assert list(validation.x) == [1, 2, 3], "epochs count from 1"
    assert list(validation.y) == [2.0, 1.0, 1.5]
    (mark,) = [trace for trace in figure.data if "kept epoch" in (trace.hovertemplate or "")]
    assert (mark.x, mark.y) == ((2,), (1.0,))
    assert [t.name for t in figure.data if t.showlegend is not False] == [
        "mine",
        "validation",
        "training",
        "kept epoch",
    ]


def test_smoothing_changes_the_line_and_not_its_hover_text():
    figure = history_chart([Curve("a", "cnn", history([1.0, 2.0]))], "loss", smoothing=0.5)
    validation = lines(figure)[1]
    assert list(validation.y) == pytest.approx([1.0, 5 / 3])
    assert [measured[0] for measured in validation.customdata] == [1.0, 2.0]


def test_a_cut_of_the_rate_is_marked_and_explained():
    curve = Curve("a", "cnn", history([3.0, 2.0, 1.0, 0.5], [0.1, 0.1, 0.05, 0.05]))
    figure = history_chart([curve], "accuracy")
    (mark,) = [trace for trace in figure.data if "rate cut from" in (trace.hovertemplate or "")]
    assert (mark.x, mark.y) == ((3,), (50.0,))
    assert "0.1 to 0.05" in mark.hovertemplate
    assert "learning rate cut" in [trace.name for trace in figure.data]


def test_the_paper_lies_behind_and_runs_of_one_network_differ():
    curves = [
        Curve("a", "cnn", history([1.0, 0.9])),
        Curve("b", "cnn", history([1.0, 0.9])),
        Curve("Paper's CNN", "cnn", paper.history("cnn"), from_paper=True),
    ]
    drawn = lines(history_chart(curves, "accuracy"))
    assert [trace.name for trace in drawn][::2] == ["Paper&#x27;s CNN", "a", "b"]
    assert drawn[1].opacity < 1
    styles = {(trace.line.color, trace.line.dash) for trace in drawn[3::2]}
    assert len(styles) == 2


def test_names_are_shortened_and_never_markup():
    name = "<b>" + "long " * 20
    (trace, *_) = history_chart([Curve(name, "cnn", history([1.0]))], "loss").data
    assert trace.name.startswith("&lt;b&gt;long")
    assert len(trace.name) < 45


def test_a_wild_start_does_not_flatten_the_losses():
    losses = [80.0] + [1.0] * 99
    assert history_chart([Curve("a", "cnn", history(losses))], "loss").layout.yaxis.range[1] < 5


@pytest.mark.parametrize("n_epochs", [1, 2, 7, 12, 80, 150, 9999])
def test_epochs_are_marked_from_1_and_not_crowded(n_epochs):
    ticks = history_chart([Curve("a", "cnn", history([1.0] * n_epochs))], "loss").layout.xaxis
    assert ticks.tickvals[0] == 1
    assert list(ticks.tickvals) == sorted(set(ticks.tickvals))
    assert len(ticks.tickvals) <= 11


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_nothing_measured_is_no_fault(quantity):
    history_chart([], quantity)
    history_chart([Curve("a", "cnn", history([math.nan] * 3, loss=math.nan))], quantity)
