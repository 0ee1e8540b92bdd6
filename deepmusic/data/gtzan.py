"""GTZAN: ten genres of 100 clips of 30 s (Tzanetakis and Cook, 2002), as audio or as log-mels.

Facts in ``gtzan_tracks.csv``: artists and titles after Sturm, "An Analysis of the GTZAN Music
Genre Dataset", MIRUM 2012; the fault-filtered split of Kereliuk, Sturm and Larsen, "Deep Learning
and Music Adversaries", 2015; artist folds of Foleiss and Tavares, Applied Soft Computing 89,
106127, 2020. SHA-256 and size are those of the usual WAV copy. The recordings are commercial and
not ours to share.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType

import numpy as np

from deepmusic.audio import find_sound_files
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES, MelConfig
from deepmusic.data import archive, logmels, splits
from deepmusic.data.dataset import (
    Dataset,
    ExpectedFiles,
    LogMels,
    SkippedTrack,
    Track,
    find_folder,
)
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.data.splits import Split
from deepmusic.data.table import read_cells
from deepmusic.errors import DatasetError
from deepmusic.protocols import SPLITS

ENVIRONMENT_VARIABLE = "DEEPMUSIC_GTZAN"

#: Where the ten genre folders lie below the folder that people point at.
_TREES = (".", "genres", "genres_original", "Data/genres_original", "data/genres_original")

_NUMBER = "[0-9]" * 5

_SUFFIXES = (".wav", ".au", ".flac", ".mp3", ".ogg")

#: Sound files of other names that may lie beside GTZAN's clips, as a share of these.
_STRAY_SHARE = 0.1


def find_root() -> Path | None:
    """Return GTZAN's folder, by ``DEEPMUSIC_GTZAN`` or of a download; None if there is none."""
    return find_folder("gtzan", ENVIRONMENT_VARIABLE)


@cache
def read_facts() -> Sequence[Mapping[str, str]]:
    """Return the 1000 rows of ``gtzan_tracks.csv``, which are read once."""
    with as_file(files("deepmusic.data").joinpath("gtzan_tracks.csv")) as path:
        names, *rows = read_cells(path)
    return tuple(MappingProxyType(dict(zip(names, row, strict=True))) for row in rows)


def known_faults() -> dict[str, str]:
    """Return the known faults of GTZAN's clips in words, by track; clips without one are absent.

    Faults are byte-identical copies, and clips that Kereliuk, Sturm and Larsen (2015) excluded.
    """
    copies: dict[str, list[str]] = {}
    for row in read_facts():
        copies.setdefault(row["wav_sha256"] or row["track"], []).append(row["track"])
    others = {track: [t for t in same if t != track] for same in copies.values() for track in same}
    excluded = "left out by the fault-filtered split"
    words = {
        row["track"]: [f"the same file as {other}" for other in others[row["track"]]]
        + [excluded] * (row["fault_filtered"] == "excluded")
        for row in read_facts()
    }
    return {track: "; ".join(faults) for track, faults in words.items() if faults}


@cache
def _expected_files() -> ExpectedFiles:
    return ExpectedFiles(
        seconds=(29.9, 30.7),
        sample_rate=22_050,
        sha256={row["track"]: row["wav_sha256"] for row in read_facts() if row["wav_sha256"]},
        unreadable={"jazz.00054": "this file is corrupt in the usual WAV copies of GTZAN"},
    )


class _Tracks(dict[str, Track]):
    """Tracks by id, which also finds the segments of its tracks."""

    def __missing__(self, track: str) -> Track:
        if splits.segment_of(track) is None:
            raise KeyError(track)
        return replace(self[splits.clip_of(track)], id=track)


