"""Datasets of one's own: a folder with one subfolder a genre, or a CSV of paths and genres."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from deepmusic.audio import SUFFIXES, find_sound_files
from deepmusic.config import MelConfig
from deepmusic.data import logmels
from deepmusic.data.dataset import Dataset, LogMels, Track
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.data.table import read_rows
from deepmusic.errors import DatasetError
from deepmusic.files import real_path
from deepmusic.formatting import format_name
from deepmusic.protocols import OWN, PAPER

#: Columns of predictions and of tables of clips, which no genre can be called.
_RESERVED = {
    *("track", "genre", "start", "predicted", "predicted_by_vote", "confidence"),
    *("windows", "windows_right", "file", "duration", "model"),
}

#: Names in use for the parts of a split, also as ``train_set`` or ``Test data``.
_PARTS = (
    dict.fromkeys(("train", "training"), "train")
    | dict.fromkeys(("valid", "validation", "validate", "val", "dev", "development"), "valid")
    | dict.fromkeys(("test", "testing"), "test")
)
_PART_SUFFIX = re.compile(r"[ _-]?(set|split|data|songs|audio)$")

_OPTIONAL = ("artist", "title", "split")

#: Remarks on rows of a CSV that are passed on.
_MENTIONED = 20

_HOW = (
    "Point at a folder with one subfolder a genre (rock/song.mp3), or at a CSV with the columns "
    "path and genre (and, if you like, artist, title and split)."
)


class Folder(Dataset):
    """A dataset of one's own.

    Tracks are named by their path below the folder (or as it stands in the CSV), such as
    ``rock/song.mp3``; bytes in it that are no UTF-8 are written as ``\\xe9``. Its protocol is
    `paper`, drawn over its clips. With a column ``split`` (train, valid, test) in the CSV, or genre
    folders below ``train/`` and ``test/``, or these below the genres, it is `own`; where no clip is
    marked as valid, the validation part is drawn from the training clips.

    Parameters
    ----------
    root : Path
        A folder, or a CSV file; paths in that are relative to its folder.
    any_size : bool
        Takes any music at all, to be checked and not to be learnt from: a single file or genre, and
        files without a genre.
    as_classes : bool
        Takes a folder that holds sounds for a class, whatever its name, and reads no split; only
        where ``train/`` and ``test/`` hold folders of the same names, these are the classes.

    Raises
    ------
    DatasetError
        If there is no music of two genres, or the CSV contradicts itself.
    """

    credit = "Your own dataset."

    def __init__(self, root: Path, *, any_size: bool = False, as_classes: bool = False) -> None:
        self.location, self._as_classes = root, as_classes
        self._list_remarks: list[str] = []
        self.name = format_name(root.stem if root.is_file() else real_path(root).name)
        try:
            rows = list(self._rows(root, any_size))
        except OSError as error:
            raise DatasetError(f"{root} cannot be read ({error.strerror}). {_HOW}") from error
        self.tracks = {track.id: track for track, _, _ in rows}
        self._audio = {track.id: path for track, path, _ in rows if os.path.isfile(path)}
        self._part_of = {track.id: part for track, _, part in rows}
        self.genres = tuple(sorted({track.genre for track in self.tracks.values()}))
        if not rows or (len(self.genres) < 2 and not any_size):
            found = f"only {self.genres[0]}" if self.genres else "no music"
            remark = " ".join([_HOW, *self.remarks])
            raise DatasetError(f"{root} holds {found}; two genres are needed at least. {remark}")
        if taken := _RESERVED & set(self.genres):
            raise DatasetError(
                f"{root}: a genre cannot be called {min(taken)!r}, which is a column of our tables."
                " Rename it."
            )
        self.splits = (OWN, PAPER) if self._has_split() else (PAPER,)

    def _has_split(self) -> bool:
        """Return whether clips are marked by part; raise `DatasetError` if by halves."""
        marked = set(self._part_of.values()) - {""}
        if marked and not marked >= {"train", "test"}:
            raise DatasetError(
                f"{self.location} marks clips as {' and '.join(sorted(marked))} only. Mark "
                "training and test clips both, or none at all to have the split drawn."
            )
        unmarked = [track for track, part in self._part_of.items() if not part]
        if marked and unmarked:
            raise DatasetError(
                f"{self.location} marks a part of its clips only: {unmarked[0]} and "
                f"{len(unmarked) - 1} others have no split. Mark all, or none."
            )
        return bool(marked)

    def log_mels(
        self, tracks: Iterable[str], mel: MelConfig, on_progress: Progress = no_progress
    ) -> LogMels:
        """Return the log-mels of these tracks, in order; what is missing or corrupt is skipped."""
        return logmels.load(self, tracks, mel, on_progress)

    def _rows(self, root: Path, any_size: bool) -> Iterator[tuple[Track, Path, str]]:
        """Yield track, file and part of the split for each row of a CSV, or file of a folder."""
        if not root.is_file():
            return self._rows_of_folder(root, any_size)
        if any_size and root.suffix.lower() in SUFFIXES:
            track = Track(format_name(root.name), "", title=format_name(root.stem))
            return iter([(track, root, "")])
        return self._rows_of_csv(root, any_size)

    @property
    def remarks(self) -> list[str]:
        """What could not be read and what was passed over, a sentence each."""
        return [*super().remarks, *self._list_remarks[:_MENTIONED]]

    def _rows_of_csv(self, path: Path, any_size: bool) -> Iterator[tuple[Track, Path, str]]:
        required = ("path",) if any_size else ("path", "genre")
        optional = {"genre", *_OPTIONAL} - {*required}
        above: dict[str, tuple[str, str]] = {}
        for line, row in read_rows(path, required, optional, remarks=self._list_remarks):
            if missing := [name for name in required if not row[name]]:
                raise DatasetError(
                    f"{path}, line {line}: {missing[0]} is empty. Fill it in, or delete the line."
                )
            yield _row_of_csv(path, line, row, above)

    def _rows_of_folder(self, root: Path, any_size: bool) -> Iterator[tuple[Track, Path, str]]:
        """Yield track, file and part of the split for each sound file below a genre's folder."""
        search = find_sound_files(root)
        found = [(path, path.relative_to(root).parts) for path in sorted(search.files.values())]
        below = [names for _, names in found if len(names) > 1]
        if self._as_classes:
            level = 0 if _are_parts_of_classes(below) else None
        else:
            level = _level_of_parts(root, below)
        no_genre: list[Path] = []
        for path, names in found:
            folders = list(names[:-1])
            part = _part(folders.pop(level)) if level is not None and len(folders) > level else ""
            part = "" if self._as_classes else part
            if folders or any_size:
                track, genre = format_name("/".join(names)), format_name("".join(folders[:1]))
                yield Track(track, genre, title=format_name(path.stem)), path, part
            else:
                no_genre.append(path)
        where = f"in no folder of a {'class' if self._as_classes else 'genre'}"
        others = {where: no_genre} if no_genre else {}
        self.search = replace(search, passed_over={**search.passed_over, **others})


