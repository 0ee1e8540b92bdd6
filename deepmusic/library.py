"""A music library on disk: facts in SQLite, what the networks made of its songs in arrays.

A song's facts name its row in the arrays. Rows are written first and named afterwards, in one
transaction, so that whatever dies in between leaves the library as it was. Rows of songs that went
are taken again by new ones. `deepmusic.indexing` fills it, `deepmusic.recommend` asks it.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from filelock import FileLock

from deepmusic import embeddings, public
from deepmusic.config import GTZAN_GENRES
from deepmusic.embeddings import Passages
from deepmusic.errors import LibraryError
from deepmusic.files import library_folder

#: Rises when the tables change; a library of another format is indexed anew.
FORMAT = 1

#: Songs whose facts are asked for in one query; SQLite knows a limit.
_MOST_AT_ONCE = 500

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS songs (
    row INTEGER PRIMARY KEY,  -- in the arrays
    path BLOB NOT NULL UNIQUE,  -- as bytes, since names need not be text
    size INTEGER NOT NULL, modified INTEGER NOT NULL, digest TEXT NOT NULL,
    title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL, genre TEXT NOT NULL,
    duration REAL NOT NULL, tempo REAL NOT NULL, brightness REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS passages (
    row INTEGER PRIMARY KEY REFERENCES songs ON DELETE CASCADE,
    borders BLOB NOT NULL, vectors BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS failures (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, reason TEXT NOT NULL
);
"""


def indexing_allowed() -> bool:
    """Tell whether folders of this machine may be indexed and read.

    ``DEEPMUSIC_PUBLIC=1`` forbids it: on a public server a visitor must not look into its folders.
    """
    return not public.is_public()


def refuse_if_forbidden() -> None:
    """Raise `LibraryError` where `indexing_allowed` says no."""
    if not indexing_allowed():
        raise LibraryError(
            f"Music libraries are switched off here ({public.VARIABLE}=1). Run DeepMusic on your "
            "own machine to use yours."
        )


# === What is known of a song, and of many ===


@dataclass(frozen=True)
class Entry:
    """Facts about one song of a collection.

    Attributes
    ----------
    row : int
        Of the collection's arrays.
    title, artist, album, genre : str
        From its tags (or of GTZAN's list); empty where unknown, but for the title.
    duration : float
        In s.
    tempo, brightness : float or None
        As in `deepmusic.traits.Traits`; None where nobody measured them.
    digest : str
        SHA-256 of the file.
    path : Path or None
        Where it lies, if it is a file.
    """

    row: int
    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    duration: float = 0.0
    tempo: float | None = None
    brightness: float | None = None
    digest: str = ""
    path: Path | None = None

    @property
    def name(self) -> str:
        """Artist and title, for people."""
        return " - ".join(filter(None, (self.artist, self.title)))


