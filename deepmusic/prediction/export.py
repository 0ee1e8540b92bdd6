"""Predictions as JSON and CSV, for the command line and for downloads."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from deepmusic.prediction.result import Prediction

if TYPE_CHECKING:
    import pandas as pd


def to_dict(file: str, duration: float, predictions: Mapping[str, Prediction]) -> dict[str, Any]:
    """Return ``{"file", "duration", "models": {name: {"genre", "probabilities", ...}}}``.

    Parameters
    ----------
    file : str
        Name of the file.
    duration : float
        Of the song, in s.
    predictions : mapping of str to Prediction
        What `deepmusic.prediction.classify` returned.
    """
    return {
        "file": file,
        "duration": round(duration, 3),
        "models": {name: predicted.to_dict() for name, predicted in predictions.items()},
    }


def to_json(file: str, duration: float, predictions: Mapping[str, Prediction]) -> str:
    """Return a list with the one object of `to_dict`, as ``predict --json`` prints it."""
    return json.dumps([to_dict(file, duration, predictions)], indent=2)


def prediction_table(
    file: str, duration: float, predictions: Mapping[str, Prediction]
) -> "pd.DataFrame":
    """Return a table with a row for each network and a column for each genre's probability."""
    import pandas as pd

    rows = [
        {"file": file, "duration": round(duration, 3), "model": name, "genre": predicted.genre}
        | dict(zip(predicted.genres, map(float, predicted.song_probabilities), strict=True))
        for name, predicted in predictions.items()
    ]
    return pd.DataFrame(rows, dtype=object)
