"""Charts of several networks' scores: accuracies with intervals, by genre, reliability."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

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
from deepmusic.evaluation.scores import Measured
from deepmusic.evaluation.wording import published
from deepmusic.protocols import BENCHMARK_PROTOCOL

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from deepmusic.evaluation.scores import Score

_DASHED = {"color": NEUTRAL, "dash": "dash", "width": 2}
_GRID = {"showgrid": True, "gridcolor": FAINT}


class IntervalRow(NamedTuple):
    """A row of `interval_chart`: fractions from 0 to 1, and None where nothing was measured.

    Names are unique in a chart; ``paper`` is the paper's value.
    """

    name: str
    model: str
    measured: Measured | None = None
    paper: float | None = None


def interval_chart(rows: Sequence[IntervalRow], *, ceiling: float | None = None) -> "go.Figure":
    """Dots with 95 % intervals, the first row on top, on an axis that does not begin at 0.

    `ceiling` is drawn as a line: the highest fraction that can be reached.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    heights = {row.name: len(rows) - number for number, row in enumerate(rows, start=1)}
    ends = [row.measured.low for row in rows if row.measured]
    ends += [row.paper for row in rows if row.paper is not None]
    left = max(0, math.floor(10 * min(ends, default=0) - 0.1) * 10)
    for row in rows:
        if row.measured:
            value = 100 * row.measured.value
            note = {"x": value, "text": f"<b>{value:.1f} %</b>", "yshift": 20}
            _add_interval(figure, row, row.measured, heights[row.name])
        else:
            note = {"x": left, "text": "not measured yet", "xanchor": "left"}
        figure.add_annotation(y=heights[row.name], showarrow=False, **note)
    printed = {row.name: 100 * row.paper for row in rows if row.paper is not None}
    if printed:
        figure.add_scatter(
            x=list(printed.values()),
            y=[heights[name] for name in printed],
            customdata=[escape_label(name) for name in printed],
            mode="markers",
            name="the paper",
            marker={"size": 15, "symbol": "circle-open", "color": NEUTRAL, "line": {"width": 3}},
            hovertemplate="<b>%{customdata}</b><br>the paper: %{x:.1f} %<extra></extra>",
        )
    if ceiling is not None:
        figure.add_vline(x=100 * ceiling, line=_DASHED)
        name = f"ceiling of about {100 * ceiling:.1f} %"
        figure.add_scatter(x=[None], y=[None], mode="lines", name=name, line=_DASHED)
    figure.update_xaxes(range=[left, 101], ticksuffix=" %", dtick=10 if left >= 60 else 20, **_GRID)
    figure.update_yaxes(
        range=[-0.5, len(rows) - 0.35],
        tickvals=list(heights.values()),
        ticktext=[escape_label(name, 24) + " " for name in heights],
        showgrid=False,
        zeroline=False,
    )
    return set_layout(figure, height=70 + 56 * len(rows))


def _add_interval(figure: "go.Figure", row: IntervalRow, measured: Measured, height: float) -> None:
    value, low, high = (100 * one for one in measured)
    bar = {"type": "data", "array": [high - value], "arrayminus": [value - low]}
    colour = MODEL_COLOURS.get(row.model, NEUTRAL)
    figure.add_scatter(
        x=[value],
        y=[height],
        error_x=bar | {"thickness": 4, "width": 0},
        mode="markers",
        marker=marker(colour, 17, MODEL_MARKS.get(row.model), width=1.5),
        showlegend=False,
        name=escape_label(row.name),
        hovertemplate="<b>%{fullData.name}</b><br>%{x:.1f} %, interval "
        f"{low:.1f} to {high:.1f} %<extra></extra>",
    )


def accuracy_chart(scores: Sequence["Score"]) -> "go.Figure":
    """Clip accuracies of scores of one protocol, with the paper's under `BENCHMARK_PROTOCOL`."""
    protocol = scores[0].candidate.protocol
    rows = []
    for score in scores:
        printed = published(score.candidate) if protocol == BENCHMARK_PROTOCOL else None
        paper = printed.vote_accuracy if printed else None
        rows.append(IntervalRow(score.candidate.name, score.candidate.model, score.clip, paper))
    return interval_chart(rows, ceiling=CEILING if protocol.is_of_gtzan else None)


