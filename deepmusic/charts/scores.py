"""Scores of several networks side by side: accuracy with intervals, by genre, reliability."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.models import ENSEMBLE

if TYPE_CHECKING:
    import plotly.graph_objects as go

from deepmusic.charts.style import (
    FAINT,
    MODEL_COLOURS,
    MODEL_MARKS,
    NEUTRAL,
    PROJECTOR_FONT,
    escape_label,
    set_layout,
)


@dataclass(frozen=True)
class IntervalRow:
    """One row of `interval_chart`.

    Attributes
    ----------
    name : str
        For people to read; unique in a chart.
    model : str
        A key of `MODEL_COLOURS`.
    value, low, high : float or None
        A share and its interval, from 0 to 1; None where nothing was measured.
    paper : float or None
        What the paper says about the same.
    """

    name: str
    model: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    paper: float | None = None


def interval_chart(dots: Sequence[IntervalRow], *, ceiling: float | None = None) -> "go.Figure":
    """Draw shares as dots with their intervals, the first on top, on an axis that is cut off.

    Parameters
    ----------
    dots : sequence of IntervalRow
        One a row.
    ceiling : float, optional
        Drawn as a line: what a perfect listener would reach.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    height_of = {dot.name: len(dots) - number for number, dot in enumerate(dots, start=1)}
    for dot in dots:
        if dot.value is None:
            continue
        figure.add_scatter(
            x=[100 * dot.value],
            y=[height_of[dot.name]],
            error_x={
                "type": "data",
                "array": [100 * (dot.high - dot.value)],
                "arrayminus": [100 * (dot.value - dot.low)],
                "thickness": 4,
                "width": 0,
            },
            mode="markers",
            marker={
                "size": 17,
                "color": MODEL_COLOURS.get(dot.model, NEUTRAL),
                # The line that stands for the ensemble elsewhere would vanish in its interval.
                "symbol": "star" if dot.model == ENSEMBLE else MODEL_MARKS.get(dot.model),
                "line": {"width": 1.5, "color": "white"},
            },
            showlegend=False,
            name=escape_label(dot.name),
            hovertemplate="<b>%{fullData.name}</b><br>%{x:.1f} %, interval "
            f"{100 * dot.low:.1f} to {100 * dot.high:.1f} %<extra></extra>",
        )
        figure.add_annotation(
            x=100 * dot.value,
            y=height_of[dot.name],
            text=f"<b>{100 * dot.value:.1f} %</b>",
            yshift=20,
            showarrow=False,
            font=PROJECTOR_FONT,
        )
    printed = [dot for dot in dots if dot.paper is not None]
    if printed:
        figure.add_scatter(
            x=[100 * dot.paper for dot in printed],
            y=[height_of[dot.name] for dot in printed],
            customdata=[escape_label(dot.name) for dot in printed],
            mode="markers",
            name="the paper",
            marker={
                "size": 15,
                "symbol": "circle-open",
                "color": NEUTRAL,
                "line": {"width": 3},
            },
            hovertemplate="<b>%{customdata}</b><br>the paper: %{x:.1f} %<extra></extra>",
        )
    shares = [share for dot in dots for share in (dot.low, dot.paper) if share is not None]
    left = max(0, math.floor(10 * min(shares, default=0) - 0.1) * 10)
    for dot in dots:
        if dot.value is None:
            figure.add_annotation(
                x=left,
                y=height_of[dot.name],
                text="not measured yet",
                xanchor="left",
                showarrow=False,
            )
    if ceiling is not None:
        figure.add_vline(x=100 * ceiling, line={"color": NEUTRAL, "dash": "dash", "width": 2})
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="lines",
            name=f"ceiling of about {100 * ceiling:.1f} %",
            line={"color": NEUTRAL, "dash": "dash", "width": 2},
        )
    figure.update_annotations(font=PROJECTOR_FONT)
    figure.update_xaxes(
        range=[left, 101], ticksuffix=" %", dtick=10, showgrid=True, gridcolor=FAINT
    )
    figure.update_yaxes(
        range=[-0.5, len(dots) - 0.35],
        tickvals=list(height_of.values()),
        ticktext=[escape_label(name, 24) + " " for name in height_of],
        showgrid=False,
        zeroline=False,
    )
    set_layout(figure, height=70 + 56 * len(dots))
    return figure


def genre_bars(names: Mapping[str, str], shares: Mapping[str, Mapping[str, float]]) -> "go.Figure":
    """Draw a share of each genre, such as the clips that a network found, as bars side by side.

    Parameters
    ----------
    names : mapping of str to str
        The network of each bar, a key of `MODEL_COLOURS`, by the bar's name.
    shares : mapping of str to mapping of str to float
        By the same names: from 0 to 1, by genre. Genres are sorted by their mean, best first.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    genres = sorted(
        {genre for share in shares.values() for genre in share},
        key=lambda genre: -float(np.mean([share.get(genre, 0) for share in shares.values()])),
    )
    figure = go.Figure()
    for name, share in shares.items():
        figure.add_bar(
            x=genres,
            y=[100 * share[genre] if genre in share else None for genre in genres],
            name=escape_label(name),
            marker_color=MODEL_COLOURS.get(names[name], NEUTRAL),
            hovertemplate="<b>%{x}</b><br>%{fullData.name}: %{y:.0f} %<extra></extra>",
        )
    figure.update_yaxes(range=[0, 101], ticksuffix=" %", dtick=25)
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.06)
    set_layout(figure, height=360)
    return figure


def reliability_chart(
    names: Mapping[str, str], bins: Mapping[str, Sequence[Mapping[str, float]]]
) -> "go.Figure":
    """Draw how sure networks were (to the right) against how often they were right (upwards).

    Parameters
    ----------
    names : mapping of str to str
        The network of each line, a key of `MODEL_COLOURS`, by the line's name.
    bins : mapping of str to sequence of mapping
        By the same names, what `deepmusic.evaluation.reliability` returned. A mark grows with its
        number of clips.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": NEUTRAL, "dash": "dash", "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    most = max((one["count"] for found in bins.values() for one in found), default=1)
    for name, found in bins.items():
        filled = [one for one in found if one["count"]]
        colour = MODEL_COLOURS.get(names[name], NEUTRAL)
        figure.add_scatter(
            x=[100 * one["confidence"] for one in filled],
            y=[100 * one["accuracy"] for one in filled],
            customdata=[one["count"] for one in filled],
            mode="lines+markers",
            name=escape_label(name),
            line={"color": colour, "width": 2},
            marker={
                "symbol": "star" if names[name] == ENSEMBLE else MODEL_MARKS.get(names[name]),
                "size": [6 + 16 * math.sqrt(one["count"] / most) for one in filled],
                "color": colour,
                "opacity": 1,
                "line": {"width": 1, "color": "white"},
            },
            hovertemplate="<b>%{fullData.name}</b><br>%{customdata} clips: sure to %{x:.0f} %, "
            "right in %{y:.0f} %<extra></extra>",
        )
    for words, x, y in (("too modest", 22, 88), ("too sure", 78, 12)):
        figure.add_annotation(
            x=x, y=y, text=words, showarrow=False, font=PROJECTOR_FONT | {"color": NEUTRAL}
        )
    figure.update_xaxes(title="how sure", range=[0, 103], title_standoff=6)
    figure.update_yaxes(title="how often right", range=[0, 107], title_standoff=8)
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(ticksuffix=" %", dtick=25, showgrid=True, gridcolor=FAINT, zeroline=False)
    set_layout(figure, height=380)
    return figure
