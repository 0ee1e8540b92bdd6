"""Charts of a dataset: map of its clips, mean spectra and dynamics of its genres."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepmusic.charts.style import (
    MARKS,
    NEUTRAL,
    OUTLINE,
    escape_label,
    genre_colours,
    marker,
    set_layout,
    set_map_layout,
)
from deepmusic.formatting import format_genre

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from deepmusic.data import Track

_FREQUENCIES = (100, 200, 500, 1000, 2000, 5000, 10_000)


class PathPoint(NamedTuple):
    """A place of a song on a map, and what is said of it."""

    x: float
    y: float
    label: str


def map_chart(
    table: "pd.DataFrame",
    genres: Sequence[str],
    chosen: str | None = None,
    path: Sequence[PathPoint] = (),
) -> "go.Figure":
    """Map of a dataset's clips, coloured by genre.

    Parameters
    ----------
    table : pd.DataFrame
        By track: ``x``, ``y``, ``genre``, ``label`` (hover text).
    genres : sequence of str
        All of the dataset, in the order of the legend.
    chosen : str, optional
        A track to ring.
    path : sequence of PathPoint
        Of a song: as a whole, then its parts in order.

    Returns
    -------
    plotly.graph_objects.Figure
        A selected point's ``customdata`` is its track.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    opaque = {"marker": {"opacity": 1}}
    outline = {"width": 0.5, "color": "rgba(255, 255, 255, 0.7)"}
    for number, (genre, colour) in enumerate(genre_colours(genres).items()):
        rows = table[table["genre"] == genre]
        if rows.empty:
            continue
        figure.add_scatter(
            x=rows["x"],
            y=rows["y"],
            customdata=list(rows.index),
            text=rows["label"],
            mode="markers",
            name=format_genre(genre),
            marker=marker(colour, 9, MARKS[number % len(MARKS)], **outline),
            selected=opaque,
            unselected=opaque,
            hovertemplate=f"<b>{escape_label(format_genre(genre), 80)}</b><br>%{{text}}"
            "<extra></extra>",
        )
    if chosen in table.index:
        figure.add_scatter(
            x=[table.loc[chosen, "x"]],
            y=[table.loc[chosen, "y"]],
            mode="markers",
            marker={"size": 22, "symbol": "circle-open", "color": OUTLINE, "line": {"width": 4}},
            hoverinfo="skip",
            showlegend=False,
        )
    if path:
        _add_path(figure, path)
    return set_map_layout(figure, height=440, margin_t=8)


def _add_path(figure: "go.Figure", path: Sequence[PathPoint]) -> None:
    """Add a song as a star, and the way of its parts as a line from small dots to large ones."""
    whole, *parts = path
    if len(parts) > 1:
        figure.add_scatter(
            x=[one.x for one in parts],
            y=[one.y for one in parts],
            mode="lines+markers",
            line={"color": OUTLINE, "width": 2},
            marker=marker(OUTLINE, np.linspace(6, 12, len(parts)).tolist(), width=1),
            text=[escape_label(one.label, 80) for one in parts],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    figure.add_scatter(
        x=[whole.x],
        y=[whole.y],
        mode="markers",
        name="your song",
        marker=marker("#e8c50f", 18, "star", color="black", width=2),
        text=[escape_label(whole.label, 80)],
        hovertemplate="%{text}<extra></extra>",
    )


def spectrum_chart(
    spectra: "pd.DataFrame",
    frequencies: np.ndarray,
    highlighted: Sequence[str],
    genres: Sequence[str],
) -> "go.Figure":
    """Mean spectrum of each genre.

    Parameters
    ----------
    spectra : pd.DataFrame
        What `deepmusic.data.explore.spectra` returned.
    frequencies : np.ndarray [shape=(n_mels,)]
        Centre of each band, in Hz.
    highlighted : sequence of str
        Genres in colour; the others stay behind them, in grey.
    genres : sequence of str
        All of the dataset; gives colours.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    colours = genre_colours(genres)
    grey = {"color": "rgba(133, 130, 143, 0.35)", "width": 1.2}
    for genre in sorted(spectra.index, key=lambda genre: genre in highlighted):
        in_front = genre in highlighted
        figure.add_scatter(
            x=frequencies,
            y=spectra.loc[genre],
            mode="lines",
            name=format_genre(genre),
            line={"color": colours[genre], "width": 3.5} if in_front else grey,
            showlegend=in_front,
            hovertemplate=f"{escape_label(format_genre(genre), 80)}: %{{y:.0f}} dB at %{{x:.0f}} Hz"
            "<extra></extra>",
        )
    ticks = [f"{f // 1000}k" if f >= 1000 else str(f) for f in _FREQUENCIES]
    figure.update_xaxes(type="log", title="Frequency, Hz", tickvals=_FREQUENCIES, ticktext=ticks)
    figure.update_yaxes(title="dB below the loudest point")
    return set_layout(figure, height=330, margin_r=12, margin_t=8)


def dynamics_chart(
    table: "pd.DataFrame", highlighted: Sequence[str], genres: Sequence[str]
) -> "go.Figure":
    """Box plot of the dynamics of each genre's clips, the flattest genre on top.

    Parameters
    ----------
    table : pd.DataFrame
        By track: ``genre`` and ``dynamics`` in dB.
    highlighted, genres
        As in `spectrum_chart`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    colours = genre_colours(genres)
    by_genre = table.groupby("genre")["dynamics"]
    for genre in by_genre.median().sort_values(ascending=False).index:
        figure.add_box(
            x=by_genre.get_group(genre),
            name=format_genre(genre),
            marker={"color": colours[genre] if genre in highlighted else NEUTRAL, "size": 4},
            boxpoints="outliers",
            showlegend=False,
            hoverinfo="x",
        )
    figure.update_xaxes(title="Between soft and loud, dB", rangemode="tozero")
    return set_layout(figure, height=330, margin_r=12, margin_t=8)


def labels(tracks: Mapping[str, "Track"]) -> dict[str, str]:
    """Return the hover text of each track: its id, artist and title, escaped."""
    return {
        name: escape_label(", ".join(filter(None, (name, track.artist, track.title))), 80)
        for name, track in tracks.items()
    }
