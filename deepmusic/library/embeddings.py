"""Song embeddings: activations of a network's last layers, averaged over windows.

The mean over a song's windows, scaled to unit length. Songs are compared by musicnn's embedding, or
by the layer ``embedding`` of the paper's three networks where musicnn is missing; GTZAN's clips, of
which those are shipped, always by the latter. The cosine of two songs' embeddings is their
similarity; ``benchmarks/retrieval.py`` measures how often nearest neighbours share a genre.
"""

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from deepmusic.audio import Song, features
from deepmusic.audio.features import ClipLogMel
from deepmusic.config import FRONT_ENDS, MelConfig
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import ModelError
from deepmusic.models import PRETRAINED
from deepmusic.prediction import (
    Classifier,
    align_windows,
    load_classifiers,
    split_into_windows,
)
from deepmusic.prediction.fma import FmaClassifier
from deepmusic.prediction.measures import read_shipped
from deepmusic.prediction.pretrained import WINDOW_SECONDS, shipped_head, shipped_trunk
from deepmusic.runs import shipped_run

#: Networks whose embeddings are concatenated by default.
NETWORKS = ("cnn", "crnn", "cnn_gru")

#: Spaces of embeddings; those of different spaces do not compare.
THREE_NETWORKS, MUSICNN = "networks", PRETRAINED

#: Of a song longer than this, in s, musicnn is asked of every second window: the embeddings' cosine
#: is 0.99, at half the price.
_ALL_WINDOWS_SECONDS = 60.0

#: Files that songs are embedded with in the space `MUSICNN`.
_PRETRAINED_FILES = ("musicnn.onnx", "head.json")

#: Length of a segment, in s: long enough for a phrase, short enough to point at.
SEGMENT_SECONDS = 10.0

#: Clips whose windows go through a network in one batch; more would only fill the memory.
_CLIPS_AT_ONCE = 32


@dataclass(frozen=True)
class SegmentEmbeddings:
    """Embeddings of the consecutive segments of a song, of about `SEGMENT_SECONDS` each.

    Attributes
    ----------
    starts, ends : np.ndarray [shape=(n_segments,)]
        In s.
    vectors : np.ndarray [shape=(n_segments, n_dimensions)], float16
        Of unit length, but for rounding.
    """

    starts: np.ndarray
    ends: np.ndarray
    vectors: np.ndarray

    def nearest(self, query: np.ndarray) -> tuple[int, float]:
        """Segment nearest to a unit vector [shape=(n_dimensions,)], and their cosine."""
        cosines = self.vectors.astype(np.float32) @ query
        return int(cosines.argmax()), float(cosines.max())


@dataclass(frozen=True)
class SongEmbedding:
    """Embedding and genre probabilities of a song, as a whole and by window.

    Attributes
    ----------
    starts, ends : np.ndarray [shape=(n_windows,)]
        Of each window, in s from the start of the song.
    windows : np.ndarray [shape=(n_windows, n_dimensions)], float32
        Of unit length each, but for musicnn's.
    song : np.ndarray [shape=(n_dimensions,)], float32
        Mean over the windows, of unit length.
    genres : tuple of str
        Names of the columns of `probabilities`.
    probabilities : np.ndarray [shape=(n_windows, n_genres)]
        Mean over the networks; each row sums to 1.
    tags : np.ndarray [shape=(50,)]
        Probabilities of `deepmusic.models.tags.TAGS`, mean over the windows; empty where musicnn
        was not asked.
    """

    starts: np.ndarray
    ends: np.ndarray
    windows: np.ndarray
    song: np.ndarray
    genres: tuple[str, ...]
    probabilities: np.ndarray
    tags: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))

    @cached_property
    def profile(self) -> np.ndarray:
        """Genre probabilities of the song, mean over its windows [shape=(n_genres,)]."""
        return self.probabilities.mean(axis=0)

    def windows_of(self, start: float, end: float) -> np.ndarray:
        """Mask [shape=(n_windows,)] of windows with their middle between two times, or nearest."""
        middles = (self.starts + self.ends) / 2
        inside = (start <= middles) & (middles <= end)
        if not inside.any():
            inside[np.abs(middles - (start + end) / 2).argmin()] = True
        return inside

    def passage(self, start: float, end: float) -> np.ndarray:
        """Unit embedding [shape=(n_dimensions,)] of the passage between two times in s."""
        return l2_normalize(self.windows[self.windows_of(start, end)].mean(axis=0))

    def segments(self) -> SegmentEmbeddings:
        """Embeddings of the song's segments, of equal length."""
        end = float(self.ends.max())
        borders = np.linspace(0, end, max(1, round(end / SEGMENT_SECONDS)) + 1)
        vectors = [self.passage(*span) for span in itertools.pairwise(borders)]
        return SegmentEmbeddings(borders[:-1], borders[1:], np.stack(vectors).astype(np.float16))


