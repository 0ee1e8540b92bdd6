"""The chosen cell: by a click, by a sentence, or by hand."""

from dataclasses import dataclass

import streamlit as st

from deepmusic.evaluation import confusion
from deepmusic.ui import query_params
from deepmusic.ui.confusion import SIDE_BY_SIDE
from deepmusic.ui.confusion.predictions import Result


@dataclass(frozen=True)
class Cell:
    """A cell of the matrices: label, predicted genre, and whose it is."""

    genre: str
    predicted: str
    networks: list[str]


def forget_cell() -> None:
    """Go back to the worst confusion; the chosen cell was that of another protocol's networks."""
    query_params.forget("label", "predicted", "by", "clip")


def select(genre: str, predicted: str, by: str | None = None) -> None:
    """Choose a cell; a callback, so that the widgets below still can be set."""
    query_params.select(label=genre, predicted=predicted, **({"by": by} if by else {}))


def select_clicked(chart: str, by: str | None = None) -> None:
    """Choose the cell that was clicked; a click beside all cells changes nothing."""
    points = st.session_state[chart].selection.points
    if points:
        select(points[0]["y"], points[0]["x"], by)


def choose_cell(shown: dict[str, Result], view: str) -> Cell:
    """Return the chosen cell: the worst confusion until someone chooses.

    The widgets stand below the matrices, which must know the cell before; hence no widget here.
    """
    names = list(shown)
    query_params.bind("by", names)
    by = query_params.chosen("by")
    lead = shown[by]
    if not query_params.chosen("label") and not query_params.requested("label"):
        worst = confusion.most_confused(lead.matrix, 1)
        pair = (worst[0].genre, worst[0].predicted) if worst else (lead.genres[0],) * 2
        query_params.select(label=pair[0], predicted=pair[1])
    for name in ("label", "predicted"):
        query_params.bind(name, lead.genres)
    return Cell(
        query_params.chosen("label"),
        query_params.chosen("predicted"),
        [by] if view == SIDE_BY_SIDE else names,
    )


def show_cell_widgets(shown: dict[str, Result], view: str) -> None:
    """Let a cell be chosen without a mouse."""
    genres = next(iter(shown.values())).genres
    look = {"widget": st.selectbox}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        query_params.choose("label", genres, label="Label", width=170, **look)
        query_params.choose("predicted", genres, label="predicted as", width=170, **look)
        if view == SIDE_BY_SIDE and len(shown) > 1:
            names = {choice: result.name for choice, result in shown.items()}
            query_params.choose("by", list(shown), names, label="by", width=220, **look)
