"""Results as pictures: PNG spectrograms and plotly figures. No Streamlit and no Keras here."""

import base64
import html
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.config import GTZAN_GENRES, MelConfig
from deepmusic.features import ClipPicture
from deepmusic.models import ENSEMBLE, title
from deepmusic.prediction import Prediction

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

#: One colour per genre, everywhere: the ten of Petroff (2021, arXiv 2107.02270), chosen so that
#: colour-blind eyes tell them apart. Names stand beside them wherever they are used.
GENRE_COLOURS = dict(
    zip(
        GTZAN_GENRES,
        (
            "#3f90da",
            "#b9ac70",
            "#a96b59",
            "#832db6",
            "#e76300",
            "#ffa90e",
            "#717581",
            "#92dadd",
            "#94a4a2",
            "#bd1f01",
        ),
        strict=True,
    )
)

#: One colour and one mark per model, everywhere (after Okabe and Ito); readable on light and dark.
MODEL_COLOURS = {"cnn": "#2f86c9", "crnn": "#d55e00", "cnn_gru": "#009e73", ENSEMBLE: "#8b7cf0"}
MODEL_MARKS = {"cnn": "circle", "crnn": "square", "cnn_gru": "diamond", ENSEMBLE: "line-ns"}

#: Frequencies marked beside a spectrogram, in Hz.
FREQUENCY_TICKS = (250, 500, 1000, 2000, 4000, 8000)

#: Quantities of a training, as `history_chart` draws them.
QUANTITIES = {"accuracy": "Accuracy", "loss": "Loss"}

_WIDEST_PNG = 2000
_AXIS_FONT = {"size": 15}

#: For pictures to save: a saved picture falls back from the page's own font to a wider one, for
#: which the legend and the margins were not laid out.
_SAVED_FONT = _AXIS_FONT | {"family": "Arial, Helvetica, sans-serif"}

#: A training's learning rate falls to this share or less where we mark it.
_RATE_DROP = 0.6

#: Runs of one network differ in dash and in shade: none, towards white, towards black.
_DASHES = ("solid", "dash", "longdashdot")
_SHADES = (0.0, 0.4, -0.25)

_EPOCH_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000)

#: For what belongs to no network; readable on light and dark.
_NEUTRAL = "#85828f"


def genre_colour(genre: str) -> str:
    """Return the colour of a genre; grey for one that GTZAN does not have."""
    return GENRE_COLOURS.get(genre, "#888888")


def genre_colours(genres: Sequence[str]) -> dict[str, str]:
    """Return a colour for each genre of a collection.

    GTZAN's genres keep theirs, also where another collection spells them ``Hip-Hop`` or ``Rock``;
    the others take what is left of the ten, and then start over.
    """
    by_letters = {_letters(genre): colour for genre, colour in GENRE_COLOURS.items()}
    known = {genre: by_letters.get(_letters(genre)) for genre in genres}
    free = [colour for colour in GENRE_COLOURS.values() if colour not in known.values()]
    rest = cycle(free or GENRE_COLOURS.values())
    return {genre: colour or next(rest) for genre, colour in known.items()}


def _letters(genre: str) -> str:
    return "".join(filter(str.isalnum, genre.lower()))


def spectrogram_png(clips: Sequence[ClipPicture], mel: MelConfig) -> bytes:
    """Draw a song's mel-spectrogram, low notes at the bottom, on one dB scale for all its clips.

    Parameters
    ----------
    clips : sequence of ClipPicture
        The song, clip by clip.
    mel : MelConfig
        Front end; ``top_db`` is the range of the colours.

    Returns
    -------
    bytes
        A PNG of `n_mels` rows and one column a frame (fewer for songs of over 46 s), in magma:
        black is ``top_db`` below the loudest point, pale yellow is that point.
    """
    decibels = np.concatenate([clip.decibels for clip in clips], axis=1)
    n_frames = decibels.shape[1]
    if n_frames > _WIDEST_PNG:
        # The loudest of the frames that share a column, so that drum hits stay visible.
        edges = np.linspace(0, n_frames, _WIDEST_PNG, endpoint=False).astype(int)
        decibels = np.maximum.reduceat(decibels, edges, axis=1)
    level = np.clip((decibels - decibels.max()) / mel.top_db + 1, 0, 1)
    return _magma_png(level)


