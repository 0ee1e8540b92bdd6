"""Widgets whose values are query parameters, so that a link leads back to them.

Streamlit can bind a widget to the address by itself, but writes the label that people read there.
We want ``?source=gtzan&gtzan=blues.00000``, not an artist's name and a title. Defaults stay out of
the address, so that the browser's Back goes from choice to choice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

#: In the session: the page that runs; what all pages share; what the address said last, and the
#: choices that it was made of.
_PAGE, _SHARED, _ADDRESS, _PUBLISHED = "page", "shared_choices", "address", "published_choices"
#: Parameters that all pages share, the song and the frame; all others belong to one page.
_OF_ALL_PAGES = ("source", "demo", "gtzan", "projector")

#: What this run of the app writes into the address at its end; None in a part of it (a fragment).
_step: ContextVar[dict[str, str | None] | None] = ContextVar("step", default=None)
#: Pages that this run of the app has entered.
_entered: ContextVar[list[str] | None] = ContextVar("entered", default=None)


@contextmanager
def one_step() -> Iterator[None]:
    """Write what a run publishes into the address at once, since each write is a step for Back."""
    step: dict[str, str | None] = {}
    tokens = _step.set(step), _entered.set([])
    try:
        yield
    finally:
        _step.reset(tokens[0])
        _entered.reset(tokens[1])
    address = {name: text for name, text in step.items() if text is not None}
    if address != st.query_params.to_dict():
        st.query_params.from_dict(address)
    st.session_state[_ADDRESS] = address


def keep_rest() -> None:
    """Leave in the address what the rest of a page that ends early would have asked for."""
    step = _step.get()
    for name, text in st.query_params.to_dict().items():
        if step is not None:
            step.setdefault(name, text)


def enter_page(page: str) -> None:
    """Begin the parameters of a page; the song comes along from the page before.

    What a link or the browser's Back changed in the address is chosen.
    """
    entered = _entered.get()
    if entered is not None:
        if page in entered:
            return  # The frame has.
        entered.append(page)
    state, address = st.session_state, st.query_params.to_dict()
    if state.get(_PAGE) != page:
        state[_PAGE] = page
        select(**state.get(_SHARED, {}))
        changed = set(address)
    elif any(state.get(key, value) != value for key, value in state.get(_PUBLISHED, {}).items()):
        changed = set()  # A choice was made; the browser may not know the last address yet.
    else:
        before = state.get(_ADDRESS, {})
        names = address.keys() | before.keys()
        changed = {name for name in names if address.get(name) != before.get(name)}
    for name in changed:
        state.pop(_key(name), None)
    state[_ADDRESS], state[_PUBLISHED] = address, {}


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
    _publish(name, _first(options, default), options)
    return value


def switch(name: str, label: str, **settings: Any) -> bool:
    """Show a switch, and keep it in the address while it is on.

    Parameters
    ----------
    name, label : str
        Name of the query parameter, and label of the switch.
    **settings
        Further arguments of ``st.toggle``.
    """
    key = _key(name)
    is_on(name)
    value = st.toggle(label, key=key, persist_state="session", **settings)
    _remember(name, value)
    st.session_state[_PUBLISHED][key] = value
    write(name, "on" if value else None)
    return value


def is_on(name: str) -> bool:
    """Return whether a switch is on, also before it is shown."""
    key = _key(name)
    if key not in st.session_state:
        st.session_state[key] = requested(name) == "on"
    return bool(st.session_state[key])


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
    _publish(name, ",".join(option for option in default if option in options))
    return value


def bind(name: str, options: Sequence[str], default: str | None = None) -> str:
    """Return the key of a widget, after giving it a value as `choose` does."""
    key = _key(name)
    if st.session_state.get(key) not in options:
        wanted = requested(name)
        st.session_state[key] = wanted if wanted in options else _first(options, default)
    return key


def chosen(name: str) -> Any:
    """Return the value of a parameter of this page; None if it has none yet."""
    return st.session_state.get(_key(name))


def current(name: str) -> Any:
    """Return the value of a parameter of this page before its widget is shown, or None."""
    value = chosen(name)
    return requested(name) if value is None else value


def carry(**choices: str) -> None:
    """Keep choices for all pages, and in the address of a page that has no widgets for them."""
    for name, value in choices.items():
        _remember(name, value)
        write(name, value)


def select(page: str | None = None, **choices: Any) -> None:
    """Set parameters of a page, this one if not given: in a callback, or before a page change."""
    for name, value in choices.items():
        st.session_state[_key(name, page)] = value
        _remember(name, value)


def chosen_song() -> dict[str, Any]:
    """Return the parameters of the song that was chosen last, on any page."""
    return dict(st.session_state.get(_SHARED, {}))


def forget(*names: str) -> None:
    """Reset parameters of this page, in the session and in the address."""
    for name in names:
        st.session_state.pop(_key(name), None)
        write(name, None)


def write(name: str, text: str | None) -> None:
    """Write a parameter into the address, also one at its default; None removes it."""
    step = _step.get()
    if step is not None:
        step[name] = text
        return
    if text is None:
        st.query_params.pop(name, None)
    elif requested(name) != text:
        st.query_params[name] = text
    st.session_state[_ADDRESS] = st.query_params.to_dict()


def _publish(name: str, default: str, options: Sequence[str] = ()) -> None:
    """Write a choice into the address, and keep it for other pages, unless it is the default."""
    value = chosen(name)
    if value != default or st.session_state.get(_SHARED, {}).get(name) in options:
        _remember(name, value)
    st.session_state[_PUBLISHED][_key(name)] = value
    text = value if isinstance(value, str) else ",".join(value)
    write(name, None if text == default else text)


def _first(options: Sequence[str], default: str | None) -> str:
    return default if default is not None and default in options else options[0]


def _key(name: str, page: str | None = None) -> str:
    """Return a key of this page alone: Streamlit loses a value whose key stands on two pages."""
    return f"{page or st.session_state.get(_PAGE, '')}.{name}"


def _remember(name: str, value: Any) -> None:
    if name in _OF_ALL_PAGES:
        st.session_state[_SHARED] = st.session_state.get(_SHARED, {}) | {name: value}