def load_networks(names: Sequence[str] = NETWORKS) -> list[Classifier]:
    """Load the shipped networks whose embeddings are used."""
    return list(load_classifiers(names).values())


def networks_for(mel: MelConfig) -> list[Classifier]:
    """Load the shipped networks that read a front end; by default those of `load_networks`."""
    return [FmaClassifier()] if mel == FRONT_ENDS["fma"] else load_networks()


class Embedder(Protocol):
    """What embeds songs of any length.

    Attributes
    ----------
    space : str
        `MUSICNN` or `THREE_NETWORKS`.
    """

    space: str

    def embed(self, song: Song, log_mels: Sequence[ClipLogMel]) -> SongEmbedding:
        """Embed a song, of which the log-mels of the paper's networks are given, too."""
        ...


class NetworksEmbedder:
    """The paper's three networks; by default the shipped ones."""

    space = THREE_NETWORKS

    def __init__(self, classifiers: Sequence[Classifier] | None = None) -> None:
        self._classifiers = classifiers or load_networks()

    def embed(self, song: Song, log_mels: Sequence[ClipLogMel]) -> SongEmbedding:
        """As of `embed_song`."""
        return embed_song(log_mels, song.duration, self._classifiers)


class PretrainedEmbedder:
    """The shipped musicnn and its head; raises `ModelError` if they are missing or altered."""

    space = MUSICNN

    def __init__(self) -> None:
        self._trunk, self._head = shipped_trunk(), shipped_head()

    def embed(self, song: Song, log_mels: Sequence[ClipLogMel]) -> SongEmbedding:
        """As of `Trunk.embed`; log-mels are not read, since musicnn has a front end of its own."""
        every = 2 if song.duration > _ALL_WINDOWS_SECONDS else 1
        found = self._trunk.embed(song, every)
        return SongEmbedding(
            starts=found.starts,
            ends=np.minimum(found.starts + WINDOW_SECONDS, song.duration),
            windows=found.embeddings,
            song=l2_normalize(found.embeddings.mean(axis=0)),
            genres=self._head.genres,
            probabilities=self._head.predict(found.embeddings),
            tags=found.tags.mean(axis=0),
        )


def load_embedder(space: str | None = None) -> Embedder:
    """Return what embeds songs in a space, by default the one that songs are compared in now."""
    space = space or current_space()
    return PretrainedEmbedder() if space == MUSICNN else NetworksEmbedder()


def current_space() -> str:
    """Space that songs are compared in: musicnn's, unless its files are missing or altered."""
    return THREE_NETWORKS if fallback_reason() else MUSICNN


def fallback_reason() -> str:
    """Return why songs are compared by the paper's networks, as sentences; usually empty."""
    try:
        for name in _PRETRAINED_FILES:
            read_shipped(name)
    except ModelError as error:
        return f"Songs are compared by the paper's three networks, without musicnn: {error}"
    return ""


def stamp() -> str:
    """Digest of the networks of `current_space`; embeddings of different stamps do not compare."""
    digest = hashlib.sha256()
    if current_space() == MUSICNN:
        for name in _PRETRAINED_FILES:
            digest.update(read_shipped(name))
    else:
        for name in NETWORKS:
            digest.update(name.encode())
            digest.update(shipped_run(name).weights_path.read_bytes())
    return digest.hexdigest()


def l2_normalize(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors [..., n_dimensions] to unit length; zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)


def concatenate(members: Sequence[np.ndarray]) -> np.ndarray:
    """Concatenate unit vectors of several networks [..., n_dimensions] into one of unit length.

    The cosine of two such vectors is the mean of the networks' cosines, whatever their widths.
    """
    return l2_normalize(np.concatenate(members, axis=-1))


