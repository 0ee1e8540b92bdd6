"""Indexing of a music folder: walk, decode, embed, store; only what is new or changed.

Processes decode files and compute their log-mels; the networks run in this one. Songs are stored in
batches, so that a killed indexing loses seconds of work and the next one goes on from there.
"""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepmusic import audio
from deepmusic.audio.features import ClipLogMel
from deepmusic.config import ModelConfig
from deepmusic.errors import AudioError, LibraryError
from deepmusic.files import ROOT, write_atomically
from deepmusic.library import descriptors, embeddings, tags
from deepmusic.library.song_index import AnalyzedSong, Entry
from deepmusic.library.store import Failure, FileState, Library, refuse_if_forbidden
from deepmusic.prediction import check_length, compute_log_mels

#: Songs and seconds after which a batch is stored.
_BATCH_SONGS = 32

_BATCH_SECONDS = 5.0


@dataclass(frozen=True)
class Progress:
    """How far an indexing is, or how it ended.

    Attributes
    ----------
    folder : str
        That is indexed.
    total, done : int
        Files that are new or changed, and how many of them were read, with or without success.
    added, failed, removed, unchanged : int
        Songs that entered or were renewed, files that could not be used, songs whose file went,
        and files that were left alone.
    unreachable : list of str
        Folders that are empty or cannot be read, as that of an unplugged disk. What is known of the
        files in them is kept.
    seconds : float
        Since the start.
    ended : str
        Empty while it goes on (or if it was killed); ``finished``, ``stopped``, or ``failed`` and
        the reason.
    """

    folder: str
    total: int = 0
    done: int = 0
    added: int = 0
    failed: int = 0
    removed: int = 0
    unchanged: int = 0
    unreachable: Sequence[str] = ()
    seconds: float = 0.0
    ended: str = ""


@dataclass(frozen=True)
class _DecodedSong:
    """What a process computes of a file: all but what the networks will."""

    entry: Entry
    log_mels: list[ClipLogMel]
    timbre: np.ndarray


def index(
    folder: Path,
    library: Library | None = None,
    *,
    jobs: int = -1,
    retry: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Bring the library up to date with a folder.

    Parameters
    ----------
    folder : Path
        Searched with all folders below it.
    library : Library, optional
        Where to keep it; the usual one if not given.
    jobs : int
        Processes that read files; -1 for one a core.
    retry : bool
        Read again, too, the files that failed before and have not changed since.
    on_progress : callable, optional
        Called after each file.

    Returns
    -------
    Progress
        As it ended: ``finished`` or ``stopped``.

    Raises
    ------
    LibraryError
        If indexing is forbidden here, another one goes on, the folder is missing, or the library
        cannot be written.
    """
    refuse_if_forbidden()
    folder = _existing(folder)
    library = library or Library()
    with library.lock():
        try:
            _stop_file(library).unlink(missing_ok=True)
            return _index(folder, library, jobs, retry, on_progress or (lambda progress: None))
        except Exception as error:
            # For those who watch; whoever called is told by the error itself.
            reached = last_progress(library) or Progress(str(folder))
            with suppress(LibraryError):
                _report(library, replace(reached, ended=f"failed: {error}"))
            raise


def forget(folder: Path, library: Library | None = None) -> int:
    """Take all songs below a folder out of the library; return their number."""
    library = library or Library()
    if not library.exists():
        return 0
    with library.lock():
        below = [path for path in library.known_files() if path.is_relative_to(folder.resolve())]
        library.remove(below)
        return len(below)


def _existing(folder: Path) -> Path:
    """Return a folder by its one name without links, so that no song is kept under two."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise LibraryError(f"{folder} is no folder that can be read. Check its name.")
    return folder


def _index(
    folder: Path,
    library: Library,
    jobs: int,
    retry: bool,
    on_progress: Callable[[Progress], None],
) -> Progress:
    began = time.monotonic()
    library.prepare()
    known = {
        path: state for path, state in library.known_files().items() if path.is_relative_to(folder)
    }
    failed_before = {failure.path for failure in library.failures()} if retry else set()
    unreadable: list[str] = []
    files = audio.find_sound_files(folder, unreadable)
    there = {path: state for path in files if (state := _state(path))}
    holders = {path: _unreachable_folder(path, folder) for path in known if path not in there}
    gone = [path for path, holder in holders.items() if holder is None]
    library.remove(gone)
    todo = [
        path for path, state in there.items() if known.get(path) != state or path in failed_before
    ]
    progress = Progress(
        str(folder),
        total=len(todo),
        removed=len(gone),
        unchanged=len(there) - len(todo),
        unreachable=sorted({*unreadable, *(str(holder) for holder in holders.values() if holder)}),
    )
    _report(library, progress)

    # Loading them takes seconds, which an index that is up to date need not cost.
    classifiers = embeddings.load_networks() if todo else []
    songs: list[tuple[AnalyzedSong, FileState]] = []
    failures: list[Failure] = []
    stored_at = time.monotonic()
    stopped = False
    for path, read in _read_all(todo, jobs):
        if isinstance(read, str):
            failures.append(Failure(path, read, there[path]))
        else:
            found = embeddings.embed_log_mels(read.log_mels, read.entry.duration, classifiers)
            songs.append((AnalyzedSong(read.entry, found, read.timbre), there[path]))
        progress = replace(
            progress,
            done=progress.done + 1,
            added=progress.added + (not isinstance(read, str)),
            failed=progress.failed + isinstance(read, str),
            seconds=time.monotonic() - began,
        )
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


def _unreachable_folder(path: Path, root: Path) -> Path | None:
    """Return the folder that hides a missing file: its nearest one, if empty or unreadable."""
    folder = next(parent for parent in path.parents if parent == root or os.path.exists(parent))
    try:
        return None if any(folder.iterdir()) else folder
    except OSError:
        return folder


def _read_all(paths: Sequence[Path], jobs: int) -> Iterator[tuple[Path, _DecodedSong | str]]:
    """Yield each file as it is read, in any order."""
    if not paths:
        return
    configs = embeddings.network_configs()
    if jobs == 1:
        yield from (_read(path, configs) for path in paths)
        return
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="3*n_jobs")
    try:
        yield from parallel(delayed(_read)(path, configs) for path in paths)
    except (BrokenProcessPool, OSError) as error:
        raise LibraryError(
            f"The processes that read files cannot go on ({error}), most likely for lack of "
            "memory. What was read is kept; go on with one: python -m deepmusic index FOLDER "
            "--jobs 1"
        ) from error


