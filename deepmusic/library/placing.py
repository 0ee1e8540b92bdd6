"""A song on the shipped map of GTZAN: its place, its path through time, and the nearest clips.

The map is a t-SNE of the clips' embeddings, to which nothing can be added. A song lies where the
clips lie whose embeddings are nearest to its own, the nearest counting most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepmusic.data import explore
from deepmusic.data.gtzan import read_facts
from deepmusic.library import known_clips
from deepmusic.library.embeddings import SongEmbedding

#: Clips that decide a place, and the difference of cosines by which one counts 2.7 times as much.
#: Of GTZAN's own clips, left out one at a time, 0.99 fall within 0.15 of their place on the map,
#: which is 2 wide.
_NEIGHBOURS, _TEMPERATURE = 5, 0.01

#: Length of a step of the path in s, and the most steps that a path has.
_STEP_SECONDS, _MOST_STEPS = 5.0, 24


@dataclass(frozen=True)
class Step:
    """A place of a song on the map; its start and end in s."""

    x: float
    y: float
    start: float
    end: float


@dataclass(frozen=True)
class PlacedSong:
    """A song on the map.

    Attributes
    ----------
    whole : Step
        Place of the whole song.
    path : sequence of Step
        Places of its consecutive parts.
    nearest : sequence of (str, float)
        GTZAN's nearest clips and the cosines of their embeddings, the nearest first.
    """

    whole: Step
    path: Sequence[Step]
    nearest: Sequence[tuple[str, float]]


def place(song: SongEmbedding, *, n_nearest: int = 5) -> PlacedSong:
    """Place a song on the map of GTZAN.

    Parameters
    ----------
    song : SongEmbedding
        By the networks that the map is of (`deepmusic.library.embeddings.embed_song`).
    n_nearest : int
        Number of nearest clips to name.

    Raises
    ------
    RunError
        As `deepmusic.library.known_clips.read` does.
    """
    table = explore.shipped_map()
    rows = [row for row, facts in enumerate(read_facts()) if facts["track"] in table.index]
    tracks = [read_facts()[row]["track"] for row in rows]
    clips = known_clips.vectors(known_clips.ALL_NETWORKS)[rows]
    points = table.loc[tracks, ["x", "y"]].to_numpy()
    end = float(song.ends.max())
    n_steps = int(np.clip(round(end / _STEP_SECONDS), 1, _MOST_STEPS))
    borders = np.linspace(0, end, n_steps + 1)
    spans = [(0.0, end), *zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True)]
    embedded = np.stack([song.song, *(song.passage(*span) for span in spans[1:])])
    cosines = np.nan_to_num(embedded @ clips.T, nan=-1.0)
    whole, *path = [
        Step(float(x), float(y), start, end)
        for (x, y), (start, end) in zip(_interpolate(cosines, points), spans, strict=True)
    ]
    nearest = np.argsort(-cosines[0])[:n_nearest]
    return PlacedSong(whole, path, [(tracks[row], float(cosines[0, row])) for row in nearest])


def _interpolate(cosines: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Places [shape=(n, 2)] of what has cosines [shape=(n, n_clips)] to clips at `points`."""
    rows = np.argsort(-cosines, axis=1)[:, :_NEIGHBOURS]
    near = np.take_along_axis(cosines, rows, axis=1)
    weights = np.exp((near - near.max(axis=1, keepdims=True)) / _TEMPERATURE)
    weights /= weights.sum(axis=1, keepdims=True)
    placed: np.ndarray = (weights[..., None] * points[rows]).sum(axis=1)
    return placed