def embed_clips(
    clips: Mapping[str, np.ndarray],
    classifiers: Sequence[Classifier],
    on_progress: Progress = no_progress,
) -> dict[str, np.ndarray]:
    """Embed many short clips, such as GTZAN's.

    Parameters
    ----------
    clips : mapping of str to np.ndarray [shape=(n_mels, n_frames)], uint8
        Log-mels by track, as ``dataset.log_mels(tracks, mel).by_track``, of the networks' front
        end. Clips shorter than a window are left out.
    classifiers : sequence of Classifier
        From `load_networks`; the embeddings of several are concatenated.
    on_progress : callable
        Called with the numbers of clips done and in total, counted once a network.

    Returns
    -------
    dict of str to np.ndarray [shape=(n_dimensions,)], float32
        Of unit length, by track.
    """
    return embed_and_classify(clips, classifiers, on_progress)[0]


def embed_and_classify(
    clips: Mapping[str, np.ndarray],
    classifiers: Sequence[Classifier],
    on_progress: Progress = no_progress,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Embed many short clips and predict their genres in one pass; parameters as of `embed_clips`.

    Returns
    -------
    (dict of str to np.ndarray, dict of str to np.ndarray)
        Embeddings as `embed_clips` returns them, and genre probabilities [shape=(n_genres,)],
        mean over networks and windows.
    """
    longest = max(classifier.config.window_frames for classifier in classifiers)
    usable = [track for track, clip in clips.items() if clip.shape[1] >= longest]
    if not usable:
        return {}, {}
    chosen, total = [clips[track] for track in usable], len(usable) * len(classifiers)
    counter = itertools.count(1)
    found = [
        _embed(chosen, classifier, lambda: on_progress(next(counter), total))
        for classifier in classifiers
    ]
    vectors = concatenate([means for means, _ in found])
    profiles = np.mean([profiles for _, profiles in found], axis=0)
    return dict(zip(usable, vectors, strict=True)), dict(zip(usable, profiles, strict=True))


def _embed(
    clips: Sequence[np.ndarray], classifier: Classifier, on_clip: Callable[[], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings and genre probabilities of clips by one network."""
    width = classifier.config.window_frames
    vectors: list[np.ndarray] = []
    profiles: list[np.ndarray] = []
    for first in range(0, len(clips), _CLIPS_AT_ONCE):
        batches = [features.windows(clip, width) for clip in clips[first : first + _CLIPS_AT_ONCE]]
        borders = np.cumsum([len(batch) for batch in batches])[:-1]
        outputs, probabilities = classifier.predict_windows(np.concatenate(batches))
        # Windows of unit length, so that a loud one counts no more than a quiet one.
        vectors += [rows.mean(axis=0) for rows in np.split(l2_normalize(outputs), borders)]
        for rows in np.split(probabilities, borders):
            profiles.append(rows.mean(axis=0))
            on_clip()
    return l2_normalize(np.stack(vectors)), np.stack(profiles)


def embed_song(
    log_mels: Sequence[ClipLogMel], duration: float, classifiers: Sequence[Classifier]
) -> SongEmbedding:
    """Embed a song of any length, as a whole and by window.

    Parameters
    ----------
    log_mels : sequence of ClipLogMel
        As `deepmusic.prediction.compute_log_mels` returns them for the networks' front end; their
        `decibels` are not read. See `deepmusic.prediction.check_length`.
    duration : float
        Of the song, in s.
    classifiers : sequence of Classifier
        From `load_networks`.

    Returns
    -------
    SongEmbedding
        With the windows of the network that has most; another network's nearest windows are
        aligned with these.
    """
    by_network = []
    for classifier in classifiers:
        windows = split_into_windows(log_mels, classifier.config, duration)
        outputs, probabilities = classifier.predict_windows(windows.frames)
        by_network.append((windows.starts, windows.ends, l2_normalize(outputs), probabilities))
    spans = [(starts, ends) for starts, ends, *_ in by_network]
    finest, rows = align_windows(spans)
    aligned = list(zip(by_network, rows, strict=True))
    return SongEmbedding(
        starts=spans[finest][0],
        ends=spans[finest][1],
        windows=concatenate([outputs[row] for (_, _, outputs, _), row in aligned]),
        # Means first, then concatenated: the same numbers as `embed_clips` gives for one clip.
        song=concatenate([l2_normalize(outputs.mean(axis=0)) for _, _, outputs, _ in by_network]),
        genres=classifiers[0].config.genres,
        probabilities=np.mean([p[row] for (*_, p), row in aligned], axis=0),
    )
