"""FMA: clips of 30 s, all free to use; small has 8,000 of 8 genres, medium 25,000 of 16.

Large has 106,574, of which those with a main genre are used. Defferrard, Benzi, Vandergheynst and
Bresson, "FMA: A Dataset for Music Analysis", ISMIR 2017. The split is theirs: 80/10/10, no artist
in two parts.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from deepmusic.config import MelConfig
from deepmusic.data import logmels
from deepmusic.data.dataset import (
    Dataset,
    ExpectedFiles,
    LogMels,
    SkippedTrack,
    Track,
    find_folder,
)
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.data.table import read_cells
from deepmusic.errors import DatasetError
from deepmusic.protocols import OWN, PAPER

ENVIRONMENT_VARIABLE = "DEEPMUSIC_FMA"

_METADATA = Path("fma_metadata") / "tracks.csv"

#: Each set contains those before it, and the table names the first that a track is in.
_SUBSETS = ("small", "medium", "large")

_PARTS = {"training": "train", "validation": "valid", "test": "test"}

#: Named on the dataset's own page of known faults: empty, or of less than two seconds.
_BROKEN = ("098565", "098567", "098569", "099134", "108925", "133297")


class Fma(Dataset):
    """FMA from a folder that holds ``fma_metadata/`` and ``fma_small/``.

    Tracks are named by FMA's number, such as ``000002``.

    Parameters
    ----------
    root : Path
        The folder with both; or ``fma_small/``, ``fma_medium/`` or ``fma_large/`` itself.

    Raises
    ------
    DatasetError
        If the table of tracks is missing or of another form.
    """

    splits = (OWN, PAPER)
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
        subset = root.name.removeprefix("fma_")
        subset, root = (subset, root.parent) if subset in _SUBSETS else (_SUBSETS[0], root)
        self.name = f"fma_{subset}"
        rows = _read_tracks(root / _METADATA, subset)
        self.tracks = {track.id: track for track, _ in rows}
        self._part_of = {track.id: part for track, part in rows}
        found = {path.stem: path for path in (root / self.name).glob("[0-9]*/[0-9]*.mp3")}
        self._audio = {track: found[track] for track in self.tracks if track in found}
        self.genres = tuple(sorted({track.genre for track in self.tracks.values()}))

    @classmethod
    def from_environment(cls) -> "Fma":
        """Open FMA where ``DEEPMUSIC_FMA`` or a download put it; else raise `DatasetError`."""
        root = find_folder("fma", ENVIRONMENT_VARIABLE)
        if root is None:
            raise DatasetError(
                f"FMA is not available. Set {ENVIRONMENT_VARIABLE} to the folder that holds "
                "fma_metadata and fma_small, or get it: deepmusic data download fma"
            )
        return cls(root)

    def log_mels(
        self, tracks: Iterable[str], mel: MelConfig, on_progress: Progress = no_progress
    ) -> LogMels:
        """Return the log-mels of these tracks; the six broken files are skipped."""
        wanted, reasons = list(tracks), self.expected.unreadable
        usable = [track for track in wanted if track not in reasons]
        found = logmels.load(self, usable, mel, on_progress)
        broken = (SkippedTrack(track, reasons[track]) for track in wanted if track in reasons)
        return LogMels(found.by_track, (*found.skipped, *broken))


def is_fma(root: Path) -> bool:
    """Return whether a folder holds FMA's table of tracks."""
    beside = root.parent if root.name.removeprefix("fma_") in _SUBSETS else root
    return (beside / _METADATA).is_file()


def _read_tracks(path: Path, subset: str) -> list[tuple[Track, str]]:
    """Return the tracks of the subset and their parts."""
    try:
        rows = list(_parse(read_cells(path), subset))
    except (OSError, IndexError, ValueError, DatasetError) as error:
        raise DatasetError(
            f"{path} is not FMA's table of tracks ({type(error).__name__}: {error}). Unpack "
            "fma_metadata.zip anew."
        ) from error
    if len({track.genre for track, _ in rows}) < 2:
        raise DatasetError(f"{path} lists no tracks of the subset {subset}. Unpack it anew.")
    return rows


def _parse(lines: Iterator[list[str]], largest: str) -> Iterator[tuple[Track, str]]:
    """Yield the tracks of a table with two lines of headings and one of nothing."""
    headings = list(zip(next(lines, []), next(lines, []), strict=True))
    subset, part = headings.index(("set", "subset")), headings.index(("set", "split"))
    genre, title = headings.index(("track", "genre_top")), headings.index(("track", "title"))
    artist = headings.index(("artist", "name"))
    wanted = _SUBSETS[: _SUBSETS.index(largest) + 1]
    for row in lines:
        if row and row[0].isdigit() and row[subset] in wanted and row[genre]:
            track = Track(f"{int(row[0]):06d}", row[genre], row[artist], row[title])
            yield track, _PARTS.get(row[part], "")
