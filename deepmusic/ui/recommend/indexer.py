"""Form that indexes a music folder, and its progress."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from deepmusic import audio
from deepmusic.data import uploads
from deepmusic.errors import DatasetError, LibraryError
from deepmusic.formatting import format_duration, format_name
from deepmusic.library import indexing
from deepmusic.library.indexing import Progress
from deepmusic.library.store import Library
from deepmusic.ui import markdown

#: In the session: folders that were dropped so far.
_COUNT = "dropped_folders"

#: Songs that must be read before the time left is foretold.
_FEW = 20


def show(library: Library) -> None:
    """Show the form, or the progress of an indexing, and the files that could not be used.

    The progress stands where the form stood: below it, a phone would not show it.
    """
    if _is_indexing(library):
        _watch()
        return
    with st.form("index", border=False):
        folder = st.text_input(
            "A folder of music on this machine",
            key="folder",
            placeholder="/home/me/Music",
            help="Searched with all folders in it. The files themselves are only read. The "
            "library is stored in the folder that DEEPMUSIC_LIBRARY names, or in library/.",
        )
        submitted = st.form_submit_button("Index it", type="primary")
    st.file_uploader(
        "or drop a folder here",
        type=[suffix.removeprefix(".") for suffix in audio.SUFFIXES],
        accept_multiple_files="directory",
        key=_key(),
        help="Its songs are copied to this machine. For gigabytes, type the path: nothing is "
        "copied then.",
    )
    started = submitted and _start(library, folder.strip())
    if dropped := st.session_state.get(_key()):
        st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
        stored, submitted = _store(dropped), True
        started = bool(stored) and _start(library, stored)
    if started:
        st.rerun()
    # An error stands alone, and not beside the outcome of an earlier indexing.
    if not submitted and (progress := indexing.last_progress(library)):
        st.caption(_describe_end(progress))
    _show_failures(library)


def _is_indexing(library: Library) -> bool:
    """Return whether songs are indexed, or a process of this session is about to."""
    worker = st.session_state.get("indexing")
    return library.is_locked() or (worker is not None and worker.poll() is None)


def _key() -> str:
    """Return a key for each upload: the field is empty again after it."""
    return f"{_COUNT}_{st.session_state.get(_COUNT, 0)}"


def _store(files: Sequence[Any]) -> str:
    """Store a folder that was dropped, and return its path; show the error and return none."""
    try:
        return str(uploads.store((file.name, file.getvalue()) for file in files).absolute())
    except DatasetError as error:
        markdown.show_error(error)
        return ""


def _start(library: Library, folder: str) -> bool:
    """Start an indexing; show the error and return False where none can be started."""
    if not folder:
        markdown.show_error("A folder is needed, such as /home/me/Music.")
        return False
    try:
        # Held, so that the process is waited for and leaves no zombie behind.
        st.session_state["indexing"] = indexing.start(Path(folder).expanduser(), library)
    except LibraryError as error:
        markdown.show_error(error)
        return False
    return True


@st.fragment(run_every=1.0)
def _watch() -> None:
    """Show the progress of an indexing; run the whole page again when it has ended."""
    library = Library()
    progress = indexing.last_progress(library)
    if progress is None or not _is_indexing(library):
        st.rerun()
    share = progress.done / progress.total if progress.total else 0.0
    st.progress(min(share, 1.0), text=_describe(progress))
    st.button("Stop", on_click=indexing.stop, args=(library,))


def _describe(progress: Progress) -> str:
    folder = markdown.plain(progress.folder)
    if not progress.total:
        return f"Searching {folder} for music ..."
    left = ""
    # The first ones wait for the networks to be loaded, so that their pace foretells nothing.
    if progress.done >= max(_FEW, progress.total / 10):
        seconds = progress.seconds / progress.done * (progress.total - progress.done)
        left = f", about {format_duration(seconds)} left" if seconds > 60 else ", nearly done"
    return f"Song {progress.done} of {progress.total} in {folder}{left}"


def _describe_end(progress: Progress) -> str:
    folder = markdown.plain(progress.folder)
    if not progress.ended:
        return (
            f"{folder}: interrupted after {progress.done} of {progress.total} files. Index it "
            "again to resume."
        )
    counts = {
        "added or renewed": progress.added,
        "unchanged": progress.unchanged,
        "gone": progress.removed,
        "unusable": progress.failed,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    text = f"{folder}: {told or 'no songs'}."
    if progress.ended != "finished":
        text += f" It {markdown.plain(progress.ended)}."
    if progress.renewed:
        text += f" {progress.renewed:,} {indexing.RENEWED}"
    if progress.unreachable:
        folders = ", ".join(map(markdown.plain, progress.unreachable))
        text += f" Empty or unreadable, so that its songs are kept: {folders}. Is a disk missing?"
    if progress.passed_over:
        text += f" {markdown.plain(progress.passed_over)}"
    return text


def _show_failures(library: Library) -> None:
    if not (failures := library.failures()):
        return
    files = "One file" if len(failures) == 1 else f"{len(failures)} files"
    with st.expander(f"{files} could not be used. Why?"):
        st.dataframe(
            [{"File": format_name(one.path), "Why": one.reason} for one in failures],
            hide_index=True,
            alt="Files that could not be used, and why",
        )
