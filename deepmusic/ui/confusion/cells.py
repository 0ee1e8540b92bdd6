"""The chosen cell: by a click, by a sentence, or by hand."""

import streamlit as st

from deepmusic import confusion
from deepmusic.ui import query_params
from deepmusic.ui.confusion import SIDE_BY_SIDE
from deepmusic.ui.confusion.results import Result


def forget_cell() -> None:
    """Go back to the worst confusion; the chosen cell was that of another protocol's networks."""
    query_params.forget("label", "heard", "by", "clip")


def select(genre: str, heard: str, by: str | None = None) -> None:
    """Choose a cell; a callback, so that the widgets below still can be set."""
    query_params.select(label=genre, heard=heard, **({"by": by} if by else {}))


def select_clicked(chart: str, by: str | None = None) -> None:
    """Choose the cell that was clicked; a click beside all cells changes nothing."""
    points = st.session_state[chart].selection.points
    if points:
        select(points[0]["y"], points[0]["x"], by)


def choose_cell(shown: dict[str, Result], view: str) -> tuple[str, str, list[str]]:
    """Return the chosen cell and whose it is: the worst confusion until someone chooses.

    The widgets stand below the matrices, which must know the cell before; hence no widget here.
    """
    names = list(shown)
    query_params.bind("by", names)
    by = query_params.chosen("by")
    lead = shown[by]
    if not query_params.chosen("label") and not query_params.requested("label"):
        worst = confusion.most_confused(lead.matrix, 1)
        genre, heard = (worst[0].genre, worst[0].predicted) if worst else (lead.genres[0],) * 2
        query_params.select(label=genre, heard=heard)
    for name in ("label", "heard"):
        query_params.bind(name, lead.genres)
    genre, heard = query_params.chosen("label"), query_params.chosen("heard")
    return genre, heard, [by] if view == SIDE_BY_SIDE else names


def show_cell_widgets(shown: dict[str, Result], view: str) -> None:
    """Let a cell be chosen without a mouse."""
    genres = next(iter(shown.values())).genres
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name, label in (("label", "Label"), ("heard", "heard as")):
            query_params.choose(name, genres, label=label, widget=st.selectbox, width=170)
        if view == SIDE_BY_SIDE and len(shown) > 1:
            query_params.choose(
                "by",
                list(shown),
                lambda choice: shown[choice].name,
                label="by",
                widget=st.selectbox,
                width=220,
            )
