"""Colours, marks, fonts and the one layout of all charts."""

import html
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from deepmusic.config import GTZAN_GENRES
from deepmusic.models import ENSEMBLE

if TYPE_CHECKING:
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

AXIS_FONT = {"size": 15}

#: For pictures to save: a saved picture falls back from the page's own font to a wider one, for
#: which the legend and the margins were not laid out.
SAVED_FONT = AXIS_FONT | {"family": "Arial, Helvetica, sans-serif"}

#: Runs of one network differ in dash and in shade: none, towards white, towards black.
DASHES = ("solid", "dash", "longdashdot")

#: For what belongs to no network; readable on light and dark.
NEUTRAL = "#85828f"


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


def shade(colour: str, amount: float) -> str:
    """Mix a colour with white (`amount` above 0) or black (below)."""
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    goal = 255 if amount > 0 else 0
    mixed = (round(channel + abs(amount) * (goal - channel)) for channel in channels)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def escape_label(name: str, longest: int = 32) -> str:
    """Shorten a name for a legend, and escape what plotly would take for markup."""
    return html.escape(
        name if len(name) <= longest else name[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )


#: Small shares must show, since a confusion of 3 in 30 is what one looks for: hence the bend. The
#: numbers stand in the cells, so that nobody has to read them off the colours.
MATRIX_COLOURS = {
    False: ((0, "#f4f3f8"), (0.1, "#d9d1fa"), (0.3, "#a998ee"), (1, "#4a2fc4")),
    True: ((0, "#211e2c"), (0.1, "#382f66"), (0.3, "#5540ad"), (1, "#7458ee")),
}

DIFFERENCE_COLOURS = {
    False: ((0, "#b35900"), (0.35, "#f5b877"), (0.5, "#f4f3f8"), (0.65, "#a998ee"), (1, "#4a2fc4")),
    True: ((0, "#c2620a"), (0.35, "#6e3d0d"), (0.5, "#211e2c"), (0.65, "#493891"), (1, "#7458ee")),
}

#: For charts that a class reads from the back row.
PROJECTOR_FONT = SAVED_FONT | {"size": 16}

FAINT = "rgba(133, 130, 143, 0.25)"


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour (relative luminance, WCAG)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    light = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return "#000" if 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.18 else "#fff"


def set_layout(figure: "go.Figure", height: int) -> None:
    """Set large type, and a range that a finger which scrolls the page does not catch."""
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(tickfont=PROJECTOR_FONT, title_font=PROJECTOR_FONT, fixedrange=True)
    figure.update_layout(
        height=height,
        # Room for half of the last label, which plotly drops otherwise.
        margin={"l": 0, "r": 30, "t": 36, "b": 0},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "yanchor": "bottom",
            "font": PROJECTOR_FONT,
        },
        dragmode=False,
    )
