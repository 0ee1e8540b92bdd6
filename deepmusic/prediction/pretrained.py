"""The pretrained network: musicnn's embedding of a song, and a head that tells genres from it.

musicnn (Pons and Serra, ISMIR 2019) learnt 50 tags on the Million Song Dataset. Its trunk is asked
by ONNX Runtime; the head is a logistic regression on the mean embedding of a clip.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmusic.audio import Song, features, is_silent, let_go
from deepmusic.config import MUSICNN_FRONT_END, MelConfig
from deepmusic.errors import AudioError, ModelError
from deepmusic.models import PRETRAINED
from deepmusic.models.tags import TAGS
from deepmusic.prediction.measures import FOLDER, read_shipped, shipped_measures
from deepmusic.prediction.network import TURNS, open_session
from deepmusic.prediction.result import Prediction

#: Frames of a window, as musicnn was trained, and its length in s: 2.99.
WINDOW_FRAMES = 187
WINDOW_SECONDS = WINDOW_FRAMES * MUSICNN_FRONT_END.seconds_per_frame

#: Mean probability from which on a tag is said to fit a song.
TAG_PROBABILITY = 0.12

#: Windows asked at once: five take 240 MB more, and a third more time for their pages of memory.
_BATCH = 1


class Embedded(NamedTuple):
    """What musicnn makes of a song, by windows of 3 s without overlap."""

    starts: np.ndarray  #: [shape=(n_windows,)], in s
    clip_index: np.ndarray  #: [shape=(n_windows,)], number of the 30 s clip that holds each
    embeddings: np.ndarray  #: [shape=(n_windows, 200)]
    tags: np.ndarray  #: [shape=(n_windows, 50)], probabilities of `Trunk.tags`


def tagger_windows(samples: np.ndarray) -> np.ndarray:
    """Return musicnn's input for a clip: windows of log-mels, without overlap.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)], float32
        Mono, at 16 kHz, of any level.

    Returns
    -------
    np.ndarray [shape=(n_windows, 187, 96)], float32
        None if the clip is shorter than a window.
    """
    # musicnn depends on the level: 20 dB quieter, half of its answers change.
    return tagger_input(features.bring_to_level(samples))


def tagger_input(samples: np.ndarray) -> np.ndarray:
    """Return the windows of `tagger_windows` of samples that are at its level already."""
    power = features.mel_power(samples, MUSICNN_FRONT_END)
    log_mel = np.log10(1 + 10_000 * power, dtype=np.float32)
    n_windows = len(log_mel) // WINDOW_FRAMES
    return log_mel[: n_windows * WINDOW_FRAMES].reshape(
        n_windows, WINDOW_FRAMES, MUSICNN_FRONT_END.n_mels
    )


class Trunk:
    """musicnn without a head. Threads may share it.

    Parameters
    ----------
    path : Path, optional
        An ONNX file that `tools/convert_musicnn.py` wrote; by default the shipped one.

    Raises
    ------
    ModelError
        If the file is missing, or not the one that was shipped.
    """

    def __init__(self, path: Path | None = None) -> None:
        content = path.read_bytes() if path else read_shipped("musicnn.onnx")
        self._session = open_session(content)
        self._input = self._session.get_inputs()[0].name

    def embed(self, song: Song, every: int = 1) -> Embedded:
        """Return embeddings and tags of a song's windows; silent clips have none.

        Parameters
        ----------
        song : Song
            Of any sample rate.
        every : int
            Of so many windows in a row, one is asked.

        Raises
        ------
        AudioError
            If the song is shorter than a window (3 s), or silent throughout.
        """
        rate = MUSICNN_FRONT_END.sample_rate
        starts, clips, embeddings, tags = [], [], [], []
        for number, (start, clip) in enumerate(_resampled_clips(song, MUSICNN_FRONT_END)):
            # Asked of the song as it is: resampling rings at the edges of silence.
            scale = song.sample_rate / rate
            if is_silent(song.samples[round(start * scale) : round((start + len(clip)) * scale)]):
                continue
            windows = tagger_windows(clip)[::every]
            found = self.predict_windows(windows)
            embeddings.append(found[0])
            tags.append(found[1])
            clips.append(np.full(len(windows), number))
            starts.append(start / rate + np.arange(len(windows)) * every * WINDOW_SECONDS)
        if not sum(map(len, starts)):
            raise AudioError(
                f"{song.name} holds no window of {WINDOW_SECONDS:.1f} s with sound. "
                "Choose a longer clip."
            )
        return Embedded(*(np.concatenate(part) for part in (starts, clips, embeddings, tags)))

    def predict_windows(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return embeddings and tags, as of `Embedded`, of windows of log-mel."""
        with TURNS:
            parts = [
                self._session.run(None, {self._input: windows[start : start + _BATCH]})
                for start in range(0, len(windows), _BATCH)
            ]
        parts = parts or [[np.zeros((0, 200), np.float32), np.zeros((0, 50), np.float32)]]
        embeddings, tags = (np.concatenate(rows) for rows in zip(*parts, strict=True))
        return embeddings, tags


