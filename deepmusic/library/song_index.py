"""Songs with their embeddings and descriptors, as `deepmusic.library.recommend` searches them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np

from deepmusic import models
from deepmusic.audio import Song
from deepmusic.audio.features import ClipLogMel
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.library import descriptors, tags
from deepmusic.library.embeddings import MUSICNN, Embedder, SegmentEmbeddings, SongEmbedding
from deepmusic.prediction import check_length, compute_log_mels

#: Front end of the descriptors, which is that of the paper's networks.
MEL = FRONT_ENDS["compact"]


@dataclass(frozen=True)
class Entry:
    """Facts about one song of an index.

    Attributes
    ----------
    id : int
        Of the song in its index, never reused; -1 for a song outside of any.
    title, artist, album, genre : str
        From its tags (or GTZAN's list); empty where unknown, but for the title.
    duration : float
        In s.
    tempo, brightness : float or None
        In BPM and Hz, see `deepmusic.library.descriptors`; None where they were not measured.
    digest : str
        SHA-256 of the file.
    note : str
        What is wrong with the file, if it could be used all the same.
    path : Path or None
        Of the file, if there is one.
    """

    id: int
    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    duration: float = 0.0
    tempo: float | None = None
    brightness: float | None = None
    digest: str = ""
    note: str = ""
    path: Path | None = None

    @classmethod
    def of_file(cls, source: Path | IO[bytes], title: str, path: Path | None = None) -> "Entry":
        """Entry of a sound file: its tags, and `title` where they have none."""
        found = tags.read(source)
        words = (found.title or title, found.artist, found.album, found.genre)
        return cls(-1, *words, path=path)

    @property
    def name(self) -> str:
        """Artist and title, for people."""
        return " - ".join(filter(None, (self.artist, self.title)))


@dataclass(frozen=True)
class AnalyzedSong:
    """A song as it enters an index, or as a query; `timbre` [80] are its MFCC statistics."""

    entry: Entry
    embedding: SongEmbedding
    timbre: np.ndarray

    def under(self, entry: Entry) -> "AnalyzedSong":
        """Return it with the id, the words and the path of another entry."""
        words = ("id", "title", "artist", "album", "genre", "path")
        return replace(
            self, entry=replace(self.entry, **{name: getattr(entry, name) for name in words})
        )


def analyze_song(
    song: Song,
    embedder: Embedder,
    *,
    log_mels: Sequence[ClipLogMel] | None = None,
    entry: Entry | None = None,
) -> AnalyzedSong:
    """Embed and describe a song.

    Parameters
    ----------
    song : Song
        As `deepmusic.audio` loads it.
    embedder : Embedder
        From `deepmusic.library.embeddings.load_embedder`.
    log_mels : sequence of ClipLogMel, optional
        Of the song, by the front end `MEL`; computed if not given.
    entry : Entry, optional
        What else is known of it, such as its tags.

    Raises
    ------
    AudioError
        If the song is shorter than a window, or silent.
    """
    check_length(song, [spec.config for spec in models.MODELS.values()])
    if log_mels is None:
        log_mels = compute_log_mels(song, MEL)
    entry = entry or Entry(id=-1, title=Path(song.name).stem or song.name)
    tempo, brightness, timbre = descriptors.describe(log_mels, MEL)
    described = replace(
        entry,
        duration=song.duration,
        tempo=tempo,
        brightness=brightness,
        digest=song.digest,
        note=song.note,
    )
    return AnalyzedSong(described, embedder.embed(song, log_mels), timbre)


@dataclass(frozen=True)
class SongIndex:
    """Songs that can be searched for neighbours: a library, GTZAN, or a handful of demo clips.

    Attributes
    ----------
    title : str
        For people to read.
    entries : sequence of Entry
        The songs.
    embeddings : np.ndarray [shape=(n_songs, n_dimensions)], float32
        Of unit length.
    timbre : np.ndarray [shape=(n_songs, 80)], float32
        `deepmusic.library.descriptors.mfcc_statistics`.
    profiles : np.ndarray [shape=(n_songs, n_genres)], float32
        Genre probabilities.
    segments : callable
        Takes a song's id, and returns its `SegmentEmbeddings`, or None.
    genres : tuple of str
        Columns of `profiles`.
    space : str
        Space of the embeddings, as of `deepmusic.library.embeddings`.
    tags : np.ndarray [shape=(n_songs, 50)] or None
        Probabilities of musicnn's tags.
    """

    title: str
    entries: Sequence[Entry]
    embeddings: np.ndarray
    timbre: np.ndarray
    profiles: np.ndarray
    segments: Callable[[int], SegmentEmbeddings | None] = field(default=lambda song: None)
    genres: tuple[str, ...] = GTZAN_GENRES
    space: str = MUSICNN
    tags: np.ndarray | None = None

    @classmethod
    def of(cls, title: str, songs: Sequence[AnalyzedSong], space: str) -> "SongIndex":
        """Index of songs in memory; their entries' ids must differ."""
        return cls(
            title,
            [song.entry for song in songs],
            embeddings=np.stack([song.embedding.song for song in songs]),
            timbre=np.stack([song.timbre for song in songs]),
            profiles=np.stack([song.embedding.profile for song in songs]).astype(np.float32),
            segments={song.entry.id: song.embedding.segments() for song in songs}.get,
            space=space,
            tags=np.stack([song.embedding.tags for song in songs]),
        )

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def rows(self) -> dict[int, int]:
        """Row of each song in `entries` and the arrays, by its id."""
        return {entry.id: row for row, entry in enumerate(self.entries)}

    def search(self, words: str, limit: int = 50) -> list[Entry]:
        """Songs whose title, artist, album or path contains all these words, by name."""
        wanted = words.casefold().split()
        found = []
        for entry in self.entries:
            text = f"{entry.name} {entry.album} {entry.path or ''}".casefold()
            if all(word in text for word in wanted):
                found.append(entry)
        return sorted(found, key=lambda entry: entry.name.casefold())[:limit]
