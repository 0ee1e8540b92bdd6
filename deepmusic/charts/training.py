"""Training curves: accuracy and loss by epoch."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepmusic.charts.style import (
    DASHES,
    MODEL_COLOURS,
    MODEL_MARKS,
    NEUTRAL,
    SAVED_FONT_FAMILY,
    escape_label,
    marker,
    set_layout,
    shade,
    update_axes,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from deepmusic.config import RunConfig

#: Titles of the quantities of `history_chart`.
QUANTITIES = {"accuracy": "Accuracy", "loss": "Loss"}

#: Factor of the learning rate, in one epoch, from which on a drop is marked.
_RATE_DROP = 0.6

#: Runs of one network differ in dash and in shade: none, towards white, towards black.
_SHADES = (0.0, 0.4, -0.25)

_EPOCH_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Curve:
    """History of one training.

    Attributes
    ----------
    name, protocol : str
        For people to read.
    model : str
        A key of `deepmusic.models.MODELS`; gives the colour.
    history : list of dict
        Rows of `deepmusic.runs.Run.history`.
    from_paper : bool
        Drawn behind the others, in muted colours.
    config : RunConfig or None
        Settings of the training; None where they are not known.
    parameters : int or None
        Of the network.
    """

    name: str
    model: str
    history: list[dict[str, float]] = field(repr=False)
    protocol: str = ""
    from_paper: bool = False
    config: "RunConfig | None" = field(default=None, repr=False)
    parameters: int | None = None

    @property
    def kept(self) -> dict[str, float] | None:
        """Row of the lowest validation loss; None if no such loss is finite."""
        measured = [row for row in self.history if math.isfinite(row["val_loss"])]
        return min(measured, key=lambda row: row["val_loss"], default=None)

    @property
    def n_epochs(self) -> int:
        """Number of epochs, including those that were not written down."""
        return int(self.history[-1]["epoch"]) + 1 if self.history else 0


def overfitting_gap(history: list[dict[str, float]]) -> float | None:
    """Return training minus validation accuracy at the kept epoch, in percentage points.

    Training accuracy is measured on masked windows with dropout on, so a gap may be below 0. None
    without a kept epoch.
    """
    kept = Curve("", "", history).kept
    return 100 * (kept["accuracy"] - kept["val_accuracy"]) if kept else None


def rate_drops(history: Sequence[Mapping[str, float]]) -> list[int]:
    """Return the epochs, counted from 0, at which a constant learning rate was cut.

    The steps of a cosine schedule, which changes at every epoch, are none.
    """
    rates = [row.get("learning_rate", 0.0) for row in history]
    return [
        int(history[index]["epoch"])
        for index in range(2, len(rates))
        if 0 < rates[index] <= _RATE_DROP * rates[index - 1]
        and math.isclose(rates[index - 1], rates[index - 2], rel_tol=0.01)
    ]


def smooth(values: Sequence[float], smoothing: float) -> list[float]:
    """Return the exponential moving average, with weights that always sum to 1.

    Parameters
    ----------
    values : sequence of float
        One for each epoch. Those that are not finite stay gaps.
    smoothing : float
        Weight of an epoch relative to the next one: from 0 (no smoothing) to below 1.
    """
    import pandas as pd

    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must be at least 0 and below 1. Received: {smoothing}")
    finite = pd.Series(values, dtype=float).where(np.isfinite)
    return finite.ewm(alpha=1 - smoothing, ignore_na=True).mean().where(finite.notna()).tolist()


def history_chart(curves: Sequence[Curve], quantity: str, *, smoothing: float = 0.0) -> "go.Figure":
    """Training (thin, dotted) and validation curves of several trainings, epochs counted from 1.

    The kept epoch and cuts of the learning rate are marked.

    Parameters
    ----------
    curves : sequence of Curve
        Trainings.
    quantity : str
        A key of `QUANTITIES`.
    smoothing : float
        As in `smooth`, for the lines; hover texts show what was measured.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    drawn: Counter[tuple[str, bool]] = Counter()
    for curve in sorted(curves, key=lambda curve: not curve.from_paper):
        _add_curve(figure, curve, quantity, smoothing, drawn[curve.model, curve.from_paper])
        drawn[curve.model, curve.from_paper] += 1
    _add_line_key(figure, with_drops=any(rate_drops(curve.history) for curve in curves))

    n_epochs = max((curve.n_epochs for curve in curves), default=1)
    update_axes(figure, title_standoff=6)
    figure.update_xaxes(
        title_text="Epoch",
        range=[1 - 0.02 * n_epochs, 1.03 * n_epochs],
        tickvals=epoch_ticks(n_epochs),
    )
    if quantity == "accuracy":
        figure.update_yaxes(range=[0, 101], ticksuffix=" %")
    else:
        figure.update_yaxes(range=[0, _top_loss(curves)])
    return set_layout(
        figure,
        height=300 + 18 * len(curves),
        title_text=QUANTITIES[quantity],
        margin={"r": 8, "t": 40},
        font_family=SAVED_FONT_FAMILY,
        # Away from the button that saves the chart.
        legend={"xref": "container", "yref": "container", "y": 0, "tracegroupgap": 0},
    )


