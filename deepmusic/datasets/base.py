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


class Dataset(Protocol):
    """The contract of a collection. `deepmusic.datasets.gtzan` fulfils it."""

    name: str
    genres: tuple[str, ...]

    @property
    def tracks(self) -> Mapping[str, Track]:
        """All tracks that the collection should hold, by id."""

    def audio_path(self, track: str) -> Path | None:
        """Return the sound file of a track, or None if it is not at hand."""

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return the parts of a protocol."""

    def pictures(self, tracks: Iterable[str], mel: MelConfig) -> Pictures:
        """Return what the networks read of these tracks, and what could not be used."""
