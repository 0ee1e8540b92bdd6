"""Choice of a cell: by a click, by a line below a matrix, or by widgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from deepmusic.evaluation import confusion
from deepmusic.ui import query_params
from deepmusic.ui.confusion import SIDE_BY_SIDE
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
    """Choose a cell; a callback, so that the widgets below can still be set."""
    query_params.select(label=genre, predicted=predicted, **({"by": by} if by else {}))


def select_clicked(chart: str, by: str | None = None) -> None:
    """Choose the cell that was clicked; a click beside all cells changes nothing."""
    points = st.session_state[chart].selection.points
    if points:
        select(points[0]["y"], points[0]["x"], by)


def choose_cell(shown: Mapping[str, Result], view: str) -> Cell:
    """Return the chosen cell, at first that of the worst confusion.

    Its widgets come later, below the matrices that it is marked in.
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


def show_cell_widgets(shown: Mapping[str, Result], view: str) -> None:
    """Show the widgets that choose a cell."""
    genres = next(iter(shown.values())).genres
    choose = partial(query_params.choose, widget=st.selectbox, width=170)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        choose("label", genres, label="Label")
        choose("predicted", genres, label="predicted as")
        if view == SIDE_BY_SIDE and len(shown) > 1:
            names = {choice: result.name for choice, result in shown.items()}
            choose("by", list(shown), names, label="by")
