"""Colours, marks, fonts and the one layout of all charts."""

import html
from collections.abc import Sequence
from contextvars import ContextVar
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any

from deepmusic.config import GTZAN_GENRES
from deepmusic.formatting import GENRE_LABELS
from deepmusic.models import ENSEMBLE, PRETRAINED

if TYPE_CHECKING:
    import plotly.graph_objects as go

# The ten of Petroff (2021, arXiv 2107.02270), which colour-blind eyes tell apart.
_PALETTE = (
    *("#3f90da", "#b9ac70", "#a96b59", "#832db6", "#e76300"),
    *("#ffa90e", "#717581", "#92dadd", "#94a4a2", "#bd1f01"),
)

#: One colour per genre, everywhere; its name is always beside it.
GENRE_COLOURS = dict(zip(GTZAN_GENRES, _PALETTE, strict=True))

#: One colour and one mark per model, everywhere (after Okabe and Ito); readable on light and dark.
MODEL_COLOURS = {
    "cnn": "#2f86c9",
    "crnn": "#d55e00",
    "cnn_gru": "#009e73",
    ENSEMBLE: "#8b7cf0",
    PRETRAINED: "#cc79a7",
}

MODEL_MARKS = {
    "cnn": "circle",
    "crnn": "square",
    "cnn_gru": "diamond",
    ENSEMBLE: "star",
    PRETRAINED: "triangle-up",
}

#: For what belongs to no network; readable on light and dark.
NEUTRAL = "#85828f"

FAINT = "rgba(133, 130, 143, 0.25)"

#: Around what the reader chose.
OUTLINE = "#ff2d78"

#: Lines and marks that differ in more than colour.
DASHES = ("solid", "dash", "longdashdot")
MARKS = ("circle", "square", "diamond", "cross", "triangle-up", "star", "x", "pentagon")

#: Colour scale of confusion matrices and votes, by whether the page is dark. It bends, since a
#: confusion of 3 in 30 must show; the numbers stand in the cells.
MATRIX_COLOURS = {
    False: ((0, "#f4f3f8"), (0.1, "#d9d1fa"), (0.3, "#a998ee"), (1, "#4a2fc4")),
    True: ((0, "#211e2c"), (0.1, "#382f66"), (0.3, "#5540ad"), (1, "#7458ee")),
}

#: The same for values on both sides of zero.
DIFFERENCE_COLOURS = {
    False: ((0, "#b35900"), (0.35, "#f5b877"), (0.5, "#f4f3f8"), (0.65, "#a998ee"), (1, "#4a2fc4")),
    True: ((0, "#c2620a"), (0.35, "#6e3d0d"), (0.5, "#211e2c"), (0.65, "#493891"), (1, "#7458ee")),
}

#: Plotly template of all charts: titles and legend above on the left, and fixed ranges, so that a
#: finger which scrolls the page drags nothing.
TEMPLATE = {
    "layout": {
        "dragmode": False,
        "xaxis": {"fixedrange": True, "automargin": True},
        "yaxis": {"fixedrange": True, "automargin": True},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "title": {"x": 0, "y": 0.99, "yanchor": "top"},
    }
}

#: Letters of charts are so many times larger: for a projector.
_enlarged: ContextVar[float] = ContextVar("enlarged", default=1.0)

#: For charts to save: in a saved image, the page's web font would become a wider one.
SAVED_FONT_FAMILY = "Arial, Helvetica, sans-serif"


def enlarge(factor: float) -> None:
    """Make the letters of the charts that this thread draws from now on so many times larger."""
    _enlarged.set(factor)


def enlarged(size: float) -> int:
    """Return the size of letters that shall be of a size on a screen, in pixels."""
    return round(_enlarged.get() * size)


