"""Get a collection: resumable, checked, and unpacked whole or not at all.

Mirrors are asked in order. What has come is kept, so that a second try goes on where the first one
broke off, at whichever mirror. Nothing is believed before its checksum is right, and nothing is
unpacked that points out of its folder.
"""

import json
import os
import shutil
import stat
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout

from deepmusic.errors import DatasetError
from deepmusic.files import data_folder

#: Called with what is done just now, how many bytes of it, and of how many.
Progress = Callable[[str, int, int], None]

_CONNECT_SECONDS, _READ_SECONDS = 10, 30
_CHUNK_BYTES = 1 << 16

#: How often one mirror may break off without having sent anything, and the waits between, in s.
_ATTEMPTS = 4
_WAIT_SECONDS = 1.0

_STATE_SECONDS = 0.3

#: A damaged or malicious archive may unpack to anything; ours to no more than this many times.
_ROOM = 1.5


@dataclass(frozen=True)
class Archive:
    """One file of a collection.

    Attributes
    ----------
    name : str
        Of the file.
    mirrors : tuple of str
        Addresses, the first to be asked first.
    checksum : str
        Algorithm and digest, as pooch writes them: ``sha256:2434...``.
    size : int or None
        In bytes, where that is known to the byte.
    unpacked : int
        About how much it unpacks to, in bytes.
    """

    name: str
    mirrors: tuple[str, ...]
    checksum: str
    size: int | None
    unpacked: int


@dataclass(frozen=True)
class Source:
    """Where a collection comes from.

    Attributes
    ----------
    title : str
        For people to read.
    archives : tuple of Archive
        Unpacked side by side.
    by_hand : str
        What to do where no mirror answers.
    """

    title: str
    archives: tuple[Archive, ...]
    by_hand: str

    @property
    def size(self) -> int:
        """What is to be fetched, in bytes; about, where sizes are not known to the byte."""
        return sum(archive.size or archive.unpacked for archive in self.archives)


_FMA = "https://os.unil.cloud.switch.ch/fma"

SOURCES: dict[str, Source] = {
    "gtzan": Source(
        "GTZAN, 1000 clips of 30 s",
        (
            Archive(
                "genres.tar.gz",
                (
                    "https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz",
                    "http://opihi.cs.uvic.ca/sound/genres.tar.gz",
                ),
                "sha256:24347e0223d2ba798e0a558c4c172d9d4a19c00bb7963fe055d183dadb4ef2c6",
                1_225_571_541,
                1_330_000_000,
            ),
        ),
        "Get genres.tar.gz from huggingface.co/datasets/marsyas/gtzan (folder data), or the data "
        "set andradaolteanu/gtzan-dataset-music-genre-classification from Kaggle",
    ),
    "fma": Source(
        "FMA small, 8,000 clips of 30 s",
        (
            Archive(
                "fma_metadata.zip",
                (f"{_FMA}/fma_metadata.zip",),
                "sha1:f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
                None,
                1_500_000_000,
            ),
            Archive(
                "fma_small.zip",
                (f"{_FMA}/fma_small.zip",),
                "sha1:ade154f733639d52e35e32f5593efe5be76c6d70",
                None,
                8_000_000_000,
            ),
        ),
        "Get fma_metadata.zip and fma_small.zip by the links at github.com/mdeff/fma and unpack "
        "both into one folder",
    ),
}


class Stopped(DatasetError):
    """Someone asked the download to stop."""


# === Get it ===


