"""Predictions while music plays: of the last 3 s, each time that more sound has come."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepmusic.audio import SAMPLE_RATE, features, is_silent
from deepmusic.config import MUSICNN_FRONT_END, MelConfig
from deepmusic.models import ENSEMBLE, PRETRAINED
from deepmusic.models.tags import TAGS
from deepmusic.prediction.classifier import Classifier
from deepmusic.prediction.pretrained import (
    TAG_PROBABILITY,
    WINDOW_FRAMES,
    Embedded,
    PretrainedClassifier,
    tagger_input,
)
from deepmusic.prediction.result import Prediction, ensemble

#: Sound beyond it, in s, is not taken.
MOST_SECONDS = 600

_TAGGER_RATE = MUSICNN_FRONT_END.sample_rate

#: Samples of musicnn's window.
_TAGGER_SAMPLES = WINDOW_FRAMES * MUSICNN_FRONT_END.hop_length


class Listener:
    """Networks that listen along. It keeps the sound; each belongs to one listener.

    A window of the paper's networks is scaled by the loudest point so far, and one of musicnn by
    the level so far, where a whole song would be scaled by each of its 30 s clips.

    Parameters
    ----------
    classifiers : mapping of str to Classifier
        The paper's networks by name, at `SAMPLE_RATE`.
    pretrained : PretrainedClassifier, optional
        The pretrained network.
    """

    def __init__(
        self, classifiers: Mapping[str, Classifier], pretrained: PretrainedClassifier | None = None
    ) -> None:
        self._classifiers = classifiers
        self._pretrained = pretrained
        self._streams: tuple[int, Any, Any] | None = None
        self._sound: list[np.ndarray] = []
        self._n_samples = 0
        self._recent = {rate: np.zeros(0, np.float32) for rate in (SAMPLE_RATE, _TAGGER_RATE)}
        self._energy = 0.0
        self._n_energy = 0
        self._loudest = -np.inf
        self._ends: list[float] = []
        self._probabilities: dict[str, list[np.ndarray]] = {name: [] for name in classifiers}
        self._embeddings: list[np.ndarray] = []
        self._tags: list[np.ndarray] = []

    @property
    def seconds(self) -> float:
        """How much was taken so far, in s."""
        return self._n_samples / SAMPLE_RATE

    @property
    def is_full(self) -> bool:
        """Whether it takes no more."""
        return self.seconds >= MOST_SECONDS

    @property
    def samples(self) -> np.ndarray:
        """All sound so far [shape=(n_samples,)], float32 from -1 to 1, at `SAMPLE_RATE`."""
        return np.concatenate([np.zeros(0, np.int16), *self._sound]).astype(np.float32) / 32768

    @property
    def tags(self) -> list[str]:
        """Musicnn's tags that fit what was played so far, the most probable first."""
        if not self._tags:
            return []
        mean = np.mean(self._tags, axis=0)
        order = np.argsort(mean)[::-1]
        return [TAGS[index] for index in order if mean[index] >= TAG_PROBABILITY]

    def add(self, samples: np.ndarray, sample_rate: int) -> None:
        """Take more sound, and predict the genre of the last 3 s, unless they are silent.

        Parameters
        ----------
        samples : np.ndarray [shape=(n_samples,)], float32
            From -1 to 1.
        sample_rate : int
            In Hz; all of one song's is the same.
        """
        if self.is_full:
            return
        for rate, more in zip(self._recent, self._resample(samples, sample_rate), strict=True):
            kept = self._longest_window() if rate == SAMPLE_RATE else _TAGGER_SAMPLES
            self._recent[rate] = np.concatenate([self._recent[rate], more])[-kept:]
            if rate == SAMPLE_RATE:
                self._sound.append(np.rint(np.clip(more, -1, 1) * 32767).astype(np.int16))
                self._n_samples += len(more)
            else:
                self._energy += float(np.square(more, dtype=np.float64).sum())
                self._n_energy += len(more)
        recent = self._recent[SAMPLE_RATE]
        full = len(recent) == self._longest_window()
        if full and len(self._recent[_TAGGER_RATE]) == _TAGGER_SAMPLES and not is_silent(recent):
            self._predict()

    def predictions(self) -> dict[str, Prediction]:
        """Return what each network, and the ensemble, makes of all so far; nothing before 3 s.

        The pretrained network, where it listens, stands first.
        """
        if not self._ends:
            return {}
        ends = np.array(self._ends)
        found: dict[str, Prediction] = {}
        if self._pretrained:
            embedded = Embedded(
                np.maximum(ends - 3, 0),
                (ends // 30).astype(int),
                np.stack(self._embeddings),
                np.stack(self._tags),
            )
            found[PRETRAINED] = self._pretrained.predict_embedded(embedded, float(ends[-1]))
        by_name = {
            name: Prediction(
                model=name,
                genres=classifier.config.genres,
                starts=np.maximum(ends - classifier.config.window_seconds, 0),
                ends=ends,
                clip_index=(ends // 30).astype(int),
                window_probabilities=np.stack(self._probabilities[name]),
            )
            for name, classifier in self._classifiers.items()
        }
        found |= by_name
        if len(by_name) > 1:
            found[ENSEMBLE] = ensemble(list(by_name.values()))
        return found

    def _resample(self, samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
        import soxr

        if self._streams is None or self._streams[0] != sample_rate:
            streams = (soxr.ResampleStream(sample_rate, rate, 1) for rate in self._recent)
            self._streams = (sample_rate, *streams)
        _, one, two = self._streams
        return one.resample_chunk(samples), two.resample_chunk(samples)

    def _longest_window(self) -> int:
        """Return the samples that fill a window of each of the paper's networks: 3 s."""
        return max(
            round(classifier.config.window_seconds * SAMPLE_RATE) + classifier.config.mel.hop_length
            for classifier in self._classifiers.values()
        )

    def _predict(self) -> None:
        by_front_end: dict[MelConfig, np.ndarray] = {}
        for name, classifier in self._classifiers.items():
            mel, width = classifier.config.mel, classifier.config.window_frames
            if mel not in by_front_end:
                by_front_end[mel] = self._frames(mel)
            window = by_front_end[mel][None, :, -width:]
            self._probabilities[name].append(classifier.predict_windows(window)[1][0])
        if self._pretrained:
            level = np.sqrt(self._energy / self._n_energy) or 1.0
            gain = np.float32(10 ** (features.LEVEL_DBFS / 20) / level)
            windows = tagger_input(self._recent[_TAGGER_RATE] * gain)
            embeddings, tags = self._pretrained.trunk.predict_windows(windows)
            self._embeddings.append(embeddings[0])
            self._tags.append(tags[0])
        self._ends.append(self.seconds)

    def _frames(self, mel: MelConfig) -> np.ndarray:
        """Return the last 3 s as the networks read them [shape=(n_mels, n_kept)], uint8."""
        decibels = features.log_mel(self._recent[SAMPLE_RATE], mel)
        self._loudest = max(self._loudest, float(decibels.max()))
        kept = features.kept_frames(decibels.shape[1], mel)
        below = np.maximum(decibels[:, kept] - self._loudest, -mel.top_db)
        return np.rint((below / mel.top_db + 1) * 255).astype(np.uint8)
