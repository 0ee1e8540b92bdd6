"""Log-mels on disk, so that each is computed once: an ``.npy`` file a clip.

They lie in ``DEEPMUSIC_DATA/logmels/<dataset>-<front end>/``. The name of a file tells its track,
and size and modification time of the sound that it was computed from: where the sound is replaced,
also by an older one, it is computed anew. Each file is written whole or not at all, so that work
can be stopped at any moment and goes on from there.
"""

import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import numpy as np

from deepmusic.config import FRONT_ENDS, MelConfig
from deepmusic.data import parallel
from deepmusic.data.dataset import Dataset, LogMels, SkippedTrack
from deepmusic.errors import AudioError, DatasetError
from deepmusic.files import data_folder, replacing

_COMPACT = FRONT_ENDS["compact"]

#: Fewer files than this are computed sooner than processes for them are started.
_WORTH_PROCESSES = 60

#: In place of the sound's state: from an archive, and valid whatever the sound is.
_IMPORTED = "imported"

#: A file that is still being written after this time, in s, is what a killed process left.
_LEFTOVER_SECONDS = 3600

#: Longest encoded id in a file name; systems allow 255 bytes in all.
_LONGEST_NAME = 150


@dataclass(frozen=True)
class Prepared:
    """What `prepare` did: how many log-mels were computed, were there already, and are missing.

    Skipped are files that cannot be used; they are tried again the next time.
    """

    computed: int
    kept: int
    missing: int
    skipped: tuple[SkippedTrack, ...]
    seconds: float
    folder: Path