def _add_curve(
    figure: "go.Figure", curve: Curve, quantity: str, smoothing: float, number: int
) -> None:
    """Draw one training; `number` counts those of the same network before it."""
    factor, unit = (100, ".1f} %") if quantity == "accuracy" else (1, ".3f}")
    epochs = [int(row["epoch"]) + 1 for row in curve.history]
    validation, training = (
        [factor * row[column] for row in curve.history] for column in (f"val_{quantity}", quantity)
    )
    measured = list(zip(validation, training, strict=True))
    heights = smooth(validation, smoothing)
    colour = shade(MODEL_COLOURS[curve.model], _SHADES[number % len(_SHADES)])
    hover = (
        "<b>%{fullData.name}</b><br>epoch %{x}<br>"
        f"validation %{{customdata[0]:{unit}<br>training %{{customdata[1]:{unit}<extra></extra>"
    )
    shared = {
        "name": escape_label(curve.name),
        "legendgroup": f"{curve.name} {curve.model} {number}",
        "legendrank": 2 if curve.from_paper else 1,
        "opacity": 0.65 if curve.from_paper else 1.0,
    }
    width = 1.5 if curve.from_paper else 2.5
    for values, dash, line_width in (
        (smooth(training, smoothing), "dot", 1.5),
        (heights, DASHES[number % len(DASHES)], width),
    ):
        figure.add_scatter(
            x=epochs,
            y=values,
            customdata=measured,
            # A line of one point is invisible.
            mode="lines" if len(epochs) > 1 else "markers",
            line={"dash": dash, "width": line_width, "color": colour},
            showlegend=values is heights,
            hovertemplate=hover,
            **shared,
        )
    if curve.from_paper or not curve.kept:
        return
    kept = epochs.index(int(curve.kept["epoch"]) + 1)
    marks = [(kept, MODEL_MARKS[curve.model], "kept epoch")]
    for epoch in rate_drops(curve.history):
        index = epochs.index(epoch + 1)
        before, after = (row["learning_rate"] for row in curve.history[index - 1 : index + 1])
        note = f"learning rate cut from {before:.2g} to {after:.2g}"
        marks.append((index, "triangle-down", note))
    for index, symbol, note in marks:
        figure.add_scatter(
            x=[epochs[index]],
            y=[heights[index]],
            customdata=[measured[index]],
            mode="markers",
            marker=marker(colour, 13, symbol, width=1.5),
            showlegend=False,
            hovertemplate=hover.replace("epoch %{x}", f"epoch %{{x}}: {note}"),
            **shared,
        )


def _add_line_key(figure: "go.Figure", with_drops: bool) -> None:
    """Add the kinds of line and mark to the legend."""
    key: dict[str, dict[str, Any]] = {
        "validation": {"mode": "lines", "line": {"color": NEUTRAL, "width": 2.5}},
        "training": {"mode": "lines", "line": {"color": NEUTRAL, "width": 1.5, "dash": "dot"}},
        "kept epoch": {"mode": "markers", "marker": {"color": NEUTRAL, "size": 11}},
    }
    if with_drops:
        mark = {"color": NEUTRAL, "size": 11, "symbol": "triangle-down"}
        key["learning rate cut"] = {"mode": "markers", "marker": mark}
    for name, look in key.items():
        figure.add_scatter(x=[None], y=[None], name=name, legendrank=3, **look)


def epoch_ticks(n_epochs: int) -> list[int]:
    """Return the first epoch and up to six round ones, which fit on a phone."""
    step = next((step for step in _EPOCH_STEPS if n_epochs <= 6 * step), _EPOCH_STEPS[-1])
    return [1, *range(max(step, 2), n_epochs + 1, step)]


def _top_loss(curves: Sequence[Curve]) -> float:
    """Return the end of the loss axis: above nearly all values, but not above a wild start."""
    losses = [
        row[name] for curve in curves for row in curve.history for name in ("loss", "val_loss")
    ]
    finite = [loss for loss in losses if math.isfinite(loss)]
    return 1.1 * float(np.percentile(finite, 97)) if finite else 3.0
