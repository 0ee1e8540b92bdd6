"""Scores of several networks side by side: accuracy with intervals, by genre, reliability."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.charts.style import (
    FAINT,
    MODEL_COLOURS,
    MODEL_MARKS,
    NEUTRAL,
    escape_label,
    marker,
    set_layout,
    update_axes,
)
from deepmusic.evaluation.paper import CEILING
from deepmusic.evaluation.wording import published
from deepmusic.protocols import BENCHMARK_PROTOCOL

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from deepmusic.evaluation.scores import Score

_DASHED = {"color": NEUTRAL, "dash": "dash", "width": 2}


@dataclass(frozen=True)
class IntervalRow:
    """One row of `interval_chart`.

    Attributes
    ----------
    name : str
        For people to read; unique in a chart.
    model : str
        A key of `MODEL_COLOURS`; others are grey.
    value, low, high : float or None
        A proportion and its interval, from 0 to 1; None where nothing was measured.
    paper : float or None
        The paper's value.
    """

    name: str
    model: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    paper: float | None = None


def interval_chart(rows: Sequence[IntervalRow], *, ceiling: float | None = None) -> "go.Figure":
    """Proportions as dots with their intervals, the first on top, on an axis that is cut off.

    Parameters
    ----------
    rows : sequence of IntervalRow
        From top to bottom.
    ceiling : float, optional
        Highest value that can be reached, drawn as a line.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    heights = {row.name: len(rows) - number for number, row in enumerate(rows, start=1)}
    ends = [end for row in rows for end in (row.low, row.paper) if end is not None]
    left = max(0, math.floor(10 * min(ends, default=0) - 0.1) * 10)
    for row in rows:
        if row.value is None:
            note = {"x": left, "text": "not measured yet", "xanchor": "left"}
        else:
            note = {"x": 100 * row.value, "text": f"<b>{100 * row.value:.1f} %</b>", "yshift": 20}
            _add_interval(figure, row, heights[row.name])
        figure.add_annotation(y=heights[row.name], showarrow=False, **note)
    printed = [row for row in rows if row.paper is not None]
    if printed:
        figure.add_scatter(
            x=[100 * row.paper for row in printed],
            y=[heights[row.name] for row in printed],
            customdata=[escape_label(row.name) for row in printed],
            mode="markers",
            name="the paper",
            marker={"size": 15, "symbol": "circle-open", "color": NEUTRAL, "line": {"width": 3}},
            hovertemplate="<b>%{customdata}</b><br>the paper: %{x:.1f} %<extra></extra>",
        )
    if ceiling is not None:
        figure.add_vline(x=100 * ceiling, line=_DASHED)
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="lines",
            name=f"ceiling of about {100 * ceiling:.1f} %",
            line=_DASHED,
        )
    figure.update_xaxes(
        range=[left, 101], ticksuffix=" %", dtick=10, showgrid=True, gridcolor=FAINT
    )
    figure.update_yaxes(
        range=[-0.5, len(rows) - 0.35],
        tickvals=list(heights.values()),
        ticktext=[escape_label(name, 24) + " " for name in heights],
        showgrid=False,
        zeroline=False,
    )
    return set_layout(figure, height=70 + 56 * len(rows))


def _add_interval(figure: "go.Figure", row: IntervalRow, height: float) -> None:
    figure.add_scatter(
        x=[100 * row.value],
        y=[height],
        error_x={
            "type": "data",
            "array": [100 * (row.high - row.value)],
            "arrayminus": [100 * (row.value - row.low)],
            "thickness": 4,
            "width": 0,
        },
        mode="markers",
        marker=marker(
            MODEL_COLOURS.get(row.model, NEUTRAL), 17, MODEL_MARKS.get(row.model), width=1.5
        ),
        showlegend=False,
        name=escape_label(row.name),
        hovertemplate="<b>%{fullData.name}</b><br>%{x:.1f} %, interval "
        f"{100 * row.low:.1f} to {100 * row.high:.1f} %<extra></extra>",
    )