def set_layout(figure: "go.Figure", height: int, *, size: int = 16, **layout: Any) -> "go.Figure":
    """Apply the layout of all charts to a figure, and return it.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Finished but for its layout.
    height, size : int
        Height of the chart and of its letters, in pixels. 16 is read from a back row.
    **layout
        What differs in this chart, as for `plotly.graph_objects.Figure.update_layout`.
    """
    size, height = enlarged(size), round(_enlarged.get() ** 0.5 * height)
    # Streamlit's theme overrides the fonts and margins of a template, but not those of a figure.
    font = {"size": size}
    update_axes(figure, tickfont=font, title_font=font, labelalias=GENRE_LABELS)
    figure.layout.template = TEMPLATE  # Instead of plotly's default; an update would join them.
    figure.update_layout(
        height=height,
        font=font,
        legend_font=font,
        title_font_size=enlarged(18),
        # On the right, room for half of the last label, which plotly drops otherwise.
        margin={"l": 0, "r": 30, "t": 36, "b": 0},
    )
    return figure.update_layout(**layout)


def set_map_layout(figure: "go.Figure", height: int, **layout: Any) -> "go.Figure":
    """Apply the layout of maps, without axes, to a figure, and return it."""
    update_axes(figure, visible=False)
    legend = {"y": 0, "yanchor": "top", "itemsizing": "constant"}
    return set_layout(figure, height, legend=legend, margin_r=0, **layout)


def marker(
    colour: str | list[str], size: float | list[float], symbol: str | None = None, **outline: Any
) -> dict[str, Any]:
    """Return a mark with an outline, white and 1 wide unless `outline` says otherwise."""
    line = {"color": "white", "width": 1} | outline
    return {"color": colour, "size": size, "symbol": symbol, "line": line}


def update_axes(figure: "go.Figure", **settings: Any) -> None:
    """Apply settings to all axes."""
    figure.update_xaxes(**settings)
    figure.update_yaxes(**settings)


def genre_colour(genre: str) -> str:
    """Return the colour of a genre; grey for one that GTZAN does not have."""
    return GENRE_COLOURS.get(genre, "#888888")


def genre_colours(genres: Sequence[str]) -> dict[str, str]:
    """Return a colour for each genre of a dataset: GTZAN's for its genres, also spelt ``Hip-Hop``.

    The others take what is left of the ten, and then start over.
    """
    by_letters = {_letters(genre): colour for genre, colour in GENRE_COLOURS.items()}
    known = {genre: by_letters.get(_letters(genre)) for genre in genres}
    free = [colour for colour in _PALETTE if colour not in known.values()]
    rest = cycle(free or _PALETTE)
    return {genre: colour or next(rest) for genre, colour in known.items()}


def _letters(genre: str) -> str:
    return "".join(filter(str.isalnum, genre.lower()))


def shade(colour: str, amount: float) -> str:
    """Mix a colour with white (`amount` above 0) or black (below)."""
    goal = 255 if amount > 0 else 0
    mixed = (round(part + abs(amount) * (goal - part)) for part in bytes.fromhex(colour[1:]))
    return "#" + bytes(mixed).hex()


def mix(scale: Sequence[tuple[float, str]], value: float) -> str:
    """Return the colour of a value from 0 to 1 on a colour scale, such as `MATRIX_COLOURS`."""
    (low, dark), (high, light) = next(
        (pair for pair in pairwise(scale) if value <= pair[1][0]), scale[-2:]
    )
    share = min(max((value - low) / (high - low), 0), 1)
    parts = zip(bytes.fromhex(dark[1:]), bytes.fromhex(light[1:]), strict=True)
    return "#" + bytes(round(one + share * (other - one)) for one, other in parts).hex()


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour (relative luminance, WCAG)."""
    parts = [part / 255 for part in bytes.fromhex(colour[1:])]
    light = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return "#000" if 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.18 else "#fff"


def escape_label(name: str, longest: int = 32) -> str:
    """Shorten a name for a chart, and escape what plotly would take for markup."""
    return html.escape(
        name if len(name) <= longest else name[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )
