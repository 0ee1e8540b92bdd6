"""Indexing of a music folder: find, decode, embed and store the songs that are new or changed.

Processes decode files and embed their songs; this one stores them, in
batches, so that a killed indexing loses seconds of work and the next one resumes.
"""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from deepmusic import audio
from deepmusic.data.parallel import map_unordered
from deepmusic.errors import AudioError, LibraryError
from deepmusic.files import ROOT, real_path, write_atomically
from deepmusic.formatting import format_name
from deepmusic.library import embeddings
from deepmusic.library.embeddings import Embedder
from deepmusic.library.song_index import MEL, AnalyzedSong, Entry, analyze_song
from deepmusic.library.store import Failure, FileState, Library, refuse_if_forbidden

#: Songs and seconds after which a batch is stored.
_BATCH_SONGS, _BATCH_SECONDS = 32, 5.0

#: What is said of `Progress.renewed`, after their number.
RENEWED = "songs had been indexed by another version or by other networks, and were indexed anew."

#: Largest integer of SQLite.
_MOST = 2**63 - 1


@dataclass(frozen=True)
class Progress:
    """Progress or outcome of an indexing.

    Attributes
    ----------
    folder : str
        The folder of music.
    total, done : int
        Files that are new or changed, and how many of them were read, with or without success.
    added, failed, removed, unchanged : int
        Songs that were added or renewed, files that could not be used, songs whose file is gone,
        and files that were skipped.
    renewed : int
        Songs that another version or other networks had indexed, and that are indexed anew.
    unreachable : sequence of str
        Folders that are empty or cannot be read, as on an unplugged disk, and files that cannot be
        read; their songs are kept.
    passed_over : str
        What else was found and left, as a sentence; empty if nothing was.
    roots : sequence of str
        The folder, and those that links in it lead to.
    seconds : float
        Since the start.
    ended : str
        Empty while it runs (or if it was killed), else ``finished``, ``stopped``, or ``failed`` and
        the reason.
    """

    folder: str
    total: int = 0
    done: int = 0
    added: int = 0
    failed: int = 0
    removed: int = 0
    unchanged: int = 0
    renewed: int = 0
    unreachable: Sequence[str] = ()
    passed_over: str = ""
    roots: Sequence[str] = ()
    seconds: float = 0.0
    ended: str = ""


