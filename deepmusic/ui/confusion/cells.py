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
    genres = next(iter(shown.values())).genres
    for name, default in _worst_cell(shown).items():
        query_params.bind(name, genres, default)
    return Cell(query_params.chosen("label"), query_params.chosen("predicted"), list(shown))


def show_cell_widgets(shown: Mapping[str, Result]) -> None:
    """Show the widgets that choose a cell."""
    genres = next(iter(shown.values())).genres
    labels = {"label": "Label", "predicted": "predicted as"}
    with st.container(horizontal=True, gap="small"):
        for name, default in _worst_cell(shown).items():
            query_params.choose(
                name,
                genres,
                format_genre,
                label=labels[name],
                default=default,
                widget=st.selectbox,
                width=160,
            )


def _worst_cell(shown: Mapping[str, Result]) -> dict[str, str]:
    """Return the cell of the first network's most frequent confusion, as parameters."""
    lead = next(iter(shown.values()))
    worst = confusion.most_confused(lead.matrix, 1)
    pair = (worst[0].genre, worst[0].predicted) if worst else (lead.genres[0],) * 2
    return dict(zip(("label", "predicted"), pair, strict=True))


def show_line(place: str, text: str, genre: str, predicted: str) -> None:
    """Show a confusion as a button that opens its cell."""
    st.button(
        text,
        key=f"{place}_{genre}_{predicted}",
        type="tertiary",
        on_click=select,
        args=(genre, predicted),
    )
