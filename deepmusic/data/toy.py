"""A toy dataset: ten synthetic bands, made in seconds, so that everyone can press "Train".

A score on it says that training works, and nothing about real music.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from deepmusic.config import GTZAN_GENRES, MelConfig
from deepmusic.data import splits
from deepmusic.data.dataset import ExpectedFiles, LogMels, SkippedTrack, Split, Track
from deepmusic.errors import DatasetError
from deepmusic.protocols import ALL_CLIPS

CLIPS_PER_GENRE = 16

SECONDS = 8.0

#: Validation and test clips of each genre, by number; the others train.
_VALID, _TEST = (10, 11, 12), (13, 14, 15)


class Toy:
    """Sixteen clips of 8 s from each of the ten bands of `deepmusic.audio.synth`."""

    name = "toy"
    location = None
    genres = GTZAN_GENRES
    splits = ("paper",)
    expected = ExpectedFiles()
    credit = "Synthetic bands, computed by DeepMusic itself; free to use and share."

    @cached_property
    def tracks(self) -> Mapping[str, Track]:
        """The 160 tracks, by id, such as ``blues.toy03``."""
        return {
            f"{genre}.toy{number:02d}": Track(f"{genre}.toy{number:02d}", genre, "a synthetic band")
            for genre in self.genres
            for number in range(CLIPS_PER_GENRE)
        }

    def audio_path(self, track: str) -> Path | None:
        """Return None: the clips are computed, not stored."""
        return None

    def split(self, name: str, fold: int | None = None) -> Split:
        """Return 10 training, 3 validation and 3 test clips a genre, named ``toy``; or all clips.

        Raises
        ------
        DatasetError
            If a protocol is asked for that needs artists.
        """
        if name == ALL_CLIPS:
            return splits.all_clips(self.tracks)
        if name != "paper":
            raise DatasetError(
                f"The toy set has no artists to keep apart and knows no split {name}. "
                "Choose the split paper."
            )
        number_of = {track: int(track[-2:]) for track in self.tracks}
        return Split(
            "toy",
            tuple(t for t, number in number_of.items() if number not in _VALID + _TEST),
            tuple(t for t, number in number_of.items() if number in _VALID),
            tuple(t for t, number in number_of.items() if number in _TEST),
        )

    def log_mels(self, tracks: Iterable[str], mel: MelConfig) -> LogMels:
        """Let the bands play, and return the log-mels of these tracks."""
        from joblib import Parallel, delayed

        wanted = list(tracks)
        known = [track for track in wanted if track in self.tracks]
        # Threads: NumPy and librosa leave the interpreter free for most of this work, and starting
        # processes would take longer than the work itself.
        made = Parallel(n_jobs=2, prefer="threads")(
            delayed(_log_mel_of)(self.tracks[track].genre, int(track[-2:]), mel) for track in known
        )
        unknown = [
            SkippedTrack(track, "the toy set has no such track")
            for track in wanted
            if track not in self.tracks
        ]
        return LogMels(dict(zip(known, made, strict=True)), tuple(unknown))


def _log_mel_of(genre: str, number: int, mel: MelConfig) -> np.ndarray:
    from deepmusic.audio import features, synth

    samples = synth.play(genre, seconds=SECONDS, seed=number, sample_rate=mel.sample_rate)
    return features.network_input(features.log_mel(samples, mel), mel)
