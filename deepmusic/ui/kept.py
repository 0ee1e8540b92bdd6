"""Texts that a visitor's browser keeps over reloads and sessions, such as a name typed once."""

from importlib.resources import files

import streamlit as st

_component = st.components.v2.component(
    "deepmusic_kept",
    html="<span></span>",
    js=files(__package__).joinpath("kept.js").read_text(encoding="utf-8"),
)


def keep(name: str, *, typed: str | None = None, otherwise: str = "") -> str:
    """Return what the browser keeps under a name.

    Parameters
    ----------
    name : str
        Such as ``owner``.
    typed : str, optional
        Is kept from now on, and returned; empty to forget what was kept.
    otherwise : str
        Is kept where there is nothing yet; and returned until the browser has answered, or where it
        keeps nothing.
    """
    found = _component(
        key=_key(name),
        data={"name": f"deepmusic_{name}", "typed": typed, "otherwise": otherwise},
        default={"kept": None},
        on_kept_change=lambda: None,
    )
    return typed if typed is not None else str(found.get("kept") or otherwise)


def known(name: str, otherwise: str = "") -> str:
    """Return what the browser says that it keeps under a name, newer in a callback than `keep`'s.

    Parameters
    ----------
    name, otherwise : str
        As of `keep`, which a page has called.
    """
    return str((st.session_state.get(_key(name)) or {}).get("kept") or otherwise)


def _key(name: str) -> str:
    return f"kept_{name}"
