"""Charts of a dataset: map of its clips, mean spectra and dynamics of its genres."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_FREQUENCIES = (100, 200, 500, 1000, 2000, 5000, 10_000)


def map_chart(
    table: "pd.DataFrame", genres: Sequence[str], chosen: str | None = None
) -> "go.Figure":
    """Map of the clips of a dataset, coloured by genre.

    Parameters
    ----------
    table : pd.DataFrame
        By track: ``x``, ``y``, ``genre``, ``label`` (hover text).
    genres : sequence of str
        In the order of the legend; gives colours and marks.
    chosen : str, optional
        A track to ring.

    Returns
    -------
    plotly.graph_objects.Figure
        A selected point's ``customdata`` is its track.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    opaque = {"marker": {"opacity": 1}}
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
            name=genre,
            marker=marker(
                colour, 9, MARKS[number % len(MARKS)], width=0.5, color="rgba(255, 255, 255, 0.7)"
            ),
            selected=opaque,
            unselected=opaque,
            hovertemplate=f"<b>{escape_label(genre, 80)}</b><br>%{{text}}<extra></extra>",
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
    return set_map_layout(figure, height=440, margin_t=8)


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
        Middle of each band, in Hz.
    highlighted : sequence of str
        The genres drawn in colour; the others stay behind them, in grey.
    genres : sequence of str
        All of the dataset; gives colours.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    colours = genre_colours(genres)
    for genre in sorted(spectra.index, key=lambda genre: genre in highlighted):
        in_front = genre in highlighted
        figure.add_scatter(
            x=frequencies,
            y=spectra.loc[genre],
            mode="lines",
            name=genre,
            line={"color": colours[genre], "width": 3.5}
            if in_front
            else {"color": "rgba(133, 130, 143, 0.35)", "width": 1.2},
            showlegend=in_front,
            hovertemplate=f"{escape_label(genre, 80)}: %{{y:.0f}} dB at %{{x:.0f}} Hz"
            "<extra></extra>",
        )
    figure.update_xaxes(
        type="log",
        title="Frequency, Hz",
        tickvals=_FREQUENCIES,
        ticktext=[f"{f // 1000}k" if f >= 1000 else str(f) for f in _FREQUENCIES],
    )
    figure.update_yaxes(title="dB below the loudest point")
    return set_layout(figure, height=330, size=15, margin_r=12, margin_t=8)


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
    medians = table.groupby("genre")["dynamics"].median().sort_values(ascending=False)
    for genre in medians.index:
        figure.add_box(
            x=table.loc[table["genre"] == genre, "dynamics"],
            name=genre,
            marker={"color": colours[genre] if genre in highlighted else NEUTRAL, "size": 4},
            boxpoints="outliers",
            showlegend=False,
            hoverinfo="x",
        )
    figure.update_xaxes(title="Between soft and loud, dB", rangemode="tozero")
    return set_layout(figure, height=330, size=15, margin_r=12, margin_t=8)


def labels(tracks: Mapping[str, object]) -> dict[str, str]:
    """Return each track's hover text: its id, artist and title, escaped."""
    return {
        track: escape_label(", ".join(filter(None, (track, facts.artist, facts.title))), 80)
        for track, facts in tracks.items()
    }
