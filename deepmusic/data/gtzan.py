"""GTZAN: ten genres of 100 clips of 30 s (Tzanetakis and Cook, 2002), as audio or as log-mels.

Facts in ``gtzan_tracks.csv``: artists and titles after Sturm, "An Analysis of the GTZAN Music
Genre Dataset", MIRUM 2012; the fault-filtered split of Kereliuk, Sturm and Larsen, "Deep Learning
and Music Adversaries", 2015; artist folds of Foleiss and Tavares, Applied Soft Computing 89,
106127, 2020. SHA-256 and size are those of the usual WAV copy. The recordings are commercial and
not ours to share.
"""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from zipfile import BadZipFile, ZipFile

import numpy as np

from deepmusic.config import FRONT_ENDS, GTZAN_GENRES, MelConfig
from deepmusic.data import logmels, splits
from deepmusic.data.dataset import ExpectedFiles, LogMels, SkippedTrack, Split, Track
from deepmusic.errors import DatasetError
from deepmusic.files import data_folder
from deepmusic.protocols import SPLITS

ENVIRONMENT_VARIABLE = "DEEPMUSIC_GTZAN"

#: Where the ten genre folders lie below the folder that people point at.
_TREES = (".", "genres", "genres_original", "Data/genres_original", "data/genres_original")

_NUMBER = "[0-9]" * 5

_SUFFIXES = (".wav", ".au", ".flac", ".mp3", ".ogg")


def find_root() -> Path | None:
    """Return where GTZAN lies: what ``DEEPMUSIC_GTZAN`` names, or where a download went."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    downloaded = data_folder() / "gtzan"
    return downloaded if downloaded.exists() else None


@cache
def read_facts() -> Sequence[Mapping[str, str]]:
    """Return the 1000 rows of ``gtzan_tracks.csv``, which are read once."""
    path = files("deepmusic.data").joinpath("gtzan_tracks.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(map(MappingProxyType, csv.DictReader(file)))


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
    splits = SPLITS
    credit = (
        "GTZAN: Tzanetakis and Cook, 2002. The recordings are commercial and not ours to share. "
        "Artists and titles after Sturm, MIRUM 2012."
    )

    def __init__(self, root: Path) -> None:
        self.root = self.location = root
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
        """Open GTZAN where `find_root` finds it; raise `DatasetError` if it is nowhere."""
        root = find_root()
        if root is None:
            raise DatasetError(
                f"GTZAN is not at hand. Set {ENVIRONMENT_VARIABLE} to the folder that holds it, or "
                "get it: python -m deepmusic data download gtzan"
            )
        return cls(root)

    @classmethod
    def facts_only(cls) -> "Gtzan":
        """Return GTZAN without sound and log-mels: what is known of it, for those without it."""
        dataset = cls.__new__(cls)
        dataset.root = dataset.location = None
        dataset._audio, dataset._archive_path = {}, None
        return dataset

    @cached_property
    def tracks(self) -> Mapping[str, Track]:
        """The 1000 tracks, by id, in the order of genre and number.

        A segment of `window_leak`, such as ``blues.00000#3``, is not among them, but is found.
        """
        return _Tracks(
            (row["track"], Track(row["track"], row["genre"], row["artist"], row["title"]))
            for row in read_facts()
        )

    @cached_property
    def expected(self) -> ExpectedFiles:
        """Length, rate and checksums of the usual copy, and its one corrupt file."""
        return ExpectedFiles(
            seconds=(29.9, 30.7),
            sample_rate=22_050,
            sha256={row["track"]: row["wav_sha256"] for row in read_facts() if row["wav_sha256"]},
            unreadable={"jazz.00054": "this file is corrupt in the usual WAV copies of GTZAN"},
        )

    @property
    def has_log_mels(self) -> bool:
        """Whether a log-mel archive is at hand."""
        return self._archive_path is not None

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
        """Return a protocol's parts (see `deepmusic.data.splits`)."""
        return splits.make(read_facts(), name, fold)

    def log_mels(self, tracks: Iterable[str], mel: MelConfig) -> LogMels:
        """Return the log-mels of tracks, or of segments of `window_leak`.

        The archive serves where it holds the track and the front end is ``compact``; the audio is
        computed otherwise. What is missing or corrupt is listed, never raised.
        """
        wanted = list(tracks)
        if any(splits.segment_of(track) is not None for track in wanted):
            return self._segments(wanted, mel)
        archive = self._archive if mel == FRONT_ENDS["compact"] else {}
        found = {track: archive[track] for track in wanted if track in archive}
        computed = logmels.load(self, [track for track in wanted if track not in found], mel)
        found.update(computed.by_track)
        ordered = {track: found[track] for track in wanted if track in found}
        return LogMels(ordered, computed.skipped)

    def _segments(self, wanted: Sequence[str], mel: MelConfig) -> LogMels:
        """Return the log-mels of segments: a ninth of their clip's frames each."""
        clips = self.log_mels(dict.fromkeys(map(splits.clip_of, wanted)), mel)
        reasons = {skipped.track: skipped.reason for skipped in clips.skipped}
        found, skipped = {}, []
        for segment in wanted:
            clip, number = splits.clip_of(segment), splits.segment_of(segment)
            if number is None:
                skipped.append(SkippedTrack(segment, "there is no such segment"))
            elif clip in clips.by_track:
                log_mel = clips.by_track[clip]
                width = log_mel.shape[1] // splits.SEGMENTS_PER_CLIP
                found[segment] = log_mel[:, number * width : (number + 1) * width]
            else:
                skipped.append(SkippedTrack(segment, reasons[clip]))
        return LogMels(found, tuple(skipped))

    @cached_property
    def _archive(self) -> Mapping[str, np.ndarray]:
        return logmels.read_archive(self._archive_path) if self._archive_path else {}


def is_gtzan(root: Path) -> bool:
    """Tell whether a path holds GTZAN's audio, or log-mels of it."""
    archive = _find_archive(root)
    return archive == root or bool(_find_audio(root)) or (archive is not None and _holds(archive))


def _holds(path: Path) -> bool:
    """Tell whether an ``.npz`` file, which may be any array's, is an archive of log-mels."""
    try:
        with ZipFile(path) as archive:
            return {"logmel.npy", "track.npy"} <= set(archive.namelist())
    except (OSError, BadZipFile):
        return False


def _find_audio(root: Path) -> dict[str, Path]:
    """List the sound files of the first usual tree that holds any, by track id."""
    for tree in _TREES:
        found = {
            path.stem: path
            for genre in GTZAN_GENRES
            for path in sorted((root / tree / genre).glob(f"{genre}.{_NUMBER}.*"))
            if path.suffix.lower() in _SUFFIXES
        }
        if found:
            return found
    return {}


def _find_archive(root: Path) -> Path | None:
    if root.is_file() and root.suffix == ".npz":
        return root
    return next(iter(sorted(root.glob("*.npz"))), None)
