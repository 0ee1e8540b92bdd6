"""From a song to genres: one classifier a network, and the ensemble of them all."""

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from deepmusic import models
from deepmusic.audio import Song, features, is_silent
from deepmusic.audio.features import ClipLogMel
from deepmusic.config import MelConfig, ModelConfig
from deepmusic.errors import AudioError, ModelError
from deepmusic.models import ENSEMBLE
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import Run, shipped_run, weights

if TYPE_CHECKING:
    import keras


#: Windows go through a network in batches of one size, since every new size costs a compilation.
#: A clip of 30 s has 20 windows, so that few songs need filling up.
_BATCH = 20


@dataclass(frozen=True)
class Prediction:
    """What one network, or the ensemble, hears in a song.

    Attributes
    ----------
    model : str
        Name of the network, or ``ensemble``.
    genres : tuple of str
        Names of the columns below.
    starts, ends : np.ndarray [shape=(n_windows,)]
        Of each window, in s from the start of the song.
    clip_index : np.ndarray [shape=(n_windows,)], int
        Which clip each window belongs to.
    window_probabilities : np.ndarray [shape=(n_windows, n_genres)]
        Each row sums to 1.
    """

    model: str
    genres: tuple[str, ...]
    starts: np.ndarray
    ends: np.ndarray
    clip_index: np.ndarray
    window_probabilities: np.ndarray

    @cached_property
    def song_probabilities(self) -> np.ndarray:
        """Mean over all windows [n_genres]."""
        return self.window_probabilities.mean(axis=0)

    @cached_property
    def clip_probabilities(self) -> dict[int, np.ndarray]:
        """Mean over the windows of each clip, by the clip's index. Silent clips are absent."""
        return {
            int(clip): self.window_probabilities[self.clip_index == clip].mean(axis=0)
            for clip in np.unique(self.clip_index)
        }

    @property
    def genre(self) -> str:
        """The most probable genre of the song."""
        return self.genres[int(self.song_probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """The probability of that genre."""
        return float(self.song_probabilities.max())

    @cached_property
    def window_genres(self) -> list[str]:
        """The most probable genre of each window."""
        return [self.genres[index] for index in self.window_probabilities.argmax(axis=1)]

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as the command line and the page give them."""

        def by_genre(row: np.ndarray) -> dict[str, float]:
            return dict(zip(self.genres, map(float, row), strict=True))

        return {
            "genre": self.genre,
            "probabilities": by_genre(self.song_probabilities),
            "clips": [
                {"clip": clip, "probabilities": by_genre(row)}
                for clip, row in self.clip_probabilities.items()
            ],
            "windows": [
                {
                    "start": round(float(start), 3),
                    "end": round(float(end), 3),
                    "probabilities": by_genre(row),
                }
                for start, end, row in zip(
                    self.starts, self.ends, self.window_probabilities, strict=True
                )
            ],
        }


class Classifier:
    """A trained network with the front end that it was trained on. Safe to share between threads.

    Parameters
    ----------
    run : Run
        A run with weights.

    Raises
    ------
    RunError
        If the weights are missing, damaged, of another shape, or not those that were shipped.
    """

    def __init__(self, run: Run) -> None:
        self.config: ModelConfig = run.config.model
        self._network = models.build(self.config)
        self._with_embedding = models.with_embedding(self._network)
        self._lock = threading.Lock()
        weights.load(self._network, run)

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.config.name

    @contextmanager
    def locked_network(self) -> Iterator["keras.Model"]:
        """Lend the Keras model itself, to look inside; no other thread asks it meanwhile."""
        with self._lock:
            yield self._network

    def predict(self, song: Song, log_mels: Sequence[ClipLogMel] | None = None) -> Prediction:
        """Tell a song's genres, by window, by clip and as a whole.

        Parameters
        ----------
        song : Song
            What `deepmusic.audio` loaded.
        log_mels : sequence of ClipLogMel, optional
            What `compute_log_mels` returned for it, where several networks share a front end.

        Returns
        -------
        Prediction

        Raises
        ------
        AudioError
            If the song is shorter than a window.
        """
        check_length(song, [self.config])
        if log_mels is None:
            log_mels = compute_log_mels(song, self.config.mel)
        starts, ends, clip_index, batch = self.cut(log_mels, song.duration)
        return Prediction(
            model=self.name,
            genres=self.config.genres,
            starts=starts,
            ends=ends,
            clip_index=clip_index,
            window_probabilities=self.listen(batch)[1],
        )

    def cut(
        self, log_mels: Sequence[ClipLogMel], duration: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Cut the pictures of a song into the windows that the network reads.

        Parameters
        ----------
        log_mels : sequence of ClipLogMel
            Of the network's front end.
        duration : float
            Of the song, in s.

        Returns
        -------
        (np.ndarray, np.ndarray, np.ndarray, np.ndarray)
            Start and end of each window in s, its clip's number, and the windows
            [n_windows, n_mels, window_frames].
        """
        width = self.config.window_frames
        batch, starts, clip_index = [], [], []
        for index, clip in enumerate(log_mels):
            first = features.window_starts(clip.frames.shape[1], width)
            batch.append(features.windows(clip.frames, width))
            starts.append(clip.start + first * clip.seconds_per_frame)
            clip_index.append(np.full(len(first), index))
        begins = np.concatenate(starts)
        ends = np.minimum(begins + self.config.window_seconds, duration)
        return begins, ends, np.concatenate(clip_index), np.concatenate(batch)

    def listen(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the network makes of windows, one pass for both.

        Parameters
        ----------
        batch : np.ndarray [shape=(n_windows, n_mels, window_frames)]
            From 0 to 255, as `deepmusic.audio.features.windows` cuts them.

        Returns
        -------
        (np.ndarray, np.ndarray)
            Outputs of the layer ``embedding`` [n_windows, dense_units], and the genres'
            probabilities [n_windows, n_genres].
        """
        n_windows = len(batch)
        padded = np.zeros((-(-n_windows // _BATCH) * _BATCH, *batch.shape[1:]), np.float32)
        padded[:n_windows] = batch
        with self._lock:
            parts = [
                self._with_embedding.predict_on_batch(padded[start : start + _BATCH])
                for start in range(0, len(padded), _BATCH)
            ]
        embeddings, probabilities = (
            np.concatenate(rows)[:n_windows] for rows in zip(*parts, strict=True)
        )
        return embeddings, probabilities


def load_classifiers(
    names: Sequence[str], protocol: Protocol = BENCHMARK_PROTOCOL
) -> dict[str, Classifier]:
    """Load shipped networks.

    Parameters
    ----------
    names : sequence of str
        Keys of `deepmusic.models.MODELS`.
    protocol : Protocol
        `BENCHMARK_PROTOCOL`, whose networks have figures and held clips of GTZAN back; or
        `DEPLOYED_PROTOCOL`, whose were trained on all of GTZAN, for songs from elsewhere.

    Raises
    ------
    ModelError
        If there is no such network.
    RunError
        If its files are missing or damaged.
    """
    for name in names:
        models.spec(name)
    return {name: Classifier(shipped_run(name, protocol)) for name in names}


def check_length(song: Song, configs: Sequence[ModelConfig]) -> None:
    """Raise `AudioError` if a song is shorter than the longest window of these networks."""
    longest = max(configs, key=lambda config: config.window_seconds)
    columns, _ = features.frame_spacing(
        1 + len(song.samples) // longest.mel.hop_length, longest.mel
    )
    if columns < longest.window_frames:
        raise AudioError(
            # Rounded down, so that no message says "lasts 3.0 s; a window is 3.0 s".
            f"{song.name} lasts {math.floor(song.duration * 10) / 10:.1f} s; a window is "
            f"{longest.window_seconds:.1f} s. Choose a longer clip."
        )


def compute_log_mels(
    song: Song, mel: MelConfig, on_progress: Callable[[float], None] | None = None
) -> list[ClipLogMel]:
    """Picture a song once for all networks that share a front end.

    Parameters
    ----------
    song : Song
        At the front end's sample rate.
    mel : MelConfig
        Front end.
    on_progress : callable, optional
        Called after each clip with the share done, from 0 to 1.

    Raises
    ------
    ModelError
        If the song was loaded at another sample rate than the front end's.
    AudioError
        If no clip has anything to hear.
    """
    if song.sample_rate != mel.sample_rate:
        raise ModelError(
            f"{song.name} was loaded at {song.sample_rate} Hz; the network reads "
            f"{mel.sample_rate} Hz. Load it with sample_rate={mel.sample_rate}."
        )
    n_clips = len(features.clip_bounds(len(song.samples), mel))
    log_mels = []
    for clip in features.clip_log_mels(song.samples, mel, is_silent=is_silent):
        log_mels.append(clip)
        if on_progress:
            on_progress(len(log_mels) / n_clips)
    if not any(clip.frames.shape[1] for clip in log_mels):
        raise AudioError(f"{song.name} is too quiet throughout. Choose a clip with music in it.")
    return log_mels


def classify(
    song: Song,
    classifiers: Mapping[str, Classifier],
    log_mels: Sequence[ClipLogMel] | None = None,
) -> dict[str, Prediction]:
    """Ask several networks about one song, and their ensemble where there are two or more.

    Parameters
    ----------
    song : Song
        What `deepmusic.audio` loaded.
    classifiers : mapping of str to Classifier
        The networks, by name.
    log_mels : sequence of ClipLogMel, optional
        What `compute_log_mels` returned for the song and the networks' common front end.

    Returns
    -------
    dict of str to Prediction
        By name, the ensemble last.

    Raises
    ------
    AudioError
        If the song is shorter than the longest window.
    """
    configs = [classifier.config for classifier in classifiers.values()]
    check_length(song, configs)
    by_front_end = {} if log_mels is None else {configs[0].mel: log_mels}
    predictions = {}
    for name, classifier in classifiers.items():
        mel = classifier.config.mel
        if mel not in by_front_end:
            by_front_end[mel] = compute_log_mels(song, mel)
        predictions[name] = classifier.predict(song, by_front_end[mel])
    if len(predictions) > 1:
        predictions[ENSEMBLE] = ensemble(list(predictions.values()))
    return predictions


def ensemble(members: Sequence[Prediction]) -> Prediction:
    """Average the probabilities of several networks, window by window.

    Windows are those of the member that has most. A member with other windows answers with the one
    whose middle lies nearest.

    Parameters
    ----------
    members : sequence of Prediction
        Of the same song.

    Returns
    -------
    Prediction

    Raises
    ------
    ModelError
        If the members do not tell the same genres apart.
    """
    if len({member.genres for member in members}) != 1:
        raise ModelError("The networks tell different genres apart and have no common mean.")
    spans = [(member.starts, member.ends) for member in members]
    finest, rows = align_windows(spans)
    aligned = [member.window_probabilities[row] for member, row in zip(members, rows, strict=True)]
    return Prediction(
        model=ENSEMBLE,
        genres=members[finest].genres,
        starts=members[finest].starts,
        ends=members[finest].ends,
        clip_index=members[finest].clip_index,
        window_probabilities=np.mean(aligned, axis=0),
    )


def align_windows(
    spans: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[int, list[np.ndarray]]:
    """Match the windows of several networks that read one song.

    Parameters
    ----------
    spans : sequence of (np.ndarray [n_windows], np.ndarray [n_windows])
        Starts and ends of each network's windows, in s.

    Returns
    -------
    (int, list of np.ndarray [shape=(n_most_windows,)])
        Which network has most windows; and for each network, which of its windows has its middle
        nearest to that of each of those.
    """
    finest = max(range(len(spans)), key=lambda index: len(spans[index][0]))
    middles = [(starts + ends) / 2 for starts, ends in spans]
    distances = [np.abs(middle[None, :] - middles[finest][:, None]) for middle in middles]
    return finest, [distance.argmin(axis=1) for distance in distances]
