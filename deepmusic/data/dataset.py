"""A dataset: labelled tracks with audio, splits and log-mels."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from deepmusic.audio import SoundFiles
from deepmusic.config import FRONT_ENDS, MelConfig
from deepmusic.data import splits
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.data.splits import Split
from deepmusic.errors import DatasetError
from deepmusic.files import data_folder
from deepmusic.protocols import ALL_CLIPS, OWN, PAPER


@dataclass(frozen=True)
class Track:
    """A clip or song of a dataset, or a segment of one.

    Attributes
    ----------
    id : str
        Unique in its dataset, such as ``blues.00000``.
    genre : str
        Its label, right or wrong.
    artist, title : str
        Empty where unknown.
    recording : str
        Id of the clip that a segment was cut from; of any other track, its own.
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
    """Log-mels of a dataset by track: the input of the networks.

    Attributes
    ----------
    by_track : mapping of str to np.ndarray [shape=(n_mels, n_frames)], uint8
    skipped : tuple of SkippedTrack
    """

    by_track: Mapping[str, np.ndarray]
    skipped: tuple[SkippedTrack, ...] = ()

    def at_least(self, n_frames: int) -> "LogMels":
        """Return the log-mels of at least `n_frames` frames; the others are skipped."""
        lengths = {track: log_mel.shape[1] for track, log_mel in self.by_track.items()}
        too_short = tuple(
            SkippedTrack(track, f"has {length} frames; a window has {n_frames}")
            for track, length in lengths.items()
            if length < n_frames
        )
        kept = {t: log_mel for t, log_mel in self.by_track.items() if lengths[t] >= n_frames}
        return LogMels(kept, (*self.skipped, *too_short))


@dataclass(frozen=True)
class ExpectedFiles:
    """Properties that a dataset's files should have, for `deepmusic.data.quality`.

    Attributes
    ----------
    seconds : (float, float) or None
        Shortest and longest duration of a clip.
    sample_rate : int or None
        In Hz.
    sha256 : mapping of str to str
        Of the usual WAV copy (16 bit, mono), by track.
    unreadable : mapping of str to str
        Why a file is unusable in every copy, by track.
    """

    seconds: tuple[float, float] | None = None
    sample_rate: int | None = None
    sha256: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)


class Dataset:
    """Base of all datasets: subclasses set what it consists of.

    Attributes
    ----------
    name, credit : str
        A short name for people and files; authors and licence, for wherever it is shown.
    location : Path or None
        Where its files lie; None if it has none.
    mel : MelConfig
        Front end of the networks that are trained on it.
    window_frames, windows_per_clip : int
        Their windows; None leaves the number in an epoch to the recipe.
    genres : tuple of str
        At least two, in the order of a network's outputs.
    splits : tuple of str
        Names that `split` knows, the default first.
    expected : ExpectedFiles
    tracks : mapping of str to Track
        All tracks that it should hold, by id.
    search : SoundFiles
        What could not be read in its folder, and what was passed over.
    """

    name: str
    location: Path | None = None
    mel: MelConfig = FRONT_ENDS["compact"]
    window_frames: int = 39
    windows_per_clip: int | None = None
    genres: tuple[str, ...]
    splits: tuple[str, ...] = (PAPER,)
    expected = ExpectedFiles()
    credit: str
    tracks: Mapping[str, Track]
    search = SoundFiles()

    #: Available sound files by track, as listed: an id from outside names no other file.
    _audio: Mapping[str, Path] = {}

    #: Parts of the published split (`OWN`) by track.
    _part_of: Mapping[str, str] = {}

    @property
    def has_log_mels(self) -> bool:
        """Whether an archive of its log-mels is available."""
        return False

    @property
    def remarks(self) -> list[str]:
        """What could not be read and what was passed over, a sentence each."""
        return self.search.remarks

    def audio_path(self, track: str) -> Path | None:
        """Return the sound file of a track, or None if it is not available."""
        return self._audio.get(track)

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return the train, validation and test tracks of a protocol (`deepmusic.data.splits`).

        Raises `DatasetError` if the protocol is unknown here, or there are too few tracks.
        """
        if name == ALL_CLIPS:
            return splits.all_clips(self.tracks)
        if name not in self.splits:
            raise DatasetError(
                f"{self.name} has no split named {name!r}. Choose one of: {', '.join(self.splits)}."
            )
        genre_of = {track.id: track.genre for track in self.tracks.values()}
        if name == OWN:
            artist_of = {track.id: track.artist for track in self.tracks.values()}
            return splits.as_published(self.name, self._part_of, genre_of, artist_of)
        return splits.by_clip(self.name, genre_of)

    def log_mels(
        self, tracks: Iterable[str], mel: MelConfig, on_progress: Progress = no_progress
    ) -> LogMels:
        """Return the log-mels of these tracks, in order; what is missing or corrupt is skipped.

        `on_progress` is called with how many of those that must be computed are done.
        """
        raise NotImplementedError


def load_part(
    dataset: Dataset,
    split: Split,
    part: str,
    mel: MelConfig,
    *,
    n_frames: int,
    genres: Sequence[str],
    on_progress: Progress = no_progress,
) -> LogMels:
    """Return the log-mels of a part of a split, of at least `n_frames` frames each.

    Raises
    ------
    DatasetError
        If no clip of the part can be used, or, of the training part, no clip of one of `genres`.
    """
    loaded = dataset.log_mels(split.parts[part], mel, on_progress).at_least(n_frames)
    if not loaded.by_track:
        raise DatasetError(
            f"No clip of the {part} part of {split.name} can be used ({len(loaded.skipped)} "
            "skipped). Check the dataset's folder."
        )
    known = {dataset.tracks[track].genre for track in loaded.by_track}
    if part == "train" and (missing := [genre for genre in genres if genre not in known]):
        raise DatasetError(
            "The training part must have usable clips of every genre. Received none of: "
            f"{', '.join(missing)} ({len(loaded.skipped)} clips skipped). Check the dataset: "
            "deepmusic data check"
        )
    return loaded


def find_folder(name: str, variable: str) -> Path | None:
    """Return a dataset's folder, by environment variable or of a download, or None."""
    downloaded = data_folder() / name
    if named := os.environ.get(variable):
        return Path(named)
    return downloaded if downloaded.exists() else None


def tracks_with_audio(dataset: Dataset) -> dict[str, Path]:
    """Return the available sound files, by track, in the dataset's order."""
    paths = {track: dataset.audio_path(track) for track in dataset.tracks}
    return {track: path for track, path in paths.items() if path is not None}
