"""Duplicates in a dataset: identical tracks by checksum, near duplicates by their log-mels."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

#: Cosine of two embeddings from which on their log-mels are compared.
_PROPOSED = 0.98

#: Correlation of two log-mels, one shifted against the other, from which on they are one recording.
#: On GTZAN, pairs of one title lie above and pairs of different titles below.
_CONFIRMED = 0.87

#: Every fourth mel band is enough to recognise a recording, and of its frames half must overlap.
_EVERY_BAND = 4

_OVERLAP = 0.5


@dataclass(frozen=True)
class Pair:
    """Two tracks that are one recording.

    Attributes
    ----------
    kind : str
        ``identical`` (sample for sample) or ``near duplicate``.
    first, second : str
        Their ids.
    genres : (str, str)
        Their labels.
    parts : (str, str)
        The parts of the split that they are in.
    likeness : float
        1 for identical ones, else the correlation of their log-mels.
    """

    kind: str
    first: str
    second: str
    genres: tuple[str, str]
    parts: tuple[str, str]
    likeness: float = 1.0

    @property
    def across_genres(self) -> bool:
        """Whether one recording has two labels."""
        return self.genres[0] != self.genres[1]

    @property
    def straddles(self) -> bool:
        """Whether it stands on two sides of the split."""
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
    """Return the pairs of tracks that are one recording, most alike first.

    Parameters
    ----------
    vectors : mapping of str to np.ndarray [shape=(n_dimensions,)]
        Embeddings by track, which propose pairs.
    log_mels : mapping of str to np.ndarray [shape=(n_mels, n_frames)], uint8
        By track, at least of those that have a vector; they confirm pairs.

    Returns
    -------
    list of (str, str, float)
        Both tracks, and the correlation of their log-mels.
    """
    compared = (
        (first, second, round(likeness(log_mels[first], log_mels[second]), 3))
        for first, second in proposed(vectors)
    )
    return sorted((pair for pair in compared if pair[2] >= _CONFIRMED), key=lambda pair: -pair[2])


def proposed(vectors: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Return the pairs whose vectors point nearly the same way, in the order of tracks."""
    from sklearn.neighbors import radius_neighbors_graph

    tracks = list(vectors)
    if len(tracks) < 2:
        return []
    matrix = np.stack([vectors[track] for track in tracks])
    graph = radius_neighbors_graph(matrix, radius=1 - _PROPOSED, metric="cosine").tocoo()
    pairs = sorted(zip(graph.row.tolist(), graph.col.tolist(), strict=True))
    return [(tracks[first], tracks[second]) for first, second in pairs if first < second]


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Return the highest correlation of two log-mels, one shifted in time against the other.

    Parameters
    ----------
    first, second : np.ndarray [shape=(n_mels, n_frames)], uint8
        Half of the shorter one always overlaps.

    Returns
    -------
    float
        From -1 to 1; 0 where a log-mel is flat.
    """
    one, other = (log_mel[::_EVERY_BAND].astype(np.float32) for log_mel in (first, second))
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
