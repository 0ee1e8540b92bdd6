"""The chosen cell: by a click, by a sentence, or by hand."""

import streamlit as st

from deepmusic import confusion
from deepmusic.ui import address
from deepmusic.ui.confusion import SIDE_BY_SIDE
from deepmusic.ui.confusion.results import Result


def forget_cell() -> None:
    """Go back to the worst confusion; the chosen cell was that of another protocol's networks."""
    for name in ("label", "heard", "by", "clip"):
        st.session_state.pop(name, None)
        st.query_params.pop(name, None)


def select(genre: str, heard: str, by: str | None = None) -> None:
    """Choose a cell; a callback, so that the widgets below still can be set."""
    st.session_state.update({"label": genre, "heard": heard} | ({"by": by} if by else {}))


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
    by = address.key("by", names) and st.session_state["by"]
    lead = shown[by]
    if not {"label", "heard"} <= {*st.session_state} and not address.asked("label"):
        worst = confusion.most_confused(lead.matrix, 1)
        genre, heard = (worst[0].genre, worst[0].predicted) if worst else (lead.genres[0],) * 2
        st.session_state.update(label=genre, heard=heard)
    for name in ("label", "heard"):
        address.key(name, lead.genres)
    genre, heard = st.session_state["label"], st.session_state["heard"]
    return genre, heard, [by] if view == SIDE_BY_SIDE else names


def show_cell_widgets(shown: dict[str, Result], view: str) -> None:
    """Let a cell be chosen without a mouse."""
    genres = next(iter(shown.values())).genres
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name, label in (("label", "Label"), ("heard", "heard as")):
            st.selectbox(label, genres, key=name, persist_state="session", width=170)
        if view == SIDE_BY_SIDE and len(shown) > 1:
            st.selectbox(
                "by",
                list(shown),
                format_func=lambda choice: shown[choice].name,
                key="by",
                persist_state="session",
                width=220,
            )
    address.show("label", "heard", "by")
