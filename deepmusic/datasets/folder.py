"""Any music on disk: a folder with one subfolder a genre, or a CSV that says path and genre."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePath

from deepmusic import store
from deepmusic.audio import SUFFIXES
from deepmusic.config import MelConfig
from deepmusic.datasets import splits
from deepmusic.datasets.base import Known, Pictures, Split, Track
from deepmusic.errors import DatasetError
from deepmusic.protocols import ALL_CLIPS, OWN

#: Columns of predictions and of tables of clips, which no genre can be called.
_TAKEN = {"track", "genre", "start", "predicted", "predicted_by_vote", "confidence"}

#: What people write for the parts of a split.
_PARTS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
    "testing": "test",
}

_HOW = (
    "Point at a folder with one subfolder a genre (rock/song.mp3), or at a CSV with the columns "
    "path and genre (and, if you like, artist, title and split)."
)


class Folder:
    """A collection of one's own.

    Tracks are named by their path below the folder (or as it stands in the CSV), such as
    ``rock/song.mp3``. Its protocol is `paper`, drawn over its clips; with a column ``split``
    (train, valid, test) in the CSV, it is `own`.

    Parameters
    ----------
    root : Path
        A folder, or a CSV file; paths in that are relative to its folder.

    Raises
    ------
    DatasetError
        If there is no music of two genres, or the CSV says something that cannot be.
    """

    known = Known()
    credit = "Your own collection."

    def __init__(self, root: Path) -> None:
        self.location = root
        self.name = root.stem if root.is_file() else root.resolve().name
        try:
            rows = list(_rows_of_csv(root) if root.is_file() else _rows_of_folder(root))
        except OSError as error:
            raise DatasetError(f"{root} cannot be read ({error.strerror}). {_HOW}") from error
        self._tracks, self._paths, self._part_of = {}, {}, {}
        for track, path, part in rows:
            self._tracks[track.id] = track
            self._paths[track.id] = path
            self._part_of[track.id] = part
        self.genres = tuple(sorted({track.genre for track in self._tracks.values()}))
        if len(self.genres) < 2:
            found = f"only {self.genres[0]}" if self.genres else "no music"
            raise DatasetError(f"{root} holds {found}; two genres are needed at least. {_HOW}")
        if taken := _TAKEN & set(self.genres):
            raise DatasetError(
                f"{root}: a genre cannot be called {min(taken)!r}, which is a column of our tables."
                " Rename it."
            )
        has_own = set(self._part_of.values()) >= {"train", "valid", "test"}
        self.splits = (OWN, "paper") if has_own else ("paper",)

    @property
    def tracks(self) -> Mapping[str, Track]:
        """All tracks by id, in the order of their paths."""
        return self._tracks

    @cached_property
    def _at_hand(self) -> dict[str, Path]:
        return {track: path for track, path in self._paths.items() if path.is_file()}

    def audio_path(self, track: str) -> Path | None:
        """Return the sound file of a track, or None if it is not at hand."""
        return self._at_hand.get(track)

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return the parts of a protocol (see `deepmusic.datasets.splits`)."""
        if name == ALL_CLIPS:
            return splits.all_clips(self._tracks)
        if name not in self.splits:
            raise splits.unknown(self.name, name, self.splits)
        if name == OWN:
            return splits.as_published(self.name, self._part_of)
        return splits.by_clip(self.name, {t: track.genre for t, track in self._tracks.items()})

    def pictures(self, tracks: Iterable[str], mel: MelConfig) -> Pictures:
        """Return what the networks read of these tracks (see `deepmusic.store.pictures`)."""
        return store.pictures(self, tracks, mel)


def _rows_of_folder(root: Path) -> Iterator[tuple[Track, Path, str]]:
    """Yield track, file and no part for each sound file below a subfolder."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.suffix.lower() in SUFFIXES and len(inside.parts) > 1 and not hidden:
            yield Track(inside.as_posix(), inside.parts[0], title=path.stem), path, ""


def _rows_of_csv(path: Path) -> Iterator[tuple[Track, Path, str]]:
    """Yield track, file and part of the split for each row."""
    try:
        # Excel writes a mark at the start, and semicolons where commas are decimal points.
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is no text in UTF-8. Save it as CSV UTF-8.") from error
    header = lines[0] if lines else ""
    rows = csv.DictReader(lines, delimiter=";" if header.count(";") > header.count(",") else ",")
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    if missing := {"path", "genre"} - set(rows.fieldnames):
        raise DatasetError(f"{path} has no column {' and no '.join(sorted(missing))}. {_HOW}")
    seen: dict[str, str] = {}
    for row in rows:
        values = {name: (row.get(name) or "").strip() for name in rows.fieldnames}
        track, genre, part = values["path"], values["genre"], values.get("split", "").lower()
        where = f"{path}, line {rows.line_num}"
        if not track or not genre:
            raise DatasetError(f"{where}: path or genre is empty. Fill it in, or delete the line.")
        if seen.setdefault(track, genre) != genre:
            raise DatasetError(
                f"{where}: {track} is {genre} here and {seen[track]} above. Decide for one."
            )
        if part and part not in _PARTS:
            raise DatasetError(f"{where}: split is {part!r}; it can be train, valid or test.")
        title = values.get("title") or PurePath(track).stem
        yield (
            Track(track, genre, values.get("artist", ""), title),
            path.parent / track,
            _PARTS.get(part, ""),
        )
