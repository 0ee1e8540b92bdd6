"""Segments of a song in which a network predicts one genre."""

import numpy as np

from deepmusic.prediction.classifier import Prediction


def genre_segments(prediction: Prediction) -> list[dict[str, float | str]]:
    """Cut a song's timeline into one segment a window, without overlap.

    Windows overlap by half; each segment reaches from the middle between its window and the one
    before to the middle between it and the next.

    Returns
    -------
    list of dict
        ``start``, ``end`` in s, ``genre`` and its ``probability``.
    """
    middle = (prediction.starts + prediction.ends) / 2
    borders = (middle[1:] + middle[:-1]) / 2
    starts = np.concatenate([prediction.starts[:1], borders])
    ends = np.concatenate([borders, prediction.ends[-1:]])
    best = prediction.window_probabilities.max(axis=1)
    return [
        {"start": float(start), "end": float(end), "genre": genre, "probability": float(highest)}
        for start, end, genre, highest in zip(
            starts, ends, prediction.window_genres, best, strict=True
        )
    ]
