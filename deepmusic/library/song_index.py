"""Songs with their embeddings, as `deepmusic.recommend` searches them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from deepmusic.audio import Song
from deepmusic.audio.features import ClipLogMel
from deepmusic.config import GTZAN_GENRES
from deepmusic.library import descriptors, embeddings
from deepmusic.library.embeddings import Passages, SongEmbedding
from deepmusic.prediction import Classifier, compute_log_mels


@dataclass(frozen=True)
class Entry:
    """Facts about one song of an index.

    Attributes
    ----------
    id : int
        Of the song in its index; it never becomes another song's.
    title, artist, album, genre : str
        From its tags (or of GTZAN's list); empty where unknown, but for the title.
    duration : float
        In s.
    tempo, brightness : float or None
        As in `deepmusic.library.descriptors.Descriptors`; None where they were not measured.
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

    @property
    def name(self) -> str:
        """Artist and title, for people."""
        return " - ".join(filter(None, (self.artist, self.title)))


@dataclass(frozen=True)
class AnalyzedSong:
    """A song as it enters an index, or asks for neighbours.

    Attributes
    ----------
    entry : Entry
        What is known of it.
    embedding : SongEmbedding
        By the networks `deepmusic.library.embeddings.NETWORKS`.
    timbre : np.ndarray [shape=(80,)], float32
        As in `deepmusic.library.descriptors.Descriptors`.
    """

    entry: Entry
    embedding: SongEmbedding
    timbre: np.ndarray


def analyze_song(
    song: Song,
    classifiers: Sequence[Classifier],
    *,
    log_mels: Sequence[ClipLogMel] | None = None,
    entry: Entry | None = None,
) -> AnalyzedSong:
    """Embed and describe a song.

    Parameters
    ----------
    song : Song
        What `deepmusic.audio` loaded.
    classifiers : sequence of Classifier
        What `deepmusic.library.embeddings.load_networks` returned.
    log_mels : sequence of ClipLogMel, optional
        What `compute_log_mels` returned for it.
    entry : Entry, optional
        What else is known of it, such as its tags.

    Raises
    ------
    AudioError
        If the song is shorter than a window, or silent.
    """
    mel = classifiers[0].config.mel
    if log_mels is None:
        log_mels = compute_log_mels(song, mel)
    embedding = embeddings.embed_song(song, log_mels, classifiers)
    described = descriptors.describe(log_mels, mel)
    facts = replace(
        entry or Entry(id=-1, title=Path(song.name).stem or song.name),
        duration=song.duration,
        tempo=described.tempo,
        brightness=described.brightness,
        digest=song.digest,
        note=song.note,
    )
    return AnalyzedSong(facts, embedding, described.timbre)


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
        The ensemble's probabilities.
    passages : callable
        Takes a song's id, and returns its `Passages`, or None.
    genres : tuple of str
        Columns of `profiles`.
    """

    title: str
    entries: Sequence[Entry]
    embeddings: np.ndarray
    timbre: np.ndarray
    profiles: np.ndarray
    passages: Callable[[int], Passages | None] = field(default=lambda song: None)
    genres: tuple[str, ...] = GTZAN_GENRES

    @classmethod
    def of(cls, title: str, songs: Sequence[AnalyzedSong]) -> "SongIndex":
        """Make an index of songs that are in memory; their entries' ids must differ."""
        passages = {song.entry.id: song.embedding.passages() for song in songs}
        return cls(
            title,
            [song.entry for song in songs],
            embeddings=np.stack([song.embedding.song for song in songs]),
            timbre=np.stack([song.timbre for song in songs]),
            profiles=np.stack([song.embedding.profile for song in songs]).astype(np.float32),
            passages=passages.get,
        )

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def rows(self) -> dict[int, int]:
        """The number of each song in `entries` and the arrays, by its id."""
        return {entry.id: row for row, entry in enumerate(self.entries)}

    def search(self, words: str, limit: int = 50) -> list[Entry]:
        """Return songs whose title, artist, album or path has all these words in it."""
        wanted = words.casefold().split()
        found = []
        for entry in self.entries:
            text = f"{entry.name} {entry.album} {entry.path or ''}".casefold()
            if all(word in text for word in wanted):
                found.append(entry)
        return sorted(found, key=lambda entry: entry.name.casefold())[:limit]
