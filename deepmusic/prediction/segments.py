"""Segments of a song, one a window, each with the genre predicted there."""

from typing import NamedTuple

import numpy as np

from deepmusic.prediction.result import Prediction


class Segment(NamedTuple):
    """Part of a song with one predicted genre; `start` and `end` in s."""

    start: float
    end: float
    genre: str
    probability: float


def genre_segments(prediction: Prediction) -> list[Segment]:
    """Return a song's segments, one a window, which touch and do not overlap.

    Windows overlap by half; a segment ends in the middle between its window's middle and the next.
    """
    middle = (prediction.starts + prediction.ends) / 2
    borders = (middle[1:] + middle[:-1]) / 2
    starts = np.concatenate([prediction.starts[:1], borders])
    ends = np.concatenate([borders, prediction.ends[-1:]])
    best = prediction.window_probabilities.max(axis=1)
    columns = starts.tolist(), ends.tolist(), prediction.window_genres, best.tolist()
    return [Segment(*row) for row in zip(*columns, strict=True)]
