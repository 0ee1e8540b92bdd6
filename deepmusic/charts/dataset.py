"""Charts of a dataset: map of its clips, mean spectra and dynamics of its genres."""

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.charts.style import genre_colours
from deepmusic.config import MelConfig

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


_FONT = {"size": 15}

#: Marks that tell genres of one colour, or of like colours, apart.
_MARKS = ("circle", "square", "diamond", "cross", "triangle-up", "star", "x", "pentagon")

_FREQUENCIES = (100, 200, 500, 1000, 2000, 5000, 10_000)


def map_chart(
    table: "pd.DataFrame", genres: Sequence[str], chosen: str | None = None
) -> "go.Figure":
    """Draw the clips of a collection on a plane, coloured by genre.

    Parameters
    ----------
    table : pd.DataFrame
        By track: ``x``, ``y``, ``genre``, ``label`` (what hovering says).
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
    colours = genre_colours(genres)
    for number, genre in enumerate(genres):
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
            marker={
                "size": 9,
                "color": colours[genre],
                "symbol": _MARKS[number % len(_MARKS)],
                "line": {"width": 0.5, "color": "rgba(255, 255, 255, 0.7)"},
            },
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            hovertemplate=f"<b>{_plain(genre)}</b><br>%{{text}}<extra></extra>",
        )
    if chosen in table.index:
        figure.add_scatter(
            x=[table.loc[chosen, "x"]],
            y=[table.loc[chosen, "y"]],
            mode="markers",
            marker={"size": 22, "symbol": "circle-open", "color": "#ff2d78", "line": {"width": 4}},
            hoverinfo="skip",
            showlegend=False,
        )
    nothing = {"visible": False, "fixedrange": True}
    figure.update_xaxes(**nothing)
    figure.update_yaxes(**nothing)
    figure.update_layout(
        height=440,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 0,
            "yanchor": "top",
            "font": _FONT,
            "itemsizing": "constant",
        },
        dragmode=False,
        hovermode="closest",
    )
    return figure


def spectrum_chart(
    spectra: "pd.DataFrame", frequencies: np.ndarray, shown: Sequence[str], genres: Sequence[str]
) -> "go.Figure":
    """Draw the mean spectrum of genres over their common mean.

    Parameters
    ----------
    spectra : pd.DataFrame
        What `deepmusic.browse.spectra` returned.
    frequencies : np.ndarray [shape=(n_mels,)]
        Middle of each band, in Hz.
    shown : sequence of str
        The genres to draw strongly; the others stay behind them, in grey.
    genres : sequence of str
        All of the collection; gives colours.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    colours = genre_colours(genres)
    for genre in sorted(spectra.index, key=lambda genre: genre in shown):
        strong = genre in shown
        figure.add_scatter(
            x=frequencies,
            y=spectra.loc[genre],
            mode="lines",
            name=genre,
            line={
                "color": colours[genre] if strong else "rgba(133, 130, 143, 0.35)",
                "width": 3.5 if strong else 1.2,
            },
            showlegend=strong,
            hovertemplate=f"{_plain(genre)}: %{{y:.0f}} dB at %{{x:.0f}} Hz<extra></extra>",
        )
    figure.update_xaxes(
        type="log",
        title="Frequency, Hz",
        tickvals=_FREQUENCIES,
        ticktext=[f"{f // 1000}k" if f >= 1000 else str(f) for f in _FREQUENCIES],
    )
    figure.update_yaxes(title="dB below the loudest point")
    return _laid_out(figure, height=330)


def dynamics_chart(
    table: "pd.DataFrame", shown: Sequence[str], genres: Sequence[str]
) -> "go.Figure":
    """Draw how far loud and soft lie apart in each genre's clips, the flattest genre first.

    Parameters
    ----------
    table : pd.DataFrame
        By track: ``genre`` and ``dynamics`` in dB.
    shown, genres
        As in `spectrum_chart`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    colours = genre_colours(genres)
    medians = table.groupby("genre")["dynamics"].median().sort_values(ascending=False)
    for genre in medians.index:
        strong = genre in shown
        figure.add_box(
            x=table.loc[table["genre"] == genre, "dynamics"],
            name=genre,
            marker={"color": colours[genre] if strong else "#85828f", "size": 4},
            boxpoints="outliers",
            showlegend=False,
            hoverinfo="x",
        )
    figure.update_xaxes(title="Between soft and loud, dB", rangemode="tozero")
    return _laid_out(figure, height=330)


def _plain(text: str, longest: int = 80) -> str:
    """Shorten what came from outside, and escape what plotly would take for markup."""
    return html.escape(
        text if len(text) <= longest else text[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )


def _laid_out(figure: "go.Figure", height: int) -> "go.Figure":
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(tickfont=_FONT, title_font=_FONT, fixedrange=True)
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 12, "t": 8, "b": 0},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": _FONT},
        dragmode=False,
    )
    return figure


def frame_words(mel: MelConfig) -> str:
    """Say what the settings of a spectrogram let one see, in a student's words."""
    window = 1000 * mel.n_fft / mel.sample_rate
    step = 1000 * mel.hop_length / mel.sample_rate
    pitch = mel.sample_rate / mel.n_fft
    return (
        f"Each column listens to **{window:.0f} ms** at once, and so tells tones apart that lie "
        f"**{pitch:.0f} Hz** or more from each other. A new column starts every **{step:.1f} ms**: "
        f"{1000 / step:.0f} a second. Its {mel.n_fft // 2 + 1} frequencies are summed up in "
        f"**{mel.n_mels} mel bands**, which are as narrow as the ear is fine: close together for "
        "low tones, far apart for high ones."
    )


def empty_bands(mel: MelConfig) -> int:
    """Return how many mel bands are narrower than the frequencies lie apart, and so stay empty."""
    import warnings

    import librosa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        filters = librosa.filters.mel(sr=mel.sample_rate, n_fft=mel.n_fft, n_mels=mel.n_mels)
    return int((filters.max(axis=1) == 0).sum())


def labels(tracks: Mapping[str, object]) -> dict[str, str]:
    """Return what to say of each track: its id, artist and title, escaped for a chart."""
    return {
        track: _plain(", ".join(filter(None, (track, facts.artist, facts.title))))
        for track, facts in tracks.items()
    }
