"""A song on the map of GTZAN, by the shipped embeddings alone."""

import numpy as np
import pytest

from deepmusic.config import GTZAN_GENRES
from deepmusic.data import explore
from deepmusic.data.gtzan import read_facts
from deepmusic.library import known_clips, placing
from deepmusic.library.embeddings import SongEmbedding, l2_normalize


@pytest.fixture(scope="module")
def clips() -> np.ndarray:
    return known_clips.vectors(known_clips.ALL_NETWORKS)


def song_of(vectors: np.ndarray, seconds: float) -> SongEmbedding:
    """Return a song whose windows of 3 s have these embeddings, in turn."""
    starts = np.arange(0, seconds, 3.0)
    windows = vectors[(np.arange(len(starts)) * len(vectors)) // len(starts)]
    flat = np.full((len(starts), 10), 0.1)
    return SongEmbedding(
        starts, starts + 3, windows, l2_normalize(windows.mean(axis=0)), GTZAN_GENRES, flat
    )


def test_a_clip_lies_where_it_lies(clips):
    placed = placing.place(song_of(clips[[123]], 30))
    track = read_facts()[123]["track"]
    assert placed.nearest[0] == (track, pytest.approx(1, abs=1e-3))
    where = explore.shipped_map().loc[track]
    assert (placed.whole.x, placed.whole.y) == pytest.approx((where.x, where.y), abs=0.05)
    assert len(placed.path) == 6
    assert placed.path[-1].end == 30


def test_a_path_goes_from_clip_to_clip(clips):
    one, other = 10, 640
    placed = placing.place(song_of(clips[[one, other]], 60))
    table = explore.shipped_map()
    for step, row in ((placed.path[0], one), (placed.path[-1], other)):
        where = table.loc[read_facts()[row]["track"]]
        assert (step.x, step.y) == pytest.approx((where.x, where.y), abs=0.05)


def test_a_long_song_has_no_more_steps_than_can_be_seen(clips):
    assert len(placing.place(song_of(clips[[1]], 600)).path) == 24
