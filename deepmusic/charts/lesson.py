"""Charts of the lesson: waveform, spectrogram with a passage marked, LSTM states."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.models import ENSEMBLE

if TYPE_CHECKING:
    import plotly.graph_objects as go

from deepmusic.charts.spectrogram import data_url
from deepmusic.charts.style import (
    DASHES,
    DIFFERENCE_COLOURS,
    MODEL_COLOURS,
    genre_colour,
    set_layout,
)

_MARKED = "#00c2d1"


def waveform_chart(
    low: np.ndarray, high: np.ndarray, duration: float, marked: tuple[float, float]
) -> "go.Figure":
    """Draw the outline of a waveform, with a stretch of it framed.

    Parameters
    ----------
    low, high : np.ndarray [shape=(n_columns,)]
        What `deepmusic.lesson.envelope` returned.
    duration : float
        Of the sound, in s.
    marked : (float, float)
        Begin and end of what is framed, in s.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    seconds = (np.arange(len(low)) + 0.5) * (duration / len(low))
    outline = {"mode": "lines", "line": {"width": 1, "color": MODEL_COLOURS[ENSEMBLE]}}
    figure = go.Figure()
    figure.add_scatter(x=seconds, y=low, **outline, hoverinfo="skip")
    figure.add_scatter(
        x=seconds,
        y=high,
        **outline,
        fill="tonexty",
        fillcolor=MODEL_COLOURS[ENSEMBLE],
        hovertemplate="%{x:.1f} s: %{y:.2f} of full swing<extra></extra>",
    )
    largest = 1.05 * float(max(-low.min(), high.max(), 1e-6))
    figure.update_yaxes(title="swing", range=[-largest, largest], nticks=5)
    _add_seconds(figure, duration, marked)
    figure.update_layout(showlegend=False)
    return figure


def spectrogram_chart(
    png: bytes,
    duration: float,
    ticks: Sequence[tuple[str, float]],
    marked: tuple[float, float],
) -> "go.Figure":
    """Put axes around a mel-spectrogram, and a frame around a stretch of it.

    Parameters
    ----------
    png : bytes
        What `spectrogram_png` returned.
    duration : float
        Of the sound, in s.
    ticks : sequence of (str, float)
        What `frequency_ticks` returned.
    marked : (float, float)
        Begin and end of what is framed, in s.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    # An image alone gives plotly no axes; a point that nobody sees does.
    figure.add_scatter(x=[0], y=[0], mode="markers", marker_opacity=0, hoverinfo="skip")
    figure.add_layout_image(
        source=data_url(png),
        xref="x",
        yref="y",
        x=0,
        y=1,
        sizex=duration,
        sizey=1,
        sizing="stretch",
        layer="below",
    )
    labels, heights = zip(*ticks, strict=True)
    figure.update_yaxes(range=[0, 1], tickvals=heights, ticktext=labels, showgrid=False)
    figure.update_xaxes(showgrid=False)
    _add_seconds(figure, duration, marked)
    figure.update_layout(showlegend=False)
    return figure


def _add_seconds(figure: "go.Figure", duration: float, marked: tuple[float, float]) -> None:
    """Give a chart of a whole clip its time axis and its frame."""
    figure.add_shape(
        type="rect",
        x0=marked[0],
        x1=marked[1],
        y0=0.01,
        y1=0.99,
        yref="paper",
        line={"color": _MARKED, "width": 4},
    )
    figure.update_xaxes(title="seconds", range=[0, duration], dtick=5, zeroline=False)
    figure.update_yaxes(zeroline=False)
    set_layout(figure, height=340)
    figure.update_layout(margin_t=6)


def memory_chart(
    states: np.ndarray,
    guesses: np.ndarray,
    genres: Sequence[str],
    seconds: float,
    *,
    dark: bool = False,
) -> "go.Figure":
    """Show a recurrent layer's state over a window, and below it what it would guess so far.

    Parameters
    ----------
    states : np.ndarray [shape=(n_steps, n_units)]
        From -1 to 1. Rows are sorted by their last value.
    guesses : np.ndarray [shape=(n_steps, n_genres)]
        Probabilities. Only genres that lead at some step are drawn.
    genres : sequence of str
        Their names.
    seconds : float
        Length of the window.
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.subplots import make_subplots

    n_steps = len(states)
    strongest = float(np.abs(states).max())
    ends = seconds * np.arange(1, n_steps + 1) / n_steps
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.58, 0.42], vertical_spacing=0.05
    )
    figure.add_heatmap(
        x=ends - ends[0] / 2,
        y=np.arange(states.shape[1]),
        z=states[:, np.argsort(states[-1])].T,
        zmin=-strongest,
        zmax=strongest,
        colorscale=DIFFERENCE_COLOURS[dark],
        showscale=False,
        xgap=1,
        hovertemplate="after %{x:.1f} s: %{z:.2f}<extra></extra>",
        row=1,
        col=1,
    )
    for number, index in enumerate(dict.fromkeys(guesses.argmax(axis=1)[::-1])):
        figure.add_scatter(
            x=ends - ends[0] / 2,
            y=100 * guesses[:, index],
            name=genres[index],
            # Also where one genre leads throughout; plotly names no single line by itself.
            showlegend=True,
            mode="lines+markers",
            line={
                "color": genre_colour(genres[index]),
                "width": 3,
                "dash": DASHES[number % len(DASHES)],
            },
            marker={"size": 10, "symbol": _GUESS_MARKS[number % len(_GUESS_MARKS)]},
            hovertemplate="%{fullData.name}: %{y:.0f} %<extra></extra>",
            row=2,
            col=1,
        )
    figure.update_xaxes(range=[0, seconds], dtick=0.5, showgrid=False, zeroline=False, ticks="")
    figure.update_yaxes(ticks="")
    figure.update_xaxes(title="seconds into the window", row=2, col=1)
    figure.update_yaxes(
        title=f"{states.shape[1]} numbers", showticklabels=False, showgrid=False, row=1, col=1
    )
    figure.update_yaxes(
        title="guess so far",
        range=[0, 104],
        dtick=50,
        ticksuffix=" %",
        zeroline=False,
        row=2,
        col=1,
    )
    set_layout(figure, height=345)
    return figure


_GUESS_MARKS = ("circle", "square", "diamond", "cross", "triangle-up")
