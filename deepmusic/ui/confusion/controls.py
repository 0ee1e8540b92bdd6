"""What to look at: protocol, numbers, one matrix a network or the difference of two."""

import streamlit as st

from deepmusic.confusion import COUNTS, PRECISION, RECALL
from deepmusic.ui import address
from deepmusic.ui.confusion import DIFFERENCE, SIDE_BY_SIDE, cells
from deepmusic.ui.confusion.results import Result, is_shipped_network

MEASURES = {COUNTS: "Clips", RECALL: "Recall, %", PRECISION: "Precision, %"}
VIEWS = {SIDE_BY_SIDE: "Side by side", DIFFERENCE: "Difference"}


def choose_protocol(protocols: list[str]) -> str:
    """Let the visitor choose a protocol where there are several."""
    key = address.key("protocol", protocols)
    if len(protocols) > 1:
        st.selectbox(
            "Protocol",
            protocols,
            key=key,
            on_change=cells.forget_cell,
            persist_state="session",
            width=170,
        )
    address.show("protocol")
    return st.session_state["protocol"]


def choose_numbers(n_results: int) -> tuple[str, str]:
    """Let the visitor choose what the numbers are, and whether matrices are subtracted."""
    measure = st.segmented_control(
        "What the numbers are",
        list(MEASURES),
        required=True,
        format_func=MEASURES.get,
        key=address.key("numbers", list(MEASURES)),
        persist_state="session",
    )
    views = list(VIEWS) if n_results > 1 else [SIDE_BY_SIDE]
    view = st.segmented_control(
        "View",
        views,
        required=True,
        format_func=VIEWS.get,
        key=address.key("layout", views),
        persist_state="session",
    )
    address.show("numbers", "layout")
    return measure, view


def choose_networks(found: dict[str, Result], view: str) -> list[str]:
    """Let the visitor choose the networks to look at; two for a difference."""
    labels = {choice: result.name for choice, result in found.items()}
    if view == SIDE_BY_SIDE:
        default = list(filter(is_shipped_network, found)) or list(found)[:3]
        kept = st.session_state.get("networks")
        if kept and not {*kept} & {*found}:
            # Chosen under another protocol, whose networks are not to be had here.
            del st.session_state["networks"]
        chosen = st.multiselect(
            "Networks",
            list(found),
            format_func=labels.get,
            key=address.key_of_several("networks", list(found), default),
            placeholder="Choose one or more",
            persist_state="session",
            width=370,
            wrap=True,
        )
        address.show("networks")
        return chosen
    first = st.selectbox(
        "Network",
        list(found),
        format_func=labels.get,
        key=address.key("first", list(found)),
        persist_state="session",
        width=220,
    )
    others = [choice for choice in found if choice != first]
    second = st.selectbox(
        "minus",
        others,
        format_func=labels.get,
        key=address.key("second", others),
        persist_state="session",
        width=220,
    )
    address.show("first", "second")
    return [first, second]


def show_all(choices: list[str]) -> None:
    """Choose these networks; a callback."""
    st.session_state["networks"] = choices
