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


def key_of_several(name: str, options: Sequence[str], default: Sequence[str]) -> str:
    """Return the key of a widget that takes several choices, as `key` does for one.

    In the address they stand behind one name, with commas between. What is not among the options is
    dropped; `default` is taken where the address asks for nothing that there is.
    """
    chosen = st.session_state.get(name)
    if chosen is None:
        wanted = asked(name)
        found = [option for option in (wanted or "").split(",") if option in options]
        chosen = found if found or wanted == "" else default
    st.session_state[name] = [choice for choice in dict.fromkeys(chosen) if choice in options]
    return name


def show(*names: str) -> None:
    """Write these choices into the address."""
    for name in names:
        chosen = st.session_state[name]
        text = chosen if isinstance(chosen, str) else ",".join(chosen)
        if asked(name) != text:
            st.query_params[name] = text


def drop(*names: str) -> None:
    """Take out of the address what a choice has made pointless."""
    for name in names:
        if name in st.query_params:
            del st.query_params[name]