def _resampled_clips(song: Song, mel: MelConfig) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the first sample and the samples of each clip, at a front end's rate.

    Never the whole song at once: of an hour that takes 230 MB.
    """
    import soxr

    step = round(mel.clip_seconds * song.sample_rate)
    stream = soxr.ResampleStream(
        song.sample_rate, mel.sample_rate, 1, dtype="float32", quality="HQ"
    )
    there, n_read = np.zeros(0, np.float32), 0
    n_samples = round(len(song.samples) * mel.sample_rate / song.sample_rate)
    for start, stop in features.clip_bounds(n_samples, mel):
        while len(there) < stop - start and n_read < len(song.samples):
            block = song.samples[n_read : n_read + step]
            n_read += len(block)
            found = stream.resample_chunk(block, last=n_read == len(song.samples))
            there = np.concatenate([there, found])
            let_go(song.samples)
        yield start, there[: stop - start]
        there = there[stop - start :]


@dataclass(frozen=True)
class Head:
    """A logistic regression from embeddings to genres.

    Attributes
    ----------
    genres : tuple of str
        In the order of the outputs.
    kernel : np.ndarray [shape=(200, n_genres)]
        With `bias` [shape=(n_genres,)]; whatever standardised the embeddings is contained in both.
    facts : mapping
        How it was trained and what was measured, as `deepmusic results` prints it.
    """

    genres: tuple[str, ...]
    kernel: np.ndarray
    bias: np.ndarray
    facts: Mapping[str, Any]

    def predict(self, embeddings: np.ndarray) -> np.ndarray:
        """Return probabilities [shape=(n, n_genres)] of embeddings [shape=(n, 200)]."""
        logits = embeddings @ self.kernel + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        return odds / odds.sum(axis=1, keepdims=True)

    def save(self, path: Path) -> None:
        """Write it as JSON, which holds numbers and nothing that could be run."""
        from deepmusic.files import write_atomically

        content = {
            "genres": self.genres,
            "facts": dict(self.facts),
            "bias": np.round(self.bias, 5).tolist(),
            "kernel": np.round(self.kernel, 5).tolist(),
        }
        write_atomically(path, json.dumps(content).replace("], [", "],\n["))

    @classmethod
    def load(cls, path: Path) -> "Head":
        """Read what `save` wrote; raise `ModelError` if it is missing or damaged."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            kernel = np.array(content["kernel"], np.float32)
            bias = np.array(content["bias"], np.float32)
            genres = tuple(content["genres"])
            if kernel.shape != (200, len(genres)) or bias.shape != (len(genres),):
                raise ValueError(f"kernel {kernel.shape} for {len(genres)} genres")
            return cls(genres, kernel, bias, content["facts"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{path} is missing or damaged ({error}). Restore it from the repository, or train "
                "it anew: python tools/train_head.py"
            ) from error


class PretrainedClassifier:
    """musicnn with a head, predicting as the other classifiers do. Threads may share it.

    Parameters
    ----------
    trunk : Trunk, optional
        By default the shipped one, loaded once.
    head : Head, optional
        By default the one for songs from anywhere.
    """

    name = PRETRAINED

    def __init__(self, trunk: Trunk | None = None, head: Head | None = None) -> None:
        self.trunk = trunk or shipped_trunk()
        self.head = head or shipped_head()
        self._measures = shipped_measures()

    def describe(self, song: Song) -> tuple[Prediction, list[str]]:
        """Return the prediction of a song, and its tags, the most probable first.

        A tag counts whose mean probability over the windows is `TAG_PROBABILITY` or more.
        """
        embedded = self.trunk.embed(song)
        mean = embedded.tags.mean(axis=0)
        order = np.argsort(mean)[::-1]
        found = [TAGS[index] for index in order if mean[index] >= TAG_PROBABILITY]
        return self.predict_embedded(embedded, song.duration), found

    def predict(self, song: Song) -> Prediction:
        """Predict the genre of a song, by window, by clip and as a whole; errors as of `embed`."""
        return self.predict_embedded(self.trunk.embed(song), song.duration)

    def predict_embedded(self, embedded: Embedded, duration: float) -> Prediction:
        """Predict from what `Trunk.embed` returned of a song of this duration (in s)."""
        return self._of_windows(
            embedded,
            duration,
            pooling="geometric",
            non_music_logits=self._measures.non_music.logits(embedded.embeddings),
            other_logits=self._measures.other.logits(embedded.embeddings),
        )

    def _of_windows(self, embedded: Embedded, duration: float, **more: Any) -> Prediction:
        return Prediction(
            model=self.name,
            genres=self.head.genres,
            starts=embedded.starts,
            ends=np.minimum(embedded.starts + WINDOW_SECONDS, duration),
            clip_index=embedded.clip_index,
            window_probabilities=self.head.predict(embedded.embeddings),
            **more,
        )


@cache
def shipped_trunk() -> Trunk:
    """Return musicnn as it is shipped."""
    return Trunk()


@cache
def shipped_head() -> Head:
    """Return the head that is shipped for songs from anywhere."""
    return Head.load(FOLDER / "head.json")
