"""Segments of a song for which the networks predict different genres."""

from collections.abc import Mapping
from itertools import pairwise

from deepmusic.models import ENSEMBLE
from deepmusic.prediction.result import Prediction
from deepmusic.prediction.segments import genre_segments


def disagreements(predictions: Mapping[str, Prediction]) -> list[dict[str, float | str]]:
    """Return the segments of a song for which the networks do not predict the same genre.

    Parameters
    ----------
    predictions : mapping of str to Prediction
        By network; the ensemble is left out.

    Returns
    -------
    list of dict
        ``start``, ``end`` in s, and what each network predicts there, by its name. Neighbours of
        the same predictions are joined.
    """
    by_network = {name: genre_segments(p) for name, p in predictions.items() if name != ENSEMBLE}
    # Rounded, so that windows which should meet do.
    borders = sorted(
        {
            round(time, 3)
            for segments in by_network.values()
            for segment in segments
            for time in (segment.start, segment.end)
        }
    )
    found: list[dict[str, float | str]] = []
    for start, end in pairwise(borders):
        middle = (start + end) / 2
        genres = {
            name: segment.genre
            for name, segments in by_network.items()
            for segment in segments
            if segment.start <= middle < segment.end
        }
        if len(set(genres.values())) < 2:
            continue
        if found and found[-1] == {**found[-1], "end": start, **genres}:
            found[-1]["end"] = end
        else:
            found.append({"start": start, "end": end, **genres})
    return found