@dataclass(frozen=True)
class Collection:
    """Songs that can be asked for neighbours: a library, GTZAN, or a handful of bands.

    Attributes
    ----------
    title : str
        For people to read.
    rows : np.ndarray [shape=(n_songs,)], int
        Which rows of the arrays hold a song.
    embeddings : np.ndarray [shape=(n_rows, n_dimensions)], float32
        Of unit length.
    timbre : np.ndarray [shape=(n_rows, 80)], float32
        `deepmusic.traits.mfcc_statistics`.
    profiles : np.ndarray [shape=(n_rows, n_genres)], float32
        The ensemble's probabilities.
    fetch : callable
        Returns the entries of rows, in order.
    passages : callable
        Returns a row's `Passages`, or None.
    genres : tuple of str
        Columns of `profiles`.
    """

    title: str
    rows: np.ndarray
    embeddings: np.ndarray
    timbre: np.ndarray
    profiles: np.ndarray
    fetch: Callable[[Sequence[int]], list[Entry]]
    passages: Callable[[int], Passages | None] = field(default=lambda row: None)
    genres: tuple[str, ...] = GTZAN_GENRES

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def timbre_spread(self) -> np.ndarray:
        """Deviation of each timbre number over (at most 10,000 of) the songs, never zero."""
        some = self.rows[:: -(-len(self.rows) // 10_000)]
        spread = self.timbre[some].std(axis=0)
        return np.where(spread > 1e-6, spread, 1.0)


# === On disk ===


class Array:
    """Rows of numbers in a file, written in place and read by mapping the file into memory.

    Parameters
    ----------
    path : Path
        The file: float32 in the machine's order, row after row.
    width : int
        Numbers in a row.
    """

    def __init__(self, path: Path, width: int) -> None:
        self.path = path
        self.width = width

    def write(self, rows: Sequence[int], values: Sequence[np.ndarray]) -> None:
        """Write some rows, and wait until they are on the disk."""
        mode = "r+b" if self.path.exists() else "w+b"
        with self.path.open(mode) as file:
            for row, value in zip(rows, values, strict=True):
                file.seek(row * self.width * 4)
                file.write(np.ascontiguousarray(value, np.float32).tobytes())
            file.flush()
            os.fsync(file.fileno())

    def read(self, n_rows: int) -> np.ndarray:
        """Return the first rows [n_rows, width]; they are read from the disk when they are used.

        Raises
        ------
        LibraryError
            If the file is missing or too short.
        """
        if not n_rows:
            return np.zeros((0, self.width), np.float32)
        try:
            return np.memmap(self.path, np.float32, mode="r", shape=(n_rows, self.width))
        except (OSError, ValueError) as error:
            raise LibraryError(
                f"{self.path} is damaged ({error}). Delete the folder {self.path.parent} and index "
                "your music again."
            ) from error


#: The arrays, and how wide they are; embeddings are as wide as the networks make them.
_TIMBRE_WIDTH = 80


@dataclass(frozen=True)
class Record:
    """A song as it enters the library.

    Attributes
    ----------
    entry : Entry
        Its ``row`` is not read; its ``path`` must be absolute.
    size, modified : int
        Of the file, in bytes and in ns since 1970.
    embedding, timbre, profile : np.ndarray
        A row of each array.
    passages : Passages
        Its pieces.
    """

    entry: Entry
    size: int
    modified: int
    embedding: np.ndarray
    timbre: np.ndarray
    profile: np.ndarray
    passages: Passages


@dataclass(frozen=True)
class Failure:
    """A file that could not be used, and why."""

    path: Path
    size: int
    modified: int
    reason: str


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
        """The facts."""
        return self.folder / "library.sqlite"

    @property
    def lock(self) -> FileLock:
        """Held by whoever writes; the system frees it, however that process dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / "library.lock")

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
            raise LibraryError(
                f"{self.database} cannot be used ({error}). If it is damaged, delete the folder "
                f"{self.folder} and index your music again."
            ) from error

    # === Reading ===

    def exists(self) -> bool:
        """Tell whether anything was indexed."""
        return self.database.exists()

    def generation(self) -> int:
        """Return a number that rises with every change; 0 where there is no library."""
        if not self.exists():
            return 0
        with self._connect() as connection:
            return int(_meta(connection).get("generation", 0))

    def count(self) -> int:
        """Return the number of songs."""
        if not self.exists():
            return 0
        with self._connect() as connection:
            return connection.execute("SELECT count(*) FROM songs").fetchone()[0]

    def collection(self) -> Collection:
        """Open the library for questions. The arrays stay on disk until they are used.

        Raises
        ------
        LibraryError
            If there is none, or other networks than the shipped ones made it.
        """
        if not self.exists():
            raise LibraryError(
                f"No music is indexed in {self.folder}. Index a folder: python -m deepmusic index "
                "FOLDER"
            )
        with self._connect() as connection:
            meta = _meta(connection)
            rows = np.fromiter(
                (row for (row,) in connection.execute("SELECT row FROM songs ORDER BY row")), int
            )
        if meta.get("stamp") != self._stamp():
            raise LibraryError(
                "This library was indexed by other networks than those of this version. Index your "
                "folders again: python -m deepmusic index FOLDER"
            )
        n_rows = int(rows[-1]) + 1 if len(rows) else 0
        embedded, timbre, profiles = (
            array.read(n_rows) for array in self._arrays(int(meta["dimensions"]))
        )
        return Collection(
            title="My library",
            rows=rows,
            embeddings=embedded,
            timbre=timbre,
            profiles=profiles,
            fetch=self.entries,
            passages=self.passages,
        )

    def entries(self, rows: Sequence[int]) -> list[Entry]:
        """Return the facts of these rows, in order; rows without a song are left out."""
        columns = "row, title, artist, album, genre, duration, tempo, brightness, digest, path"
        found = {}
        with self._connect() as connection:
            for chunk in _chunks([int(row) for row in rows]):
                marks = ",".join("?" * len(chunk))
                query = f"SELECT {columns} FROM songs WHERE row IN ({marks})"
                for *facts, path in connection.execute(query, chunk):
                    found[facts[0]] = Entry(*facts, path=Path(os.fsdecode(path)))
        return [found[int(row)] for row in rows if int(row) in found]

    def all_entries(self) -> list[Entry]:
        """Return the facts of all songs, by path."""
        with self._connect() as connection:
            rows = [row for (row,) in connection.execute("SELECT row FROM songs ORDER BY path")]
        return self.entries(rows)

    def find(self, path: Path) -> int | None:
        """Return the row of the song at this path, if it is in the library."""
        if not self.exists():
            return None
        with self._connect() as connection:
            found = connection.execute(
                "SELECT row FROM songs WHERE path = ?", (os.fsencode(path.absolute()),)
            ).fetchone()
        return found and found[0]

    def search(self, words: str, most: int = 50) -> list[Entry]:
        """Return songs whose title, artist, album or path has all these words in it."""
        terms = [f"%{_escape(word)}%" for word in words.split()]
        where = " AND ".join(
            [
                "(title || ' ' || artist || ' ' || album || ' ' || CAST(path AS TEXT)) LIKE ? "
                "ESCAPE '\\'"
            ]
            * len(terms)
        )
        query = f"SELECT row FROM songs WHERE {where or '1'} ORDER BY artist, title LIMIT ?"
        with self._connect() as connection:
            rows = [row for (row,) in connection.execute(query, (*terms, most))]
        return self.entries(rows)

    def passages(self, row: int) -> Passages | None:
        """Return a song's passages, or None if it went meanwhile."""
        with self._connect() as connection:
            found = connection.execute(
                "SELECT borders, vectors FROM passages WHERE row = ?", (int(row),)
            ).fetchone()
        if not found:
            return None
        borders = np.frombuffer(found[0], np.float32)
        vectors = np.frombuffer(found[1], np.float16).reshape(len(borders) - 1, -1)
        return Passages(borders[:-1], borders[1:], vectors)

    def failures(self) -> list[Failure]:
        """Return the files that could not be used, by path."""
        if not self.exists():
            return []
        with self._connect() as connection:
            rows = connection.execute(
                "SELECT path, size, modified, reason FROM failures ORDER BY path"
            ).fetchall()
        return [Failure(Path(os.fsdecode(path)), *rest) for path, *rest in rows]

    def known_files(self) -> dict[Path, tuple[int, int]]:
        """Return size and time of change of every file that was read, with or without success."""
        with self._connect() as connection:
            rows = connection.execute(
                "SELECT path, size, modified FROM songs "
                "UNION ALL SELECT path, size, modified FROM failures"
            ).fetchall()
        return {Path(os.fsdecode(path)): (size, modified) for path, size, modified in rows}

    # === Writing: by whoever holds the lock ===

    def prepare(self, dimensions: int) -> None:
        """Make the tables, or empty them where other networks filled them.

        Parameters
        ----------
        dimensions : int
            Width of the embeddings that will be added.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = {"stamp": self._stamp(), "dimensions": str(dimensions)}
        if not self.exists():
            # Under another name until it has its tables, so that no reader finds it without them.
            unfinished = self.folder / "unfinished.sqlite"
            unfinished.unlink(missing_ok=True)
            with self._connect(unfinished) as connection:
                # Readers go on while someone writes, and a killed writer leaves nothing half done.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_TABLES)
                _start_over(connection, wanted)
            os.replace(unfinished, self.database)
            return
        with self._connect() as connection:
            meta = _meta(connection)
            if any(meta.get(key) != value for key, value in wanted.items()):
                _start_over(connection, wanted)

    def add(self, records: Sequence[Record], failures: Sequence[Failure] = ()) -> None:
        """Add songs and failures, in place of what was known of the same files; all or nothing."""
        if not records and not failures:
            return
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            used = {row for (row,) in connection.execute("SELECT row FROM songs")}
            # A row that is freed here stays as it is until the transaction that frees it is over.
            free = (row for row in range(len(used) + len(records)) if row not in used)
            rows = [next(free) for _ in records]
            dimensions = int(_meta(connection)["dimensions"])
            columns = zip(
                *((one.embedding, one.timbre, one.profile) for one in records), strict=True
            )
            for array, values in zip(self._arrays(dimensions), columns, strict=False):
                array.write(rows, values)
            for path in [*(record.entry.path for record in records), *(f.path for f in failures)]:
                _forget(connection, path)
            for row, record in zip(rows, records, strict=True):
                _insert(connection, row, record)
            connection.executemany(
                "INSERT INTO failures VALUES (?, ?, ?, ?)",
                [(os.fsencode(f.path), f.size, f.modified, f.reason) for f in failures],
            )
            _rise(connection)

    def remove(self, paths: Sequence[Path]) -> None:
        """Forget these files."""
        if not paths:
            return
        with self._connect() as connection:
            for path in paths:
                _forget(connection, path)
            _rise(connection)

    def _arrays(self, dimensions: int) -> tuple[Array, Array, Array]:
        widths = {"embeddings": dimensions, "timbre": _TIMBRE_WIDTH, "profiles": len(GTZAN_GENRES)}
        embedded, timbre, profiles = (
            Array(self.folder / f"{name}.float32", width) for name, width in widths.items()
        )
        return embedded, timbre, profiles

    def _stamp(self) -> str:
        return f"{FORMAT} {embeddings.stamp()}"


def _meta(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT key, value FROM meta"))


def _start_over(connection: sqlite3.Connection, wanted: Mapping[str, str]) -> None:
    """Empty the tables, and note what the songs to come are made with."""
    for table in ("passages", "songs", "failures"):
        connection.execute(f"DELETE FROM {table}")
    connection.executemany("REPLACE INTO meta VALUES (?, ?)", wanted.items())
    _rise(connection)


def _rise(connection: sqlite3.Connection) -> None:
    """Count the library's changes."""
    generation = int(_meta(connection).get("generation", 0)) + 1
    connection.execute("REPLACE INTO meta VALUES ('generation', ?)", (str(generation),))


def _forget(connection: sqlite3.Connection, path: Path | None) -> None:
    for table in ("songs", "failures"):
        connection.execute(f"DELETE FROM {table} WHERE path = ?", (os.fsencode(path),))


def _insert(connection: sqlite3.Connection, row: int, record: Record) -> None:
    entry, passages = record.entry, record.passages
    facts = (
        *(row, os.fsencode(entry.path), record.size, record.modified, entry.digest),
        *(entry.title, entry.artist, entry.album, entry.genre),
        *(entry.duration, entry.tempo, entry.brightness),
    )
    connection.execute(f"INSERT INTO songs VALUES ({','.join('?' * len(facts))})", facts)
    borders = np.append(passages.starts, passages.ends[-1]).astype(np.float32)
    connection.execute(
        "INSERT INTO passages VALUES (?, ?, ?)",
        (row, borders.tobytes(), passages.vectors.astype(np.float16).tobytes()),
    )


def _chunks(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(rows), _MOST_AT_ONCE):
        yield rows[start : start + _MOST_AT_ONCE]


def _escape(word: str) -> str:
    """Take from a word what LIKE would understand as a pattern."""
    return "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in word)
