"""Song indexes of the Recommend page: the visitor's library, the demo music, or GTZAN."""

from pathlib import Path

import streamlit as st

from deepmusic.config import current_deployment
from deepmusic.data.gtzan import read_facts
from deepmusic.errors import AudioError, LibraryError
from deepmusic.library import embeddings
from deepmusic.library.song_index import Entry, SongIndex
from deepmusic.library.store import Library
from deepmusic.ui import cache, demos, markdown

LIBRARY, DEMO, GTZAN = "library", "demo", "gtzan"


def library() -> Library | None:
    """Return the library of this machine; None on a public server."""
    return Library() if current_deployment().may_index else None


def library_count() -> int:
    """Return the number of songs in the library; 0 where it cannot be read."""
    found = library()
    try:
        return found.count() if found else 0
    except LibraryError:
        return 0


def open_index(name: str) -> SongIndex:
    """Open `LIBRARY`, `DEMO` or `GTZAN`.

    Raises
    ------
    LibraryError, RunError
        If it is missing, or does not fit the networks of this version.
    """
    if name == LIBRARY:
        return cache.library_index(Library())
    return cache.demo_index() if name == DEMO else cache.gtzan_index()


def explain_fallback(name: str) -> None:
    """Say why songs are not compared by the pretrained network, where they should be."""
    if name != GTZAN and (why := embeddings.fallback_reason()):
        st.caption(markdown.plain(why))


def sound_path(name: str, entry: Entry) -> Path | None:
    """Return the file of a song; None where it has none or it is not available."""
    if name == LIBRARY:
        return entry.path
    if name == GTZAN and (dataset := cache.gtzan()):
        return dataset.audio_path(read_facts()[entry.id]["track"])
    return None


def sound(name: str, entry: Entry) -> tuple[bytes, str] | None:
    """Return the bytes that a browser plays of a song, and their media type; None without sound.

    Raises
    ------
    AudioError
        If the file is gone or damaged.
    """
    if name == DEMO:
        return demos.read(entry.genre), demos.MEDIA_TYPE
    if not (path := sound_path(name, entry)):
        return None
    try:
        return cache.play_file(path)
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be read ({error.strerror}). Index its folder again."
        ) from error
