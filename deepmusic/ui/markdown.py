"""Escaping of what others wrote: names of files and runs, and errors that repeat them.

Streamlit reads most text as Markdown, and a file may be called anything.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from deepmusic.config import without_folders
from deepmusic.formatting import format_plain

_MARKUP = r"\`*_{}[]()<>#+-.!|~:$"

#: Markup that means nothing within a sentence.
_PUNCTUATION = "().-+!"


def plain(text: str, *, keep: str = "") -> str:
    """Escape Markdown, except for the characters in `keep`, and what is no text."""
    return "".join(
        f"\\{letter}" if letter in _MARKUP and letter not in keep else letter
        for letter in format_plain(text)
    )


def message(error: Exception | str) -> str:
    """Return the text of an error as Markdown; in public, without the folders of this machine."""
    return plain(without_folders(str(error)), keep=_PUNCTUATION)


def show_error(error: Exception | str, where: Any = st) -> None:
    """Show an error, here or in a container; pages show errors in no other way."""
    where.error(message(error))


def show_warning(error: Exception | str, where: Any = st) -> None:
    """Show a fault that the page can live with."""
    where.warning(message(error))


def show_faults(faults: Mapping[str, Exception | str]) -> None:
    """Show, in an expander, which runs cannot be read and why; nothing without any."""
    if not faults:
        return
    n_faults = "One run" if len(faults) == 1 else f"{len(faults)} runs"
    with st.expander(f"{n_faults} cannot be shown", icon="⚠️"):
        for name, fault in faults.items():
            st.warning(f"{plain(name)}: {message(fault)}")
