"""What to look at: protocol, numbers, one matrix a network or the difference of two."""

from collections.abc import Sequence

import streamlit as st

from deepmusic.evaluation.confusion import COUNTS, PRECISION, RECALL
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.ui import query_params
from deepmusic.ui.confusion import DIFFERENCE, SIDE_BY_SIDE, cells
from deepmusic.ui.confusion.predictions import Result, is_shipped_network

_MEASURES = {COUNTS: "Clips", RECALL: "Recall, %", PRECISION: "Precision, %"}
_VIEWS = {SIDE_BY_SIDE: "Side by side", DIFFERENCE: "Difference"}


def choose_protocol(protocols: Sequence[Protocol]) -> Protocol:
    """Let the visitor choose a protocol where there are several; the app's own stands first."""
    if len(protocols) == 1:
        return protocols[0]
    chosen = query_params.choose(
        "protocol",
        [str(one) for one in sorted(protocols, key=lambda one: one != BENCHMARK_PROTOCOL)],
        label="Protocol",
        widget=st.selectbox,
        on_change=cells.forget_cell,
        width=170,
    )
    return Protocol.parse(chosen)


def choose_numbers(n_results: int) -> tuple[str, str]:
    """Let the visitor choose what the numbers are, and whether matrices are subtracted."""
    measure = query_params.choose(
        "numbers", list(_MEASURES), _MEASURES, label="What the numbers are"
    )
    views = list(_VIEWS) if n_results > 1 else [SIDE_BY_SIDE]
    return measure, query_params.choose("layout", views, _VIEWS, label="View")


def choose_networks(found: dict[str, Result], view: str) -> list[str]:
    """Let the visitor choose the networks to look at; two for a difference."""
    labels = {choice: result.name for choice, result in found.items()}
    if view == SIDE_BY_SIDE:
        return query_params.choose_several(
            "networks",
            list(found),
            labels,
            label="Networks",
            default=list(filter(is_shipped_network, found)) or list(found)[:3],
            placeholder="Choose one or more",
            width=370,
            wrap=True,
        )
    look = {"widget": st.selectbox, "width": 220}
    first = query_params.choose("first", list(found), labels, label="Network", **look)
    others = [choice for choice in found if choice != first]
    return [first, query_params.choose("second", others, labels, label="minus", **look)]


def show_all(choices: list[str]) -> None:
    """Choose these networks; a callback."""
    query_params.select(networks=choices)
