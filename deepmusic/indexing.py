"""From a folder of music to a library: walk, read, listen, keep; only what is new or changed.

Processes decode files and picture them; the networks listen in this one. What is kept is kept in
batches, so that a killed indexing loses seconds of work and the next one goes on from there.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import Timeout

from deepmusic import audio, embeddings, tags, traits
from deepmusic.config import ModelConfig
from deepmusic.errors import AudioError, LibraryError
from deepmusic.features import ClipPicture
from deepmusic.files import write_atomically
from deepmusic.library import Entry, Failure, Library, Record, refuse_if_forbidden
from deepmusic.prediction import Classifier, check_length, picture_song
from deepmusic.traits import Traits

#: Songs and seconds after which what was heard is kept.
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
    seconds: float = 0.0
    ended: str = ""


@dataclass(frozen=True)
class _Heard:
    """What a process reads of a file: all but what the networks will make of it."""

    entry: Entry
    pictures: list[ClipPicture]
    timbre: np.ndarray


def find_music(folder: Path) -> Iterator[Path]:
    """Yield the sound files below a folder, in order; links to folders are not followed.

    Parameters
    ----------
    folder : Path
        Hidden files and folders in it (whose names begin with a dot) are skipped.
    """
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in audio.SUFFIXES:
                yield Path(parent, name)


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
        If indexing is forbidden here, another one goes on, the folder is missing, or no music is in
        it any more though songs from it are known (an unplugged disk must not empty the library).
    """
    refuse_if_forbidden()
    folder = folder.absolute()
    if not folder.is_dir():
        raise LibraryError(f"{folder} is no folder that can be read. Check its name.")
    library = library or Library()
    with _alone(library):
        try:
            _stop_file(library).unlink(missing_ok=True)
            return _index(folder, library, jobs, retry, on_progress or (lambda progress: None))
        except Exception as error:
            # For those who watch; whoever called is told by the error itself.
            reached = last_progress(library) or Progress(str(folder))
            with suppress(OSError):
                _tell(library, replace(reached, ended=f"failed: {error}"))
            raise


def forget(folder: Path, library: Library | None = None) -> int:
    """Take all songs below a folder out of the library; return their number."""
    library = library or Library()
    if not library.exists():
        return 0
    with _alone(library):
        below = [path for path in library.known_files() if _is_below(path, folder.absolute())]
        library.remove(below)
        return len(below)


@contextmanager
def _alone(library: Library) -> Iterator[None]:
    """Write alone, and say in words what keeps one from writing."""
    try:
        with library.lock.acquire(timeout=0):
            yield
    except Timeout:
        raise LibraryError(
            "Another indexing goes on already. Wait until it is done, or stop it."
        ) from None
    except BrokenProcessPool as error:
        raise LibraryError(
            "A process that reads files died, most likely for lack of memory. What was read is "
            "kept; go on with fewer: python -m deepmusic index FOLDER --jobs 1"
        ) from error
    except OSError as error:
        raise LibraryError(
            f"The library in {library.folder} cannot be written ({error.strerror or error}). Free "
            "some space, or set DEEPMUSIC_LIBRARY to a folder that can be written."
        ) from error


def _index(
    folder: Path,
    library: Library,
    jobs: int,
    retry: bool,
    on_progress: Callable[[Progress], None],
) -> Progress:
    began = time.monotonic()
    configs = embeddings.network_configs()
    library.prepare(sum(config.dense_units for config in configs))
    known = {
        path: state for path, state in library.known_files().items() if _is_below(path, folder)
    }
    failed_before = {failure.path for failure in library.failures()} if retry else set()
    there = {path: state for path in find_music(folder) if (state := _state(path))}
    if known and not there:
        raise LibraryError(
            f"{folder} holds no music any more, but {len(known)} files from it are known. Is a "
            "disk missing? To forget them: python -m deepmusic index FOLDER --forget"
        )
    gone = [path for path in known if path not in there]
    library.remove(gone)
    todo = [
        path for path, state in there.items() if known.get(path) != state or path in failed_before
    ]
    progress = Progress(
        str(folder), total=len(todo), removed=len(gone), unchanged=len(there) - len(todo)
    )
    _tell(library, progress)

    # Loading them takes seconds, which an index that is up to date need not cost.
    classifiers = embeddings.load_networks() if todo else []
    records: list[Record] = []
    failures: list[Failure] = []
    kept_at = time.monotonic()
    stopped = False
    for path, heard in _read_all(todo, configs, jobs):
        if isinstance(heard, str):
            failures.append(Failure(path, *there[path], heard))
        else:
            records.append(_listen(heard, there[path], classifiers))
        progress = replace(
            progress,
            done=progress.done + 1,
            added=progress.added + (not isinstance(heard, str)),
            failed=progress.failed + isinstance(heard, str),
            seconds=time.monotonic() - began,
        )
        on_progress(progress)
        due = len(records) + len(failures) >= _BATCH_SONGS
        if due or time.monotonic() - kept_at > _BATCH_SECONDS:
            library.add(records, failures)
            _tell(library, progress)
            records, failures, kept_at = [], [], time.monotonic()
            if stopped := _stop_file(library).exists():
                break
    library.add(records, failures)
    ended = "stopped" if stopped else "finished"
    progress = replace(progress, ended=ended, seconds=time.monotonic() - began)
    _tell(library, progress)
    return progress


