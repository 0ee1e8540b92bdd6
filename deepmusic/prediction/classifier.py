"""Classifiers: trained networks, each with the front end that it was trained on."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from deepmusic import models
from deepmusic.audio import Song, features, is_silent
from deepmusic.audio.features import ClipLogMel
from deepmusic.config import MelConfig, ModelConfig
from deepmusic.errors import AudioError, ModelError
from deepmusic.models import ENSEMBLE
from deepmusic.prediction.network import Network
from deepmusic.prediction.result import Prediction, ensemble
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import Run, shipped_run


class Windows(NamedTuple):
    """Windows of a song, in order of time, as a network reads them."""

    starts: np.ndarray  #: [shape=(n_windows,)], in s
    ends: np.ndarray  #: [shape=(n_windows,)], in s
    clip_index: np.ndarray  #: [shape=(n_windows,)], number of the clip that holds each
    frames: np.ndarray  #: [shape=(n_windows, n_mels, window_frames)], uint8


def split_into_windows(
    log_mels: Sequence[ClipLogMel], config: ModelConfig, duration: float = math.inf
) -> Windows:
    """Return the windows of a song's log-mels; none ends after `duration` (in s)."""
    width = config.window_frames
    firsts = [features.window_starts(clip.frames.shape[1], width) for clip in log_mels]
    starts = np.concatenate(
        [
            clip.start + first * clip.seconds_per_frame
            for clip, first in zip(log_mels, firsts, strict=True)
        ]
    )
    return Windows(
        starts=starts,
        ends=np.minimum(starts + config.window_seconds, duration),
        clip_index=np.repeat(np.arange(len(firsts)), [len(first) for first in firsts]),
        frames=np.concatenate([features.windows(clip.frames, width) for clip in log_mels]),
    )


class Classifier:
    """A trained network with the front end that it was trained on. Threads may share it.

    Parameters
    ----------
    run : Run
        A finished run.

    Raises
    ------
    RunError
        As `Network`: if its file is missing, damaged, or not what was shipped.
    """

    def __init__(self, run: Run) -> None:
        self.config: ModelConfig = run.config.model
        self.network = Network(run)

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.config.name

    def predict(self, song: Song, log_mels: Sequence[ClipLogMel] | None = None) -> Prediction:
        """Predict the genre of a song, by window, by clip and as a whole.

        Parameters
        ----------
        song : Song
            At the front end's sample rate.
        log_mels : sequence of ClipLogMel, optional
            What `compute_log_mels` returned for it, where several networks share a front end.

        Raises
        ------
        AudioError
            If the song is shorter than a window.
        """
        check_length(song, [self.config])
        if log_mels is None:
            log_mels = compute_log_mels(song, self.config.mel)
        windows = split_into_windows(log_mels, self.config, song.duration)
        return Prediction(
            model=self.name,
            genres=self.config.genres,
            starts=windows.starts,
            ends=windows.ends,
            clip_index=windows.clip_index,
            window_probabilities=self.predict_windows(windows.frames)[1],
        )

    def predict_windows(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return embeddings and probabilities of windows, in one pass.

        Parameters
        ----------
        frames : np.ndarray [shape=(n_windows, n_mels, window_frames)]
            From 0 to 255.

        Returns
        -------
        (np.ndarray, np.ndarray)
            Outputs of the layer ``embedding`` [shape=(n_windows, dense_units)], and the genres'
            probabilities [shape=(n_windows, n_genres)].
        """
        embeddings, probabilities = self.network.run(frames)
        return embeddings, probabilities


def load_classifiers(
    names: Sequence[str], protocol: Protocol = BENCHMARK_PROTOCOL
) -> dict[str, Classifier]:
    """Load shipped networks, by name.

    Parameters
    ----------
    names : sequence of str
        Keys of `deepmusic.models.MODELS`.
    protocol : Protocol
        `BENCHMARK_PROTOCOL`, whose networks held clips of GTZAN back and have figures; or
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
    n_frames = 1 + len(song.samples) // longest.mel.hop_length
    if features.frame_spacing(n_frames, longest.mel)[0] < longest.window_frames:
        raise AudioError(
            # Rounded down, so that no message says "lasts 3.0 s; a window is 3.0 s".
            f"{song.name} lasts {math.floor(song.duration * 10) / 10:.1f} s; a window is "
            f"{longest.window_seconds:.1f} s. Choose a longer clip."
        )


def compute_log_mels(
    song: Song, mel: MelConfig, on_progress: Callable[[float], None] | None = None
) -> list[ClipLogMel]:
    """Compute the log-mels of a song, for all networks that share a front end.

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
        If the song is at another sample rate.
    AudioError
        If all clips are silent.
    """
    if song.sample_rate != mel.sample_rate:
        raise ModelError(
            f"The network reads {mel.sample_rate} Hz. Load {song.name} with "
            f"sample_rate={mel.sample_rate}. Received: {song.sample_rate} Hz"
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
    """Predict the genre of a song by several networks, and by their ensemble if there are two.

    Parameters
    ----------
    song : Song
        At the front ends' sample rate.
    classifiers : mapping of str to Classifier
        The networks, by name.
    log_mels : sequence of ClipLogMel, optional
        What `compute_log_mels` returned for the song and the first network's front end.

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