def measure_chart(scores: Sequence["Score"], measure: str) -> "go.Figure":
    """Recall, precision or F1 of scores as grouped bars; the genre of highest mean is first."""
    import plotly.graph_objects as go

    found = [score.by_genre(measure) for score in scores]
    genres = sorted(
        dict.fromkeys(genre for values in found for genre in values),
        key=lambda genre: -sum(values.get(genre, 0) for values in found),
    )
    figure = go.Figure()
    for score, values in zip(scores, found, strict=True):
        figure.add_bar(
            x=genres,
            y=[100 * values[genre] if genre in values else None for genre in genres],
            name=escape_label(score.candidate.name),
            marker_color=MODEL_COLOURS.get(score.candidate.model, NEUTRAL),
            hovertemplate="<b>%{x}</b><br>%{fullData.name}: %{y:.0f} %<extra></extra>",
        )
    figure.update_yaxes(range=[0, 101], ticksuffix=" %", dtick=25)
    return set_layout(figure, height=360, barmode="group", bargap=0.25, bargroupgap=0.06)


def calibration_chart(
    scores: Sequence["Score"], temperatures: Mapping[str, float | None] | None = None
) -> "go.Figure":
    """Reliability diagram of scores, as they are or at temperatures by name.

    Confidence is to the right, accuracy upwards; a mark grows with its number of clips.
    """
    at = [(temperatures or {}).get(score.candidate.name) or 1.0 for score in scores]
    return reliability_chart(
        [
            (score.candidate.name, score.candidate.model, score.calibration(one).bins)
            for score, one in zip(scores, at, strict=True)
        ]
    )


def reliability_chart(
    series: Sequence[tuple[str, str, Sequence[Mapping[str, float]]]],
) -> "go.Figure":
    """Reliability diagram: confidence to the right, accuracy upwards.

    Parameters
    ----------
    series : sequence of (str, str, sequence of mapping)
        Name, network (for the colour), and bins with ``count``, ``confidence`` and ``accuracy``.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line=_DASHED, hoverinfo="skip", showlegend=False
    )
    largest = max((one["count"] for *_, bins in series for one in bins), default=1)
    for name, model, bins in series:
        filled = [one for one in bins if one["count"]]
        colour = MODEL_COLOURS.get(model, NEUTRAL)
        sizes = [6 + 16 * math.sqrt(one["count"] / largest) for one in filled]
        mark = marker(colour, sizes, MODEL_MARKS.get(model))
        figure.add_scatter(
            x=[100 * one["confidence"] for one in filled],
            y=[100 * one["accuracy"] for one in filled],
            customdata=[one["count"] for one in filled],
            mode="lines+markers",
            name=escape_label(name),
            line={"color": colour, "width": 2},
            # Marks of several sizes are half transparent by default.
            marker=mark | {"opacity": 1},
            cliponaxis=False,
            hovertemplate="<b>%{fullData.name}</b><br>%{customdata} clips: confidence %{x:.0f} %, "
            "accuracy %{y:.0f} %<extra></extra>",
        )
    for words, x, y in (("underconfident", 24, 88), ("overconfident", 76, 12)):
        figure.add_annotation(x=x, y=y, text=words, showarrow=False, font_color=NEUTRAL)
    update_axes(figure, ticksuffix=" %", dtick=25, zeroline=False, **_GRID)
    figure.update_xaxes(title="confidence", range=[0, 103], title_standoff=6)
    figure.update_yaxes(title="accuracy", range=[0, 107], title_standoff=8)
    return set_layout(figure, height=340)


def coverage_chart(series: Sequence[tuple[str, str, Sequence[Sequence[float]]]]) -> "go.Figure":
    """How often the most certain answers are right: their share to the right, accuracy upwards.

    Parameters
    ----------
    series : sequence of (str, str, sequence of (float, float))
        Name, network (for the colour), and points of share and accuracy, from 0 to 1.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, model, points in series:
        figure.add_scatter(
            x=[100 * share for share, _ in points],
            y=[100 * accuracy for _, accuracy in points],
            mode="lines",
            name=escape_label(name),
            line={"color": MODEL_COLOURS.get(model, NEUTRAL), "width": 3},
            hovertemplate="<b>%{fullData.name}</b><br>of the most certain %{x:.0f} %, %{y:.0f} % "
            "are right<extra></extra>",
        )
    update_axes(figure, ticksuffix=" %", dtick=25, zeroline=False, **_GRID)
    figure.update_xaxes(title="the most certain answers", range=[0, 103], title_standoff=6)
    figure.update_yaxes(title="of them right", range=[0, 107], title_standoff=8)
    return set_layout(figure, height=340)
