"""Clips of FMA small as log-mels in one file, for where the 8 GB of sound are not at hand.

A ``.npz`` with ``logmel`` (uint8 [clip, mel, frame], by the front end ``fma``), ``track`` (FMA's
ids), ``genre`` and ``part`` (train, valid, test). A dataset of other clips has a ``name``, too.
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np

from deepmusic.config import FRONT_ENDS, MelConfig
from deepmusic.data.dataset import Dataset, LogMels, SkippedTrack, Track
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import DatasetError
from deepmusic.protocols import FMA_CLIPS, OWN, PAPER

#: Arrays that tell an archive of FMA from one of GTZAN, which has no labels.
_LABELS = ("track", "genre", "part")


class FmaArchive(Dataset):
    """FMA's log-mel archive: its clips, genres and split, and no sound.

    Its split was drawn by blocks of neighbouring track ids, where albums and artists lie together:
    it is not FMA's own, which keeps artists apart.

    Parameters
    ----------
    path : Path
        The ``.npz``.

    Raises
    ------
    DatasetError
        If it is damaged or of another form.
    """

    name = FMA_CLIPS
    mel = FRONT_ENDS["fma"]
    #: 10 s, of which a clip of 30 s has three.
    window_frames = 43
    windows_per_clip = 3
    splits = (OWN, PAPER)
    credit = (
        "FMA: Defferrard, Benzi, Vandergheynst and Bresson, ISMIR 2017. Each track under the free "
        "licence that its artist chose."
    )

    def __init__(self, path: Path) -> None:
        self.location = path
        self.name = _own_name(path)
        columns = [list(map(str, column.ravel())) for column in _read(path, *_LABELS)]
        if len({*map(len, columns)}) != 1:
            raise DatasetError(
                f"{path}: {', '.join(_LABELS)} must have one entry a clip. Received "
                f"{', '.join(map(str, map(len, columns)))} entries. Get the archive again."
            )
        rows = list(zip(*columns, strict=True))
        self.tracks = {track: Track(track, genre) for track, genre, _ in rows}
        self._part_of = {track: part for track, _, part in rows}
        self.genres = tuple(sorted({genre for _, genre, _ in rows}))
        if len(self.genres) < 2:
            raise DatasetError(
                f"{path} must have clips of two genres at least. Received: {len(self.genres)}. Get "
                "the archive again."
            )

    @property
    def has_log_mels(self) -> bool:
        """It is nothing else."""
        return True

    def log_mels(
        self, tracks: Iterable[str], mel: MelConfig, on_progress: Progress = no_progress
    ) -> LogMels:
        """Return the log-mels of these tracks by the front end ``fma``, the only one there is."""
        wanted = list(tracks)
        known = self._log_mels if mel == self.mel else {}
        why = (
            "the archive has no such track"
            if mel == self.mel
            else "the archive has the front end fma alone, and no sound to compute another from"
        )
        found = {track: known[track] for track in wanted if track in known}
        return LogMels(found, tuple(SkippedTrack(one, why) for one in wanted if one not in found))

    @cached_property
    def _log_mels(self) -> dict[str, np.ndarray]:
        assert self.location
        (log_mels,) = _read(self.location, "logmel")
        if log_mels.dtype != np.uint8 or log_mels.shape[:2] != (len(self.tracks), self.mel.n_mels):
            raise DatasetError(
                f"{self.location}: logmel must be uint8 ({len(self.tracks)}, {self.mel.n_mels}, "
                f"frames). Received: {log_mels.dtype} {log_mels.shape}. Get the archive again."
            )
        return dict(zip(self.tracks, log_mels, strict=True))


def is_fma_archive(path: Path) -> bool:
    """Return whether a file is a log-mel archive with labels."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return set(_LABELS) <= set(archive.files)
    except Exception:  # Of damaged files, NumPy and zipfile raise a dozen kinds of errors.
        return False


def _own_name(path: Path) -> str:
    """Return the name that the archive gives itself, or `FMA_CLIPS`."""
    with suppress(DatasetError):
        (name,) = _read(path, "name")
        return str(name)
    return FMA_CLIPS


def _read(path: Path, *names: str) -> list[np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [archive[name] for name in names]
    except Exception as error:
        raise DatasetError(
            f"{path} is not FMA's log-mel archive ({error}). It should hold the arrays logmel, "
            f"{', '.join(_LABELS)}; get it again."
        ) from error
