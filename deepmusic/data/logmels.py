"""Log-mels of a dataset, computed once and stored: one ``.npy`` file a track.

They lie in ``DEEPMUSIC_DATA/logmels/<dataset>-<front end>/``. A file's name holds its track, and
size and modification time of the audio: where the audio is replaced, also by an older file, the
log-mel is computed anew. Each file is written atomically, so that work can be stopped at any moment
and goes on from there.
"""

import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import numpy as np

from deepmusic.config import FRONT_ENDS, MelConfig
from deepmusic.data import parallel
from deepmusic.data.dataset import Dataset, LogMels, SkippedTrack
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import AudioError, DatasetError
from deepmusic.files import data_folder, replacing
from deepmusic.formatting import format_plain

#: In place of the audio's state: from an archive, and valid whatever the audio is.
IMPORTED = "imported"

_COMPACT = FRONT_ENDS["compact"]

#: Fewer files than this are computed sooner than processes for them are started.
_MIN_FILES_FOR_PROCESSES = 60

#: A temporary file older than this, in s, was left behind by a killed process.
_LEFTOVER_SECONDS = 3600

#: Longest encoded id in a file name; systems allow 255 bytes in all.
_LONGEST_NAME = 150


@dataclass(frozen=True)
class Prepared:
    """Result of `prepare`: how many log-mels were computed, were there already, lack their audio.

    Skipped are files that cannot be used; they are tried again the next time.
    """

    computed: int
    kept: int
    missing: int
    skipped: tuple[SkippedTrack, ...]
    seconds: float
    folder: Path


