"""Choice of a cell: by a click, by a line beside the matrix, or by widgets."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from deepmusic.evaluation import confusion
from deepmusic.formatting import format_genre
from deepmusic.ui import query_params
from deepmusic.ui.confusion import SINGLE
from deepmusic.ui.confusion.predictions import Result


@dataclass(frozen=True)
class Cell:
    """A cell of the matrices: label, predicted genre, and the networks whose it is."""

    genre: str
    predicted: str
    networks: list[str]


def forget_cell() -> None:
    """Reset the cell, which belongs to another protocol's networks."""
    query_params.forget("label", "predicted", "by", "clip")


def select(genre: str, predicted: str, by: str | None = None) -> None:
    """Choose a cell, of a network of several in its own view; a callback."""
    query_params.select(label=genre, predicted=predicted)
    if by:
        query_params.select(layout=SINGLE, by=by)


def select_clicked(chart: str, by: str | None = None) -> None:
    """Choose the cell that was clicked; a click beside all cells changes nothing."""
    points = st.session_state[chart].selection.points
    if points:
        select(points[0]["y"], points[0]["x"], by)


def choose_cell(shown: Mapping[str, Result]) -> Cell:
    """Return the chosen cell of the networks, at first that of the worst confusion.

    Its widgets come later, beside the matrix that it is marked in.
    """
    lead = next(iter(shown.values()))
    if not query_params.chosen("label") and not query_params.requested("label"):
        worst = confusion.most_confused(lead.matrix, 1)
        pair = (worst[0].genre, worst[0].predicted) if worst else (lead.genres[0],) * 2
        query_params.select(label=pair[0], predicted=pair[1])
    for name in ("label", "predicted"):
        query_params.bind(name, lead.genres)
    return Cell(query_params.chosen("label"), query_params.chosen("predicted"), list(shown))


def show_cell_widgets(shown: Mapping[str, Result]) -> None:
    """Show the widgets that choose a cell."""
    genres = next(iter(shown.values())).genres
    with st.container(horizontal=True, gap="small"):
        for name, label in (("label", "Label"), ("predicted", "predicted as")):
            query_params.choose(
                name, genres, format_genre, label=label, widget=st.selectbox, width=160
            )


def show_line(place: str, text: str, genre: str, predicted: str) -> None:
    """Show a confusion as a button that opens its cell."""
    st.button(
        text,
        key=f"{place}_{genre}_{predicted}",
        type="tertiary",
        on_click=select,
        args=(genre, predicted),
    )
