"""What a file says of itself: title, artist, album, genre and cover, by way of mutagen."""

import csv
import io
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from deepmusic.errors import LibraryError
from deepmusic.files import write_atomically

#: Columns of the backup of old genre tags.
BACKUP_COLUMNS = ("path", "old_genre", "new_genre", "written")

_SEPARATOR = "; "


@dataclass(frozen=True)
class Tags:
    """Tags of a file; empty where there are none.

    Attributes
    ----------
    title, artist, album, genre : str
        Several values of one tag stand side by side, with semicolons between.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""


def read(source: Path | IO[bytes]) -> Tags:
    """Read a file's tags; a file without any, or with damaged ones, has empty ones."""
    from mutagen import File

    try:
        # mutagen's one interface for all formats ("easy") knows most; WAV and AIFF have plain ID3.
        file = File(source, easy=True)
        return Tags(**{key: _text(file, key) for key in ("title", "artist", "album", "genre")})
    except Exception:  # Tags may be damaged in ways that mutagen has no word for.
        return Tags()


_ID3 = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "genre": "TCON"}


def _text(file: Any, key: str) -> str:
    tags = getattr(file, "tags", None)
    if not tags:
        return ""
    values = tags.get(key) or tags.get(_ID3[key]) or []
    if isinstance(values, str):
        values = [values]
    return _SEPARATOR.join(str(value).strip() for value in values if str(value).strip())


def read_cover(source: Path | IO[bytes]) -> bytes | None:
    """Return the picture in a file's tags (front cover first), or None if it has none."""
    from mutagen import File

    try:
        file = File(source)
        tags = file.tags or {}
        found = list(getattr(file, "pictures", []))
        found += tags.getall("APIC") if hasattr(tags, "getall") else []
        found += _vorbis_pictures(tags)
        if found:
            return bytes(min(found, key=lambda picture: picture.type != 3).data)
        return bytes(tags["covr"][0]) if tags.get("covr") else None
    except Exception:  # As in `read`.
        return None


def _vorbis_pictures(tags: Any) -> list[Any]:
    """Return the pictures of OGG and Opus files, which keep them as text."""
    import base64

    from mutagen.flac import Picture

    if not hasattr(tags, "get") or not (texts := tags.get("metadata_block_picture")):
        return []
    return [Picture(base64.b64decode(text)) for text in texts]


# === Writing ===


def write_genres(genres: Mapping[Path, str], backup: Path) -> tuple[int, list[str]]:
    """Write genre tags into files, after their old values went into a backup.

    Parameters
    ----------
    genres : mapping of Path to str
        New genre by file. Files that have it already are left alone.
    backup : Path
        CSV file (`BACKUP_COLUMNS`) to make; `restore_genres` takes it back. It is on disk, whole,
        before the first file is touched.

    Returns
    -------
    (int, list of str)
        How many files were changed; and of each that could not be, its name and the reason.

    Raises
    ------
    LibraryError
        If the backup is there already or cannot be written; no file is touched then.
    """
    if backup.exists():
        raise LibraryError(f"{backup} is there already, and is not overwritten. Name another file.")
    old = {path: read(path).genre for path in genres}
    changed = {path: genre for path, genre in genres.items() if genre != old[path]}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    write_csv(
        backup,
        BACKUP_COLUMNS,
        [(os.fspath(path), old[path], genre, now) for path, genre in changed.items()],
    )
    faults = _write_all(changed)
    return len(changed) - len(faults), faults


def restore_genres(backup: Path) -> list[str]:
    """Put back the genre tags that a backup holds; return who could not be written, and why.

    Raises
    ------
    LibraryError
        If it is not such a backup.
    """
    rows = read_csv(backup, ("path", "old_genre"))
    return _write_all({Path(row["path"]): row["old_genre"] for row in rows})


def read_csv(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Read a table that has at least these columns; raise `LibraryError` if it has not."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise LibraryError(f"{path} cannot be read ({error.strerror}). Check its name.") from error
    rows = list(csv.DictReader(io.StringIO(text)))
    lacking = [name for name in needed if rows and name not in rows[0]]
    if not rows or lacking:
        raise LibraryError(
            f"{path} should be a table with the columns {', '.join(needed)}. "
            "Take one that DeepMusic wrote."
        )
    return rows


def _write_all(genres: Mapping[Path, str]) -> list[str]:
    faults = []
    for path, genre in genres.items():
        try:
            _write_genre(path, genre)
        except Exception as error:  # As in `read`; the other files go on.
            faults.append(f"{path}: {error or type(error).__name__}")
    return faults


def _write_genre(path: Path, genre: str) -> None:
    """Write one file's genre tag, in a copy that then takes the file's place."""
    copy = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        shutil.copy2(path, copy)
        _write_genre_in_place(copy, genre)
        os.replace(copy, path)
    finally:
        copy.unlink(missing_ok=True)


def _write_genre_in_place(path: Path, genre: str) -> None:
    """Write a file's genre tag; an empty one takes the tag away."""
    from mutagen import File
    from mutagen.id3 import TCON

    file = File(path, easy=True)
    if file is None:
        raise LibraryError("its format has no tags that can be written")
    if file.tags is None:
        file.add_tags()
    plain_id3 = not hasattr(file.tags, "valid_keys") and hasattr(file.tags, "getall")
    key = "TCON" if plain_id3 else "genre"
    if not genre:
        file.tags.pop(key, None)
    else:
        values = genre.split(_SEPARATOR)
        file.tags[key] = TCON(encoding=3, text=values) if plain_id3 else values
    file.save()


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table, whole or not at all; raise `LibraryError` if it cannot be written."""
    try:
        write_atomically(path, csv_text(header, rows))
    except OSError as error:
        raise LibraryError(f"{path} cannot be written ({error.strerror}).") from error


def csv_text(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table as text."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    return buffer.getvalue()
