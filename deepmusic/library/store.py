"""A music library: facts and embeddings of its songs in one SQLite file, opened as a `SongIndex`.

Songs are added in transactions, so that whatever dies in between leaves the library as it was.
`deepmusic.indexing` fills it, `deepmusic.recommend` searches it.

An index holds the songs in memory, and leaves their segments on disk. The measured limit: 50,000
songs (1.3 GB on disk, 120 MB in memory) open in 1.5 s, once, and answer a query in 0.1 s on two
cores (`benchmarks/neighbours.py`).
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepmusic.config import PUBLIC_VARIABLE, current_deployment
from deepmusic.errors import LibraryError
from deepmusic.files import acquire_lock, is_locked, library_folder, replacing
from deepmusic.library import embeddings
from deepmusic.library.embeddings import Passages
from deepmusic.library.song_index import AnalyzedSong, Entry, SongIndex

#: Rises when the tables change; a library of another format is indexed anew.
FORMAT = 2

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
    embedding BLOB NOT NULL, timbre BLOB NOT NULL, profile BLOB NOT NULL  -- float32
);
CREATE TABLE passages (
    song INTEGER PRIMARY KEY REFERENCES songs ON DELETE CASCADE,
    borders BLOB NOT NULL, vectors BLOB NOT NULL  -- float32, float16
);
CREATE TABLE failures (
    path BLOB PRIMARY KEY, reason TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL
);
"""

_FACTS = "title, artist, album, genre, duration, tempo, brightness, digest, note"

#: Beginnings of SQLite's names for errors of a disk that is full or may not be written.
_NOT_WRITABLE = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR")


def refuse_if_forbidden() -> None:
    """Raise `LibraryError` on a public server: a visitor must not look into its folders."""
    if not current_deployment().may_index:
        raise LibraryError(
            f"Music libraries are switched off here ({PUBLIC_VARIABLE}=1). Run DeepMusic on "
            "your own machine to use yours."
        )


#: Size and time of change of a file, in bytes and in us since 1970, by which a change is known.
FileState = tuple[int, int]


@dataclass(frozen=True)
class Failure:
    """A file that could not be used, and why."""

    path: Path
    reason: str
    state: FileState