class _Folder:
    """The log-mels of a dataset by one front end, as they were when this was made."""

    def __init__(self, dataset: Dataset, mel: MelConfig) -> None:
        front_ends = {config: name for name, config in FRONT_ENDS.items()}
        front_end = front_ends.get(mel) or _short_hash(mel.to_json())
        # Two datasets may have one name: what tells them apart is where they lie.
        place = f"-{_short_hash(str(dataset.location.resolve()))}" if dataset.location else ""
        self.path = data_folder() / "logmels" / f"{_encoded(dataset.name)}{place}-{front_end}"
        self.names: dict[str, set[str]] = defaultdict(set)
        with suppress(OSError):
            for name in os.listdir(self.path):
                if "@" in name:
                    self.names[name.rpartition("@")[0]].add(name)

    def remove_leftovers(self) -> None:
        """Delete what writers that were killed left behind, but not what one may be writing now."""
        for path in self.path.glob(".writing-*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _LEFTOVER_SECONDS:
                    path.unlink()

    def find(self, track: str, sound: Path | None) -> Path | None:
        """Return the file of a track; without its sound, whatever it was computed from."""
        names = self.names.get(_encoded(track), set())
        if sound:
            names = names & {_name(track, _IMPORTED), _name(track, state_of(sound))}
        return self.path / min(names) if names else None

    def read(self, track: str, sound: Path | None) -> np.ndarray | None:
        """Return a track's log-mel; None if there is none, or it is damaged."""
        path = self.find(track, sound)
        try:
            return np.load(path, allow_pickle=False) if path else None
        except Exception:
            return None

    def write(self, track: str, state: str, log_mel: np.ndarray) -> None:
        """Keep a log-mel in place of those that there were of this track."""
        name = _name(track, state)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with replacing(self.path / name) as temporary:
                np.save(temporary, log_mel, allow_pickle=False)
            for stale in self.names[_encoded(track)] - {name}:
                (self.path / stale).unlink(missing_ok=True)
        except OSError as error:
            raise DatasetError(
                f"{self.path} cannot be written ({error.strerror or error}). Free some space, or "
                "set DEEPMUSIC_DATA to a folder that can be written."
            ) from error
        self.names[_encoded(track)] = {name}


def _name(track: str, state: str) -> str:
    return f"{_encoded(track)}@{state}.npy"


def _encoded(text: str) -> str:
    """Return text as part of a file name; what is too long ends in a digest."""
    name = quote(os.fsencode(text), safe=" #")
    return name if len(name) <= _LONGEST_NAME else f"{name[:100]}~{_short_hash(text)}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


def state_of(path: Path) -> str:
    """Return size and modification time of a file, which tell whether it was replaced."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


# === Compute ===


def compute(path: Path, mel: MelConfig) -> np.ndarray | str:
    """Return the log-mel of a sound file, or the reason why there is none.

    A song is cut into clips of 30 s, each with its own loudest point, as it is at prediction.

    Returns
    -------
    np.ndarray [shape=(n_mels, n_frames)], uint8, or str
    """
    from deepmusic import audio
    from deepmusic.audio import features

    try:
        song = audio.load_song(path, sample_rate=mel.sample_rate)
        clips = features.clip_log_mels(song.samples, mel, is_silent=audio.is_silent)
        return np.concatenate([clip.frames for clip in clips], axis=1)
    except AudioError as error:
        return str(error)
    except Exception as error:
        # One strange file among thousands must not end the work on the others.
        return f"an unforeseen fault: {type(error).__name__}: {error}"


def _computed(item: tuple[str, Path], mel: MelConfig) -> tuple[str, np.ndarray | str]:
    track, path = item
    return track, compute(path, mel)


def prepare(
    dataset: Dataset,
    mel: MelConfig = _COMPACT,
    *,
    jobs: int = -1,
    cluster: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Compute and keep the log-mels of all sound at hand that are not there yet.

    Parameters
    ----------
    dataset, mel
        A dataset with sound files, and the front end.
    jobs, cluster
        As in `deepmusic.data.parallel.map_unordered`.
    on_progress : callable, optional
        Called with how many of how many files are done, also once at the start.

    Returns
    -------
    Prepared

    Raises
    ------
    DatasetError
        If nothing can be written, or the cluster does not answer. What was computed until then is
        kept.
    """
    began = time.perf_counter()
    folder = _Folder(dataset, mel)
    folder.remove_leftovers()
    computed, kept, missing, skipped, todo, states = 0, 0, 0, [], [], {}
    for track in dataset.tracks:
        sound = dataset.audio_path(track)
        if folder.find(track, sound):
            kept += 1
        elif sound is None:
            missing += 1
        else:
            todo.append((track, sound))
            states[track] = state_of(sound)
    report = on_progress or (lambda done, of: None)
    report(0, len(todo))
    results = parallel.map_unordered(partial(_computed, mel=mel), todo, jobs=jobs, cluster=cluster)
    for done, (track, result) in enumerate(results, start=1):
        if isinstance(result, str):
            skipped.append(SkippedTrack(track, result))
        else:
            folder.write(track, states[track], result)
            computed += 1
        report(done, len(todo))
    skipped.sort(key=lambda problem: problem.track)
    seconds = time.perf_counter() - began
    return Prepared(computed, kept, missing, tuple(skipped), seconds, folder.path)


def load(dataset: Dataset, tracks: Iterable[str], mel: MelConfig) -> LogMels:
    """Return the log-mels of these tracks: from disk, or computed on all cores.

    What is missing or corrupt is listed, never raised. Nothing is written; `prepare` does that.

    Parameters
    ----------
    dataset, mel
        A dataset with sound files, and the front end.
    tracks : iterable of str
        Ids, also such as there are not. Log-mels come in their order.
    """
    wanted, folder = list(tracks), _Folder(dataset, mel)
    found, reasons, todo = {}, {}, []
    for track in wanted:
        sound = dataset.audio_path(track)
        log_mel = folder.read(track, sound)
        if log_mel is not None:
            found[track] = log_mel
        elif sound is None:
            reasons[track] = "neither its audio nor its log-mel is at hand"
        else:
            todo.append((track, sound))
    jobs = -1 if len(todo) >= _WORTH_PROCESSES else 1
    for track, result in parallel.map_unordered(partial(_computed, mel=mel), todo, jobs=jobs):
        if isinstance(result, str):
            reasons[track] = result
        else:
            found[track] = result
    return LogMels(
        {track: found[track] for track in wanted if track in found},
        tuple(SkippedTrack(track, reasons[track]) for track in wanted if track in reasons),
    )


def count_prepared(dataset: Dataset, mel: MelConfig = _COMPACT) -> int:
    """Return how many tracks have a log-mel on disk."""
    return len(_Folder(dataset, mel).names)


# === Archives: a dataset's log-mels in one file, to pass on or to take to another machine ===


def export_archive(
    dataset: Dataset, path: Path, mel: MelConfig = _COMPACT
) -> tuple[int, list[str]]:
    """Write the log-mels as one archive: ``logmel`` uint8 [track, mel, frame], and ``track`` ids.

    Returns
    -------
    int, list of str
        Log-mels written; and the tracks left out, since they are not as long as most.

    Raises
    ------
    DatasetError
        If there is nothing to write, or it cannot be written.
    """
    folder = _Folder(dataset, mel)
    read = ((track, folder.read(track, dataset.audio_path(track))) for track in dataset.tracks)
    found = {track: log_mel for track, log_mel in read if log_mel is not None}
    if not found:
        raise DatasetError(
            f"There are no log-mels of {dataset.name} to export. Prepare it first: "
            "python -m deepmusic data prepare"
        )
    lengths = [log_mel.shape[1] for log_mel in found.values()]
    usual = max(set(lengths), key=lengths.count)
    same = {track: log_mel for track, log_mel in found.items() if log_mel.shape[1] == usual}
    try:
        with replacing(path) as temporary:
            log_mels, tracks = np.stack(list(same.values())), np.array(list(same))
            np.savez_compressed(temporary, logmel=log_mels, track=tracks)
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written ({error.strerror or error}). Choose another place, or free "
            "some space."
        ) from error
    return len(same), [track for track in found if track not in same]


