"""Choices that stand in the page's address, so that a link leads back to them.

Streamlit can bind a widget to the address by itself, but writes the label that people read there.
We want ``?source=gtzan&gtzan=blues.00000``, not an artist's name and a title.
"""

from collections.abc import Sequence

import streamlit as st


def asked(name: str) -> str | None:
    """Return what the address asks for under this name."""
    return st.query_params.get(name)


def key(name: str, options: Sequence[str]) -> str:
    """Return a widget's key, and on first sight set the widget to what the address asks for.

    Parameters
    ----------
    name : str
        Of the choice, in the session and in the address.
    options : sequence of str
        What can be chosen; the first is taken where the address asks for nothing, or for something
        that is not there.
    """
    if st.session_state.get(name) not in options:
        st.session_state[name] = asked(name) if asked(name) in options else options[0]
    return name


def show(*names: str) -> None:
    """Write these choices into the address."""
    for name in names:
        if asked(name) != st.session_state[name]:
            st.query_params[name] = st.session_state[name]
