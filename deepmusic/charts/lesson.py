"""Charts of the lesson: waveform, spectrogram with a passage marked, LSTM states."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.charts.spectrogram import data_url
from deepmusic.charts.style import (
    DASHES,
    DIFFERENCE_COLOURS,
    MARKS,
    MODEL_COLOURS,
    genre_colour,
    set_layout,
    update_axes,
)
from deepmusic.formatting import format_genre
from deepmusic.models import ENSEMBLE

if TYPE_CHECKING:
    import plotly.graph_objects as go


def waveform_chart(
    low: np.ndarray, high: np.ndarray, duration: float, passage: tuple[float, float]
) -> "go.Figure":
    """Envelope of a waveform, with a passage framed.

    Parameters
    ----------
    low, high : np.ndarray [shape=(n_points,)]
        What `deepmusic.prediction.inspect_layers.envelope` returned.
    duration : float
        Length of the clip, in s.
    passage : (float, float)
        Start and end, in s.
    """
    import plotly.graph_objects as go

    seconds = (np.arange(len(low)) + 0.5) * (duration / len(low))
    colour = MODEL_COLOURS[ENSEMBLE]
    outline = {"mode": "lines", "line": {"width": 1, "color": colour}}
    figure = go.Figure()
    hover = "%{x:.1f} s: %{y:.2f} of full scale<extra></extra>"
    figure.add_scatter(x=seconds, y=low, **outline, hoverinfo="skip")
    figure.add_scatter(
        x=seconds, y=high, **outline, fill="tonexty", fillcolor=colour, hovertemplate=hover
    )
    largest = 1.05 * float(max(-low.min(), high.max(), 1e-6))
    figure.update_yaxes(title="amplitude", range=[-largest, largest], nticks=5)
    return _set_time_axis(figure, duration, passage)


def spectrogram_chart(
    png: bytes, duration: float, ticks: Sequence[tuple[str, float]], passage: tuple[float, float]
) -> "go.Figure":
    """Mel-spectrogram with axes, and a passage framed.

    Parameters
    ----------
    png : bytes
        What `spectrogram_png` returned.
    ticks : sequence of (str, float)
        What `frequency_ticks` returned.
    duration, passage
        As in `waveform_chart`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    # An image alone gives plotly no axes; an invisible point does.
    figure.add_scatter(x=[0], y=[0], mode="markers", marker_opacity=0, hoverinfo="skip")
    place = {"xref": "x", "yref": "y", "x": 0, "y": 1, "sizex": duration, "sizey": 1}
    figure.add_layout_image(source=data_url(png), **place, sizing="stretch", layer="below")
    labels, heights = zip(*ticks, strict=True)
    figure.update_yaxes(range=[0, 1], tickvals=heights, ticktext=labels)
    update_axes(figure, showgrid=False)
    return _set_time_axis(figure, duration, passage)


def _set_time_axis(
    figure: "go.Figure", duration: float, passage: tuple[float, float]
) -> "go.Figure":
    """Set time axis, framed passage and layout of a chart of a whole clip."""
    edges = {"x0": passage[0], "x1": passage[1], "y0": 0.01, "y1": 0.99, "yref": "paper"}
    figure.add_shape(type="rect", **edges, line={"color": "#00c2d1", "width": 4})
    figure.update_xaxes(title="seconds", range=[0, duration], dtick=5)
    update_axes(figure, zeroline=False)
    return set_layout(figure, height=340, margin_t=6, showlegend=False)


def memory_chart(
    states: np.ndarray,
    probabilities: np.ndarray,
    genres: Sequence[str],
    seconds: float,
    *,
    dark: bool = False,
) -> "go.Figure":
    """States of a recurrent layer over a window, and below them the prediction at each step.

    Parameters
    ----------
    states : np.ndarray [shape=(n_steps, n_units)]
        From -1 to 1. Rows are sorted by their last value.
    probabilities : np.ndarray [shape=(n_steps, n_genres)]
        Only genres that lead at some step are drawn.
    genres : sequence of str
        Their names.
    seconds : float
        Length of the window.
    dark : bool
        For a dark page.
    """
    from plotly.subplots import make_subplots

    n_steps, n_units = states.shape
    strongest = float(np.abs(states).max())
    middles = seconds * (np.arange(n_steps) + 0.5) / n_steps
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.58, 0.42], vertical_spacing=0.05
    )
    figure.add_heatmap(
        x=middles,
        y=np.arange(n_units),
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
    for number, index in enumerate(dict.fromkeys(probabilities.argmax(axis=1)[::-1])):
        dash, mark = DASHES[number % len(DASHES)], MARKS[number % len(MARKS)]
        figure.add_scatter(
            x=middles,
            y=100 * probabilities[:, index],
            name=format_genre(genres[index]),
            # Also where one genre leads throughout; plotly names no single line by itself.
            showlegend=True,
            mode="lines+markers",
            line={"color": genre_colour(genres[index]), "width": 3, "dash": dash},
            marker={"size": 10, "symbol": mark},
            hovertemplate="%{fullData.name}: %{y:.0f} %<extra></extra>",
            row=2,
            col=1,
        )
    update_axes(figure, ticks="")
    figure.update_xaxes(range=[0, seconds], dtick=0.5, showgrid=False, zeroline=False)
    figure.update_xaxes(title="seconds into the window", row=2, col=1)
    states_axis = {"showticklabels": False, "showgrid": False}
    figure.update_yaxes(title=f"{n_units} numbers", **states_axis, row=1, col=1)
    percent = {"range": [0, 104], "dtick": 50, "ticksuffix": " %", "zeroline": False}
    figure.update_yaxes(title="prediction", **percent, row=2, col=1)
    return set_layout(figure, height=345)