def _level_of_parts(root: Path, found: Sequence[tuple[str, ...]]) -> int | None:
    """Return where a split stands: 0 in train/rock/a.wav, 1 in rock/train/a.wav; None if nowhere.

    A part is never taken for a genre: raises `DatasetError` where only some folders are parts.
    """
    for level in (0, 1):
        parts = {names: _part(names[level]) if len(names) > level + 1 else "" for names in found}
        if all(parts.values()):
            return level if parts else None
        others = [names for names, part in parts.items() if not part]
        genres = {names[0] for names in others}
        mixed = level == 0 and any(
            part and len(names) > 2 and names[1] in genres for names, part in parts.items()
        )
        known = sorted(set(parts.values()) - {""})
        if mixed or len(known) > 1:
            raise DatasetError(
                f"{root} has a split by folders ({', '.join(known)}), and "
                f"{format_name('/'.join(others[0]))} lies outside of it. Move it into one of them, "
                "or away."
            )
    return None


def _are_parts_of_classes(found: Sequence[tuple[str, ...]]) -> bool:
    """Return whether the outer folders are parts of a split that hold the same classes."""
    inside: dict[str, set[str]] = {}
    for names in found:
        inside.setdefault(_part(names[0]), set()).update(names[1:-1][:1])
    return len(inside) > 1 and "" not in inside and bool(set.intersection(*inside.values()))


def is_part(name: str) -> bool:
    """Return whether a folder's name means a part of a split."""
    return bool(_part(name))


def _part(name: str) -> str:
    """Return the part of a split that a word in use means, or nothing."""
    return _PARTS.get(_PART_SUFFIX.sub("", name.strip().lower()), "")


def _row_of_csv(
    path: Path, line: int, row: Mapping[str, str], above: dict[str, tuple[str, str]]
) -> tuple[Track, Path, str]:
    """Return track, file and part of a row; `above` are genre and part of the tracks before."""
    genre, part = row["genre"], _part(row["split"])
    where = f"{path}, line {line}"
    if row["split"] and not part:
        raise DatasetError(f"{where}: split is {row['split']!r}; it can be train, valid or test.")
    track = os.path.normpath(row["path"])  # "./a.wav" and "a.wav" are one.
    for here, there in zip((genre, part), above.setdefault(track, (genre, part)), strict=True):
        if here != there:
            raise DatasetError(
                f"{where}: {track} is {here or 'in no part'} here and {there or 'in no part'} "
                "above. Decide for one."
            )
    title = row["title"] or PurePath(track).stem
    return Track(track, genre, row["artist"], title), path.parent / track, part