def index(
    folder: Path,
    library: Library | None = None,
    *,
    jobs: int = -1,
    retry: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Bring the library up to date with a folder and the folders below it.

    Parameters
    ----------
    folder : Path
        Of music.
    library : Library, optional
        By default that in `library_folder`.
    jobs : int
        Processes that read files; -1 for one a core.
    retry : bool
        Also read files again that failed before and have not changed since.
    on_progress : callable, optional
        Called after each file.

    Returns
    -------
    Progress
        Its outcome: ``finished`` or ``stopped``.

    Raises
    ------
    LibraryError
        On a public server, while another indexing runs, or if the folder is missing or the library
        cannot be written.
    DatasetError
        If a process that reads files cannot start or dies.
    """
    refuse_if_forbidden()
    folder = _existing(folder)
    library = library or Library()
    with library.lock():
        try:
            _stop_file(library).unlink(missing_ok=True)
            return _index(folder, library, jobs, retry, on_progress or (lambda progress: None))
        except Exception as error:
            # For a page that shows the progress; the caller gets the error itself.
            reached = last_progress(library) or Progress(str(folder))
            with suppress(LibraryError):
                _report(library, replace(reached, ended=f"failed: {error}"))
            raise


def forget(folder: Path, library: Library | None = None) -> int:
    """Remove all songs and failures below a folder from the library; return their number."""
    library = library or Library()
    if not library.exists():
        return 0
    with library.lock():
        root = real_path(folder)
        below = [path for path in library.known_files() if path.is_relative_to(root)]
        library.remove(below)
        return len(below)


def _existing(folder: Path) -> Path:
    """Resolve a folder's links, so that no song is stored under two paths."""
    folder = real_path(folder)
    if not os.path.isdir(folder):  # Unlike `Path.is_dir`, no error for a name that is too long.
        raise LibraryError(f"{folder} must be a folder that can be read. Check its name.")
    return folder


def _index(
    folder: Path,
    library: Library,
    jobs: int,
    retry: bool,
    on_progress: Callable[[Progress], None],
) -> Progress:
    began = time.monotonic()
    outdated = library.prepare()
    found = audio.find_sound_files(folder)
    known = {
        path: state
        for path, state in library.known_files().items()
        if any(path.is_relative_to(root) for root in found.roots)
    }
    failed_before = {failure.path for failure in library.failures()} if retry else set()
    states = {path: state for path in found.files if (state := _state(path))}
    # By real path, as songs are stored, whatever link led there.
    unreadable = {real_path(path) for path in found.unreadable}
    hidden_by = {
        path: _unreachable_folder(path, found.roots, unreadable)
        for path in known
        if path not in states
    }
    gone = [path for path, hiding in hidden_by.items() if hiding is None]
    library.remove(gone)
    todo = {
        path: found.files[path]
        for path, state in states.items()
        if known.get(path) != state or path in failed_before
    }
    for path in outdated:
        # Songs of other folders, too: they were in a library that this version cannot use.
        if path not in todo and (state := _state(path)):
            todo[path], states[path] = path, state
    progress = Progress(
        str(folder),
        renewed=len(outdated),
        total=len(todo),
        removed=len(gone),
        unchanged=len(states) - len(todo),
        unreachable=sorted(map(str, {*unreadable, *filter(None, hidden_by.values())})),
        passed_over=audio.describe_passed_over(found.passed_over),
        roots=list(map(str, found.roots)),
    )
    _report(library, progress)

    read = partial(_read, space=embeddings.current_space())
    songs: list[tuple[AnalyzedSong, FileState]] = []
    failures: list[Failure] = []
    stored_at = time.monotonic()
    stopped = False
    for path, analyzed in map_unordered(read, todo, jobs=jobs):
        if isinstance(analyzed, str):
            failures.append(Failure(path, analyzed, states[path]))
            progress = replace(progress, failed=progress.failed + 1)
        else:
            entry = replace(analyzed.entry, path=path)
            songs.append((replace(analyzed, entry=entry), states[path]))
            progress = replace(progress, added=progress.added + 1)
        progress = replace(progress, done=progress.done + 1, seconds=time.monotonic() - began)
        on_progress(progress)
        due = len(songs) + len(failures) >= _BATCH_SONGS
        if due or time.monotonic() - stored_at > _BATCH_SECONDS:
            library.add(songs, failures)
            _report(library, progress)
            songs, failures, stored_at = [], [], time.monotonic()
            if stopped := _stop_file(library).exists():
                break
    library.add(songs, failures)
    ended = "stopped" if stopped else "finished"
    progress = replace(progress, ended=ended, seconds=time.monotonic() - began)
    _report(library, progress)
    return progress


def _unreachable_folder(
    path: Path, roots: Sequence[Path], unreadable: Collection[Path]
) -> Path | None:
    """Return why a known file may still exist: what cannot be read, or its folder, if empty."""
    for parent in (path, *path.parents):
        if parent in unreadable:
            return parent
    folder = next(parent for parent in path.parents if parent in roots or _exists(parent))
    return None if _holds_anything(folder) else folder


def _exists(folder: Path) -> bool:
    """Tell whether a folder may be there; one that cannot be asked for may."""
    try:
        folder.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _holds_anything(folder: Path) -> bool:
    """Tell whether a folder is not empty, but for hidden files such as a mount point may have."""
    try:
        return any(not entry.name.startswith(".") for entry in folder.iterdir())
    except OSError:
        return False


def _read(path: Path, space: str) -> AnalyzedSong | str:
    """Decode, embed and describe a file's song, or return why that failed."""
    try:
        song = audio.load_song(path, sample_rate=MEL.sample_rate)
        entry = Entry.of_file(path, format_name(path.stem), path)
        return analyze_song(song, _embedder(space), entry=entry)
    except AudioError as error:
        return str(error)
    except MemoryError:
        return f"{path.name} needs more memory than there is. Close other programs."
    except Exception as error:  # One strange file must not end the indexing of all others.
        return (
            f"{path.name} cannot be used, for a reason that was not foreseen "
            f"({type(error).__name__}: {error}). Please report it."
        )


@cache
def _embedder(space: str) -> Embedder:
    """Networks of a process, loaded for its first song."""
    return embeddings.load_embedder(space)


def _state(path: Path) -> FileState | None:
    """State of a regular file, or None (a pipe would be read for ever)."""
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            # In us and within 63 bits, which years that broken clocks set may exceed.
            return found.st_size, max(-_MOST, min(found.st_mtime_ns // 1000, _MOST))
    return None


# === In the background ===


def start(folder: Path, library: Library | None = None) -> subprocess.Popen[bytes]:
    """Index a folder in a process of its own; raises `LibraryError` as `index` does."""
    library = library or Library()
    folder = _existing(folder)
    with library.lock(), library.writing():
        _report(library, Progress(str(folder)))
        log = (library.folder / "log.txt").open("wb")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "deepmusic", "index", str(folder)],
            cwd=ROOT,
            env=os.environ | {"DEEPMUSIC_LIBRARY": str(library.folder.absolute())},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def stop(library: Library) -> None:
    """Ask a running indexing to stop; the songs it has read are kept."""
    with library.writing():
        _stop_file(library).touch()


def last_progress(library: Library) -> Progress | None:
    """Progress or outcome of the last indexing; None if there was none."""
    try:
        stored: dict[str, Any] = json.loads((library.folder / "progress.json").read_text("utf-8"))
        return Progress(**stored)
    except (OSError, ValueError, TypeError):
        return None


def _report(library: Library, progress: Progress) -> None:
    with library.writing():
        write_atomically(library.folder / "progress.json", json.dumps(asdict(progress)))


def _stop_file(library: Library) -> Path:
    return library.folder / "stop"