class Gtzan(Dataset):
    """GTZAN from a folder with audio, a log-mel archive, or both.

    A segment of `window_leak`, such as ``blues.00000#3``, is not among the 1000 tracks, but
    ``tracks`` finds it.

    Parameters
    ----------
    root : Path or None
        A folder that holds ``genres/``, ``genres_original/``, ``Data/genres_original/`` or the ten
        genre folders themselves, and/or a log-mel archive ``*.npz``; or such an archive itself.
        None for what is known of GTZAN's tracks alone, without audio and log-mels.

    Raises
    ------
    DatasetError
        If neither audio nor an archive of GTZAN's log-mels is found.
    """

    name = "gtzan"
    genres = GTZAN_GENRES
    splits = SPLITS
    credit = (
        "GTZAN: Tzanetakis and Cook, 2002. The recordings are commercial and not ours to share. "
        "Artists and titles after Sturm, MIRUM 2012."
    )

    def __init__(self, root: Path | None) -> None:
        self.location = root
        self.tracks = _Tracks(
            (row["track"], Track(row["track"], row["genre"], row["artist"], row["title"]))
            for row in read_facts()
        )
        self.expected = _expected_files()
        self._audio = _find_audio(root) if root else {}
        self._archive_path, why = _find_archive(root) if root else (None, "")
        if root and not self._audio and self._archive_path is None:
            raise DatasetError(
                f"{root} holds neither GTZAN's audio nor a log-mel archive of it.{why} Point "
                f"{ENVIRONMENT_VARIABLE} at a folder with genres/blues/blues.00000.wav and so on, "
                "or with a log-mel archive (*.npz)."
            )

    @classmethod
    def from_environment(cls) -> "Gtzan":
        """Open GTZAN where `find_root` finds it; raise `DatasetError` if it is nowhere."""
        root = find_root()
        if root is None:
            raise DatasetError(
                f"GTZAN is not available. Set {ENVIRONMENT_VARIABLE} to the folder that holds it, "
                "or get it: deepmusic data download gtzan"
            )
        return cls(root)

    @classmethod
    def facts_only(cls) -> "Gtzan":
        """Return GTZAN without audio and log-mels: what is known of its tracks."""
        return cls(None)

    @property
    def has_log_mels(self) -> bool:
        """Whether a log-mel archive is available."""
        return self._archive_path is not None

    @property
    def audio_tracks(self) -> tuple[str, ...]:
        """Ids of the tracks whose audio is available, in order."""
        return tuple(track for track in self.tracks if track in self._audio)

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return the split of a protocol (see `deepmusic.data.splits.make`)."""
        return splits.make(read_facts(), name, fold)

    def log_mels(
        self, tracks: Iterable[str], mel: MelConfig, on_progress: Progress = no_progress
    ) -> LogMels:
        """Return the log-mels of tracks, or of segments of `window_leak`.

        Those of ``compact`` are read from the archive where it holds the track.
        """
        wanted = list(tracks)
        if any(splits.segment_of(track) is not None for track in wanted):
            return self._segments(wanted, mel, on_progress)
        archived = self._archive if mel == FRONT_ENDS["compact"] else {}
        found = {track: archived[track] for track in wanted if track in archived}
        missing = [track for track in wanted if track not in found]
        computed = logmels.load(self, missing, mel, on_progress)
        found.update(computed.by_track)
        ordered = {track: found[track] for track in wanted if track in found}
        return LogMels(ordered, computed.skipped)

    def _segments(self, wanted: Sequence[str], mel: MelConfig, on_progress: Progress) -> LogMels:
        """Return the log-mels of segments: a ninth of their clip's frames each."""
        clips = self.log_mels(dict.fromkeys(map(splits.clip_of, wanted)), mel, on_progress)
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
        return archive.read_archive(self._archive_path) if self._archive_path else {}


def is_gtzan(root: Path) -> bool:
    """Return whether a path is GTZAN: its audio, its log-mels, or both, and no other music.

    Audio counts if it has clips of all ten genres, named as GTZAN's 1000 are, and next to nothing
    else; a folder of one's own with a ``rock/rock.00001.wav`` in it is not GTZAN.
    """
    if root.is_file():
        return root.suffix == ".npz"
    found = set(_find_audio(root).values())
    if not found and _find_archive(root)[0] is None:
        return False
    others = {path for path in find_sound_files(root).files.values() if path.parent != root} - found
    if not found:
        return not others
    homes = {path.parent for path in found}
    return (
        {home.name for home in homes} == set(GTZAN_GENRES)
        and {path.parent for path in others} <= homes
        and len(others) < _STRAY_SHARE * len(found)
    )


def _find_audio(root: Path) -> dict[str, Path]:
    """Return the sound files of the first usual tree that holds any, by track id."""
    known = {row["track"] for row in read_facts()}
    for tree in _TREES:
        found = {
            path.stem: path
            for genre in GTZAN_GENRES
            for path in sorted((root / tree / genre).glob(f"{genre}.{_NUMBER}.*"))
            if path.suffix.lower() in _SUFFIXES and path.stem in known
        }
        if found:
            return found
    return {}


def _find_archive(root: Path) -> tuple[Path | None, str]:
    """Return the first log-mel archive of GTZAN's tracks, or None and why there is none."""
    why = ""
    for path in [root] if root.is_file() else sorted(root.glob("*.npz")):
        try:
            unknown = set(archive.read_tracks(path)) - {row["track"] for row in read_facts()}
        except DatasetError as error:
            why = f" {error}"
        else:
            if not unknown:
                return path, ""
            why = f" {path} holds log-mels of {min(unknown)!r}, which is no track of GTZAN."
    return None, why
