"""Duplicates in a dataset: identical tracks by checksum, near duplicates by their log-mels."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

#: Cosine of two embeddings from which on their log-mels are compared.
_MIN_COSINE = 0.98

#: Correlation of two log-mels, one shifted against the other, from which on they are one recording.
#: On GTZAN, pairs of one title lie above and pairs of different titles below.
_MIN_CORRELATION = 0.87

#: Every fourth mel band is enough to recognise a recording, and of its frames half must overlap.
_BAND_STEP, _OVERLAP = 4, 0.5


@dataclass(frozen=True)
class Pair:
    """Two tracks that are one recording.

    Attributes
    ----------
    kind : str
        ``identical`` (sample for sample) or ``near duplicate``.
    first, second : str
        Their ids.
    genres, parts : (str, str)
        Their labels, and their parts of the split.
    correlation : float
        Of their log-mels, as in `correlation`; 1 for identical ones.
    """

    kind: str
    first: str
    second: str
    genres: tuple[str, str]
    parts: tuple[str, str]
    correlation: float = 1.0

    @property
    def across_genres(self) -> bool:
        """Whether one recording has two labels."""
        return self.genres[0] != self.genres[1]

    @property
    def straddles(self) -> bool:
        """Whether its tracks are in two parts of the split."""
        return "unused" not in self.parts and self.parts[0] != self.parts[1]


def identical(digests: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the pairs of tracks that have one digest; empty digests are left out."""
    by_digest = defaultdict(list)
    for track, digest in digests.items():
        if digest:
            by_digest[digest].append(track)
    return [pair for tracks in by_digest.values() for pair in combinations(tracks, 2)]


def near(
    vectors: Mapping[str, np.ndarray], log_mels: Mapping[str, np.ndarray]
) -> list[tuple[str, str, float]]:
    """Return the pairs of tracks that are one recording, and their correlation, highest first.

    Parameters
    ----------
    vectors : mapping of str to np.ndarray [shape=(n_dimensions,)]
        Embeddings by track, which propose pairs.
    log_mels : mapping of str to np.ndarray [shape=(n_mels, n_frames)], uint8
        By track, at least of those that have a vector; they confirm pairs.
    """
    compared = (
        (first, second, round(correlation(log_mels[first], log_mels[second]), 3))
        for first, second in propose(vectors)
    )
    confirmed = [pair for pair in compared if pair[2] >= _MIN_CORRELATION]
    return sorted(confirmed, key=lambda pair: -pair[2])


def propose(vectors: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Return the pairs of embeddings of a high cosine, in the order of tracks."""
    from sklearn.neighbors import radius_neighbors_graph

    tracks = list(vectors)
    if len(tracks) < 2:
        return []
    matrix = np.stack([vectors[track] for track in tracks])
    graph = radius_neighbors_graph(matrix, radius=1 - _MIN_COSINE, metric="cosine").tocoo()
    pairs = sorted(zip(graph.row.tolist(), graph.col.tolist(), strict=True))
    return [(tracks[first], tracks[second]) for first, second in pairs if first < second]


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the highest correlation of two log-mels, one shifted in time against the other.

    Half of the shorter one always overlaps. It is 0 where no shift correlates, or a log-mel is
    flat.
    """
    one, other = (log_mel[::_BAND_STEP].astype(np.float32) for log_mel in (first, second))
    width, length = one.shape[1], other.shape[1]
    least = max(2, int(_OVERLAP * min(width, length)))
    best = 0.0
    for shift in range(least - length, width - least + 1):
        left = one[:, max(0, shift) : min(width, length + shift)].ravel()
        right = other[:, max(0, -shift) : min(length, width - shift)].ravel()
        left, right = left - left.mean(), right - right.mean()
        energy = float(np.linalg.norm(left) * np.linalg.norm(right))
        if energy:
            best = max(best, float(left @ right) / energy)
    return best
