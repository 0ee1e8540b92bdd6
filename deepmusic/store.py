"""Log-mels on disk, so that they are computed once: an SQLite file for each collection.

Each picture is kept with size and age of the file that it was made from, so that a changed file is
computed again. Rows are written in transactions: whoever kills the work finds all that was done,
and no half of anything. One process writes; workers only compute.
"""

import hashlib
import math
import os
import sqlite3
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from deepmusic import parallel
from deepmusic.config import FRONT_ENDS, MelConfig
from deepmusic.datasets.base import Dataset, Pictures, Problem
from deepmusic.errors import AudioError, DatasetError
from deepmusic.files import data_folder

#: Pictures go to disk this often, in s; a kill costs no more work than that.
_COMMIT_SECONDS = 1.0

#: Fewer files than this are computed sooner than processes for them are started.
_WORTH_PROCESSES = 60

_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (mel TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS pictures (
    track TEXT PRIMARY KEY, stamp TEXT NOT NULL, n_columns INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS problems (
    track TEXT PRIMARY KEY, stamp TEXT NOT NULL, reason TEXT NOT NULL
);
"""

#: What NumPy and zipfile raise for a damaged or foreign file.
UNREADABLE = (OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile, zlib.error)

#: Stamp of a picture that came from an archive; it holds whatever the sound file is.
_IMPORTED = "imported"


@dataclass(frozen=True)
class Prepared:
    """What `prepare` did.

    Attributes
    ----------
    computed, kept : int
        Pictures that were made now, and that were there already.
    missing : int
        Tracks whose sound is not at hand.
    problems : tuple of Problem
        Files that could not be used, now or before.
    seconds : float
        Time that it took.
    path : Path
        The store.
    """

    computed: int
    kept: int
    missing: int
    problems: tuple[Problem, ...]
    seconds: float
    path: Path

    @property
    def clips_per_second(self) -> float:
        """Pictures made in a second."""
        return self.computed / self.seconds if self.seconds else 0.0


class Store:
    """The log-mels of one collection under one front end.

    Parameters
    ----------
    path : Path
        An SQLite file; it need not be there yet.
    mel : MelConfig
        Front end. A file of another one is refused.
    """

    def __init__(self, path: Path, mel: MelConfig) -> None:
        self.path = path
        self._mel = mel

    @classmethod
    def of(cls, dataset: Dataset, mel: MelConfig, folder: Path | None = None) -> "Store":
        """Return the store of a collection; `folder` stands in for ``DEEPMUSIC_DATA/logmels``."""
        folder = folder or data_folder() / "logmels"
        where = str(dataset.location.resolve()) if dataset.location else ""
        names = {config: name for name, config in FRONT_ENDS.items()}
        front_end = names.get(mel) or _short_hash(mel.to_json())
        return cls(folder / f"{dataset.name}-{_short_hash(where)}-{front_end}.sqlite", mel)

    def stamps(self) -> dict[str, str]:
        """Return what each picture was made from, by track."""
        return dict(self._select("SELECT track, stamp FROM pictures"))

    def problems(self) -> dict[str, tuple[str, str]]:
        """Return stamp and reason of the files that could not be used, by track."""
        rows = self._select("SELECT track, stamp, reason FROM problems")
        return {track: (stamp, reason) for track, stamp, reason in rows}

    def read(self, tracks: Iterable[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the pictures that are there of these tracks [n_mels, n_columns], uint8."""
        if not self.path.exists():
            return
        with self._connected() as database:
            query = "SELECT n_columns, data FROM pictures WHERE track = ?"
            for track in tracks:
                row = database.execute(query, (track,)).fetchone()
                if row:
                    n_columns, data = row
                    yield track, np.frombuffer(data, np.uint8).reshape(self._mel.n_mels, n_columns)

    @contextmanager
    def writing(self, commit_seconds: float = _COMMIT_SECONDS) -> Iterator["_Writer"]:
        """Open the store to write; raise `DatasetError` while someone else does.

        What was written is kept whatever happens then, up to the last commit; with
        ``math.inf`` in between, all of it or nothing.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with (
                FileLock(self.path.with_suffix(".lock")).acquire(timeout=0),
                self._connected(write=True) as database,
            ):
                self._begin(database)
                try:
                    yield _Writer(database, commit_seconds)
                except BaseException:
                    if math.isinf(commit_seconds):
                        database.rollback()
                    raise
                finally:
                    database.commit()
        except Timeout as error:
            raise DatasetError(
                f"{self.path} is being written already. Wait for that to end."
            ) from error
        except OSError as error:
            raise DatasetError(
                f"{self.path} cannot be written ({error.strerror or error}). Free some space, or "
                "set DEEPMUSIC_DATA to a folder that can be written."
            ) from error

    def _begin(self, database: sqlite3.Connection) -> None:
        """Make the tables where they are not there; refuse those of another front end."""
        database.executescript(_SCHEMA)
        mel = self._mel.to_json()
        found = database.execute("SELECT mel FROM settings").fetchone()
        if found and found[0] != mel:
            raise DatasetError(
                f"{self.path} was made with another front end. Delete it, and prepare the "
                "collection anew."
            )
        database.execute("INSERT OR IGNORE INTO settings VALUES (?)", (mel,))
        database.commit()

    def _select(self, query: str) -> list[tuple]:
        if not self.path.exists():
            return []
        with self._connected() as database:
            return database.execute(query).fetchall()

    @contextmanager
    def _connected(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        mode = "rwc" if write else "ro"
        try:
            with closing(
                sqlite3.connect(f"{self.path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30)
            ) as database:
                yield database
        except sqlite3.Error as error:
            raise DatasetError(
                f"{self.path} cannot be used ({error}). Delete it, and prepare the collection anew."
            ) from error


class _Writer:
    """Puts pictures and problems into a store, and commits now and then."""

    def __init__(self, database: sqlite3.Connection, commit_seconds: float) -> None:
        self._database, self._commit_seconds = database, commit_seconds
        self._committed = time.monotonic()

    def put(self, track: str, stamp: str, result: np.ndarray | str) -> None:
        """Keep a picture, or the reason why there is none; either replaces what was there."""
        for table in ("pictures", "problems"):
            self._database.execute(f"DELETE FROM {table} WHERE track = ?", (track,))
        if isinstance(result, str):
            self._database.execute("INSERT INTO problems VALUES (?, ?, ?)", (track, stamp, result))
        else:
            row = (track, stamp, result.shape[1], np.ascontiguousarray(result).tobytes())
            self._database.execute("INSERT INTO pictures VALUES (?, ?, ?, ?)", row)
        if time.monotonic() - self._committed > self._commit_seconds:
            self._database.commit()
            self._committed = time.monotonic()


# === Compute ===


def picture_of(path: Path, mel: MelConfig) -> np.ndarray | str:
    """Return what the networks read of a sound file, or the reason why there is nothing.

    A song is cut into clips of 30 s, each with its own loudest point, as it is at prediction.

    Returns
    -------
    np.ndarray [shape=(n_mels, n_columns)], uint8, or str
    """
    from deepmusic import audio, features

    try:
        song = audio.load_song(path, sample_rate=mel.sample_rate)
        clips = features.picture_song(song.samples, mel, is_silent=audio.is_silent)
        return np.concatenate([clip.columns for clip in clips], axis=1)
    except AudioError as error:
        return str(error)
    except Exception as error:
        # One strange file among thousands must not end the work on the others.
        return f"an unforeseen fault: {type(error).__name__}: {error}"


def _job(item: tuple[str, str, Path], mel: MelConfig) -> tuple[str, str, np.ndarray | str]:
    track, stamp, path = item
    return track, stamp, picture_of(path, mel)


def stamp_of(path: Path) -> str:
    """Return size and age of a file, which tell whether it has changed."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


def prepare(
    dataset: Dataset,
    mel: MelConfig = FRONT_ENDS["compact"],
    *,
    jobs: int = -1,
    cluster: str | None = None,
    folder: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Compute the log-mels of all sound at hand that are not in the store yet.

    Parameters
    ----------
    dataset : Dataset
        With sound files.
    mel : MelConfig
        Front end.
    jobs, cluster
        As in `deepmusic.parallel.each`.
    folder : Path, optional
        Where to keep them, instead of ``DEEPMUSIC_DATA/logmels``.
    on_progress : callable, optional
        Called with how many of how many files are done, also once at the start.

    Returns
    -------
    Prepared

    Raises
    ------
    DatasetError
        If the store cannot be written, someone else writes it, or the cluster does not answer.
        What was computed until then is kept.
    """
    began = time.perf_counter()
    store = Store.of(dataset, mel, folder)
    computed, kept, missing, todo = 0, 0, 0, []
    with store.writing() as writer:
        stamps, failed = store.stamps(), store.problems()
        for track in dataset.tracks:
            path = dataset.audio_path(track)
            if path is None:
                missing += track not in stamps
                kept += track in stamps
                continue
            stamp = stamp_of(path)
            if stamps.get(track) in (stamp, _IMPORTED) or failed.get(track, ("",))[0] == stamp:
                kept += track in stamps
            else:
                todo.append((track, stamp, path))
        report = on_progress or (lambda done, of: None)
        report(0, len(todo))
        results = parallel.each(partial(_job, mel=mel), todo, jobs=jobs, cluster=cluster)
        for done, (track, stamp, result) in enumerate(results, start=1):
            writer.put(track, stamp, result)
            computed += not isinstance(result, str)
            report(done, len(todo))
    problems = tuple(Problem(track, reason) for track, (_, reason) in store.problems().items())
    return Prepared(computed, kept, missing, problems, time.perf_counter() - began, store.path)


def pictures(dataset: Dataset, tracks: Iterable[str], mel: MelConfig) -> Pictures:
    """Return what the networks read of these tracks: from the store, or computed on all cores.

    What is missing or corrupt is listed, never raised. Nothing is written; `prepare` does that.

    Parameters
    ----------
    dataset : Dataset
        Where the sound lies.
    tracks : iterable of str
        Ids, also such as there are not.
    mel : MelConfig
        Front end.

    Returns
    -------
    Pictures
        In the order of `tracks`.
    """
    store = Store.of(dataset, mel)
    wanted = list(tracks)
    stamps, failed = store.stamps(), store.problems()
    reasons, todo, stored = {}, [], []
    for track in wanted:
        path = dataset.audio_path(track)
        stamp = stamp_of(path) if path else ""
        if stamps.get(track) in (stamp, _IMPORTED) or (track in stamps and path is None):
            stored.append(track)
        elif path is None:
            reasons[track] = "neither its audio nor its log-mel is at hand"
        elif failed.get(track, ("",))[0] == stamp:
            reasons[track] = failed[track][1]
        else:
            todo.append((track, stamp, path))
    found = dict(store.read(stored))
    jobs = -1 if len(todo) >= _WORTH_PROCESSES else 1
    for track, _, result in parallel.each(partial(_job, mel=mel), todo, jobs=jobs):
        if isinstance(result, str):
            reasons[track] = result
        else:
            found[track] = result
    return Pictures(
        {track: found[track] for track in wanted if track in found},
        tuple(Problem(track, reasons[track]) for track in wanted if track in reasons),
    )


# === Archives: all of a collection in one file, to pass on or to take to another machine ===


def export_archive(
    dataset: Dataset, path: Path, mel: MelConfig = FRONT_ENDS["compact"]
) -> tuple[int, list[str]]:
    """Write the store's pictures as an archive: ``logmel`` uint8 [track, mel, column], ``track``.

    Parameters
    ----------
    dataset : Dataset
        A collection that `prepare` has worked on.
    path : Path
        An ``.npz`` file; written whole or not at all.
    mel : MelConfig
        Front end.

    Returns
    -------
    int, list of str
        Pictures written; and the tracks left out, since they are not as wide as most.

    Raises
    ------
    DatasetError
        If there is nothing to write, or it cannot be written.
    """
    store = Store.of(dataset, mel)
    widths = dict(store._select("SELECT track, n_columns FROM pictures"))
    if not widths:
        raise DatasetError(
            f"There are no log-mels of {dataset.name} to export. Prepare it first: "
            "python -m deepmusic data prepare"
        )
    usual = max(set(widths.values()), key=list(widths.values()).count)
    tracks = [track for track in dataset.tracks if widths.get(track) == usual]
    others = [track for track in dataset.tracks if widths.get(track, usual) != usual]
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            # Row by row, so that a collection larger than the memory can be written.
            with archive.open("logmel.npy", "w", force_zip64=True) as file:
                shape = (len(tracks), mel.n_mels, usual)
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for _, picture in store.read(tracks):
                    file.write(picture.tobytes())
            with archive.open("track.npy", "w") as file:
                np.lib.format.write_array(file, np.array(tracks), allow_pickle=False)
        os.replace(temporary, path)
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written ({error.strerror or error}). Choose another place, or free "
            "some space."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return len(tracks), others


def import_archive(
    dataset: Dataset, path: Path, mel: MelConfig = FRONT_ENDS["compact"]
) -> tuple[int, list[str]]:
    """Put an archive's pictures into the store of a collection, in place of those there.

    Parameters
    ----------
    dataset : Dataset
        Whose tracks they are.
    path : Path
        What `export_archive` wrote, under the same front end.
    mel : MelConfig
        Front end.

    Returns
    -------
    int, list of str
        Pictures taken; and the archive's tracks that the collection does not have.

    Raises
    ------
    DatasetError
        If the file is damaged or of another form; nothing is taken then.
    """
    store, strangers, taken = Store.of(dataset, mel), [], 0
    with store.writing(commit_seconds=math.inf) as writer:
        for track, picture in read_archive_rows(path, mel.n_mels):
            if track in dataset.tracks:
                writer.put(track, _IMPORTED, picture)
                taken += 1
            else:
                strangers.append(track)
    return taken, strangers


def read_archive_rows(path: Path, n_mels: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield track and picture of a log-mel archive, one after the other.

    Raises
    ------
    DatasetError
        If the file is damaged or of another form.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            with archive.open("track.npy") as file:
                tracks = np.lib.format.read_array(file, allow_pickle=False)
            with archive.open("logmel.npy") as file:
                shape, dtype = _read_header(file)
                if dtype != np.uint8 or len(shape) != 3 or shape[:2] != (*tracks.shape, n_mels):
                    raise DatasetError(
                        f"{path}: logmel is {dtype} {shape} for {tracks.size} tracks; expected "
                        f"uint8 ({tracks.size}, {n_mels}, columns). Get the archive again."
                    )
                for track in tracks:
                    row = file.read(shape[1] * shape[2])
                    yield str(track), np.frombuffer(row, np.uint8).reshape(shape[1:])
    except UNREADABLE as error:
        raise DatasetError(
            f"{path} is not a log-mel archive ({error}). It should hold the arrays logmel and "
            "track; get it again."
        ) from error


def _read_header(file: zipfile.ZipExtFile) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version == (2, 0):
        read = np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(file)
    if fortran_order:
        raise ValueError("logmel is stored column by column")
    return shape, dtype


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
