"""Training curves: accuracy and loss by epoch."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

from deepmusic.charts.style import (
    DASHES,
    MODEL_COLOURS,
    MODEL_MARKS,
    NEUTRAL,
    SAVED_FONT,
    escape_label,
    shade,
)

#: Quantities of a training, as `history_chart` draws them.
QUANTITIES = {"accuracy": "Accuracy", "loss": "Loss"}

#: A training's learning rate falls to this share or less where we mark it.
_RATE_DROP = 0.6

_SHADES = (0.0, 0.4, -0.25)

_EPOCH_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Curve:
    """How one training went.

    Attributes
    ----------
    name : str
        For people to read.
    model : str
        A key of `deepmusic.models.MODELS`; gives the colour.
    history : list of dict
        Rows of `deepmusic.runs.Run.history`.
    protocol : str
        What it was measured on, in words.
    from_paper : bool
        Drawn behind the others, in muted colours.
    """

    name: str
    model: str
    history: list[dict[str, float]] = field(repr=False)
    protocol: str = ""
    from_paper: bool = False

    @property
    def kept(self) -> dict[str, float] | None:
        """The row of the lowest validation loss; None if there is no such number."""
        measured = [row for row in self.history if math.isfinite(row["val_loss"])]
        return min(measured, key=lambda row: row["val_loss"], default=None)

    @property
    def n_epochs(self) -> int:
        """How many epochs the training has done, even if some were not written down."""
        return int(self.history[-1]["epoch"]) + 1 if self.history else 0


def overfitting_gap(history: Sequence[Mapping[str, float]]) -> float | None:
    """Return training minus validation accuracy at the kept epoch, in percentage points.

    Training accuracy is measured on masked windows with dropout on, so a gap may be below zero.
    None if there is no epoch yet.
    """
    kept = Curve("", "", list(history)).kept
    return kept and 100 * (kept["accuracy"] - kept["val_accuracy"])


def rate_drops(history: Sequence[Mapping[str, float]]) -> list[int]:
    """Return the epochs, counted from 0, at which the learning rate dropped in one step.

    A rate that a plateau of the loss or a schedule cuts was held before. A cosine changes at every
    epoch, and near its end to a quarter at once; that is no drop.
    """
    rates = [row.get("learning_rate", 0.0) for row in history]
    return [
        int(history[index]["epoch"])
        for index in range(2, len(rates))
        if 0 < rates[index] <= _RATE_DROP * rates[index - 1]
        and math.isclose(rates[index - 1], rates[index - 2], rel_tol=0.01)
    ]


def smooth(values: Sequence[float], smoothing: float) -> list[float]:
    """Return the moving average in which each step back weighs `smoothing` times as much.

    Parameters
    ----------
    values : sequence of float
        One a step. What is not finite stays out of the average, and a gap in its place.
    smoothing : float
        From 0 (as it is) to below 1.

    Returns
    -------
    list of float
        As many; the first is the first value itself, since the weights always sum to 1.
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing={smoothing} must be at least 0 and below 1")
    total = weight = 0.0
    smoothed = []
    for value in values:
        if math.isfinite(value):
            total = smoothing * total + (1 - smoothing) * value
            weight = smoothing * weight + (1 - smoothing)
            smoothed.append(total / weight)
        else:
            smoothed.append(math.nan)
    return smoothed