def _read_all(
    paths: Sequence[Path], configs: Sequence[ModelConfig], jobs: int
) -> Iterator[tuple[Path, _Heard | str]]:
    """Yield each file as it is read, in any order."""
    if not paths:
        return
    if jobs == 1:
        yield from (_read(path, configs) for path in paths)
        return
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="3*n_jobs")
    yield from parallel(delayed(_read)(path, configs) for path in paths)


def _read(path: Path, configs: Sequence[ModelConfig]) -> tuple[Path, _Heard | str]:
    """Decode and picture a file, or say why that cannot be done."""
    mel = configs[0].mel
    try:
        song = audio.load_song(path, sample_rate=mel.sample_rate)
        check_length(song, configs)
        pictures = picture_song(song, mel)
        described = traits.describe(pictures, mel)
        # What only people look at would take longer to hand over than it took to compute.
        slim = [replace(clip, decibels=clip.decibels[:, :0].copy()) for clip in pictures]
        return path, _Heard(_entry(path, song, described), slim, described.timbre)
    except AudioError as error:
        return path, str(error)
    except MemoryError:
        return path, f"{path.name} needs more memory than there is. Close other programs."


def _entry(path: Path, song: audio.Song, described: Traits) -> Entry:
    found = tags.read(path)
    return Entry(
        row=-1,
        title=_storable(found.title or path.stem),
        artist=_storable(found.artist),
        album=_storable(found.album),
        genre=_storable(found.genre),
        duration=song.duration,
        tempo=described.tempo,
        brightness=described.brightness,
        digest=song.digest,
        path=path,
    )


def _storable(text: str) -> str:
    """Replace what a tag or a name may hold and a database cannot store as text."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _listen(heard: _Heard, state: tuple[int, int], classifiers: Sequence[Classifier]) -> Record:
    """Let the networks listen to a song that was read."""
    found = embeddings.embed_pictures(heard.pictures, heard.entry.duration, classifiers)
    return Record(
        heard.entry,
        *state,
        embedding=found.song,
        timbre=heard.timbre,
        profile=found.profile,
        passages=found.passages(),
    )


def _state(path: Path) -> tuple[int, int] | None:
    """Return size and time of change, by which a changed file is known; None if it went."""
    with suppress(OSError):
        found = path.stat()
        return found.st_size, found.st_mtime_ns
    return None


def _is_below(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder)


# === From a page: in a process of its own ===


def start(folder: Path, library: Library | None = None) -> subprocess.Popen:
    """Index a folder in the background.

    Raises
    ------
    LibraryError
        If that is forbidden here, the folder is missing, or an indexing goes on.
    """
    library = library or Library()
    if not folder.is_dir():
        raise LibraryError(f"{folder} is no folder that can be read. Check its name.")
    with _alone(library):
        _tell(library, Progress(str(folder)))
        log = (library.folder / "log.txt").open("wb")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "deepmusic", "index", str(folder.absolute())],
            cwd=Path(__file__).resolve().parent.parent,
            env=os.environ | {"DEEPMUSIC_LIBRARY": str(library.folder.absolute())},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def stop(library: Library) -> None:
    """Ask an indexing to stop; what it has read is kept."""
    _stop_file(library).touch()


def is_running(library: Library) -> bool:
    """Tell whether someone indexes, by trying the lock."""
    try:
        with library.lock.acquire(timeout=0):
            return False
    except Timeout:
        return True


def last_progress(library: Library) -> Progress | None:
    """Return how far the last indexing is, or how it ended; None if there was none."""
    try:
        stored: dict[str, Any] = json.loads((library.folder / "progress.json").read_text("utf-8"))
        return Progress(**stored)
    except (OSError, ValueError, TypeError):
        return None


def _tell(library: Library, progress: Progress) -> None:
    library.folder.mkdir(parents=True, exist_ok=True)
    write_atomically(library.folder / "progress.json", json.dumps(asdict(progress)))


def _stop_file(library: Library) -> Path:
    return library.folder / "stop"