class LogMelFolder:
    """The stored log-mels of a dataset by one front end, as they were when this was made."""

    def __init__(self, dataset: Dataset, mel: MelConfig) -> None:
        front_ends = {config: name for name, config in FRONT_ENDS.items()}
        front_end = front_ends.get(mel) or _short_hash(mel.to_json())
        # Two datasets may have one name: what tells them apart is where they lie.
        where = f"-{_short_hash(str(dataset.location.resolve()))}" if dataset.location else ""
        self.path = data_folder() / "logmels" / f"{_encoded(dataset.name)}{where}-{front_end}"
        self.names: dict[str, set[str]] = defaultdict(set)
        with suppress(OSError):
            for name in os.listdir(self.path):
                if "@" in name:
                    self.names[name.rpartition("@")[0]].add(name)

    def remove_leftovers(self) -> None:
        """Delete temporary files of killed processes, but none that may be being written now."""
        for path in self.path.glob(".writing-*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _LEFTOVER_SECONDS:
                    path.unlink()

    def find(self, track: str, sound: Path | None) -> Path | None:
        """Return the file of a track; without its audio, whatever it was computed from."""
        names = self.names.get(_encoded(track), set())
        if sound:
            names = names & {_name(track, IMPORTED), _name(track, _state_of(sound))}
        return self.path / min(names) if names else None

    def read(self, track: str, sound: Path | None) -> np.ndarray | None:
        """Return a track's log-mel; None if there is none, or it is damaged."""
        path = self.find(track, sound)
        return _load(path) if path else None

    def read_state(self, track: str, state: str) -> np.ndarray | None:
        """Return a track's log-mel as `write` stored it for this state of its sound, or None."""
        name = _name(track, state)
        return _load(self.path / name) if name in self.names.get(_encoded(track), ()) else None

    def write(self, track: str, state: str, log_mel: np.ndarray) -> None:
        """Store a track's log-mel in place of older ones."""
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


def _load(path: Path) -> np.ndarray | None:
    try:
        return np.load(path, allow_pickle=False)
    except Exception:
        return None


def _name(track: str, state: str) -> str:
    return f"{_encoded(track)}@{state}.npy"


def _encoded(text: str) -> str:
    """Return text as part of a file name; what is too long ends in a digest."""
    name = quote(os.fsencode(text), safe=" #")
    return name if len(name) <= _LONGEST_NAME else f"{name[:100]}~{_short_hash(text)}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


def _state_of(path: Path) -> str:
    """Return size and modification time of a file, which change when it is replaced."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


# === Compute ===


def compute(path: Path, mel: MelConfig) -> np.ndarray | str:
    """Return the log-mel of a sound file, uint8 [shape=(n_mels, n_frames)], or why it has none.

    A song is split into clips of 30 s, each with its own loudest point, as at prediction.
    """
    from deepmusic import audio
    from deepmusic.audio import features

    try:
        song = audio.load_song(path, sample_rate=mel.sample_rate)
        clips = features.clip_log_mels(song.samples, mel, is_silent=audio.is_silent)
        return np.concatenate([clip.frames for clip in clips], axis=1)
    except AudioError as error:
        return format_plain(error)
    except Exception as error:
        # One strange file among thousands must not end the work on the others.
        return f"an unforeseen fault: {type(error).__name__}: {error}"


def prepare(
    dataset: Dataset,
    mel: MelConfig = _COMPACT,
    *,
    jobs: int = -1,
    cluster: str | None = None,
    on_progress: Progress = no_progress,
) -> Prepared:
    """Compute and store the log-mels of all available audio that are not there yet.

    Parameters
    ----------
    dataset, mel
        A dataset with audio, and the front end.
    jobs, cluster, on_progress
        As in `deepmusic.data.parallel.map_unordered`.

    Raises
    ------
    DatasetError
        If nothing can be written, or the cluster does not answer. What was computed until then is
        kept.
    """
    began = time.perf_counter()
    folder = LogMelFolder(dataset, mel)
    folder.remove_leftovers()
    todo: dict[str, Path] = {}
    computed = kept = missing = 0
    for track in dataset.tracks:
        sound = dataset.audio_path(track)
        if folder.find(track, sound):
            kept += 1
        elif sound is None:
            missing += 1
        else:
            todo[track] = sound
    # As they are before the work: audio that is replaced meanwhile is computed the next time.
    states = {track: _state_of(sound) for track, sound in todo.items()}
    skipped = []
    for track, result in parallel.map_unordered(
        partial(compute, mel=mel), todo, jobs=jobs, cluster=cluster, on_progress=on_progress
    ):
        if isinstance(result, str):
            skipped.append(SkippedTrack(track, result))
        else:
            folder.write(track, states[track], result)
            computed += 1
    skipped.sort(key=lambda problem: problem.track)
    seconds = time.perf_counter() - began
    return Prepared(computed, kept, missing, tuple(skipped), seconds, folder.path)


def load(
    dataset: Dataset, tracks: Iterable[str], mel: MelConfig, on_progress: Progress = no_progress
) -> LogMels:
    """Return the log-mels of these tracks, in order: stored ones, or computed on all cores.

    What is missing, corrupt or unknown is skipped. Nothing is stored; `prepare` does that.
    """
    wanted, folder = list(tracks), LogMelFolder(dataset, mel)
    results: dict[str, np.ndarray | str] = {}
    todo: dict[str, Path] = {}
    for track in wanted:
        sound = dataset.audio_path(track)
        log_mel = folder.read(track, sound)
        if log_mel is not None:
            results[track] = log_mel
        elif sound is None:
            results[track] = "neither its audio nor its log-mel is available"
        else:
            todo[track] = sound
    jobs = -1 if len(todo) >= _MIN_FILES_FOR_PROCESSES else 1
    results.update(
        parallel.map_unordered(partial(compute, mel=mel), todo, jobs=jobs, on_progress=on_progress)
    )
    found, skipped = {}, []
    for track in wanted:
        result = results[track]
        if isinstance(result, str):
            skipped.append(SkippedTrack(track, result))
        else:
            found[track] = result
    return LogMels(found, tuple(skipped))


def count_prepared(dataset: Dataset, mel: MelConfig = _COMPACT) -> int:
    """Return how many tracks have a stored log-mel."""
    return len(LogMelFolder(dataset, mel).names)
