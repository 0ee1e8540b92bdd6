"""Cached song indexes of the Recommend page, and embeddings of a visitor's songs."""

import io
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import streamlit as st

from deepmusic.errors import RunError
from deepmusic.formatting import format_genre
from deepmusic.library import embeddings, known_clips, placing, shipped_songs, tags
from deepmusic.library.descriptors import mfcc_statistics
from deepmusic.library.embeddings import Embedder, SongEmbedding
from deepmusic.library.known_clips import Match
from deepmusic.library.placing import PlacedSong
from deepmusic.library.recommend import Query, Result, recommend
from deepmusic.library.song_index import MEL, AnalyzedSong, Entry, SongIndex
from deepmusic.library.song_index import analyze_song as analyze
from deepmusic.library.store import Library
from deepmusic.prediction import Classifier
from deepmusic.ui import demos
from deepmusic.ui.cache import models
from deepmusic.ui.cache.songs import SONG_KEYS, decode_song
from deepmusic.ui.song import SongFile

_COVER_PIXELS = 96


def _networks() -> list[Classifier]:
    return [models.networks()[name] for name in embeddings.NETWORKS]


def embedder(space: str | None = None) -> Embedder:
    """Return what embeds songs in a space, by default the current one."""
    space = space or embeddings.current_space()
    if space == embeddings.THREE_NETWORKS:
        return embeddings.NetworksEmbedder(_networks())
    return embeddings.load_embedder(space)


def library_index(library: Library) -> SongIndex:
    """Open a library; raise `LibraryError` as `Library.open` does."""
    return _library_index(os.fsencode(library.folder.absolute()), library.generation())


@st.cache_resource(show_spinner=False, max_entries=2)
def _library_index(folder: bytes, generation: int) -> SongIndex:
    return Library(Path(os.fsdecode(folder))).open()


@st.cache_resource(show_spinner=False)
def gtzan_index() -> SongIndex:
    """Return the index of GTZAN's clips; raise `RunError` as `known_clips.read` does."""
    return known_clips.gtzan_index()


@st.cache_resource(show_spinner=False)
def demo_index() -> SongIndex:
    """Return the demo music: a small library for newcomers."""
    space, songs = embeddings.current_space(), []
    for number, (genre, title) in enumerate(demos.TITLES.items()):
        entry = Entry(number, title, f"Demo {format_genre(genre)}", genre=genre)
        songs.append(analyze_song(demos.song(genre), space).under(entry))
    return SongIndex.of("Demo music", songs, space)


@st.cache_data(show_spinner=False, max_entries=32, hash_funcs=SONG_KEYS)
def analyze_song(song: SongFile, space: str) -> AnalyzedSong:
    """Embed a song in a space, and describe it; raise `AudioError` if it cannot be used."""
    entry = Entry.of_file(io.BytesIO(song.data), Path(song.name).stem)
    if space == embeddings.MUSICNN and (shipped := shipped_songs.read().get(song.digest)):
        return shipped.under(entry)
    decoded = decode_song(song)
    return analyze(decoded.song, embedder(space), log_mels=decoded.log_mels(MEL), entry=entry)


# Apart from `analyze_song`: a song's tempo needs librosa, for which no prediction should wait.
@st.cache_data(show_spinner=False, max_entries=32, hash_funcs=SONG_KEYS)
def _embed(song: SongFile) -> SongEmbedding:
    networks, decoded = _networks(), decode_song(song)
    log_mels = decoded.log_mels(networks[0].config.mel)
    return embeddings.embed_song(log_mels, decoded.song.duration, networks)


@st.cache_data(show_spinner=False, max_entries=32, hash_funcs=SONG_KEYS)
def find_known_clips(song: SongFile) -> Sequence[Match]:
    """Find GTZAN's clips in a song; raise `AudioError` if it cannot be used."""
    log_mels = decode_song(song).log_mels(MEL)
    with suppress(RunError):  # The shipped embeddings are of other networks.
        return known_clips.find(log_mels, _embed(song))
    return []


@st.cache_data(show_spinner=False, max_entries=32, hash_funcs=SONG_KEYS)
def find_similar_clips(song: SongFile, limit: int = 3) -> Sequence[Result]:
    """Return the clips of GTZAN that sound most like a song, without itself; errors as above."""
    frames = np.concatenate([clip.frames for clip in decode_song(song).log_mels(MEL)], axis=1)
    embedding = _embed(song)
    fingerprint = (embedding.song, mfcc_statistics(frames))
    query = Query(song.name, embedding.profile, embedding.song, fingerprints=(fingerprint,))
    with suppress(RunError):  # As above.
        return recommend(gtzan_index(), query, limit=limit, per_artist=1)
    return []


def place_on_map(song: SongFile) -> PlacedSong:
    """Place a song on the map of GTZAN; raise `AudioError` or `RunError` if it cannot be."""
    return placing.place(_embed(song))


def cover(path: Path) -> bytes | None:
    """Return the cover in a file's tags as a small PNG, or None."""
    try:
        return _cover(os.fsencode(path), path.stat().st_mtime_ns)
    except OSError:
        return None


@st.cache_data(show_spinner=False, max_entries=500)
def _cover(name: bytes, modified: int) -> bytes | None:
    from PIL import Image

    if not (data := tags.read_cover(Path(os.fsdecode(name)))):
        return None
    try:
        image = Image.open(io.BytesIO(data))
        image.thumbnail((_COVER_PIXELS, _COVER_PIXELS))
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "PNG")
        return buffer.getvalue()
    except Exception:  # A damaged or hostile image is no cover.
        return None
