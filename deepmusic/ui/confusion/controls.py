"""Controls: protocol, measure, view and networks."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from deepmusic.evaluation.confusion import COUNTS, PRECISION, RECALL
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.ui import query_params
from deepmusic.ui.confusion import DIFFERENCE, SIDE_BY_SIDE, cells
from deepmusic.ui.confusion.predictions import Result

_MEASURES = {COUNTS: "Clips", RECALL: "Recall, %", PRECISION: "Precision, %"}
_VIEWS = {SIDE_BY_SIDE: "Side by side", DIFFERENCE: "Difference"}


def choose_protocol(protocols: Sequence[Protocol]) -> Protocol:
    """Return the chosen protocol; the benchmark's stands first."""
    if len(protocols) == 1:
        return protocols[0]
    chosen = query_params.choose(
        "protocol",
        [str(one) for one in sorted(protocols, key=lambda one: one != BENCHMARK_PROTOCOL)],
        label="Protocol",
        widget=st.selectbox,
        on_change=cells.forget_cell,
        width=150,
    )
    return Protocol.parse(chosen)


def choose_measure(n_results: int) -> tuple[str, str]:
    """Return the chosen measure and view."""
    measure = query_params.choose("numbers", list(_MEASURES), _MEASURES, label="Measure")
    views = list(_VIEWS) if n_results > 1 else [SIDE_BY_SIDE]
    return measure, query_params.choose("layout", views, _VIEWS, label="View")


def choose_networks(found: Mapping[str, Result], view: str) -> list[str]:
    """Return the chosen networks; two for a difference."""
    labels = {choice: result.name for choice, result in found.items()}
    if view == SIDE_BY_SIDE:
        return query_params.choose_several(
            "networks",
            list(found),
            labels,
            label="Networks",
            default=[one for one in found if found[one].is_network] or list(found)[:3],
            placeholder="Choose one or more",
            width=370,
            wrap=True,
        )
    choose = partial(query_params.choose, labels=labels, widget=st.selectbox, width=180)
    first = choose("first", list(found), label="Network")
    others = [choice for choice in found if choice != first]
    return [first, choose("second", others, label="minus")]


def show_all(choices: list[str]) -> None:
    """Choose these networks; a callback."""
    query_params.select(networks=choices)
