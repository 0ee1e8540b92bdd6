"""Predictions as JSON and CSV: one wording for the command line and for the page's downloads."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from deepmusic.prediction import Prediction


def to_dict(file: str, duration: float, predictions: Mapping[str, Prediction]) -> dict[str, Any]:
    """Return ``{"file", "duration", "models": {name: {"genre", "probabilities", ...}}}``.

    Parameters
    ----------
    file : str
        How the file was called.
    duration : float
        Length of the song in s.
    predictions : mapping of str to Prediction
        What `deepmusic.prediction.classify` returned.
    """
    return {
        "file": file,
        "duration": round(duration, 3),
        "models": {name: heard.to_dict() for name, heard in predictions.items()},
    }


def to_json(file: str, duration: float, predictions: Mapping[str, Prediction]) -> str:
    """Return a list with the one object of `to_dict`, as ``predict --json`` prints it."""
    return json.dumps([to_dict(file, duration, predictions)], indent=2)


def to_rows(
    file: str, duration: float, predictions: Mapping[str, Prediction]
) -> tuple[list[str], list[list[str | float]]]:
    """Return a header and one row for each network, with its probability of each genre."""
    genres = next(iter(predictions.values())).genres
    header = ["file", "duration", "model", "genre", *genres]
    rows = [
        [file, round(duration, 3), name, heard.genre, *map(float, heard.song_probabilities)]
        for name, heard in predictions.items()
    ]
    return header, rows


def to_csv(file: str, duration: float, predictions: Mapping[str, Prediction]) -> str:
    """Return the rows of `to_rows` as text."""
    header, rows = to_rows(file, duration, predictions)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()