class Library:
    """A library in a folder of its own.

    Parameters
    ----------
    folder : Path, optional
        Where it lies; `library_folder` if not given. Nothing is made before something is written.

    Raises
    ------
    LibraryError
        If libraries may not be read here.
    """

    def __init__(self, folder: Path | None = None) -> None:
        refuse_if_forbidden()
        self.folder = folder or library_folder()

    @property
    def database(self) -> Path:
        """The file that holds everything."""
        return self.folder / "library.sqlite"

    @contextmanager
    def _connect(self, path: Path | None = None) -> Iterator[sqlite3.Connection]:
        """Open the database for one transaction, all of which happens or nothing."""
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
                f"{self.database} cannot be used ({error}). If it is damaged, delete the folder "
                f"{self.folder} and index your music again."
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

    def _fetch(self, query: str, *values: object) -> list[tuple]:
        with self._connect() as connection:
            return connection.execute(query, values).fetchall()

    def exists(self) -> bool:
        """Tell whether anything was indexed."""
        return self.database.exists()

    def generation(self) -> int:
        """Return a number that differs after every change; 0 where there is no library."""
        return int(self._meta().get("generation", 0)) if self.exists() else 0

    def _meta(self) -> dict[str, str]:
        return dict(self._fetch("SELECT key, value FROM meta"))

    def count(self) -> int:
        """Return the number of songs."""
        return self._fetch("SELECT count(*) FROM songs")[0][0] if self.exists() else 0

    def open(self) -> SongIndex:
        """Read the library into memory, songs in the order in which they were added.

        Raises
        ------
        LibraryError
            If there is none, it is damaged, or another version or other networks made it.
        """
        if not self.exists():
            raise LibraryError(
                f"No music is indexed in {self.folder}. Index a folder: python -m deepmusic index "
                "FOLDER"
            )
        if self._meta().get("stamp") != _stamp():
            raise LibraryError(
                "This library was indexed by another version of DeepMusic, or by other networks. "
                "Index your folders again: python -m deepmusic index FOLDER"
            )
        rows = self._fetch(
            f"SELECT id, {_FACTS}, path, embedding, timbre, profile FROM songs ORDER BY id"
        )
        try:
            arrays = [
                np.frombuffer(b"".join(row[column] for row in rows), np.float32).reshape(
                    len(rows), -1 if rows else 0
                )
                for column in (-3, -2, -1)
            ]
        except ValueError as error:
            raise LibraryError(
                f"{self.database} is damaged ({error}). Delete the folder {self.folder} and index "
                "your music again."
            ) from error
        entries = [Entry(*facts, path=Path(os.fsdecode(path))) for *facts, path, _, _, _ in rows]
        return SongIndex("My library", entries, *arrays, passages=self.passages)

    def passages(self, song: int) -> Passages | None:
        """Return the segments of a song, or None if it went meanwhile."""
        found = self._fetch("SELECT borders, vectors FROM passages WHERE song = ?", song)
        if not found:
            return None
        borders = np.frombuffer(found[0][0], np.float32)
        vectors = np.frombuffer(found[0][1], np.float16).reshape(len(borders) - 1, -1)
        return Passages(borders[:-1], borders[1:], vectors)

    def failures(self) -> list[Failure]:
        """Return the files that could not be used, by path."""
        if not self.exists():
            return []
        rows = self._fetch("SELECT path, reason, size, modified FROM failures ORDER BY path")
        return [Failure(Path(os.fsdecode(path)), why, (*state,)) for path, why, *state in rows]

    def known_files(self) -> dict[Path, FileState]:
        """Return the state of every file that was read, with or without success."""
        rows = self._fetch(
            "SELECT path, size, modified FROM songs "
            "UNION ALL SELECT path, size, modified FROM failures"
        )
        return {Path(os.fsdecode(path)): (size, modified) for path, size, modified in rows}

    # === Writing: by whoever holds the lock ===

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the right to write; the system frees it, however its holder dies.

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
                    "Another indexing goes on already. Wait until it is done, or stop it."
                ) from None
        with lock:
            yield

    def is_locked(self) -> bool:
        """Tell whether someone holds the lock."""
        return is_locked(self.folder / "library.lock")

    def prepare(self) -> None:
        """Make the tables, or empty those of another version or other networks."""
        if self.exists():
            if self._meta().get("stamp") != _stamp():
                with self._connect() as connection:
                    _make_tables(connection)
            return
        # Under another name until it has its tables, so that no reader finds it without them.
        with self.writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(self.database) as unfinished, self._connect(unfinished) as connection:
                # Readers go on while someone writes, and a killed writer leaves no half song.
                connection.execute("PRAGMA journal_mode = WAL")
                _make_tables(connection)

    def add(
        self,
        songs: Sequence[tuple[AnalyzedSong, FileState]],
        failures: Sequence[Failure] = (),
    ) -> None:
        """Add songs and failures, in place of what was known of the same files; all or nothing."""
        if not songs and not failures:
            return
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for song, state in songs:
                _forget(connection, song.entry.path)
                _insert(connection, song, state)
            for failure in failures:
                _forget(connection, failure.path)
                connection.execute(
                    "INSERT INTO failures VALUES (?, ?, ?, ?)",
                    (os.fsencode(failure.path), failure.reason, *failure.state),
                )
            _note_change(connection)

    def remove(self, paths: Sequence[Path]) -> None:
        """Forget these files."""
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


def _forget(connection: sqlite3.Connection, path: Path | None) -> None:
    for table in ("songs", "failures"):
        connection.execute(f"DELETE FROM {table} WHERE path = ?", (os.fsencode(path),))


def _insert(connection: sqlite3.Connection, song: AnalyzedSong, state: FileState) -> None:
    entry, embedding = song.entry, song.embedding
    vectors = (embedding.song, song.timbre, embedding.profile)
    values = (
        *(os.fsencode(entry.path), *state),
        *(entry.title, entry.artist, entry.album, entry.genre),
        *(entry.duration, entry.tempo, entry.brightness, entry.digest, entry.note),
        *(np.asarray(vector, np.float32).tobytes() for vector in vectors),
    )
    added = connection.execute(
        f"INSERT INTO songs (path, size, modified, {_FACTS}, embedding, timbre, profile) "
        f"VALUES ({','.join('?' * len(values))})",
        values,
    )
    passages = embedding.passages()
    borders = np.append(passages.starts, passages.ends[-1]).astype(np.float32)
    connection.execute(
        "INSERT INTO passages VALUES (?, ?, ?)",
        (added.lastrowid, borders.tobytes(), passages.vectors.tobytes()),
    )
