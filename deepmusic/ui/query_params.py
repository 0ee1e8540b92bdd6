"""Choices that stand in the page's address, so that a link leads back to them.

Streamlit can bind a widget to the address by itself, but writes the label that people read there.
We want ``?source=gtzan&gtzan=blues.00000``, not an artist's name and a title.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

#: In the session: the page that runs, and the song that was chosen last, on whichever page.
_PAGE, _SONG = "page", "chosen_song"
#: Choices that go along from page to page; all others are a page's own.
_OF_THE_SONG = ("source", "demo", "gtzan")


def enter_page(page: str) -> None:
    """Let the choices that follow be those of a page; the song comes along from the page before."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        select(**st.session_state.get(_SONG, {}))


def requested(name: str) -> str | None:
    """Return what the address asks for under this name."""
    return st.query_params.get(name)


def choose(
    name: str,
    options: Sequence[str],
    labels: Mapping[str, str] | Callable[[str], str] | None = None,
    *,
    label: str,
    default: str | None = None,
    widget: Callable[..., str] = st.segmented_control,
    **settings: Any,
) -> str:
    """Let a visitor choose one of several; the choice stands in the address.

    Parameters
    ----------
    name : str
        Of the choice in the address.
    options : sequence of str
        What can be chosen, as it stands in the address; at least one.
    labels : mapping or callable, optional
        What people read instead.
    label : str
        Of the widget.
    default : str, optional
        Taken where neither the session nor the address asks for one of the options; else the first.
    widget : callable
        ``st.segmented_control``, ``st.pills``, ``st.selectbox`` or ``st.select_slider``.
    **settings
        Go to the widget.

    Returns
    -------
    str
        Always one of the options.
    """
    if widget in (st.segmented_control, st.pills):
        settings["required"] = True
    if labels is not None:
        settings["format_func"] = labels if callable(labels) else labels.get
    key = bind(name, options, default)
    value = widget(label, options, key=key, persist_state="session", **settings)
    publish(name)
    return value


def choose_several(
    name: str,
    options: Sequence[str],
    labels: Mapping[str, str] | None = None,
    *,
    label: str,
    default: Sequence[str],
    **settings: Any,
) -> list[str]:
    """Let a visitor choose any number of options; parameters as of `choose`.

    In the address they stand behind one name, with commas between. `default` is taken where neither
    the session nor the address asks for any of the options.
    """
    key = _key(name)
    wanted = st.session_state.get(key)
    if wanted is None and requested(name) is not None:
        wanted = [option for option in requested(name).split(",") if option]
    known = [option for option in dict.fromkeys(wanted or ()) if option in options]
    if wanted is None or (wanted and not known):
        known = [option for option in default if option in options]
    if st.session_state.get(key) != known:
        st.session_state[key] = known
    if labels is not None:
        settings["format_func"] = labels.get
    value = st.multiselect(label, options, key=key, persist_state="session", **settings)
    publish(name)
    return value


def bind(name: str, options: Sequence[str], default: str | None = None) -> str:
    """Return the key of a widget whose value is one of the options, as `choose` says."""
    key = _key(name)
    if st.session_state.get(key) not in options:
        wanted = requested(name)
        fallback = default if default in options else options[0]
        select(**{name: wanted if wanted in options else fallback})
    return key


def chosen(name: str) -> Any:
    """Return what is chosen on this page under this name; None if nothing is yet."""
    return st.session_state.get(_key(name))


def select(page: str | None = None, **choices: Any) -> None:
    """Choose in a visitor's place: in a callback, or before going on to another page.

    Parameters
    ----------
    page : str, optional
        Name of the page; this one if not given.
    **choices
        Names and values.
    """
    for name, value in choices.items():
        st.session_state[_key(name, page)] = value
        _remember(name, value)


def forget(*names: str) -> None:
    """Let these choices of this page be open again, in the address too."""
    for name in names:
        st.session_state.pop(_key(name), None)
    remove(*names)


def publish(*names: str) -> None:
    """Write these choices into the address."""
    for name in names:
        value = chosen(name)
        _remember(name, value)
        text = value if isinstance(value, str) else ",".join(value)
        if requested(name) != text:
            st.query_params[name] = text


def remove(*names: str) -> None:
    """Take out of the address what a choice has made pointless."""
    for name in names:
        if name in st.query_params:
            del st.query_params[name]


def _key(name: str, page: str | None = None) -> str:
    """Return a key of this page alone: Streamlit loses a value whose key stands on two pages."""
    return f"{page or st.session_state.get(_PAGE, '')}.{name}"


def _remember(name: str, value: Any) -> None:
    if name in _OF_THE_SONG:
        st.session_state[_SONG] = st.session_state.get(_SONG, {}) | {name: value}