def genre_bars(names: Mapping[str, str], values: Mapping[str, Mapping[str, float]]) -> "go.Figure":
    """Proportions by genre, such as recall, as bars side by side.

    Parameters
    ----------
    names : mapping of str to str
        The network of each bar, a key of `MODEL_COLOURS`, by the bar's name.
    values : mapping of str to mapping of str to float
        By the same names: from 0 to 1, by genre. Genres are sorted by their mean, best first.
    """
    import plotly.graph_objects as go

    genres = sorted(
        {genre for of_one in values.values() for genre in of_one},
        key=lambda genre: -float(np.mean([of_one.get(genre, 0) for of_one in values.values()])),
    )
    figure = go.Figure()
    for name, of_one in values.items():
        figure.add_bar(
            x=genres,
            y=[100 * of_one[genre] if genre in of_one else None for genre in genres],
            name=escape_label(name),
            marker_color=MODEL_COLOURS.get(names[name], NEUTRAL),
            hovertemplate="<b>%{x}</b><br>%{fullData.name}: %{y:.0f} %<extra></extra>",
        )
    figure.update_yaxes(range=[0, 101], ticksuffix=" %", dtick=25)
    return set_layout(figure, height=360, barmode="group", bargap=0.25, bargroupgap=0.06)


def reliability_chart(
    names: Mapping[str, str], bins: Mapping[str, Sequence[Mapping[str, float]]]
) -> "go.Figure":
    """Reliability diagram: confidence to the right, accuracy upwards.

    Parameters
    ----------
    names : mapping of str to str
        The network of each line, a key of `MODEL_COLOURS`, by the line's name.
    bins : mapping of str to sequence of mapping
        By the same names, ``bins`` of `deepmusic.evaluation.calibration.Calibration`. A mark grows
        with its
        number of clips.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line=_DASHED, hoverinfo="skip", showlegend=False
    )
    largest = max((one["count"] for of_one in bins.values() for one in of_one), default=1)
    for name, of_one in bins.items():
        filled = [one for one in of_one if one["count"]]
        colour = MODEL_COLOURS.get(names[name], NEUTRAL)
        sizes = [6 + 16 * math.sqrt(one["count"] / largest) for one in filled]
        figure.add_scatter(
            x=[100 * one["confidence"] for one in filled],
            y=[100 * one["accuracy"] for one in filled],
            customdata=[one["count"] for one in filled],
            mode="lines+markers",
            name=escape_label(name),
            line={"color": colour, "width": 2},
            # Marks of several sizes are half transparent unless told otherwise.
            marker=marker(colour, sizes, MODEL_MARKS.get(names[name])) | {"opacity": 1},
            hovertemplate="<b>%{fullData.name}</b><br>%{customdata} clips: sure to %{x:.0f} %, "
            "right in %{y:.0f} %<extra></extra>",
        )
    for words, x, y in (("too modest", 22, 88), ("too sure", 78, 12)):
        figure.add_annotation(x=x, y=y, text=words, showarrow=False, font_color=NEUTRAL)
    update_axes(figure, ticksuffix=" %", dtick=25, showgrid=True, gridcolor=FAINT, zeroline=False)
    figure.update_xaxes(title="how sure", range=[0, 103], title_standoff=6)
    figure.update_yaxes(title="how often right", range=[0, 107], title_standoff=8)
    return set_layout(figure, height=380)


# === Scores drawn ===


def accuracy_chart(scores: Sequence["Score"]) -> "go.Figure":
    """Draw the clip accuracy of scores of one protocol, with the paper's where it has one."""
    protocol = scores[0].candidate.protocol
    rows = []
    for score in scores:
        printed = published(score.candidate) if protocol == BENCHMARK_PROTOCOL else None
        accuracy = (score.clip.value, score.clip.low, score.clip.high)
        paper = printed and printed.vote_accuracy
        rows.append(IntervalRow(score.candidate.name, score.candidate.model, *accuracy, paper))
    return interval_chart(rows, ceiling=CEILING if protocol.is_of_gtzan else None)


def measure_chart(scores: Sequence["Score"], measure: str) -> "go.Figure":
    """Draw recall, precision or F1 of scores, genre by genre."""
    return genre_bars(
        {score.candidate.name: score.candidate.model for score in scores},
        {score.candidate.name: score.by_genre(measure) for score in scores},
    )


def calibration_chart(
    scores: Sequence["Score"], temperatures: Mapping[str, float] | None = None
) -> "go.Figure":
    """Draw how well scores are calibrated, as they are or at temperatures by name."""
    temperatures = temperatures or {}
    return reliability_chart(
        {score.candidate.name: score.candidate.model for score in scores},
        {
            score.candidate.name: score.calibration(temperatures.get(score.candidate.name, 1)).bins
            for score in scores
        },
    )