def history_chart(curves: Sequence[Curve], quantity: str, *, smoothing: float = 0.0) -> "go.Figure":
    """Lay the curves of several trainings over each other, epochs counted from 1.

    Validation is a strong line and training a thin dotted one, in the network's colour. A mark
    stands at the kept epoch, and a triangle where the learning rate was cut.

    Parameters
    ----------
    curves : sequence of Curve
        The paper's go behind the others, whatever their order.
    quantity : str
        A key of `QUANTITIES`.
    smoothing : float
        As in `smooth`. Lines are smoothed; hovering shows what was measured.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    seen: Counter[tuple[str, bool]] = Counter()
    for curve in sorted(curves, key=lambda curve: not curve.from_paper):
        number = seen[curve.model, curve.from_paper]
        seen[curve.model, curve.from_paper] += 1
        _add_curve(figure, curve, quantity, smoothing, number)
    with_drops = any(rate_drops(curve.history) for curve in curves)
    _add_line_key(figure, with_drops)

    n_epochs = max((curve.n_epochs for curve in curves), default=1)
    figure.update_xaxes(
        title="Epoch",
        range=[1 - 0.02 * n_epochs, 1.03 * n_epochs],
        tickvals=_epoch_ticks(n_epochs),
    )
    figure.update_yaxes(
        range=[0, 101] if quantity == "accuracy" else [0, _top_loss(curves)],
        ticksuffix=" %" if quantity == "accuracy" else "",
    )
    for update in (figure.update_xaxes, figure.update_yaxes):
        # A fixed range, so that a finger that scrolls the page is not caught by the chart.
        update(tickfont=SAVED_FONT, title_font=SAVED_FONT, title_standoff=6, fixedrange=True)
    figure.update_layout(
        title={"text": QUANTITIES[quantity], "x": 0, "y": 0.99, "yanchor": "top"},
        height=330 + 18 * len(curves),
        margin={"l": 0, "r": 8, "t": 40, "b": 0},
        # At the lower edge, so that it never lies under the button that saves the picture.
        legend={
            "orientation": "h",
            "xref": "container",
            "yref": "container",
            "x": 0,
            "y": 0,
            "yanchor": "bottom",
            "font": SAVED_FONT,
            "tracegroupgap": 0,
        },
        hovermode="closest",
        dragmode=False,
    )
    return figure


def _add_curve(
    figure: "go.Figure", curve: Curve, quantity: str, smoothing: float, number: int
) -> None:
    """Draw one training; `number` counts those of the same network before it."""
    percent = 100 if quantity == "accuracy" else 1
    unit = ".1f} %" if quantity == "accuracy" else ".3f}"
    epochs = [int(row["epoch"]) + 1 for row in curve.history]
    measured = {
        part: [percent * row[column] for row in curve.history]
        for part, column in (("training", quantity), ("validation", f"val_{quantity}"))
    }
    drawn = {part: smooth(values, smoothing) for part, values in measured.items()}
    facts = list(zip(measured["validation"], measured["training"], strict=True))
    colour = shade(MODEL_COLOURS[curve.model], _SHADES[number % len(_SHADES)])
    shared = {
        "name": escape_label(curve.name),
        "legendgroup": f"{curve.name} {curve.model} {number}",
        "legendrank": 2 if curve.from_paper else 1,
        "opacity": 0.65 if curve.from_paper else 1.0,
    }
    told = (
        "<b>%{fullData.name}</b><br>epoch %{x}<br>"
        f"validation %{{customdata[0]:{unit}<br>training %{{customdata[1]:{unit}<extra></extra>"
    )
    width = 1.5 if curve.from_paper else 2.5
    looks = {
        "training": {"dash": "dot", "width": 1.5},
        "validation": {"dash": DASHES[number % len(DASHES)], "width": width},
    }
    for part, look in looks.items():
        figure.add_scatter(
            x=epochs,
            y=drawn[part],
            customdata=facts,
            # A line of one point is invisible.
            mode="lines" if len(epochs) > 1 else "markers",
            line=look | {"color": colour},
            showlegend=part == "validation",
            hovertemplate=told,
            **shared,
        )
    if curve.from_paper or not curve.kept:
        return
    rows = {int(row["epoch"]): index for index, row in enumerate(curve.history)}
    marks = [(rows[int(curve.kept["epoch"])], MODEL_MARKS[curve.model], "kept epoch")]
    marks += [
        (rows[epoch], "triangle-down", _describe_drop(curve.history, rows[epoch]))
        for epoch in rate_drops(curve.history)
    ]
    for index, symbol, words in marks:
        figure.add_scatter(
            x=[epochs[index]],
            y=[drawn["validation"][index]],
            customdata=[facts[index]],
            mode="markers",
            marker={
                "symbol": symbol,
                "size": 13,
                "color": colour,
                "line": {"width": 1.5, "color": "white"},
            },
            showlegend=False,
            hovertemplate=told.replace("epoch %{x}", f"epoch %{{x}}: {words}"),
            **shared,
        )


def _add_line_key(figure: "go.Figure", with_drops: bool) -> None:
    """Say in the legend what the kinds of line and mark mean."""
    lines = {"validation": ("solid", 2.5), "training": ("dot", 1.5)}
    marks = {"kept epoch": "circle"} | (
        {"learning rate cut": "triangle-down"} if with_drops else {}
    )
    for name, (dash, width) in lines.items():
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="lines",
            name=name,
            line={"dash": dash, "width": width, "color": NEUTRAL},
            legendrank=3,
        )
    for name, symbol in marks.items():
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 11, "color": NEUTRAL},
            legendrank=3,
        )


def _epoch_ticks(n_epochs: int) -> list[int]:
    """Return the first epoch and up to six round ones, which also fit on a phone."""
    step = next(step for step in _EPOCH_STEPS if n_epochs <= 6 * step or step == _EPOCH_STEPS[-1])
    return [1, *range(max(step, 2), n_epochs + 1, step)]


def _top_loss(curves: Sequence[Curve]) -> float:
    """Return where the loss axis ends: above nearly all values, but not above a wild start."""
    losses = [
        row[name] for curve in curves for row in curve.history for name in ("loss", "val_loss")
    ]
    finite = [loss for loss in losses if math.isfinite(loss)]
    return 1.1 * float(np.percentile(finite, 97)) if finite else 3.0


def _describe_drop(history: Sequence[Mapping[str, float]], index: int) -> str:
    before, after = (history[at]["learning_rate"] for at in (index - 1, index))
    return f"learning rate cut from {before:.2g} to {after:.2g}"
