"""A music library: facts and embeddings of its songs in one SQLite file, opened as a `SongIndex`.

Songs are added in transactions, so that a killed writer leaves no half song. An index holds the
songs in memory, and leaves their segments on disk: 50,000 songs (1.3 GB on disk, 120 MB in memory)
open in 1.5 s, once, and a query takes 0.1 s on two cores (`benchmarks/neighbours.py`).
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepmusic.config import PUBLIC_VARIABLE, current_deployment
from deepmusic.errors import LibraryError
from deepmusic.files import acquire_lock, is_locked, library_folder, replacing
from deepmusic.formatting import format_plain
from deepmusic.library import embeddings
from deepmusic.library.embeddings import SegmentEmbeddings
from deepmusic.library.song_index import AnalyzedSong, Entry, SongIndex

#: Rises when the tables change; a library of another format is indexed anew.
FORMAT = 3

_TABLES = """
DROP TABLE IF EXISTS passages; DROP TABLE IF EXISTS songs; DROP TABLE IF EXISTS failures;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE songs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,  -- as bytes, since names need not be text
    size INTEGER NOT NULL, modified INTEGER NOT NULL,
    title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL, genre TEXT NOT NULL,
    duration REAL NOT NULL, tempo REAL NOT NULL, brightness REAL NOT NULL,
    digest TEXT NOT NULL, note TEXT NOT NULL,
    embedding BLOB NOT NULL, timbre BLOB NOT NULL, profile BLOB NOT NULL,  -- float32
    tags BLOB NOT NULL  -- float32
);
CREATE TABLE passages (
    song INTEGER PRIMARY KEY REFERENCES songs ON DELETE CASCADE,
    borders BLOB NOT NULL, vectors BLOB NOT NULL  -- float32, float16
);
CREATE TABLE failures (
    path BLOB PRIMARY KEY, reason TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL
);
"""

#: Columns of a song that are fields of its `Entry`.
_FACTS = ("title", "artist", "album", "genre", "duration", "tempo", "brightness", "digest", "note")

#: SQLite's names for errors of a disk that is full or may not be written begin like these.
_NOT_WRITABLE = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR")


def refuse_if_forbidden() -> None:
    """Raise `LibraryError` on a public server, whose folders visitors must not see."""
    if not current_deployment().may_index:
        raise LibraryError(
            f"Music libraries are switched off here ({PUBLIC_VARIABLE}=1). Run DeepMusic on "
            "your own machine to use yours."
        )


#: Size of a file in bytes, and time of its last change in us since 1970.
FileState = tuple[int, int]


@dataclass(frozen=True)
class Failure:
    """A file that could not be used, and the reason."""

    path: Path
    reason: str
    state: FileState


class Library:
    """A library on disk.

    Parameters
    ----------
    folder : Path, optional
        Of the library; `library_folder` if not given. It is made by the first writer.

    Raises
    ------
    LibraryError
        On a public server.
    """

    def __init__(self, folder: Path | None = None) -> None:
        refuse_if_forbidden()
        self.folder = folder or library_folder()

    @property
    def database(self) -> Path:
        """Path of the SQLite file."""
        return self.folder / "library.sqlite"

    @contextmanager
    def _connect(self, path: Path | None = None) -> Iterator[sqlite3.Connection]:
        """Connection for one transaction."""
        try:
            connection = sqlite3.connect(path or self.database, timeout=30)
            try:
                connection.execute("PRAGMA foreign_keys = ON")
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith(_NOT_WRITABLE):
                raise self._not_writable(error) from error
            raise LibraryError(
                f"{self.database} must be a music library; SQLite says: {error}. If it is "
                f"damaged, delete the folder {self.folder} and index your music again."
            ) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Raise `LibraryError` for files in the library's folder that cannot be written."""
        try:
            yield
        except OSError as error:
            raise self._not_writable(error) from error

    def _not_writable(self, error: Exception) -> LibraryError:
        return LibraryError(
            f"The library in {self.folder} cannot be written "
            f"({getattr(error, 'strerror', None) or error}). Free some space, or set "
            "DEEPMUSIC_LIBRARY to a folder that can be written."
        )

    # === Reading ===

    def _fetch(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._connect() as connection:
            return connection.execute(query, values).fetchall()

    def exists(self) -> bool:
        """Whether there is a library in the folder."""
        return self.database.exists()

    def generation(self) -> int:
        """Number that rises with every change; 0 where there is no library."""
        return int(self._meta().get("generation", 0)) if self.exists() else 0

    def _meta(self) -> dict[str, str]:
        return dict(self._fetch("SELECT key, value FROM meta"))

    def count(self) -> int:
        """Number of songs."""
        return self._fetch("SELECT count(*) FROM songs")[0][0] if self.exists() else 0

    def open(self) -> SongIndex:
        """Read the library into memory, songs in the order of their addition.

        Raises
        ------
        LibraryError
            If there is none, or it is damaged, of another format or of other networks.
        """
        if not self.exists():
            raise LibraryError(
                f"No music is indexed in {self.folder}. Index a folder: deepmusic index FOLDER"
            )
        if self._meta().get("stamp") != _stamp():
            raise LibraryError(
                "This library was indexed by another version of DeepMusic, or by other networks. "
                "Index your folders again: deepmusic index FOLDER"
            )
        facts = ("id", *_FACTS)
        rows = self._fetch(
            f"SELECT {', '.join(facts)}, path, embedding, timbre, profile, tags FROM songs "
            "ORDER BY id"
        )

        def matrix(column: int) -> np.ndarray:
            values = np.frombuffer(b"".join(row[column] for row in rows), np.float32)
            return values.reshape(len(rows), -1 if rows else 0)

        try:
            embedded, timbre, profiles, tags = (matrix(column) for column in range(-4, 0))
        except ValueError as error:
            raise LibraryError(
                f"{self.database} is damaged ({error}). Delete the folder {self.folder} and index "
                "your music again."
            ) from error
        entries = [
            Entry(**dict(zip(facts, row, strict=False)), path=Path(os.fsdecode(row[len(facts)])))
            for row in rows
        ]
        return SongIndex(
            "My library",
            entries,
            embedded,
            timbre,
            profiles,
            self.segments,
            space=embeddings.current_space(),
            tags=tags,
        )

    def segments(self, song: int) -> SegmentEmbeddings | None:
        """Embeddings of a song's segments, by the song's id; None if it is not there any more."""
        found = self._fetch("SELECT borders, vectors FROM passages WHERE song = ?", song)
        if not found:
            return None
        borders = np.frombuffer(found[0][0], np.float32)
        vectors = np.frombuffer(found[0][1], np.float16).reshape(len(borders) - 1, -1)
        return SegmentEmbeddings(borders[:-1], borders[1:], vectors)

    def failures(self) -> list[Failure]:
        """Files that could not be used, by path."""
        if not self.exists():
            return []
        rows = self._fetch("SELECT path, reason, size, modified FROM failures ORDER BY path")
        return [
            Failure(Path(os.fsdecode(path)), why, (size, modified))
            for path, why, size, modified in rows
        ]

    def known_files(self) -> dict[Path, FileState]:
        """State of every file that was read, with or without success."""
        rows = self._fetch(
            "SELECT path, size, modified FROM songs "
            "UNION ALL SELECT path, size, modified FROM failures"
        )
        return {Path(os.fsdecode(path)): (size, modified) for path, size, modified in rows}

    # === Writing, under the lock ===

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the library's write lock, which the system frees however its holder ends.

        Raises
        ------
        LibraryError
            If another process holds it, or the folder cannot be written.
        """
        with self.writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                lock = acquire_lock(self.folder / "library.lock")
            except BlockingIOError:
                raise LibraryError(
                    "Another indexing is running. Wait until it has ended, or stop it."
                ) from None
        with lock:
            yield

    def is_locked(self) -> bool:
        """Whether an indexing is running."""
        return is_locked(self.folder / "library.lock")

    def prepare(self) -> list[Path]:
        """Create the tables, or empty those of another format or other networks.

        Returns
        -------
        list of Path
            The songs of emptied tables, which are to be indexed anew.
        """
        if self.exists():
            if self._meta().get("stamp") == _stamp():
                return []
            songs = [Path(os.fsdecode(path)) for (path,) in self._fetch("SELECT path FROM songs")]
            with self._connect() as connection:
                _make_tables(connection)
            return songs
        # Under another name until it has its tables, so that no reader finds it without them.
        with self.writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(self.database) as unfinished, self._connect(unfinished) as connection:
                # Readers go on while someone writes, and a killed writer leaves no half song.
                connection.execute("PRAGMA journal_mode = WAL")
                _make_tables(connection)
        return []

    def add(
        self,
        songs: Sequence[tuple[AnalyzedSong, FileState]],
        failures: Sequence[Failure] = (),
    ) -> None:
        """Add songs and failures in one transaction; they replace those of the same files."""
        if not songs and not failures:
            return
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for song, state in songs:
                _insert(connection, song, state)
            for failure in failures:
                _forget(connection, failure.path)
                connection.execute(
                    "INSERT INTO failures VALUES (?, ?, ?, ?)",
                    (os.fsencode(failure.path), format_plain(failure.reason), *failure.state),
                )
            _note_change(connection)

    def remove(self, paths: Sequence[Path]) -> None:
        """Remove the songs and failures of these files."""
        if not paths:
            return
        with self._connect() as connection:
            for path in paths:
                _forget(connection, path)
            _note_change(connection)


def _stamp() -> str:
    return f"{FORMAT} {embeddings.stamp()}"


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.executescript(f"BEGIN IMMEDIATE; {_TABLES}")
    connection.execute("REPLACE INTO meta VALUES ('stamp', ?)", (_stamp(),))
    _note_change(connection)


def _note_change(connection: sqlite3.Connection) -> None:
    connection.execute("REPLACE INTO meta VALUES ('generation', ?)", (str(time.time_ns()),))


def _forget(connection: sqlite3.Connection, path: Path) -> None:
    for table in ("songs", "failures"):
        connection.execute(f"DELETE FROM {table} WHERE path = ?", (os.fsencode(path),))


def _insert(connection: sqlite3.Connection, song: AnalyzedSong, state: FileState) -> None:
    entry, embedding = song.entry, song.embedding
    if entry.path is None:
        raise ValueError(f"A song of a library must have a path. Received: {entry}")
    _forget(connection, entry.path)
    facts = [getattr(entry, name) for name in _FACTS]
    vectors = (embedding.song, song.timbre, embedding.profile, embedding.tags)
    values = (
        *(os.fsencode(entry.path), *state),
        *(_storable(fact) if isinstance(fact, str) else fact for fact in facts),
        *(np.asarray(vector, np.float32).tobytes() for vector in vectors),
    )
    added = connection.execute(
        f"INSERT INTO songs (path, size, modified, {', '.join(_FACTS)}, embedding, timbre, profile,"
        f" tags) VALUES ({','.join('?' * len(values))})",
        values,
    )
    segments = embedding.segments()
    borders = np.append(segments.starts, segments.ends[-1]).astype(np.float32)
    connection.execute(
        "INSERT INTO passages VALUES (?, ?, ?)",
        (added.lastrowid, borders.tobytes(), segments.vectors.tobytes()),
    )


def _storable(text: str) -> str:
    """Replace what a tag or a name may hold and SQLite cannot store as text."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
