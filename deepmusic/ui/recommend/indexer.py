"""Form that indexes a music folder, and its progress."""

from pathlib import Path

import streamlit as st

from deepmusic.errors import LibraryError
from deepmusic.library import indexing
from deepmusic.library.indexing import Progress
from deepmusic.library.store import Library
from deepmusic.ui import markdown


def show(library: Library) -> None:
    """Show the form, how far an indexing is, and what could not be used."""
    with st.form("index", border=False):
        st.text_input(
            "A folder of music on this machine",
            key="folder",
            placeholder="/home/me/Music",
            help="Searched with all folders in it. The files themselves are only read. What is "
            "kept lies in the folder that DEEPMUSIC_LIBRARY names, or in library/.",
        )
        asked = st.form_submit_button("Index it", type="primary")
    if asked:
        _start(library, st.session_state["folder"])
    running = library.is_locked()
    if asked or running:
        _watch()
    elif ended := indexing.last_progress(library):
        st.caption(_in_words(ended) if ended.ended else _interrupted(ended))
    _show_failures(library)


def _start(library: Library, folder: str) -> None:
    if not folder.strip():
        st.error("Write which folder to index, such as /home/me/Music.")
        return
    try:
        # Kept, so that the process is not forgotten while it runs and leaves no zombie behind.
        st.session_state["indexing"] = indexing.start(Path(folder.strip()).expanduser(), library)
    except LibraryError as error:
        markdown.show_error(error)


@st.fragment(run_every=1.0)
def _watch() -> None:
    """Show how far the indexing is; once it has ended, run the whole page again."""
    library = Library()
    progress = indexing.last_progress(library)
    worker = st.session_state.get("indexing")
    if progress is None:
        return
    alive = library.is_locked() or (worker is not None and worker.poll() is None)
    if progress.ended or not alive:
        if st.session_state.pop("indexing", None) is not None or progress.ended:
            st.rerun()
        return
    share = progress.done / progress.total if progress.total else 0.0
    st.progress(min(share, 1.0), text=_in_words(progress))
    st.button("Stop", on_click=indexing.stop, args=(library,))


def _in_words(progress: Progress) -> str:
    folder = markdown.plain(progress.folder)
    if not progress.ended:
        if not progress.total:
            return f"Looking for music in {folder} ..."
        left = ""
        if progress.done:
            seconds = progress.seconds / progress.done * (progress.total - progress.done)
            left = f", about {max(1, round(seconds / 60))} min left"
        return f"{progress.done} of {progress.total} new or changed files in {folder}{left}"
    return (
        f"{folder}: {progress.added} songs added or renewed, {progress.unchanged} unchanged, "
        f"{progress.removed} gone, {progress.failed} unusable ({markdown.plain(progress.ended)})."
        + _unreachable(progress)
    )


def _unreachable(progress: Progress) -> str:
    if not progress.unreachable:
        return ""
    folders = ", ".join(map(markdown.plain, progress.unreachable))
    return f" Empty or not to be read, so that its songs are kept: {folders}. Is a disk missing?"


def _interrupted(progress: Progress) -> str:
    return (
        f"{markdown.plain(progress.folder)}: broken off after {progress.done} of "
        f"{progress.total} files. Index it again to go on from there."
    )


def _show_failures(library: Library) -> None:
    failures = library.failures()
    if not failures:
        return
    words = "One file" if len(failures) == 1 else f"{len(failures)} files"
    with st.expander(f"{words} could not be used. Why?"):
        st.dataframe(
            [{"File": str(one.path), "Why": one.reason} for one in failures],
            hide_index=True,
            alt="Files that could not be used, and why",
        )
