"""Charts of the lesson: waveform, STFT, spectrogram, filters, states of recurrent layers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.charts.spectrogram import data_url, level_png, to_png
from deepmusic.charts.style import (
    DASHES,
    DIFFERENCE_COLOURS,
    MARKS,
    MODEL_COLOURS,
    genre_colour,
    mix,
    set_layout,
    update_axes,
)
from deepmusic.formatting import format_genre
from deepmusic.models import ENSEMBLE

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from deepmusic.prediction.inspect_layers import BranchStates


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
    png: bytes,
    duration: float,
    ticks: Sequence[tuple[str, float]],
    passage: tuple[float, float],
    overlay: bytes | None = None,
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
    overlay : bytes, optional
        Transparent PNG over the passage.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    # An image alone gives plotly no axes; an invisible point does.
    figure.add_scatter(x=[0], y=[0], mode="markers", marker_opacity=0, hoverinfo="skip")
    place = {"xref": "x", "yref": "y", "x": 0, "y": 1, "sizex": duration, "sizey": 1}
    figure.add_layout_image(source=data_url(png), **place, sizing="stretch", layer="below")
    if overlay:
        over = place | {"x": passage[0], "sizex": passage[1] - passage[0]}
        figure.add_layout_image(source=data_url(overlay), **over, sizing="stretch", layer="below")
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
    # Plotly logs an error where an axis has a single tick.
    figure.update_xaxes(title="seconds", range=[0, duration], dtick=5 if duration > 10 else 1)
    update_axes(figure, zeroline=False)
    return set_layout(figure, height=300, margin_t=6, showlegend=False)


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
    return set_layout(figure, height=300)


def stft_chart(
    samples: np.ndarray, decibels: np.ndarray, start: float, seconds: float, frame: float
) -> "go.Figure":
    """Waveform of a passage, its STFT below, and in both the one frame in their middle.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        The passage.
    decibels : np.ndarray [shape=(n_bins, n_frames)]
        What `deepmusic.audio.features.stft_decibels` returned.
    start, seconds, frame : float
        Start and length of the passage, and length of a frame (``n_fft``), in s.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.3, 0.7], vertical_spacing=0.04
    )
    times = start + seconds * np.arange(len(samples)) / len(samples)
    step = max(1, len(samples) // 3000)
    figure.add_scatter(
        x=times[::step],
        y=samples[::step],
        line={"width": 1, "color": MODEL_COLOURS[ENSEMBLE]},
        hoverinfo="skip",
        row=1,
        col=1,
    )
    # An image alone gives plotly no axes; an invisible point does.
    figure.add_scatter(
        x=[start], y=[0], mode="markers", marker_opacity=0, hoverinfo="skip", row=2, col=1
    )
    place = {"xref": "x2", "yref": "y2", "x": start, "y": 11.025, "sizex": seconds}
    figure.add_layout_image(
        source=data_url(level_png(decibels)), **place, sizey=11.025, sizing="stretch", layer="below"
    )
    middle = start + seconds / 2
    figure.add_vrect(
        x0=middle - frame / 2, x1=middle + frame / 2, line={"color": "#00c2d1", "width": 3}
    )
    figure.update_xaxes(range=[start, start + seconds], showgrid=False, zeroline=False)
    figure.update_xaxes(title="seconds", row=2, col=1)
    figure.update_yaxes(showticklabels=False, showgrid=False, row=1, col=1)
    figure.update_yaxes(range=[0, 11.025], ticksuffix=" kHz", dtick=5, row=2, col=1)
    update_axes(figure, zeroline=False)
    return set_layout(figure, height=300, margin_t=6, showlegend=False)


def kernel_png(kernel: np.ndarray, *, dark: bool = False) -> bytes:
    """Draw a filter [shape=(time, pitch)] as PNG, a pixel each weight: pitch runs upwards.

    Weights above and below zero have the two colours of `DIFFERENCE_COLOURS`.
    """
    from PIL import Image

    top = float(np.abs(kernel).max()) or 1.0
    colours = [
        bytes.fromhex(mix(DIFFERENCE_COLOURS[dark], (weight / top + 1) / 2)[1:])
        for weight in kernel.T[::-1].ravel()
    ]
    return to_png(Image.frombytes("RGB", kernel.shape, b"".join(colours)))


def branches_chart(
    states: "BranchStates", genres: Sequence[str], seconds: float, *, dark: bool = False
) -> "go.Figure":
    """States of a GRU read forwards and backwards, and what each branch and both predict.

    Parameters
    ----------
    states : BranchStates
        Of one window.
    genres : sequence of str
        Their names.
    seconds : float
        Length of the window.
    dark : bool
        For a dark page.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{}, {"rowspan": 2}], [{}, None]],
        column_widths=[0.6, 0.4],
        horizontal_spacing=0.13,
        vertical_spacing=0.06,
    )
    for row, found in enumerate((states.forwards, states.backwards), start=1):
        n_steps, n_units = found.shape
        last = found[-1] if row == 1 else found[0]
        strongest = float(np.abs(found).max())
        figure.add_heatmap(
            x=seconds * (np.arange(n_steps) + 0.5) / n_steps,
            y=np.arange(n_units),
            z=found[:, np.argsort(last)].T,
            zmin=-strongest,
            zmax=strongest,
            colorscale=DIFFERENCE_COLOURS[dark],
            showscale=False,
            hovertemplate="%{x:.1f} s: %{z:.2f}<extra></extra>",
            row=row,
            col=1,
        )
    shown = np.argsort(np.max([states.convolution, states.recurrence, states.joined], axis=0))[
        ::-1
    ][:3]
    for name, colour, found in (
        ("convolution alone", MODEL_COLOURS["cnn"], states.convolution),
        ("GRU alone", MODEL_COLOURS["crnn"], states.recurrence),
        ("joined", MODEL_COLOURS["cnn_gru"], states.joined),
    ):
        figure.add_bar(
            x=[format_genre(genres[index]) for index in shown],
            y=100 * found[shown],
            name=name,
            marker_color=colour,
            hovertemplate="%{fullData.name}: %{y:.0f} %<extra></extra>",
            row=1,
            col=2,
        )
    update_axes(figure, ticks="")
    figure.update_xaxes(range=[0, seconds], dtick=0.5, showgrid=False, zeroline=False, col=1)
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    figure.update_xaxes(title="seconds into the window", row=2, col=1)
    for row, title in ((1, "forwards \N{RIGHTWARDS ARROW}"), (2, "\N{LEFTWARDS ARROW} backwards")):
        figure.update_yaxes(title=title, showticklabels=False, showgrid=False, row=row, col=1)
    figure.update_yaxes(range=[0, 104], dtick=50, ticksuffix=" %", zeroline=False, row=1, col=2)
    return set_layout(figure, height=300)