def get(
    name: str,
    *,
    source: Source | None = None,
    folder: Path | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Download and unpack a collection, or go on with it.

    Parameters
    ----------
    name : str
        A key of `SOURCES`.
    source : Source, optional
        Where from, if not from `SOURCES`.
    folder : Path, optional
        Where to, instead of ``DEEPMUSIC_DATA``.
    on_progress : callable, optional
        See `Progress`.

    Returns
    -------
    Path
        The folder with the collection, as `deepmusic.datasets.open_dataset` finds it.

    Raises
    ------
    DatasetError
        If it is there already, the disk is too small, no mirror sends what it should, or an archive
        holds what it should not. What was fetched is kept for the next try.
    """
    source, folder = source or SOURCES[name], folder or data_folder()
    target = folder / name
    with _alone(name, folder):
        _refuse_existing(target)
        tell = _teller(name, folder, on_progress)
        try:
            _check_room(source, folder)
            fetched = [fetch(archive, folder, source.by_hand, tell) for archive in source.archives]
            unpacked = sum(archive.unpacked for archive in source.archives)
            unpack(fetched, target, most=int(_ROOM * unpacked), on_progress=tell)
            for path in fetched:
                path.unlink()
        except DatasetError as error:
            _write_state(name, folder, error=str(error))
            raise
        _write_state(name, folder, phase="done")
    return target


def use(name: str, path: Path, folder: Path | None = None) -> Path:
    """Take a collection that is on disk already: a folder, or an archive to unpack.

    Returns
    -------
    Path
        A link to the folder, or where the archive was unpacked.

    Raises
    ------
    DatasetError
        If it holds no such collection.
    """
    from deepmusic.datasets import open_dataset

    folder = folder or data_folder()
    target = folder / name
    path = path.expanduser().resolve()
    with _alone(name, folder):
        _refuse_existing(target)
        try:
            if path.is_dir():
                target.symlink_to(path, target_is_directory=True)
            elif path.is_file():
                unpack([path], target)
            else:
                raise DatasetError(f"There is nothing at {path}. Check the path.")
        except OSError as error:
            raise DatasetError(f"{path} cannot be used ({error.strerror or error}).") from error
        found = open_dataset(str(target)) if _is_collection(target) else None
        if found is None or not found.name.startswith(name):
            if target.is_symlink():
                target.unlink()
            else:
                shutil.rmtree(target)
            what = SOURCES[name].title
            raise DatasetError(f"{path} does not hold {what}. Check the path.")
    return target


def _is_collection(path: Path) -> bool:
    from deepmusic.datasets import open_dataset

    try:
        open_dataset(str(path))
    except DatasetError:
        return False
    return True


def _refuse_existing(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise DatasetError(f"{target} is there already. Delete it to get it anew.")


def _check_room(source: Source, folder: Path) -> None:
    """Raise `DatasetError` if the disk cannot hold what is still to come."""
    needed = 0
    for archive in source.archives:
        part, whole = _part_of(folder / archive.name), folder / archive.name
        there = next((path.stat().st_size for path in (whole, part) if path.exists()), 0)
        needed += max(0, (archive.size or archive.unpacked) - there) + archive.unpacked
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DatasetError(
            f"{source.title} needs {needed / 1e9:.1f} GB here; {free / 1e9:.1f} GB are free in "
            f"{folder.resolve()}. Free some space, or set DEEPMUSIC_DATA to a larger disk."
        )


def fetch(archive: Archive, folder: Path, by_hand: str, on_progress: Progress) -> Path:
    """Fetch one file from the first mirror that sends it as it should be.

    Raises
    ------
    DatasetError
        If none does: with the fault of each, and what to do by hand.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    faults = []
    for mirror in archive.mirrors:
        downloader = _Resuming(archive, folder, on_progress)
        try:
            return Path(
                pooch.retrieve(
                    mirror, archive.checksum, archive.name, folder, downloader=downloader
                )
            )
        except requests.RequestException as error:
            faults.append(f"{mirror}: {_in_words(error)}")
        except ValueError:
            # pooch's word for a wrong checksum; the file is gone, and the next mirror starts anew.
            faults.append(f"{mirror}: sends another file (wrong checksum)")
        except _Refused as error:
            faults.append(f"{mirror}: {error}")
        except OSError as error:
            raise DatasetError(
                f"{folder / archive.name} cannot be written ({error.strerror or error}). Free some "
                "space, or set DEEPMUSIC_DATA to another disk; what has come is kept."
            ) from error
    raise DatasetError(
        f"{archive.name} could not be fetched.\n"
        + "\n".join(faults)
        + f"\nTry again later: it goes on where it broke off. Or by hand: {by_hand}; then "
        "python -m deepmusic data download NAME --from PATH"
    )


class _Refused(Exception):
    """A mirror does not send what it should."""


class _Resuming:
    """A downloader for pooch that goes on after a break, and with what an earlier try has left."""

    def __init__(self, archive: Archive, folder: Path, on_progress: Progress) -> None:
        self._archive, self._tell = archive, on_progress
        self._part = _part_of(folder / archive.name)

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        import requests
        from urllib3.exceptions import HTTPError

        breaks = 0
        with requests.Session() as session:
            while True:
                before = self._there()
                try:
                    if self._fetch_rest(session, url):
                        break
                    error = None
                except (requests.ConnectionError, requests.Timeout, HTTPError) as broken:
                    error = broken
                breaks = breaks + 1 if self._there() <= before else 0
                if breaks >= _ATTEMPTS or (error and breaks and not self._there()):
                    if isinstance(error, requests.RequestException):
                        raise error
                    raise _Refused("breaks off again and again")
                time.sleep(_WAIT_SECONDS * breaks)
        os.replace(self._part, output_file)

    def _there(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _fetch_rest(self, session: Any, url: str) -> bool:
        """Fetch what is missing; tell whether all is there now."""
        there, size = self._there(), self._archive.size
        if size is not None and there > size:
            self._part.unlink()
            there = 0
        if size is not None and there == size:
            return True
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
        timeout = (_CONNECT_SECONDS, _READ_SECONDS)
        with session.get(url, headers=headers, stream=True, timeout=timeout) as answer:
            if answer.status_code == 416:
                # Nothing comes after what is there: it is whole, or not what it seems. Where the
                # size is not known, the checksum decides.
                if size is None:
                    return True
                self._part.unlink(missing_ok=True)
                return False
            answer.raise_for_status()
            resumed = answer.status_code == 206
            if resumed and not answer.headers.get("Content-Range", "").startswith(f"bytes {there}"):
                raise _Refused("sends another part than was asked for")
            stated = int(answer.headers.get("Content-Length") or 0)
            done = there if resumed else 0
            total = size or (done + stated if stated else 0)
            with self._part.open("ab" if resumed else "wb") as file:
                # read1, unlike requests' own loop, hands on what came before a break.
                while chunk := answer.raw.read1(_CHUNK_BYTES):
                    file.write(chunk)
                    done += len(chunk)
                    if size is not None and done > size:
                        file.close()
                        self._part.unlink()
                        raise _Refused(f"sends more than the {size:,} bytes that it should")
                    self._tell(f"downloading {self._archive.name}", done, total)
        return done == (size or total or done)


def _part_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _in_words(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError):
        return f"answers {error.response.status_code} ({error.response.reason})"
    if isinstance(error, requests.Timeout):
        return "does not answer in time"
    return "cannot be reached"


# === Unpack it ===


def unpack(
    archives: Sequence[Path],
    target: Path,
    *,
    most: int | None = None,
    on_progress: Progress | None = None,
) -> None:
    """Unpack archives side by side into a new folder, which is there once all of it is.

    Parameters
    ----------
    archives : sequence of Path
        ``.zip`` or (compressed) ``.tar``, known by their content.
    target : Path
        Must not be there yet.
    most : int, optional
        Bytes that may come out of them at most; what the disk has left, if not given.
    on_progress : callable, optional
        See `Progress`.

    Raises
    ------
    DatasetError
        If one is damaged, holds links or paths that lead out of the target, or unpacks to more
        than it should.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    most = most or shutil.disk_usage(target.parent).free
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-unpacking-", dir=target.parent))
    try:
        written = 0
        for archive in archives:
            for size in _extract(archive, temporary, most):
                written += size
                if written > most:
                    raise DatasetError(f"{archive} unpacks to more than it should. Get it anew.")
                if on_progress:
                    on_progress(f"unpacking {archive.name}", written, 0)
        temporary.chmod(0o755)
        os.replace(temporary, target)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise DatasetError(
            f"{archive} cannot be unpacked ({error}). Get the archive anew, or free some space."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _extract(archive: Path, folder: Path, most: int) -> Iterator[int]:
    """Extract plain files and folders one by one, and yield their sizes before each."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for entry in packed.infolist():
                kind = stat.S_IFMT(entry.external_attr >> 16)
                _check_entry(archive, entry.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR))
                yield entry.file_size
                packed.extract(entry, folder)
        return
    with tarfile.open(archive) as packed:
        for entry in packed:
            _check_entry(archive, entry.name, entry.isfile() or entry.isdir())
            yield entry.size
            # By hand, so that neither owners nor permissions come along, on any Python.
            path = folder / entry.name
            (path if entry.isdir() else path.parent).mkdir(parents=True, exist_ok=True)
            if entry.isfile():
                with packed.extractfile(entry) as inside, path.open("wb") as outside:
                    shutil.copyfileobj(inside, outside)


def _check_entry(archive: Path, name: str, is_plain: bool) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not is_plain:
        what = "leads out of its folder" if is_plain else "is a link or a device"
        raise DatasetError(f"{archive}: {name!r} {what}; nothing was unpacked. Do not trust it.")


# === Seen from outside ===


def state(name: str, folder: Path | None = None) -> Mapping[str, Any]:
    """Return how a download fares: ``running``, ``phase``, ``done``, ``of``, ``error``."""
    folder = folder or data_folder()
    try:
        found = json.loads(_state_path(name, folder).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    return {"phase": "", "done": 0, "of": 0, "error": ""} | found | {"running": _runs(name, folder)}


def stop(name: str, folder: Path | None = None) -> None:
    """Ask a download to stop; what has come is kept."""
    _stop_path(name, folder or data_folder()).touch()


def forget(name: str, folder: Path | None = None) -> None:
    """Forget how the last try ended."""
    _state_path(name, folder or data_folder()).unlink(missing_ok=True)


def _runs(name: str, folder: Path) -> bool:
    if not _lock_path(name, folder).exists():
        return False
    try:
        with FileLock(_lock_path(name, folder)).acquire(timeout=0):
            return False
    except Timeout:
        return True


@contextmanager
def _alone(name: str, folder: Path) -> Iterator[None]:
    """Let one process at a time get a collection."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(_lock_path(name, folder)).acquire(timeout=1):
            _stop_path(name, folder).unlink(missing_ok=True)
            yield
    except Timeout as error:
        raise DatasetError(f"{name} is being fetched already. Wait for that to end.") from error
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be written ({error.strerror or error}). Set DEEPMUSIC_DATA to a "
            "folder that can be."
        ) from error


def _teller(name: str, folder: Path, on_progress: Progress | None) -> Progress:
    """Return what writes progress down now and then, hands it on, and stops if asked to."""
    written = 0.0

    def tell(phase: str, done: int, of: int) -> None:
        nonlocal written
        if on_progress:
            on_progress(phase, done, of)
        if _stop_path(name, folder).exists():
            raise Stopped(f"{name}: stopped. What has come is kept; start again to go on.")
        if time.monotonic() - written > _STATE_SECONDS:
            written = time.monotonic()
            _write_state(name, folder, phase=phase, done=done, of=of)

    return tell


def _write_state(name: str, folder: Path, **values: Any) -> None:
    from deepmusic.files import write_atomically

    write_atomically(_state_path(name, folder), json.dumps(values))


def _state_path(name: str, folder: Path) -> Path:
    return folder / f".{name}.json"


def _lock_path(name: str, folder: Path) -> Path:
    return folder / f".{name}.lock"


def _stop_path(name: str, folder: Path) -> Path:
    return folder / f".{name}.stop"
