"""Names of a visitor's files, kept by the browser's tab, so that a reload can say what was lost."""

from collections.abc import Sequence
from importlib.resources import files

import streamlit as st

from deepmusic.ui import markdown

_component = st.components.v2.component(
    "deepmusic_tab",
    html="<span></span>",
    js=files(__package__).joinpath("tab.js").read_text(encoding="utf-8"),
)

#: In the session: names of the files that it holds, by kind; whether a page asked for those that
#: are lost; and the tab's answer.
_HELD, _ASKED, _ANSWER = "held_files", "asked_for_lost_files", "tab"
#: Names that the tab keeps, and those that a sentence names.
_MOST, _NAMED = 100, 8


def hold(kind: str, names: Sequence[str]) -> None:
    """Have the tab keep the names of files that the session holds now."""
    held = st.session_state.get(_HELD, {})
    st.session_state[_HELD] = held | {kind: [name[:200] for name in names[:_MOST]]}


def lost(kind: str) -> list[str]:
    """Return the names of files that the tab had before a reload, when it has answered."""
    if kind in st.session_state.get(_HELD, {}):
        return []
    st.session_state[_ASKED] = True
    answer = st.session_state.get(_ANSWER) or {}
    kept = answer.get("kept") or {}
    names = kept.get(kind) if isinstance(kept, dict) else None
    return [str(name)[:200] for name in names[:_MOST]] if isinstance(names, list) else []


def tell_lost(kind: str, otherwise: str = "") -> None:
    """Say which files a reload lost, or something else where the tab knows none."""
    names = lost(kind)
    if not names:
        if otherwise:
            st.info(otherwise)
        return
    listed = ", ".join(map(markdown.plain, names[:_NAMED]))
    if len(names) > _NAMED:
        listed += f" and {len(names) - _NAMED} more"
    one = len(names) == 1
    st.info(
        f"{listed} {'was' if one else 'were'} lost with the reload. "
        f"Choose {'it' if one else 'them'} again."
    )


def follow(kind: str, names: Sequence[str]) -> None:
    """Hold names where the session has any or had them; else say what a reload lost."""
    with st.container():  # A place of its own, so that the tab's answer moves no other element.
        if names or kind in st.session_state.get(_HELD, {}):
            hold(kind, names)
        else:
            tell_lost(kind)


def keep() -> None:
    """Exchange names with the tab, where there are any to exchange; the frame calls this."""
    held, is_asked = st.session_state.get(_HELD, {}), st.session_state.get(_ASKED, False)
    if not held and not is_asked:
        return
    has_answer = bool((st.session_state.get(_ANSWER) or {}).get("kept"))
    _component(
        key=_ANSWER,
        data={"held": held, "asked": is_asked and not has_answer},
        default={"kept": None},
        on_kept_change=lambda: None,
    )