def _read(path: Path, configs: Sequence[ModelConfig]) -> tuple[Path, _DecodedSong | str]:
    """Decode a file and compute its log-mels, or return why that cannot be done."""
    mel = configs[0].mel
    try:
        song = audio.load_song(path, sample_rate=mel.sample_rate)
        check_length(song, configs)
        log_mels = compute_log_mels(song, mel)
        described = descriptors.describe(log_mels, mel)
        # What only people look at would take longer to hand over than it took to compute.
        slim = [replace(clip, decibels=clip.decibels[:, :0].copy()) for clip in log_mels]
        found = tags.read(path)
        entry = Entry(
            id=-1,
            title=_storable(found.title or path.stem),
            artist=_storable(found.artist),
            album=_storable(found.album),
            genre=_storable(found.genre),
            duration=song.duration,
            tempo=described.tempo,
            brightness=described.brightness,
            digest=song.digest,
            note=_storable(song.note),
            path=path,
        )
        return path, _DecodedSong(entry, slim, described.timbre)
    except AudioError as error:
        reason = str(error)
    except MemoryError:
        reason = f"{path.name} needs more memory than there is. Close other programs."
    except Exception as error:  # One strange file must not end the indexing of all others.
        reason = (
            f"{path.name} cannot be used, for a reason that was not foreseen "
            f"({type(error).__name__}: {error}). Please report it."
        )
    return path, _storable(reason)


def _storable(text: str) -> str:
    """Replace what a tag or a name may hold and a database cannot store as text."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _state(path: Path) -> FileState | None:
    """Return the state of a file; None if it went, or is none (a pipe would be read for ever)."""
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            # In us: in ns, years that broken clocks set do not fit into 64 bits.
            return found.st_size, found.st_mtime_ns // 1000
    return None


# === From a page: in a process of its own ===


def start(folder: Path, library: Library | None = None) -> subprocess.Popen:
    """Index a folder in the background.

    Raises
    ------
    LibraryError
        If that is forbidden here, the folder is missing, or an indexing goes on.
    """
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
    """Ask an indexing to stop; what it has read is kept."""
    with library.writing():
        _stop_file(library).touch()


def last_progress(library: Library) -> Progress | None:
    """Return how far the last indexing is, or how it ended; None if there was none."""
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
