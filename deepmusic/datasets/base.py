"""What every collection offers, whatever its files look like."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from deepmusic.config import MelConfig


@dataclass(frozen=True)
class Track:
    """One recording of a collection.

    Attributes
    ----------
    id : str
        Unique in its collection, such as ``blues.00000``.
    genre : str
        Its label, right or wrong.
    artist, title : str
        Empty where unknown.
    """

    id: str
    genre: str
    artist: str = ""
    title: str = ""


@dataclass(frozen=True)
class Problem:
    """A track that could not be used, and why."""

    track: str
    reason: str


@dataclass(frozen=True)
class Pictures:
    """What the networks read of a collection (`deepmusic.features.picture`), by track.

    Attributes
    ----------
    by_track : mapping of str to np.ndarray [shape=(n_mels, n_columns)], uint8
        One picture for each track that could be used.
    problems : tuple of Problem
        The tracks that could not.
    """

    by_track: Mapping[str, np.ndarray]
    problems: tuple[Problem, ...] = ()

    def at_least(self, n_columns: int) -> "Pictures":
        """Return those that have this many columns; the others become problems."""
        long_enough = {
            track: picture
            for track, picture in self.by_track.items()
            if picture.shape[1] >= n_columns
        }
        too_short = [
            Problem(track, f"has {picture.shape[1]} columns; a window has {n_columns}")
            for track, picture in self.by_track.items()
            if track not in long_enough
        ]
        return Pictures(long_enough, (*self.problems, *too_short))


@dataclass(frozen=True)
class Split:
    """Which tracks train, which choose, which test.

    Attributes
    ----------
    name : str
        Protocol, such as ``paper`` or ``artist_folds, fold 1``.
    train, valid, test : tuple of str
        Track ids. No id is in two parts.
    """

    name: str
    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]
    _parts: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = {
            track: part for part in ("train", "valid", "test") for track in getattr(self, part)
        }
        object.__setattr__(self, "_parts", parts)

    def part_of(self, track: str) -> str:
        """Return ``train``, ``valid``, ``test``, or ``unused`` for a track left out."""
        return self._parts.get(track, "unused")


@dataclass(frozen=True)
class Known:
    """What is known of a collection's files beforehand, for `deepmusic.doctor` to compare with.

    Attributes
    ----------
    seconds : (float, float) or None
        Shortest and longest that a clip should be.
    sample_rate : int or None
        In Hz.
    sha256 : mapping of str to str
        Of the usual WAV copy (16 bit, mono), by track.
    unreadable : mapping of str to str
        By track, why its file cannot be used, whoever has it.
    """

    seconds: tuple[float, float] | None = None
    sample_rate: int | None = None
    sha256: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)


class Dataset(Protocol):
    """The contract of a collection; one test holds all of them to it.

    Attributes
    ----------
    name : str
        Short, for people and for file names.
    location : Path or None
        Where its files lie; None if it has none.
    genres : tuple of str
        At least two, in the order of a network's outputs.
    splits : tuple of str
        Names that `split` knows, the usual one first.
    known : Known
        What its files should be like.
    credit : str
        Whose collection it is, and what is to be said when it is shown.
    """

    name: str
    location: Path | None
    genres: tuple[str, ...]
    splits: tuple[str, ...]
    known: Known
    credit: str

    @property
    def tracks(self) -> Mapping[str, Track]:
        """All tracks that the collection should hold, by id."""

    def audio_path(self, track: str) -> Path | None:
        """Return the sound file of a track, or None if it is not at hand."""

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return the parts of a protocol; raise `DatasetError` for one that it does not know."""

    def pictures(self, tracks: Iterable[str], mel: MelConfig) -> Pictures:
        """Return what the networks read of these tracks, and what could not be used."""


def audible(dataset: Dataset) -> dict[str, Path]:
    """Return the sound files at hand, by track, in the collection's order."""
    paths = {track: dataset.audio_path(track) for track in dataset.tracks}
    return {track: path for track, path in paths.items() if path is not None}