def import_archive(
    dataset: Dataset, path: Path, mel: MelConfig = _COMPACT
) -> tuple[int, list[str]]:
    """Keep an archive's log-mels as those of a dataset, in place of those there.

    Returns
    -------
    int, list of str
        Log-mels taken; and the archive's tracks that the dataset does not have.

    Raises
    ------
    DatasetError
        If the file is damaged or of another form; nothing is taken then.
    """
    folder, archive = _Folder(dataset, mel), read_archive(path, mel)
    taken = [track for track in archive if track in dataset.tracks]
    for track in taken:
        folder.write(track, _IMPORTED, archive[track])
    return len(taken), [track for track in archive if track not in dataset.tracks]


def read_archive(path: Path, mel: MelConfig = _COMPACT) -> dict[str, np.ndarray]:
    """Read an archive of log-mels: ``logmel`` uint8 [track, mel, frame], and ``track`` ids.

    Returns
    -------
    dict of str to np.ndarray [shape=(n_mels, n_frames)], uint8

    Raises
    ------
    DatasetError
        If the file is damaged or of another form.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            log_mels, tracks = archive["logmel"], archive["track"]
    except Exception as error:
        # NumPy and zipfile raise a dozen kinds of errors for damaged files.
        raise DatasetError(
            f"{path} is not a log-mel archive ({error}). It should hold the arrays logmel and "
            "track; get it again."
        ) from error
    shape = log_mels.shape
    if log_mels.dtype != np.uint8 or len(shape) != 3 or shape[:2] != (*tracks.shape, mel.n_mels):
        raise DatasetError(
            f"{path}: logmel is {log_mels.dtype} {shape} for {tracks.size} tracks; expected "
            f"uint8 ({tracks.size}, {mel.n_mels}, frames). Get the archive again."
        )
    return dict(zip(map(str, tracks), log_mels, strict=True))
