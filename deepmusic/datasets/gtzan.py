"""GTZAN: ten genres of 100 clips of 30 s (Tzanetakis and Cook, 2002), as audio or as log-mels.

Facts in ``gtzan_tracks.csv``: artists and titles after Sturm, "An Analysis of the GTZAN Music
Genre Dataset", MIRUM 2012; the fault-filtered split of Kereliuk, Sturm and Larsen, "Deep Learning
and Music Adversaries", 2015; artist folds of Foleiss and Tavares, Applied Soft Computing 89,
106127, 2020. SHA-256 and size are those of the usual WAV copy. The recordings are commercial and
not ours to share.
"""

import csv
import os
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np

from deepmusic.config import FRONT_ENDS, GTZAN_GENRES, MelConfig
from deepmusic.datasets import splits
from deepmusic.datasets.base import Pictures, Problem, Split, Track
from deepmusic.errors import AudioError, DatasetError

ENVIRONMENT_VARIABLE = "DEEPMUSIC_GTZAN"

#: What NumPy raises for a damaged or foreign file.
_UNREADABLE = (OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile, zlib.error)

#: Where the ten genre folders lie below the folder that people point at.
_TREES = (".", "genres", "genres_original", "Data/genres_original", "data/genres_original")
_SUFFIXES = (".wav", ".au", ".flac", ".mp3", ".ogg")


