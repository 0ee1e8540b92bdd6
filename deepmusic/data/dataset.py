"""The contract of a dataset, and the types that it speaks in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from deepmusic.config import MelConfig


@dataclass(frozen=True)
class Track:
    """One clip or song of a dataset, or a segment of one.

    Attributes
    ----------
    id : str
        Unique in its dataset, such as ``blues.00000``.
    genre : str
        Its label, right or wrong.
    artist, title : str
        Empty where unknown.
    recording : str
        What it was cut from: the id of its clip for a segment, else its own.
    """

    id: str
    genre: str
    artist: str = ""
    title: str = ""
    recording: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "recording", self.recording or self.id)


@dataclass(frozen=True)
class SkippedTrack:
    """A track that could not be used, and why."""

    track: str
    reason: str


@dataclass(frozen=True)
class LogMels:
    """Log-mels of a dataset by track: what the networks read.

    Attributes
    ----------
    by_track : mapping of str to np.ndarray [shape=(n_mels, n_frames)], uint8
        Of the tracks that could be used.
    skipped : tuple of SkippedTrack
        The tracks that could not.
    """

    by_track: Mapping[str, np.ndarray]
    skipped: tuple[SkippedTrack, ...] = ()

    def at_least(self, n_frames: int) -> "LogMels":
        """Return those that have this many frames; the others are skipped."""
        lengths = {track: log_mel.shape[1] for track, log_mel in self.by_track.items()}
        too_short = tuple(
            SkippedTrack(track, f"has {length} frames; a window has {n_frames}")
            for track, length in lengths.items()
            if length < n_frames
        )
        kept = {t: log_mel for t, log_mel in self.by_track.items() if lengths[t] >= n_frames}
        return LogMels(kept, (*self.skipped, *too_short))


@dataclass(frozen=True)
class Split:
    """Train, validation and test tracks of a protocol.

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
class ExpectedFiles:
    """What a dataset's files should be like, for `deepmusic.quality` to compare with.

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
    """The contract of a dataset; one test holds all of them to it.

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
    expected : ExpectedFiles
        What its files should be like.
    credit : str
        Whose dataset it is, and what is to be said when it is shown.
    """

    name: str
    location: Path | None
    genres: tuple[str, ...]
    splits: tuple[str, ...]
    expected: ExpectedFiles
    credit: str

    @property
    def tracks(self) -> Mapping[str, Track]:
        """All tracks that the dataset should hold, by id."""

    def audio_path(self, track: str) -> Path | None:
        """Return the sound file of a track, or None if it is not at hand."""

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return the parts of a protocol; raise `DatasetError` for one that it does not know."""

    def log_mels(self, tracks: Iterable[str], mel: MelConfig) -> LogMels:
        """Return the log-mels of these tracks, and what could not be used."""


def tracks_with_audio(dataset: Dataset) -> dict[str, Path]:
    """Return the sound files at hand, by track, in the dataset's order."""
    paths = {track: dataset.audio_path(track) for track in dataset.tracks}
    return {track: path for track, path in paths.items() if path is not None}
