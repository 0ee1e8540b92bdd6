"""A toy dataset of ten synthetic bands, computed in seconds, to try out training.

Its scores say that training works, and nothing about real music.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from deepmusic.config import GTZAN_GENRES, MelConfig
from deepmusic.data.dataset import Dataset, LogMels, SkippedTrack, Track
from deepmusic.data.logmels import LogMelFolder
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.data.splits import Split
from deepmusic.errors import DatasetError
from deepmusic.protocols import TOY

CLIPS_PER_GENRE = 16

SECONDS = 8.0

#: Numbers of the validation and test clips of each genre; the others are for training.
_VALID, _TEST = (10, 11, 12), (13, 14, 15)


class Toy(Dataset):
    """Sixteen clips of 8 s from each of the ten bands of `deepmusic.audio.synth`."""

    name = "toy"
    genres = GTZAN_GENRES
    credit = "Synthetic bands, computed by DeepMusic itself; free to use and share."

    def __init__(self) -> None:
        numbers = {f"{g}.toy{n:02d}": n for g in self.genres for n in range(CLIPS_PER_GENRE)}
        self.tracks = {t: Track(t, t.partition(".")[0], "a synthetic band") for t in numbers}
        self._number_of = numbers
        self._part_of = {
            track: "valid" if number in _VALID else "test" if number in _TEST else "train"
            for track, number in numbers.items()
        }

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return 10 training, 3 validation and 3 test clips a genre (``paper``), or all clips."""
        if name in self.splits:
            return Split.of_parts(TOY, self._part_of)
        return super().split(name, fold)

    def log_mels(
        self, tracks: Iterable[str], mel: MelConfig, on_progress: Progress = no_progress
    ) -> LogMels:
        """Return the log-mels of these tracks, which are synthesised once and then stored."""
        from joblib import Parallel, delayed

        wanted = list(tracks)
        known = [track for track in wanted if track in self.tracks]
        folder, state = LogMelFolder(self, mel), _state_of_sound()
        stored = {track: folder.read_state(track, state) for track in known}
        found = {track: log_mel for track, log_mel in stored.items() if log_mel is not None}
        todo = [track for track in known if track not in found]
        # Threads: most of the work frees the interpreter, and processes take longer to start.
        made = Parallel(n_jobs=2, prefer="threads", return_as="generator")(
            delayed(_log_mel_of)(self.tracks[track].genre, self._number_of[track], mel)
            for track in todo
        )
        for done, (track, log_mel) in enumerate(zip(todo, made, strict=True), start=1):
            found[track] = log_mel
            with suppress(DatasetError):  # Where nothing can be written, it is made each time.
                folder.write(track, state, log_mel)
            on_progress(done, len(todo))
        unknown = [track for track in wanted if track not in self.tracks]
        skipped = tuple(SkippedTrack(track, "the toy set has no such track") for track in unknown)
        return LogMels({track: found[track] for track in known}, skipped)


@cache
def _state_of_sound() -> str:
    """Return a digest of the code that makes the sound and its log-mels."""
    from deepmusic.audio import bands, features, synth

    digest = hashlib.sha256()
    for module in (bands, features, synth):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]


def _log_mel_of(genre: str, number: int, mel: MelConfig) -> np.ndarray:
    from deepmusic.audio import features, synth

    samples = synth.play(genre, seconds=SECONDS, seed=number, sample_rate=mel.sample_rate)
    return features.clip_frames(samples, mel)[1]