def read_facts() -> list[dict[str, str]]:
    """Read the 1000 rows of ``gtzan_tracks.csv``."""
    text = files("deepmusic.datasets").joinpath("gtzan_tracks.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


class _Tracks(dict[str, Track]):
    """Tracks by id, which also finds the segments of its tracks."""

    def __missing__(self, track: str) -> Track:
        if splits.segment_of(track) is None:
            raise KeyError(track)
        return replace(self[splits.clip_of(track)], id=track)


class Gtzan:
    """GTZAN from a folder with audio, a log-mel archive, or both.

    Parameters
    ----------
    root : Path
        A folder that holds ``genres/``, ``genres_original/``, ``Data/genres_original/`` or the ten
        genre folders themselves, and/or a log-mel archive ``*.npz``; or such an archive itself.

    Raises
    ------
    DatasetError
        If neither audio nor an archive is found.
    """

    name = "gtzan"
    genres = GTZAN_GENRES

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = _find_audio(root)
        self._archive_path = _find_archive(root)
        if not self._audio and self._archive_path is None:
            raise DatasetError(
                f"{root} holds neither GTZAN's audio nor a log-mel archive. Point "
                f"{ENVIRONMENT_VARIABLE} at a folder with genres/blues/blues.00000.wav and so on, "
                "or with a log-mel archive (*.npz)."
            )

    @classmethod
    def from_environment(cls) -> "Gtzan":
        """Open the folder that ``DEEPMUSIC_GTZAN`` names; raise `DatasetError` if it names none."""
        root = os.environ.get(ENVIRONMENT_VARIABLE)
        if not root:
            raise DatasetError(
                f"GTZAN is not at hand. Set {ENVIRONMENT_VARIABLE} to the folder that holds it."
            )
        return cls(Path(root))

    @cached_property
    def _facts(self) -> list[dict[str, str]]:
        return read_facts()

    @cached_property
    def tracks(self) -> Mapping[str, Track]:
        """The 1000 tracks, by id, in the order of genre and number.

        A segment of `window_leak`, such as ``blues.00000#3``, is not among them, but is found.
        """
        return _Tracks(
            (row["track"], Track(row["track"], row["genre"], row["artist"], row["title"]))
            for row in self._facts
        )

    @property
    def audio_tracks(self) -> tuple[str, ...]:
        """Ids of the tracks whose sound is at hand, in order."""
        return tuple(track for track in self.tracks if track in self._audio)

    def audio_path(self, track: str) -> Path | None:
        """Return the sound file of a track, or None if it is not at hand.

        Paths come from the folder's listing, so that an id from outside names no other file.
        """
        return self._audio.get(track)

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return a protocol's parts (see `deepmusic.datasets.splits`)."""
        return splits.make(self._facts, name, fold)

    def pictures(self, tracks: Iterable[str], mel: MelConfig) -> Pictures:
        """Return what the networks read of these tracks.

        The archive serves where it holds the track and the front end is ``compact``; the audio is
        computed otherwise. What is missing or corrupt is listed, never raised.

        Parameters
        ----------
        tracks : iterable of str
            Ids of tracks, or of segments of `window_leak`.
        mel : MelConfig
            Front end.

        Returns
        -------
        Pictures
        """
        wanted = list(tracks)
        if any(splits.segment_of(track) is not None for track in wanted):
            return self._segments(wanted, mel)
        archive = self._archive if mel == FRONT_ENDS["compact"] else {}
        found = {track: archive[track] for track in wanted if track in archive}
        to_compute = [track for track in wanted if track not in found and track in self._audio]
        computed, problems = _compute({track: self._audio[track] for track in to_compute}, mel)
        found.update(computed)
        missing = [
            Problem(track, "neither its audio nor its log-mel is at hand")
            for track in wanted
            if track not in found and track not in self._audio
        ]
        ordered = {track: found[track] for track in wanted if track in found}
        return Pictures(ordered, (*problems, *missing))

    def _segments(self, wanted: Sequence[str], mel: MelConfig) -> Pictures:
        """Return what the networks read of these segments: a ninth of their clip's columns."""
        clips = self.pictures(dict.fromkeys(map(splits.clip_of, wanted)), mel)
        reasons = {problem.track: problem.reason for problem in clips.problems}
        found, problems = {}, []
        for segment in wanted:
            clip, number = splits.clip_of(segment), splits.segment_of(segment)
            if clip in clips.by_track and number is not None:
                picture = clips.by_track[clip]
                width = picture.shape[1] // splits.SEGMENTS_PER_CLIP
                found[segment] = picture[:, number * width : (number + 1) * width]
            else:
                problems.append(Problem(segment, reasons.get(clip, "there is no such segment")))
        return Pictures(found, tuple(problems))

    @cached_property
    def _archive(self) -> Mapping[str, np.ndarray]:
        return read_archive(self._archive_path) if self._archive_path else {}


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """Read a log-mel archive: ``logmel`` uint8 [track, mel, column] and ``track`` ids.

    Parameters
    ----------
    path : Path
        An ``.npz`` file.

    Returns
    -------
    dict of str to np.ndarray [shape=(n_mels, n_columns)], uint8

    Raises
    ------
    DatasetError
        If the file is damaged or of another format.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            logmel, track = archive["logmel"], archive["track"]
    except _UNREADABLE as error:
        raise DatasetError(
            f"{path} is not a log-mel archive ({error}). It should hold the arrays logmel and "
            "track; get it again."
        ) from error
    n_mels = FRONT_ENDS["compact"].n_mels
    if logmel.dtype != np.uint8 or logmel.ndim != 3 or logmel.shape[:2] != (*track.shape, n_mels):
        raise DatasetError(
            f"{path}: logmel is {logmel.dtype} {logmel.shape} for {track.size} tracks; expected "
            f"uint8 ({track.size}, {n_mels}, columns). Get the archive again."
        )
    return {str(name): rows for name, rows in zip(track, logmel, strict=True)}


def _find_audio(root: Path) -> dict[str, Path]:
    """List the sound files of the first usual tree that holds any, by track id."""
    for tree in _TREES:
        found = {
            path.stem: path
            for genre in GTZAN_GENRES
            for path in sorted((root / tree / genre).glob(f"{genre}.[0-9]*"))
            if path.suffix.lower() in _SUFFIXES
        }
        if found:
            return found
    return {}


def _find_archive(root: Path) -> Path | None:
    if root.is_file() and root.suffix == ".npz":
        return root
    return next(iter(sorted(root.glob("*.npz"))), None)


def _compute(
    paths: Mapping[str, Path], mel: MelConfig
) -> tuple[dict[str, np.ndarray], list[Problem]]:
    """Compute pictures from sound files on all cores."""
    if not paths:
        return {}, []
    from joblib import Parallel, delayed

    results = Parallel(n_jobs=-1)(delayed(_picture_of)(path, mel) for path in paths.values())
    pictures, problems = {}, []
    for track, result in zip(paths, results, strict=True):
        if isinstance(result, str):
            problems.append(Problem(track, result))
        else:
            pictures[track] = result
    return pictures, problems


def _picture_of(path: Path, mel: MelConfig) -> np.ndarray | str:
    """Return the picture of a file, or the reason why there is none."""
    from deepmusic import audio, features

    try:
        song = audio.load_song(path, sample_rate=mel.sample_rate)
        return features.picture(features.log_mel(song.samples, mel), mel)
    except AudioError as error:
        return str(error)
