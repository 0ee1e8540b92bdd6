"""FMA small: 8,000 clips of 30 s from 8 genres, all free to use (Defferrard and others, 2017).

Defferrard, Benzi, Vandergheynst and Bresson, "FMA: A Dataset for Music Analysis", ISMIR 2017.
The split is theirs: 80/10/10, no artist in two parts.
"""

import csv
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deepmusic.config import MelConfig
from deepmusic.data import logmels, splits
from deepmusic.data.dataset import ExpectedFiles, LogMels, SkippedTrack, Split, Track
from deepmusic.errors import DatasetError
from deepmusic.files import data_folder
from deepmusic.protocols import ALL_CLIPS, OWN

ENVIRONMENT_VARIABLE = "DEEPMUSIC_FMA"

_METADATA = Path("fma_metadata") / "tracks.csv"

_AUDIO = "fma_small"

_SUBSET = "small"

_PARTS = {"training": "train", "validation": "valid", "test": "test"}

#: Named on the dataset's own page of known faults: empty, or of less than two seconds.
_BROKEN = ("098565", "098567", "098569", "099134", "108925", "133297")

#: Biographies of artists stand in the table, in fields longer than the csv module expects.
_LONGEST_FIELD = 1 << 24


@dataclass(frozen=True)
class _Row:
    track: Track
    part: str


class Fma:
    """FMA small from a folder that holds ``fma_metadata/`` and ``fma_small/``.

    Parameters
    ----------
    root : Path
        The folder with both.

    Raises
    ------
    DatasetError
        If the table of tracks is missing or of another form.
    """

    name = "fma_small"
    splits = (OWN, "paper")
    expected = ExpectedFiles(
        seconds=(29.0, 31.0),
        unreadable=dict.fromkeys(_BROKEN, "this file is empty or cut off in every copy of FMA"),
    )
    credit = (
        "FMA: Defferrard, Benzi, Vandergheynst and Bresson, ISMIR 2017. Each track under the free "
        "licence that its artist chose."
    )

    def __init__(self, root: Path) -> None:
        self.location = root
        if not is_fma(root):
            raise DatasetError(
                f"{root} holds no {_METADATA}. Unpack fma_metadata.zip and fma_small.zip side by "
                "side, and point at the folder that holds both."
            )
        self._rows = _read_tracks(root / _METADATA)
        self.genres = tuple(sorted({row.track.genre for row in self._rows.values()}))

    @classmethod
    def from_environment(cls) -> "Fma":
        """Open FMA where ``DEEPMUSIC_FMA`` or a download put it; else raise `DatasetError`."""
        named = os.environ.get(ENVIRONMENT_VARIABLE)
        root = Path(named) if named else data_folder() / "fma"
        if not named and not root.exists():
            raise DatasetError(
                f"FMA is not at hand. Set {ENVIRONMENT_VARIABLE} to the folder that holds "
                "fma_metadata and fma_small, or get it: python -m deepmusic data download fma"
            )
        return cls(root)

    @cached_property
    def tracks(self) -> Mapping[str, Track]:
        """The tracks by id, such as ``000002``: the number under which FMA knows them."""
        return {track: row.track for track, row in self._rows.items()}

    @cached_property
    def _at_hand(self) -> dict[str, Path]:
        found = {path.stem: path for path in (self.location / _AUDIO).glob("[0-9]*/[0-9]*.mp3")}
        return {track: found[track] for track in self._rows if track in found}

    def audio_path(self, track: str) -> Path | None:
        """Return the sound file of a track, or None if it is not at hand."""
        return self._at_hand.get(track)

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return FMA's own split, or one drawn by clip (see `deepmusic.data.splits`)."""
        if name == ALL_CLIPS:
            return splits.all_clips(self.tracks)
        if name == OWN:
            parts = {track: row.part for track, row in self._rows.items()}
            return splits.as_published(self.name, parts)
        if name == "paper":
            return splits.by_clip(self.name, {t: track.genre for t, track in self.tracks.items()})
        raise splits.unknown(self.name, name, self.splits)

    def log_mels(self, tracks: Iterable[str], mel: MelConfig) -> LogMels:
        """Return the log-mels of these tracks; the six broken files are skipped."""
        wanted = list(tracks)
        usable = [track for track in wanted if track not in self.expected.unreadable]
        found = logmels.load(self, usable, mel)
        broken = tuple(
            SkippedTrack(track, self.expected.unreadable[track])
            for track in wanted
            if track in self.expected.unreadable
        )
        return LogMels(found.by_track, (*found.skipped, *broken))


def is_fma(root: Path) -> bool:
    """Tell whether a folder holds FMA's table of tracks."""
    return (root / _METADATA).is_file()


def _read_tracks(path: Path) -> dict[str, _Row]:
    """Read the rows of the subset from a table with two lines of headings and one of nothing.

    The table holds 106,574 tracks and 52 columns, so it is read line by line.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            headings = list(zip(next(lines), next(lines), strict=True))
            places = {heading: number for number, heading in enumerate(headings)}
            subset, part = places["set", "subset"], places["set", "split"]
            genre, title = places["track", "genre_top"], places["track", "title"]
            artist = places["artist", "name"]
            rows = {}
            for row in lines:
                if not row or not row[0].isdigit() or row[subset] != _SUBSET or not row[genre]:
                    continue
                track = f"{int(row[0]):06d}"
                rows[track] = _Row(
                    Track(track, row[genre], row[artist], row[title]), _PARTS.get(row[part], "")
                )
    except (OSError, StopIteration, KeyError, IndexError, ValueError, csv.Error) as error:
        raise DatasetError(
            f"{path} is not FMA's table of tracks ({type(error).__name__}: {error}). Unpack "
            "fma_metadata.zip anew."
        ) from error
    if len({row.track.genre for row in rows.values()}) < 2:
        raise DatasetError(f"{path} lists no tracks of the subset {_SUBSET}. Unpack it anew.")
    return rows
