"""Any music on disk: a folder with one subfolder a genre, or a CSV that says path and genre."""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePath

from deepmusic.audio import find_sound_files
from deepmusic.config import MelConfig
from deepmusic.data import logmels, splits
from deepmusic.data.dataset import ExpectedFiles, LogMels, Split, Track
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

#: Folders of operating systems and of network storage, which hold no music of their own.
_HOW = (
    "Point at a folder with one subfolder a genre (rock/song.mp3), or at a CSV with the columns "
    "path and genre (and, if you like, artist, title and split)."
)


class Folder:
    """A dataset of one's own.

    Tracks are named by their path below the folder (or as it stands in the CSV), such as
    ``rock/song.mp3``. Its protocol is `paper`, drawn over its clips. With a column ``split``
    (train, valid, test) in the CSV, or genre folders below ``train/`` and ``test/``, it is `own`;
    where no clip is marked as valid, the validation part is drawn from the training clips.

    Parameters
    ----------
    root : Path
        A folder, or a CSV file; paths in that are relative to its folder.

    Raises
    ------
    DatasetError
        If there is no music of two genres, or the CSV says something that cannot be.
    """

    expected = ExpectedFiles()
    credit = "Your own dataset."

    def __init__(self, root: Path) -> None:
        self.location = root
        self.name = root.stem if root.is_file() else root.resolve().name
        try:
            rows = list(_rows_of_csv(root) if root.is_file() else _rows_of_folder(root))
        except OSError as error:
            raise DatasetError(f"{root} cannot be read ({error.strerror}). {_HOW}") from error
        self._tracks = {track.id: track for track, _, _ in rows}
        self._paths = {track.id: path for track, path, _ in rows}
        self._part_of = {track.id: part for track, _, part in rows}
        self.genres = tuple(sorted({track.genre for track in self._tracks.values()}))
        if len(self.genres) < 2:
            found = f"only {self.genres[0]}" if self.genres else "no music"
            raise DatasetError(f"{root} holds {found}; two genres are needed at least. {_HOW}")
        if taken := _TAKEN & set(self.genres):
            raise DatasetError(
                f"{root}: a genre cannot be called {min(taken)!r}, which is a column of our tables."
                " Rename it."
            )
        marked = set(self._part_of.values()) - {""}
        has_own = marked >= {"train", "test"}
        if marked and not has_own:
            raise DatasetError(
                f"{root} marks clips as {' and '.join(sorted(marked))} only. Mark training and "
                "test clips both, or none at all to have the split drawn."
            )
        self.splits = (OWN, "paper") if has_own else ("paper",)

    @property
    def tracks(self) -> Mapping[str, Track]:
        """All tracks by id, in the order of their paths."""
        return self._tracks

    @cached_property
    def _at_hand(self) -> dict[str, Path]:
        return {track: path for track, path in self._paths.items() if os.path.isfile(path)}

    def audio_path(self, track: str) -> Path | None:
        """Return the sound file of a track, or None if it is not at hand."""
        return self._at_hand.get(track)

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return the parts of a protocol (see `deepmusic.data.splits`)."""
        if name == ALL_CLIPS:
            return splits.all_clips(self._tracks)
        if name not in self.splits:
            raise splits.unknown(self.name, name, self.splits)
        genre_of = {track: facts.genre for track, facts in self._tracks.items()}
        if name == OWN:
            return splits.as_published(self.name, self._part_of, genre_of)
        return splits.by_clip(self.name, genre_of)

    def log_mels(self, tracks: Iterable[str], mel: MelConfig) -> LogMels:
        """Return the log-mels of these tracks (see `deepmusic.data.logmels.load`)."""
        return logmels.load(self, tracks, mel)


def _rows_of_folder(root: Path) -> Iterator[tuple[Track, Path, str]]:
    """Yield track, file and part of the split for each sound file below a subfolder."""
    found = [(path, path.relative_to(root).parts) for path in sorted(find_sound_files(root))]
    found = [(path, names) for path, names in found if len(names) > 1]
    tops = {names[0].lower() for _, names in found}
    # music/train/rock and music/test/rock: the parts of a split, and not two genres.
    is_split = len(tops) > 1 and tops <= set(_PARTS)
    for path, names in found:
        if len(names) > 1 + is_split:
            part = _PARTS[names[0].lower()] if is_split else ""
            yield Track("/".join(names), names[is_split], title=path.stem), path, part


def _rows_of_csv(path: Path) -> Iterator[tuple[Track, Path, str]]:
    """Yield track, file and part of the split for each row."""
    try:
        # Excel writes a mark at the start, and semicolons where commas are decimal points.
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            delimiter = ";" if header.count(";") > header.count(",") else ","
            yield from _rows_of_table(path, csv.DictReader(file, delimiter=delimiter, strict=True))
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is no text in UTF-8. Save it as CSV UTF-8.") from error
    except csv.Error as error:
        raise DatasetError(
            f"{path} is no CSV that can be read ({error}). Is a quotation mark left open?"
        ) from error


def _rows_of_table(path: Path, rows: csv.DictReader) -> Iterator[tuple[Track, Path, str]]:
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    if missing := {"path", "genre"} - set(rows.fieldnames):
        raise DatasetError(f"{path} has no column {' and no '.join(sorted(missing))}. {_HOW}")
    seen: dict[str, tuple[str, str]] = {}
    for row in rows:
        values = {name: (row.get(name) or "").strip() for name in rows.fieldnames}
        track, genre, part = values["path"], values["genre"], values.get("split", "").lower()
        where = f"{path}, line {rows.line_num}"
        if not track or not genre:
            raise DatasetError(f"{where}: path or genre is empty. Fill it in, or delete the line.")
        if part and part not in _PARTS:
            raise DatasetError(f"{where}: split is {part!r}; it can be train, valid or test.")
        part = _PARTS.get(part, "")
        said = seen.setdefault(track, (genre, part))
        for here, above in zip((genre, part), said, strict=True):
            if here != above:
                raise DatasetError(
                    f"{where}: {track} is {here or 'in no part'} here and {above or 'in no part'} "
                    "above. Decide for one."
                )
        title = values.get("title") or PurePath(track).stem
        yield Track(track, genre, values.get("artist", ""), title), path.parent / track, part
