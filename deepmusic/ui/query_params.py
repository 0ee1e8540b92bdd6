"""Widgets whose values are query parameters, so that a link leads back to them.

Streamlit can bind a widget to the address by itself, but writes the label that people read there.
We want ``?source=gtzan&gtzan=blues.00000``, not an artist's name and a title.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

#: In the session: the page that runs, and the song that was chosen last, on any page.
_PAGE, _SONG = "page", "chosen_song"
#: Parameters that all pages share; all others belong to one page.
_OF_THE_SONG = ("source", "demo", "gtzan")


def enter_page(page: str) -> None:
    """Begin the parameters of a page; the song comes along from the page before."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        select(**st.session_state.get(_SONG, {}))


def requested(name: str) -> str | None:
    """Return the value of a query parameter; None without it."""
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
    """Show a widget that chooses one option, and keep its value in the address.

    Parameters
    ----------
    name : str
        Name of the query parameter.
    options : sequence of str
        Values, as in the address; at least one.
    labels : mapping or callable, optional
        Labels of the options.
    label : str
        Label of the widget.
    default : str, optional
        Value if neither session nor address holds an option; the first option if not given.
    widget : callable
        ``st.segmented_control``, ``st.pills``, ``st.selectbox`` or ``st.select_slider``.
    **settings
        Further arguments of the widget.
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
    """Show a widget that chooses any number of options; parameters as of `choose`.

    In the address they are separated by commas.
    """
    key = _key(name)
    wanted = st.session_state.get(key)
    if wanted is None and (asked := requested(name)) is not None:
        wanted = [option for option in asked.split(",") if option]
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
    """Return the key of a widget, after giving it a value as `choose` does."""
    key = _key(name)
    if st.session_state.get(key) not in options:
        wanted = requested(name)
        select(**{name: next(v for v in (wanted, default, options[0]) if v in options)})
    return key


def chosen(name: str) -> Any:
    """Return the value of a parameter of this page; None if it has none yet."""
    return st.session_state.get(_key(name))


def select(page: str | None = None, **choices: Any) -> None:
    """Set parameters of a page, this one if not given: in a callback, or before a page change."""
    for name, value in choices.items():
        st.session_state[_key(name, page)] = value
        _remember(name, value)


def forget(*names: str) -> None:
    """Reset parameters of this page, in the session and in the address."""
    for name in names:
        st.session_state.pop(_key(name), None)
    remove(*names)


def publish(*names: str) -> None:
    """Write parameters into the address."""
    for name in names:
        value = chosen(name)
        _remember(name, value)
        text = value if isinstance(value, str) else ",".join(value)
        if requested(name) != text:
            st.query_params[name] = text


def remove(*names: str) -> None:
    """Remove parameters from the address."""
    for name in names:
        if name in st.query_params:
            del st.query_params[name]


def _key(name: str, page: str | None = None) -> str:
    """Return a key of this page alone: Streamlit loses a value whose key stands on two pages."""
    return f"{page or st.session_state.get(_PAGE, '')}.{name}"


def _remember(name: str, value: Any) -> None:
    if name in _OF_THE_SONG:
        st.session_state[_SONG] = st.session_state.get(_SONG, {}) | {name: value}
