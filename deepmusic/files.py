"""Files on disk: atomic writes, locks between processes, and the folders that DeepMusic uses."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

#: Folder that holds the package.
ROOT = Path(__file__).resolve().parent.parent

#: What DeepMusic ships: inside the package where it is installed, beside it in a checkout.
ASSETS = next(
    (path for path in (ROOT / "deepmusic" / "assets", ROOT / "assets") if path.is_dir()),
    ROOT / "assets",
)

_RETRY_SECONDS = 0.02


def runs_folder() -> Path:
    """Return the folder of training runs: ``DEEPMUSIC_RUNS``, or ``runs/`` in the current one."""
    return Path(os.environ.get("DEEPMUSIC_RUNS") or "runs")


def data_folder() -> Path:
    """Return the folder of datasets: ``DEEPMUSIC_DATA``, or ``data/`` in the current one."""
    return Path(os.environ.get("DEEPMUSIC_DATA") or "data")


def library_folder() -> Path:
    """Return the library's folder: ``DEEPMUSIC_LIBRARY``, or ``library/`` in the current one."""
    return Path(os.environ.get("DEEPMUSIC_LIBRARY") or "library")


def real_path(path: Path | str) -> Path:
    """Return a path without links and ``..``, so that a file has one; it need not exist."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # A NUL byte is in it, so that it can be no file.
        return Path(path)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, with the same suffix, and move it there on success.

    The temporary name is unique to the call: processes and threads never write to one another's,
    and a reader never sees half a file.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.suffix)
    except OSError as error:  # It names the temporary file.
        raise type(error)(error.errno, error.strerror, str(path)) from error
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only their owner can read.
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file at once: a reader sees all of the old content or all of the new.

    Text is written as UTF-8; names of files in it keep their bytes (surrogateescape).
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogateescape")
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def acquire_lock(path: Path, *, wait: float = 2.0) -> IO[bytes]:
    """Take an exclusive lock, which the system frees however its holder ends.

    Parameters
    ----------
    path : Path
        The lock's file; it is made if missing, and stays.
    wait : float
        How long to try, in s. Never 0, since `is_locked` holds it for a moment.

    Returns
    -------
    file
        Every process that has it open holds the lock, those that inherit it too; closing frees it.

    Raises
    ------
    BlockingIOError
        If another process or thread holds it all that time.
    """
    file = path.open("ab")
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() > deadline:
                file.close()
                raise
            time.sleep(_RETRY_SECONDS)
        except BaseException:
            file.close()
            raise


def is_locked(path: Path) -> bool:
    """Tell whether a lock is held, without ever keeping others from taking it."""
    try:
        with path.open("rb") as file:
            # Shared: two readers at the same moment must not take each other for the holder.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _umask() -> int:
    """Return the mask of new files; reading it needs setting it, which threads could see."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022
