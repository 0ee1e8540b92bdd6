"""A toy dataset of ten synthetic bands, computed in seconds, to try out training.

Its scores say that training works, and nothing about real music.
"""

from collections.abc import Iterable

import numpy as np

from deepmusic.config import GTZAN_GENRES, MelConfig
from deepmusic.data.dataset import Dataset, LogMels, SkippedTrack, Track
from deepmusic.data.splits import Split
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

    def log_mels(self, tracks: Iterable[str], mel: MelConfig) -> LogMels:
        """Synthesise these tracks, and return their log-mels."""
        from joblib import Parallel, delayed

        wanted = list(tracks)
        known = [track for track in wanted if track in self.tracks]
        # Threads: most of the work frees the interpreter, and processes take longer to start.
        made = Parallel(n_jobs=2, prefer="threads")(
            delayed(_log_mel_of)(self.tracks[track].genre, self._number_of[track], mel)
            for track in known
        )
        unknown = [track for track in wanted if track not in self.tracks]
        skipped = tuple(SkippedTrack(track, "the toy set has no such track") for track in unknown)
        return LogMels(dict(zip(known, made, strict=True)), skipped)


def _log_mel_of(genre: str, number: int, mel: MelConfig) -> np.ndarray:
    from deepmusic.audio import features, synth

    samples = synth.play(genre, seconds=SECONDS, seed=number, sample_rate=mel.sample_rate)
    return features.network_input(features.log_mel(samples, mel), mel)