def _magma_png(level: np.ndarray) -> bytes:
    """Draw levels of 0 to 1 [rows, columns] in magma, the first row at the bottom."""
    from PIL import Image

    image = Image.fromarray(np.rint(level[::-1] * 255).astype(np.uint8), mode="P")
    image.putpalette(magma().tobytes())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def magma() -> np.ndarray:
    """Return magma as 256 rows of red, green and blue, uint8."""
    from plotly.colors import sequential, unlabel_rgb, validate_colors

    stops = np.array([unlabel_rgb(colour) for colour in validate_colors(sequential.Magma, "rgb")])
    position = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(position, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def frequency_ticks(mel: MelConfig) -> list[tuple[str, float]]:
    """Place frequency marks beside a mel-spectrogram.

    Returns
    -------
    list of (str, float)
        A label such as ``1 kHz``, and its height from 0 (bottom) to 1 (top).
    """
    import librosa

    top = librosa.hz_to_mel(mel.sample_rate / 2)
    return [
        (
            f"{frequency // 1000} kHz" if frequency >= 1000 else f"{frequency} Hz",
            float(librosa.hz_to_mel(frequency) / top),
        )
        for frequency in FREQUENCY_TICKS
        if frequency < mel.sample_rate / 2
    ]


def genre_runs(prediction: Prediction) -> list[dict[str, float | str]]:
    """Cut a song's timeline into one stretch a window, without overlap.

    Windows overlap by half; each stretch reaches from the middle between its window and the one
    before to the middle between it and the next.

    Returns
    -------
    list of dict
        ``start``, ``end`` in s, ``genre`` and its ``probability``.
    """
    middle = (prediction.starts + prediction.ends) / 2
    borders = (middle[1:] + middle[:-1]) / 2
    starts = np.concatenate([prediction.starts[:1], borders])
    ends = np.concatenate([borders, prediction.ends[-1:]])
    best = prediction.window_probabilities.max(axis=1)
    return [
        {"start": float(start), "end": float(end), "genre": genre, "probability": float(share)}
        for start, end, genre, share in zip(
            starts, ends, prediction.window_genres, best, strict=True
        )
    ]


def genre_chart(predictions: Mapping[str, Prediction], featured: str) -> "go.Figure":
    """Show what each network gives each genre: genres as rows, networks as marks on one scale.

    Parameters
    ----------
    predictions : mapping of str to Prediction
        By network.
    featured : str
        The network whose probabilities sort the rows and are drawn as bars.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    lead = predictions[featured]
    order = np.argsort(lead.song_probabilities)
    genres = [lead.genres[index] for index in order]
    figure = go.Figure(
        go.Bar(
            x=100 * lead.song_probabilities[order],
            y=genres,
            orientation="h",
            marker_color=[genre_colour(genre) for genre in genres],
            marker_opacity=0.45,
            name=f"{title(featured)} (bar)",
            showlegend=False,
            hovertemplate=f"{title(featured)}: %{{y}} %{{x:.1f}} %<extra></extra>",
        )
    )
    for name, prediction in predictions.items():
        if name == ENSEMBLE:
            continue
        figure.add_scatter(
            x=100 * prediction.song_probabilities[order],
            y=genres,
            mode="markers",
            name=title(name),
            marker={
                "symbol": MODEL_MARKS[name],
                "size": 11,
                "color": MODEL_COLOURS[name],
                "line": {"width": 1, "color": "white"},
            },
            hovertemplate=f"{title(name)}: %{{y}} %{{x:.1f}} %<extra></extra>",
        )
    figure.update_xaxes(
        range=[0, 102], ticksuffix=" %", tickfont=_AXIS_FONT, dtick=50, fixedrange=True
    )
    figure.update_yaxes(tickfont=_AXIS_FONT, fixedrange=True)
    figure.update_layout(
        height=300,
        margin={"l": 0, "r": 26, "t": 28, "b": 0},
        # As wide as the whole chart, so that all networks stand in one row.
        legend={
            "orientation": "h",
            "xref": "container",
            "yref": "container",
            "x": 0,
            "y": 1,
            "yanchor": "top",
            "font": _AXIS_FONT,
        },
        bargap=0.35,
    )
    return figure


# === Training curves ===


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
        update(tickfont=_SAVED_FONT, title_font=_SAVED_FONT, title_standoff=6, fixedrange=True)
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
            "font": _SAVED_FONT,
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
    colour = _shade(MODEL_COLOURS[curve.model], _SHADES[number % len(_SHADES)])
    shared = {
        "name": _plain(curve.name),
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
        "validation": {"dash": _DASHES[number % len(_DASHES)], "width": width},
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
            line={"dash": dash, "width": width, "color": _NEUTRAL},
            legendrank=3,
        )
    for name, symbol in marks.items():
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 11, "color": _NEUTRAL},
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


def _shade(colour: str, amount: float) -> str:
    """Mix a colour with white (`amount` above 0) or black (below)."""
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    goal = 255 if amount > 0 else 0
    mixed = (round(channel + abs(amount) * (goal - channel)) for channel in channels)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _plain(name: str, longest: int = 32) -> str:
    """Shorten a name for a legend, and escape what plotly would take for markup."""
    return html.escape(
        name if len(name) <= longest else name[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )


# === Confusion matrices ===

#: For matrices, which must be read from the back row.
_MATRIX_FONT = {"size": 16}

#: Small shares must show, since a confusion of 3 in 30 is what one looks for: hence the bend. The
#: numbers stand in the cells, so that nobody has to read them off the colours.
_MATRIX_COLOURS = {
    False: ((0, "#f4f3f8"), (0.1, "#d9d1fa"), (0.3, "#a998ee"), (1, "#4a2fc4")),
    True: ((0, "#211e2c"), (0.1, "#382f66"), (0.3, "#5540ad"), (1, "#7458ee")),
}
_DIFFERENCE_COLOURS = {
    False: ((0, "#b35900"), (0.35, "#f5b877"), (0.5, "#f4f3f8"), (0.65, "#a998ee"), (1, "#4a2fc4")),
    True: ((0, "#c2620a"), (0.35, "#6e3d0d"), (0.5, "#211e2c"), (0.65, "#493891"), (1, "#7458ee")),
}
_OUTLINE = "#ff2d78"


def confusion_chart(
    matrix: "pd.DataFrame",
    *,
    unit: str,
    top: float,
    title: str = "",
    chosen: tuple[str, str] | None = None,
    dark: bool = False,
) -> "go.Figure":
    """Draw a confusion matrix: labels downwards, what was heard to the right.

    Parameters
    ----------
    matrix : pd.DataFrame
        By label (row) and genre heard (column). What is 0 stays empty.
    unit : str
        Of its values: ``clips`` or ``%``.
    top : float
        The value of the strongest colour; the same for matrices side by side.
    title : str
        Above it.
    chosen : (str, str), optional
        Label and genre heard of a cell to outline.
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
        Its cells can be clicked: a selected point's ``y`` is the label, its ``x`` what was heard.
    """
    text = [[f"{value:.0f}" if value >= 0.5 else "" for value in row] for row in matrix.to_numpy()]
    told = f"labelled %{{y}}, heard as %{{x}}: %{{customdata:.0f}} {unit}<extra></extra>"
    figure = _matrix_chart(matrix, text, told, title, chosen)
    figure.data[0].update(zmin=0, zmax=top, colorscale=_MATRIX_COLOURS[dark])
    return figure


def difference_chart(
    matrix: "pd.DataFrame",
    *,
    unit: str,
    top: float,
    title: str = "",
    chosen: tuple[str, str] | None = None,
    dark: bool = False,
) -> "go.Figure":
    """Draw one confusion matrix less another: violet where the first has more, orange where less.

    Parameters are those of `confusion_chart`; the colours reach from ``-top`` to ``top``.
    """
    text = [
        [
            f"{value:+.0f}".replace("-", "\N{MINUS SIGN}") if abs(value) >= 0.5 else ""
            for value in row
        ]
        for row in matrix.to_numpy()
    ]
    told = f"labelled %{{y}}, heard as %{{x}}: %{{customdata:+.0f}} {unit}<extra></extra>"
    figure = _matrix_chart(matrix, text, told, title, chosen)
    figure.data[0].update(zmin=-top, zmax=top, colorscale=_DIFFERENCE_COLOURS[dark])
    return figure


def _matrix_chart(
    matrix: "pd.DataFrame",
    text: list[list[str]],
    told: str,
    title: str,
    chosen: tuple[str, str] | None,
) -> "go.Figure":
    """Draw a square of numbers with something over it that can be clicked."""
    import plotly.graph_objects as go

    genres = list(matrix.index)
    figure = go.Figure(
        go.Heatmap(
            z=matrix.to_numpy(dtype=float),
            x=genres,
            y=genres,
            text=text,
            texttemplate="%{text}",
            textfont={"size": 15},
            xgap=1,
            ygap=1,
            showscale=False,
            hoverinfo="skip",
        )
    )
    # Streamlit hears no click on a heatmap, but one on these marks, which nobody sees.
    nothing = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=genres * len(genres),
        y=[genre for genre in genres for _ in genres],
        customdata=matrix.to_numpy(dtype=float).ravel(),
        mode="markers",
        marker={"symbol": "square", "size": 30, "opacity": 0},
        selected=nothing,
        unselected=nothing,
        hovertemplate=told,
        showlegend=False,
    )
    if chosen and {*chosen} <= {*genres}:
        row, column = map(genres.index, chosen)
        figure.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"color": _OUTLINE, "width": 3},
        )
    # Ranges of our own: plotly would leave room for the whole of the outermost marks.
    edge = len(genres) - 0.5
    figure.update_xaxes(title="heard as", tickangle=-90, range=[-0.5, edge], title_standoff=6)
    figure.update_yaxes(title="label", range=[edge, -0.5], title_standoff=14)
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(
            tickfont=_MATRIX_FONT,
            title_font=_MATRIX_FONT,
            showgrid=False,
            zeroline=False,
            # Unseen: they only keep the names off the cells.
            ticks="outside",
            ticklen=6,
            tickcolor="rgba(0, 0, 0, 0)",
            dtick=1,
            fixedrange=True,
        )
    figure.update_layout(
        title={
            "text": _plain(title, 40),
            "x": 0,
            "y": 0.99,
            "yanchor": "top",
            "font": {"size": 18},
        },
        height=410,
        margin={"l": 0, "r": 4, "t": 34 if title else 4, "b": 0, "pad": 0},
        dragmode=False,
        hovermode="closest",
    )
    return figure


def precision_chart(
    ours: Mapping[str, float], papers: Mapping[str, float], model: str, *, name: str
) -> "go.Figure":
    """Show for each genre how far our precision lies from the paper's.

    Parameters
    ----------
    ours, papers : mapping of str to float
        Precision by genre in percent; not a number where nothing was heard as that genre.
    model : str
        A key of `deepmusic.models.MODELS`; gives the colour.
    name : str
        What to call ours.

    Returns
    -------
    plotly.graph_objects.Figure
        The paper's best genre at the top.
    """
    import plotly.graph_objects as go

    genres = sorted(papers, key=papers.get)
    colour = MODEL_COLOURS[model]
    figure = go.Figure()
    between: tuple[list, list] = ([], [])
    for genre in genres:
        between[0].extend([papers[genre], ours.get(genre), None])
        between[1].extend([genre, genre, None])
    figure.add_scatter(
        x=between[0],
        y=between[1],
        mode="lines",
        line={"color": _NEUTRAL, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    looks = {
        "paper": (papers, f"{MODEL_MARKS[model]}-open"),
        "ours": (ours, MODEL_MARKS[model]),
    }
    for whose, (values, symbol) in looks.items():
        figure.add_scatter(
            x=[values.get(genre) for genre in genres],
            y=genres,
            mode="markers",
            name=whose,
            marker={
                "symbol": symbol,
                "size": 13,
                "color": colour,
                "line": {"width": 2, "color": colour},
            },
            hovertemplate=f"{whose}: %{{y}} %{{x:.0f}} %<extra></extra>",
        )
    figure.update_xaxes(range=[0, 103], ticksuffix=" %", dtick=50)
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(tickfont=_MATRIX_FONT, fixedrange=True)
    figure.update_layout(
        title={"text": _plain(name, 40), "x": 0, "y": 0.99, "yanchor": "top", "font": {"size": 18}},
        height=380,
        margin={"l": 0, "r": 26, "t": 60, "b": 0},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": _MATRIX_FONT},
        dragmode=False,
    )
    return figure


# === Scores side by side ===

#: For charts that a class reads from the back row.
_PROJECTOR_FONT = _SAVED_FONT | {"size": 16}

_FAINT = "rgba(133, 130, 143, 0.25)"


@dataclass(frozen=True)
class Dot:
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


def interval_chart(dots: Sequence[Dot], *, ceiling: float | None = None) -> "go.Figure":
    """Draw shares as dots with their intervals, the first on top, on an axis that is cut off.

    Parameters
    ----------
    dots : sequence of Dot
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
                "color": MODEL_COLOURS.get(dot.model, _NEUTRAL),
                # The line that stands for the ensemble elsewhere would vanish in its interval.
                "symbol": "star" if dot.model == ENSEMBLE else MODEL_MARKS.get(dot.model),
                "line": {"width": 1.5, "color": "white"},
            },
            showlegend=False,
            name=_plain(dot.name),
            hovertemplate="<b>%{fullData.name}</b><br>%{x:.1f} %, interval "
            f"{100 * dot.low:.1f} to {100 * dot.high:.1f} %<extra></extra>",
        )
        figure.add_annotation(
            x=100 * dot.value,
            y=height_of[dot.name],
            text=f"<b>{100 * dot.value:.1f} %</b>",
            yshift=20,
            showarrow=False,
            font=_PROJECTOR_FONT,
        )
    printed = [dot for dot in dots if dot.paper is not None]
    if printed:
        figure.add_scatter(
            x=[100 * dot.paper for dot in printed],
            y=[height_of[dot.name] for dot in printed],
            customdata=[_plain(dot.name) for dot in printed],
            mode="markers",
            name="the paper",
            marker={
                "size": 15,
                "symbol": "circle-open",
                "color": _NEUTRAL,
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
        figure.add_vline(x=100 * ceiling, line={"color": _NEUTRAL, "dash": "dash", "width": 2})
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="lines",
            name=f"ceiling of about {100 * ceiling:.1f} %",
            line={"color": _NEUTRAL, "dash": "dash", "width": 2},
        )
    figure.update_annotations(font=_PROJECTOR_FONT)
    figure.update_xaxes(
        range=[left, 101], ticksuffix=" %", dtick=10, showgrid=True, gridcolor=_FAINT
    )
    figure.update_yaxes(
        range=[-0.5, len(dots) - 0.35],
        tickvals=list(height_of.values()),
        ticktext=[_plain(name, 24) + " " for name in height_of],
        showgrid=False,
        zeroline=False,
    )
    _set_for_projector(figure, height=70 + 56 * len(dots))
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
            name=_plain(name),
            marker_color=MODEL_COLOURS.get(names[name], _NEUTRAL),
            hovertemplate="<b>%{x}</b><br>%{fullData.name}: %{y:.0f} %<extra></extra>",
        )
    figure.update_yaxes(range=[0, 101], ticksuffix=" %", dtick=25)
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.06)
    _set_for_projector(figure, height=360)
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
        line={"color": _NEUTRAL, "dash": "dash", "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    most = max((one["count"] for found in bins.values() for one in found), default=1)
    for name, found in bins.items():
        filled = [one for one in found if one["count"]]
        colour = MODEL_COLOURS.get(names[name], _NEUTRAL)
        figure.add_scatter(
            x=[100 * one["confidence"] for one in filled],
            y=[100 * one["accuracy"] for one in filled],
            customdata=[one["count"] for one in filled],
            mode="lines+markers",
            name=_plain(name),
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
            x=x, y=y, text=words, showarrow=False, font=_PROJECTOR_FONT | {"color": _NEUTRAL}
        )
    figure.update_xaxes(title="how sure", range=[0, 103], title_standoff=6)
    figure.update_yaxes(title="how often right", range=[0, 107], title_standoff=8)
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(ticksuffix=" %", dtick=25, showgrid=True, gridcolor=_FAINT, zeroline=False)
    _set_for_projector(figure, height=380)
    return figure


@dataclass(frozen=True)
class MapPoint:
    """A song on a map.

    Attributes
    ----------
    x, y : float
        Where it lies.
    name : str
        For people to read; may be anything.
    genre : str
        The one heard most; its colour.
    rank : int or None
        Its place among the results; None for the others.
    """

    x: float
    y: float
    name: str
    genre: str
    rank: int | None = None


def song_map(
    points: Sequence[MapPoint], query: tuple[float, float] | None, genres: Sequence[str]
) -> "go.Figure":
    """Show songs as points that lie near where they sound alike, with the query among them.

    Parameters
    ----------
    points : sequence of MapPoint
        The songs; those with a rank are drawn large, with their number.
    query : (float, float) or None
        Where the query lies.
    genres : sequence of str
        In the order of the legend.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for genre in genres:
        among = [point for point in points if point.genre == genre]
        if not among:
            continue
        # As SVG: WebGL's points would lie above the numbers of the results.
        figure.add_scatter(
            x=[point.x for point in among],
            y=[point.y for point in among],
            mode="markers",
            name=genre,
            marker={"size": 8, "color": genre_colour(genre), "opacity": 0.75},
            text=[_plain(point.name, 60) for point in among],
            hovertemplate="%{text}<br>" + genre + "<extra></extra>",
        )
    # The best is drawn last, so that it is on top where results lie on each other.
    found = sorted(
        (point for point in points if point.rank is not None), key=lambda point: -point.rank
    )
    if found:
        figure.add_scatter(
            x=[point.x for point in found],
            y=[point.y for point in found],
            mode="markers+text",
            marker={
                "size": 24,
                "color": [genre_colour(point.genre) for point in found],
                "line": {"width": 2, "color": "white"},
            },
            text=[f"<b>{point.rank}</b>" for point in found],
            textfont={
                "size": 13,
                "color": [_ink_on(genre_colour(point.genre)) for point in found],
            },
            customdata=[_plain(point.name, 60) for point in found],
            hovertemplate="%{text}. %{customdata}<extra></extra>",
            showlegend=False,
        )
    if query:
        figure.add_scatter(
            x=[query[0]],
            y=[query[1]],
            mode="markers",
            name="your query",
            marker={
                "symbol": "star",
                "size": 22,
                "color": "#e8c50f",
                "line": {"width": 2, "color": "black"},
            },
            hovertemplate="your query<extra></extra>",
        )
    _set_for_projector(figure, height=400)
    for update in (figure.update_xaxes, figure.update_yaxes):
        # The directions have no unit and no name; only nearness says something.
        update(showticklabels=False, showgrid=False, zeroline=False, title=None)
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={"y": 0, "yanchor": "top", "font": _AXIS_FONT, "itemsizing": "constant"},
    )
    return figure


def _ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour (relative luminance, WCAG)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    light = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return "#000" if 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.18 else "#fff"


def _set_for_projector(figure: "go.Figure", height: int) -> None:
    """Set large type, and a range that a finger which scrolls the page does not catch."""
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(tickfont=_PROJECTOR_FONT, title_font=_PROJECTOR_FONT, fixedrange=True)
    figure.update_layout(
        height=height,
        # Room for half of the last label, which plotly drops otherwise.
        margin={"l": 0, "r": 30, "t": 36, "b": 0},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "yanchor": "bottom",
            "font": _PROJECTOR_FONT,
        },
        dragmode=False,
    )


# === The lesson ===

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
    _set_for_projector(figure, height=340)
    figure.update_layout(margin_t=6)


def filter_picture(values: np.ndarray) -> bytes:
    """Draw what one filter saw in a window: dark is nothing, bright is its own strongest answer.

    Parameters
    ----------
    values : np.ndarray [shape=(n_columns, n_mels)]
        One filter's activations, 0 or more.

    Returns
    -------
    bytes
        A PNG of `n_mels` rows, low pitches at the bottom, and `n_columns` columns.
    """
    top = float(values.max())
    return _magma_png(np.clip(values.T / top, 0, 1) if top > 0 else np.zeros(values.T.shape))


def data_url(png: bytes) -> str:
    """Return a PNG as an address that a browser needs to fetch nothing for."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


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
        colorscale=_DIFFERENCE_COLOURS[dark],
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
                "dash": _DASHES[number % len(_DASHES)],
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
    _set_for_projector(figure, height=345)
    return figure


_GUESS_MARKS = ("circle", "square", "diamond", "cross", "triangle-up")


def vote_chart(prediction: Prediction, *, dark: bool = False) -> "go.Figure":
    """Show what each window gives each genre, and beside it the mean that is the verdict.

    Parameters
    ----------
    prediction : Prediction
        Of one network, or of the ensemble.
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
        The genre of the verdict on top.
    """
    from plotly.subplots import make_subplots

    order = np.argsort(prediction.song_probabilities)
    genres = [prediction.genres[index] for index in order]
    mean = 100 * prediction.song_probabilities[order]
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        column_widths=[0.72, 0.28],
        horizontal_spacing=0.02,
        subplot_titles=("each window's vote", "mean"),
    )
    figure.add_heatmap(
        x=(prediction.starts + prediction.ends) / 2,
        y=genres,
        z=100 * prediction.window_probabilities[:, order].T,
        zmin=0,
        zmax=100,
        colorscale=_MATRIX_COLOURS[dark],
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="%{y} at %{x:.0f} s: %{z:.0f} %<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_bar(
        x=mean,
        y=genres,
        orientation="h",
        marker_color=[genre_colour(genre) for genre in genres],
        text=[f"{share:.0f} %" if share >= 0.5 else "" for share in mean],
        textposition="outside",
        textfont=_PROJECTOR_FONT,
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        row=1,
        col=2,
    )
    figure.update_xaxes(title="seconds", showgrid=False, zeroline=False, row=1, col=1)
    figure.update_xaxes(
        range=[0, 1.3 * mean.max()], showticklabels=False, showgrid=False, row=1, col=2
    )
    figure.update_xaxes(ticks="")
    figure.update_yaxes(showgrid=False, ticks="")
    figure.update_annotations(font=_PROJECTOR_FONT)
    _set_for_projector(figure, height=345)
    figure.update_layout(showlegend=False, bargap=0.25)
    return figure
