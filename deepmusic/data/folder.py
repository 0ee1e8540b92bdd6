"""Datasets of one's own: a folder with one subfolder a genre, or a CSV of paths and genres."""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from deepmusic.audio import find_sound_files
from deepmusic.config import MelConfig
from deepmusic.data import logmels
from deepmusic.data.dataset import Dataset, LogMels, Track
from deepmusic.errors import DatasetError
from deepmusic.files import real_path
from deepmusic.formatting import format_name
from deepmusic.protocols import OWN, PAPER

#: Columns of predictions and of tables of clips, which no genre can be called.
_RESERVED = {"track", "genre", "start", "predicted", "predicted_by_vote", "confidence"}

#: Names in use for the parts of a split.
_PARTS = (
    dict.fromkeys(("train", "training"), "train")
    | dict.fromkeys(("valid", "validation", "val", "dev"), "valid")
    | dict.fromkeys(("test", "testing"), "test")
)

_HOW = (
    "Point at a folder with one subfolder a genre (rock/song.mp3), or at a CSV with the columns "
    "path and genre (and, if you like, artist, title and split)."
)


class Folder(Dataset):
    """A dataset of one's own.

    Tracks are named by their path below the folder (or as it stands in the CSV), such as
    ``rock/song.mp3``; bytes in it that are no UTF-8 are written as ``\\xe9``. Its protocol is
    `paper`, drawn over its clips. With a column ``split`` (train, valid, test) in the CSV, or genre
    folders below ``train/`` and ``test/``, it is `own`; where no clip is marked as valid, the
    validation part is drawn from the training clips.

    Parameters
    ----------
    root : Path
        A folder, or a CSV file; paths in that are relative to its folder.

    Raises
    ------
    DatasetError
        If there is no music of two genres, or the CSV contradicts itself.
    """

    credit = "Your own dataset."

    def __init__(self, root: Path) -> None:
        self.location = root
        self.name = format_name(root.stem if root.is_file() else real_path(root).name)
        try:
            rows = list(_rows_of_csv(root) if root.is_file() else self._rows_of_folder(root))
        except OSError as error:
            raise DatasetError(f"{root} cannot be read ({error.strerror}). {_HOW}") from error
        self.tracks = {track.id: track for track, _, _ in rows}
        self._audio = {track.id: path for track, path, _ in rows if os.path.isfile(path)}
        self._part_of = {track.id: part for track, _, part in rows}
        self.genres = tuple(sorted({track.genre for track in self.tracks.values()}))
        if len(self.genres) < 2:
            found = f"only {self.genres[0]}" if self.genres else "no music"
            remark = " ".join([_HOW, *self.search.remarks])
            raise DatasetError(f"{root} holds {found}; two genres are needed at least. {remark}")
        if taken := _RESERVED & set(self.genres):
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
        self.splits = (OWN, PAPER) if has_own else (PAPER,)

    def log_mels(self, tracks: Iterable[str], mel: MelConfig) -> LogMels:
        """Return the log-mels of these tracks, in order; what is missing or corrupt is skipped."""
        return logmels.load(self, tracks, mel)

    def _rows_of_folder(self, root: Path) -> Iterator[tuple[Track, Path, str]]:
        """Yield track, file and part of the split for each sound file below a subfolder."""
        search = find_sound_files(root)
        paths = sorted(search.files.values())
        found = [(path, path.relative_to(root).parts) for path in paths]
        tops = {names[0].lower() for _, names in found if len(names) > 1}
        # music/train/rock and music/test/rock: the parts of a split, and not two genres.
        is_split = len(tops) > 1 and tops <= set(_PARTS)
        no_genre = [path for path, names in found if len(names) < 2 + is_split]
        self.search = replace(
            search, passed_over={**search.passed_over, "in no folder of a genre": no_genre}
        )
        for path, names in found:
            if len(names) > 1 + is_split:
                part = _PARTS[names[0].lower()] if is_split else ""
                track = format_name("/".join(names))
                genre, title = format_name(names[is_split]), format_name(path.stem)
                yield Track(track, genre, title=title), path, part


def _rows_of_csv(path: Path) -> Iterator[tuple[Track, Path, str]]:
    """Yield track, file and part of the split for each row."""
    begun = 1  # Line on which the row that is being read begins.
    parts: dict[str, tuple[str, str]] = {}
    try:
        # Excel writes a mark at the start, and semicolons where commas are decimal points.
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            delimiter = ";" if header.count(";") > header.count(",") else ","
            rows = csv.DictReader(file, delimiter=delimiter, strict=True)
            rows.fieldnames = names = [name.strip().lower() for name in rows.fieldnames or ()]
            if missing := {"path", "genre"} - set(names):
                what = " and no ".join(sorted(missing))
                raise DatasetError(f"{path} has no column {what}. {_HOW}")
            begun = rows.line_num + 1
            for row in rows:
                values = {name: (row.get(name) or "").strip() for name in names}
                yield _row_of_csv(path, rows.line_num, values, parts)
                begun = rows.line_num + 1
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is no text in UTF-8. Save it as CSV UTF-8.") from error
    except csv.Error as error:
        raise DatasetError(
            f"{path}: the row on line {begun} cannot be read as CSV ({error}). Is a quotation mark "
            "left open?"
        ) from error


def _row_of_csv(
    path: Path, line: int, values: Mapping[str, str], parts: dict[str, tuple[str, str]]
) -> tuple[Track, Path, str]:
    """Return track, file and part of a row; `parts` are genre and part of the tracks above it."""
    track, genre, part = values["path"], values["genre"], values.get("split", "").lower()
    where = f"{path}, line {line}"
    if not track or not genre:
        raise DatasetError(f"{where}: path or genre is empty. Fill it in, or delete the line.")
    if part and part not in _PARTS:
        raise DatasetError(f"{where}: split is {part!r}; it can be train, valid or test.")
    part = _PARTS.get(part, "")
    for here, above in zip((genre, part), parts.setdefault(track, (genre, part)), strict=True):
        if here != above:
            raise DatasetError(
                f"{where}: {track} is {here or 'in no part'} here and {above or 'in no part'} "
                "above. Decide for one."
            )
    title = values.get("title") or PurePath(track).stem
    return Track(track, genre, values.get("artist", ""), title), path.parent / track, part
