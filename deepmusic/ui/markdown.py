"""Words of others on a page: names of files and runs, and errors that repeat them.

Streamlit reads most text as Markdown, and a file may be called anything.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from deepmusic.config import without_folders

_MARKUP = r"\`*_{}[]()<>#+-.!|~:$"

#: Of these, what means nothing within a sentence.
_PUNCTUATION = "().-+!"


def plain(text: str, *, but: str = "") -> str:
    """Escape what Markdown would take for markup, except for the letters in `but`."""
    return "".join(
        f"\\{letter}" if letter in _MARKUP and letter not in but else letter for letter in text
    )


def message(error: Exception | str) -> str:
    """Return what an error says, as Markdown; in public, without the folders of this machine."""
    return plain(without_folders(str(error)), but=_PUNCTUATION)


def show_error(error: Exception | str, where: Any = st) -> None:
    """Show an error, here or in a container; every error that a page shows goes this way."""
    where.error(message(error))


def show_warning(error: Exception | str, where: Any = st) -> None:
    """Show what went wrong where the page goes on all the same."""
    where.warning(message(error))


def show_faults(faults: Mapping[str, Exception | str]) -> None:
    """Show, folded up, which runs cannot be shown and why; nothing where there are none."""
    if not faults:
        return
    n_faults = "One run" if len(faults) == 1 else f"{len(faults)} runs"
    with st.expander(f"{n_faults} cannot be shown. Why?", icon="⚠️"):
        for name, fault in faults.items():
            st.warning(f"{plain(name)}: {message(fault)}")
