"""Heard this before? Finds a song, or another rip of it, among the clips of GTZAN.

A network that was trained on a recording recognises it, and so its verdict proves little. GTZAN's
clips are excerpts of 30 s, and may lie anywhere in a whole song. So every 30 s of the song are
compared with each clip by their mean spectrum (`deepmusic.traits.recording_distance`), which bit
rates, formats and volume change little. What comes near must sound alike to the networks too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepmusic import features, retrieval, traits
from deepmusic.config import GTZAN_COLUMNS
from deepmusic.datasets import splits
from deepmusic.datasets.gtzan import read_facts
from deepmusic.embeddings import SongEmbedding
from deepmusic.features import ClipPicture
from deepmusic.protocols import BENCHMARK_PROTOCOL

#: Two excerpts are one recording where they are nearer than this, and their cosine is higher:
#: `benchmarks/familiar.py` prints how often that is right.
NEAR = 1.5
ALIKE = 0.5

#: Columns between two excerpts that are tried: 1.0 s.
_STEP = 13


@dataclass(frozen=True)
class Match:
    """A clip of GTZAN that is heard in a song.

    Attributes
    ----------
    track : str
        Such as ``blues.00000``.
    artist, title : str
        After Sturm (2012); empty where he did not know.
    part : str
        What the clip was to the app's networks: ``train``, ``valid`` or ``test``.
    start : float
        Where in the song it begins, in s.
    distance : float
        Of the mean spectra.
    """

    track: str
    artist: str
    title: str
    part: str
    start: float
    distance: float

    @property
    def name(self) -> str:
        """Artist and title, or the track where nobody knows them."""
        return " - ".join(filter(None, (self.artist, self.title))) or self.track


def find(pictures: Sequence[ClipPicture], embedding: SongEmbedding) -> list[Match]:
    """Find the clips of GTZAN that are heard in a song, nearest first.

    Parameters
    ----------
    pictures : sequence of ClipPicture
        What `deepmusic.prediction.picture_song` returned for the song.
    embedding : SongEmbedding
        By the networks `deepmusic.embeddings.NETWORKS`.

    Raises
    ------
    RunError
        If the shipped embeddings are not those of the shipped networks.
    """
    clips, vectors = retrieval.read(retrieval.MFCC), retrieval.vectors(retrieval.TOGETHER)
    starts, means = _excerpts(pictures)
    there = np.flatnonzero(~np.isnan(clips[:, 0]))
    known = clips[there]
    found: dict[int, tuple[float, float]] = {}
    for start, mean in zip(starts, means, strict=True):
        distances = traits.recording_distance(mean, known)
        for index in np.flatnonzero(distances < NEAR):
            row, distance = int(there[index]), float(distances[index])
            if row not in found or distance < found[row][1]:
                found[row] = (float(start), distance)
    facts = read_facts()
    split = splits.make(facts, BENCHMARK_PROTOCOL.name)
    seconds = GTZAN_COLUMNS * pictures[0].seconds_per_column
    matches = [
        Match(
            facts[row]["track"],
            facts[row]["artist"],
            facts[row]["title"],
            split.part_of(facts[row]["track"]),
            start,
            distance,
        )
        for row, (start, distance) in found.items()
        if embedding.passage(start, start + seconds) @ vectors[row] > ALIKE
    ]
    return sorted(matches, key=lambda match: match.distance)


def _excerpts(pictures: Sequence[ClipPicture]) -> tuple[np.ndarray, np.ndarray]:
    """Return where every 30 s of a song begin, in s, and the means of their MFCCs."""
    columns = np.concatenate([clip.columns for clip in pictures], axis=1)
    times = np.concatenate(
        [
            clip.start + np.arange(clip.columns.shape[1]) * clip.seconds_per_column
            for clip in pictures
        ]
    )
    coefficients = features.mfccs(columns)
    width = min(GTZAN_COLUMNS, coefficients.shape[1])
    summed = np.concatenate([np.zeros((len(coefficients), 1)), coefficients.cumsum(axis=1)], axis=1)
    last = coefficients.shape[1] - width
    first = np.unique(np.append(np.arange(0, last + 1, _STEP), last))
    return times[first], ((summed[:, first + width] - summed[:, first]) / width).T
