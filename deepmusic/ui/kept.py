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
        key=f"kept_{name}",
        data={"name": f"deepmusic_{name}", "typed": typed, "otherwise": otherwise},
        default={"kept": None},
        on_kept_change=lambda: None,
    )
    return typed if typed is not None else str(found.get("kept") or otherwise)
