"""Songs to search on the Recommend page: the visitor's library, the demo bands, or GTZAN."""

import io
from pathlib import Path

import streamlit as st

from deepmusic import audio
from deepmusic.audio import encode
from deepmusic.config import GTZAN_GENRES, current_deployment
from deepmusic.data.gtzan import read_facts
from deepmusic.errors import AudioError, LibraryError
from deepmusic.library import known_clips, tags
from deepmusic.library.song_index import Entry, SongIndex, analyze_song
from deepmusic.library.store import Library
from deepmusic.ui import cache
from deepmusic.ui.known_clips import embedding_networks

LIBRARY, DEMO, GTZAN = "library", "demo", "gtzan"

#: Songs of each synthetic band, and their length.
TAKES, TAKE_SECONDS = 3, 12.0

_COVER_PIXELS = 96


def library() -> Library | None:
    """Return the library of this machine; None where that may not be read."""
    return Library() if current_deployment().may_index else None


def library_count() -> int:
    """Return how many songs the library holds; 0 where it cannot be read."""
    found = library()
    try:
        return found.count() if found else 0
    except LibraryError:
        return 0


def open_index(name: str) -> SongIndex:
    """Open one of the indexes.

    Raises
    ------
    LibraryError, RunError
        If it is not there, or does not fit the networks of this version.
    """
    if name == LIBRARY:
        held = Library()
        return _library(str(held.folder.absolute()), held.generation())
    return _demo() if name == DEMO else _gtzan()


@st.cache_resource(show_spinner=False, max_entries=2)
def _library(folder: str, generation: int) -> SongIndex:
    return Library(Path(folder)).open()


@st.cache_resource(show_spinner=False)
def _gtzan() -> SongIndex:
    return known_clips.gtzan_index()


@st.cache_resource(show_spinner=False)
def _demo() -> SongIndex:
    """Embed songs of ten synthetic bands: a small library for newcomers."""
    networks = embedding_networks()
    songs = []
    for number, (genre, take) in enumerate(_takes()):
        song = audio.load_song(demo_sound(genre, take), name=f"{genre}-{take}.wav")
        entry = Entry(number, f"Take {take}", f"Synthetic {genre} band", genre=genre)
        songs.append(analyze_song(song, networks, entry=entry))
    return SongIndex.of("Demo bands", songs)


def _takes() -> list[tuple[str, int]]:
    return [(genre, take) for genre in GTZAN_GENRES for take in range(1, TAKES + 1)]


@st.cache_data(show_spinner=False, max_entries=len(GTZAN_GENRES) * TAKES)
def demo_sound(genre: str, take: int) -> bytes:
    """Return a synthetic band's take as FLAC."""
    from deepmusic.audio import synth

    samples = synth.play(genre, seconds=TAKE_SECONDS, seed=take)
    return encode.encode_flac(samples, audio.SAMPLE_RATE)


# === Songs of an index ===


def sound_path(name: str, entry: Entry) -> Path | None:
    """Return the file of a song; None where its sound is computed, or not at hand."""
    if name == LIBRARY:
        return entry.path
    if name == GTZAN and (dataset := cache.gtzan()):
        return dataset.audio_path(read_facts()[entry.id]["track"])
    return None


def sound(name: str, entry: Entry) -> tuple[bytes, str] | None:
    """Return what the browser plays of a song, and its media type; None if there is nothing.

    Raises
    ------
    AudioError
        If the file went, or is damaged.
    """
    if name == DEMO:
        genre, take = _takes()[entry.id]
        return demo_sound(genre, take), "audio/flac"
    path = sound_path(name, entry)
    if path is None:
        return None
    try:
        return cache.play_file(path)
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be read ({error.strerror}). Index its folder again."
        ) from error


@st.cache_data(show_spinner=False, max_entries=500)
def cover(path: str, modified: int) -> bytes | None:
    """Return the cover in a file's tags as a small PNG, or None."""
    return _thumbnail(tags.read_cover(Path(path)))


def _thumbnail(log_mel: bytes | None) -> bytes | None:
    from PIL import Image

    if log_mel is None:
        return None
    try:
        image = Image.open(io.BytesIO(log_mel))
        image.thumbnail((_COVER_PIXELS, _COVER_PIXELS))
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "PNG")
        return buffer.getvalue()
    except Exception:  # A damaged or hostile picture is no cover.
        return None
