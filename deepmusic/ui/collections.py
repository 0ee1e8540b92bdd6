"""Where the Recommend page looks: the visitor's library, the demo bands, or GTZAN as facts."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from deepmusic import audio, tags
from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import AudioError, LibraryError
from deepmusic.library import Collection, Entry, Library, indexing_allowed
from deepmusic.ui import cache
from deepmusic.ui.cache import SongFile

LIBRARY, DEMO, GTZAN = "library", "demo", "gtzan"

#: Songs of each synthetic band, and their length.
TAKES, TAKE_SECONDS = 3, 12.0

_COVER_PIXELS = 96


def library() -> Library | None:
    """Return the library of this machine; None where that may not be read."""
    return Library() if indexing_allowed() else None


def library_count() -> int:
    """Return how many songs the library holds; 0 where it cannot be read."""
    found = library()
    try:
        return found.count() if found else 0
    except LibraryError:
        return 0


def open_collection(name: str) -> Collection:
    """Open one of the collections.

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
def _library(folder: str, generation: int) -> Collection:
    return Library(Path(folder)).collection()


@st.cache_resource(show_spinner=False)
def _gtzan() -> Collection:
    from deepmusic import retrieval

    return retrieval.gtzan_collection()


# === The demo bands ===


@st.cache_resource(show_spinner=False)
def _demo() -> Collection:
    """Let ten synthetic bands play, and the networks listen: a small library for newcomers."""
    from deepmusic import recommend

    networks = embedding_networks()
    heard, passages = [], {}
    for row, (genre, take) in enumerate(_takes()):
        song = audio.load_song(demo_sound(genre, take), name=f"{genre}-{take}.wav")
        entry = Entry(
            row, f"Take {take}", artist=f"Synthetic {genre} band", genre=genre, digest=song.digest
        )
        one = recommend.hear(song, networks, entry=entry)
        heard.append(one)
        passages[row] = one.embedding.passages()

    def fetch(rows: Sequence[int]) -> list[Entry]:
        return [heard[int(row)].entry for row in rows]

    return Collection(
        "Demo bands",
        rows=np.arange(len(heard)),
        embeddings=np.stack([one.embedding.song for one in heard]),
        timbre=np.stack([one.timbre for one in heard]),
        profiles=np.stack([one.embedding.profile for one in heard]).astype(np.float32),
        fetch=fetch,
        passages=lambda row: passages.get(int(row)),
    )


def _takes() -> list[tuple[str, int]]:
    return [(genre, take) for genre in GTZAN_GENRES for take in range(1, TAKES + 1)]


@st.cache_data(show_spinner=False, max_entries=len(GTZAN_GENRES) * TAKES)
def demo_sound(genre: str, take: int) -> bytes:
    """Return a synthetic band's take as FLAC."""
    from deepmusic import synth

    samples = synth.play(genre, seconds=TAKE_SECONDS, seed=take)
    return audio.encode_flac(samples, audio.SAMPLE_RATE)


# === Songs of a collection ===


def track_of(entry: Entry) -> str:
    """Return the GTZAN track that an entry of GTZAN's collection stands for."""
    from deepmusic.datasets.gtzan import read_facts

    return read_facts()[entry.row]["track"]


def sound_path(name: str, entry: Entry) -> Path | None:
    """Return the file of a song; None where its sound is computed, or not at hand."""
    if name == LIBRARY:
        return entry.path
    if name == GTZAN and (dataset := cache.gtzan()):
        return dataset.audio_path(track_of(entry))
    return None


def sound(name: str, entry: Entry) -> tuple[bytes, str] | None:
    """Return what the browser plays of a song, and its media type; None if there is nothing.

    Raises
    ------
    AudioError
        If the file went, or is damaged.
    """
    if name == DEMO:
        genre, take = _takes()[entry.row]
        return demo_sound(genre, take), "audio/flac"
    path = sound_path(name, entry)
    if path is None:
        return None
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise AudioError(
            f"{path.name} cannot be read ({error.strerror}). Index its folder again."
        ) from error
    return _playable(str(path), modified)


@st.cache_data(show_spinner=False, max_entries=24)
def _playable(path: str, modified: int) -> tuple[bytes, str]:
    data = Path(path).read_bytes()
    if mime_type := audio.browser_mime_type(data):
        return data, mime_type
    song = audio.load_song(data, name=Path(path).name)
    return audio.encode_flac(song.samples, song.sample_rate), "audio/flac"


@st.cache_data(show_spinner=False, max_entries=500)
def cover(path: str, modified: int) -> bytes | None:
    """Return the cover in a file's tags as a small PNG, or None."""
    return _thumbnail(tags.read_cover(Path(path)))


def _thumbnail(picture: bytes | None) -> bytes | None:
    from PIL import Image

    if picture is None:
        return None
    try:
        image = Image.open(io.BytesIO(picture))
        image.thumbnail((_COVER_PIXELS, _COVER_PIXELS))
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "PNG")
        return buffer.getvalue()
    except Exception:  # A damaged or hostile picture is no cover.
        return None


# === The song that asks ===


def embedding_networks() -> list:
    """Return the shipped networks that embed, waiting for them if need be."""
    from deepmusic import embeddings

    return [cache.networks()[name] for name in embeddings.NETWORKS]


def hear(song: SongFile):
    """Let the networks listen to a visitor's song: (`recommend.Heard`, matches in GTZAN).

    Raises
    ------
    AudioError
        If it cannot be used.
    """
    return _hear(song.digest, song.data, song.name)


@st.cache_data(show_spinner=False, max_entries=32)
def _hear(digest: str, _data: bytes, _name: str):
    from deepmusic import familiar, prediction, recommend
    from deepmusic.errors import RunError

    networks = embedding_networks()
    song = audio.load_song(_data, name=_name)
    found = tags.read(io.BytesIO(_data))
    pictures = prediction.picture_song(song, networks[0].config.mel)
    entry = Entry(-1, found.title or Path(_name).stem, found.artist, found.album, found.genre)
    heard = recommend.hear(song, networks, pictures=pictures, entry=entry)
    try:
        return heard, familiar.find(pictures, heard.embedding)
    except RunError:
        # The shipped numbers are those of other networks: nothing can be said.
        return heard, []
