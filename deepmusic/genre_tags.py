"""The genres that the networks hear in a library, for review and, if asked for, into its files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepmusic import tags
from deepmusic.errors import LibraryError
from deepmusic.library import Library

#: Columns of the table; `genre` is what would be written, and starts as what was heard.
COLUMNS = ("path", "artist", "title", "old_genre", "genre", "confidence", "second", "second_share")


def write_table(library: Library, path: Path) -> int:
    """Write what the networks hear in each song as CSV; return the number of songs.

    Raises
    ------
    LibraryError
        If there is no library, or the file is there already: it may hold someone's review.
    """
    if path.exists():
        raise LibraryError(f"{path} is there already, and is not overwritten. Name another file.")
    rows = _rows(library)
    tags.write_csv(path, COLUMNS, rows)
    return len(rows)


def table_text(library: Library) -> bytes:
    """Return the same table as the content of a file."""
    return tags.csv_text(COLUMNS, _rows(library)).encode("utf-8", "surrogateescape")


def _rows(library: Library) -> list[list[Any]]:
    collection = library.collection()
    rows = []
    for entry in library.all_entries():
        shares = collection.profiles[entry.row]
        first, second = (-shares).argsort()[:2]
        rows.append(
            [
                *(entry.path, entry.artist, entry.title, entry.genre),
                *(collection.genres[first], f"{shares[first]:.2f}"),
                *(collection.genres[second], f"{shares[second]:.2f}"),
            ]
        )
    return rows


def apply_table(library: Library, path: Path) -> tuple[Path, int, list[str]]:
    """Write a table's column ``genre`` into the files' tags, after a backup of the old ones.

    Parameters
    ----------
    library : Library
        Only its own files are written to, whatever the table names.
    path : Path
        What `write_table` wrote, reviewed. Rows whose genre is empty are left alone.

    Returns
    -------
    (Path, int, list of str)
        The backup, how many files were changed, and of each that could not be, the reason.

    Raises
    ------
    LibraryError
        If the table does not fit, or names a file that is not in the library.
    """
    rows = tags.read_csv(path, ("path", "genre"))
    known = {entry.path for entry in library.all_entries()}
    wanted = {Path(row["path"]): row["genre"].strip() for row in rows if row["genre"].strip()}
    strange = [song for song in wanted if song not in known]
    if strange:
        raise LibraryError(
            f"{strange[0]} is not in the library; only its own files are written to. Index its "
            "folder first, or take the row out."
        )
    backup = path.with_name(f"{path.stem}.backup-{datetime.now(UTC):%Y%m%d-%H%M%S}.csv")
    changed, faults = tags.write_genres(wanted, backup)
    return backup, changed, faults
