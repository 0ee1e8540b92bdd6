"""Controls: protocol, measure, view and networks."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from deepmusic.evaluation.confusion import COUNTS, PRECISION, RECALL
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.ui import query_params
from deepmusic.ui.confusion import DIFFERENCE, SIDE_BY_SIDE, SINGLE, cells
from deepmusic.ui.confusion.predictions import Result

_MEASURES = {COUNTS: "clips", RECALL: "recall, %", PRECISION: "precision, %"}
_MEASURES_HELP = """
Each row is a label, each column a prediction. On the diagonal stand correct clips; empty cells are
zero.

- **recall**: of all clips with this label, how many per cent were predicted as which genre? Each
  row adds up to 100.
- **precision**: of all clips predicted as this genre, how many per cent have which label? Each
  column adds up to 100.
"""
_VIEWS = {SINGLE: "One network", SIDE_BY_SIDE: "Side by side", DIFFERENCE: "Difference"}

_BARE: dict[str, Any] = {"label_visibility": "collapsed"}

#: More networks than this do not fit in a row of buttons.
_FEW = 5


def choose_protocol(protocols: Sequence[Protocol]) -> Protocol:
    """Return the chosen protocol; the benchmark's stands first."""
    if len(protocols) == 1:
        return protocols[0]
    ordered = sorted(protocols, key=lambda one: one != BENCHMARK_PROTOCOL)
    chosen = query_params.choose(
        "protocol",
        list(map(str, ordered)),
        {str(one): one.title for one in ordered},
        label="Protocol",
        help="\n".join(f"- **{one.title}** (`{one}`): {one.description}" for one in ordered),
        widget=st.selectbox,
        on_change=cells.forget_cell,
    )
    return Protocol.parse(chosen)


def choose_view(n_results: int) -> str:
    """Return the chosen view."""
    views = list(_VIEWS) if n_results > 1 else [SINGLE]
    return query_params.choose("layout", views, _VIEWS, label="View", **_BARE)


def choose_measure() -> str:
    """Return the chosen measure."""
    return query_params.choose(
        "numbers",
        list(_MEASURES),
        _MEASURES,
        label="Numbers",
        help=_MEASURES_HELP,
        widget=st.selectbox,
    )


def choose_networks(found: Mapping[str, Result], view: str) -> list[str]:
    """Return the chosen networks: one, several, or two for a difference."""
    labels = {choice: result.name for choice, result in found.items()}
    if view == SIDE_BY_SIDE:
        return query_params.choose_several(
            "networks",
            list(found),
            labels,
            label="Networks",
            **_BARE,
            default=[one for one in found if found[one].is_network] or list(found)[:3],
            placeholder="Choose one or more",
            width=360,
            wrap=True,
        )
    if view == SINGLE:
        widget: Callable[..., Any] = st.selectbox
        width: str | int = 360
        if len(found) <= _FEW:
            widget, width = st.segmented_control, "content"
        return [
            query_params.choose(
                "by", list(found), labels, label="Network", widget=widget, width=width, **_BARE
            )
        ]
    choose = partial(
        query_params.choose,
        labels=labels,
        widget=st.selectbox,
        width=172,
        label_visibility="collapsed",
    )
    first = choose("first", list(found), label="Network")
    others = [choice for choice in found if choice != first]
    return [first, choose("second", others, label="minus")]


def show_all(choices: list[str]) -> None:
    """Choose these networks; a callback."""
    query_params.select(networks=choices)
