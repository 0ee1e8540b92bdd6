"""Predictions as JSON and CSV, for the command line and for downloads."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deepmusic.prediction.certainty import Answer
from deepmusic.prediction.result import Prediction

if TYPE_CHECKING:
    import pandas as pd


def to_dict(
    file: str,
    duration: float,
    predictions: Mapping[str, Prediction],
    notes: Sequence[str] = (),
    answer: Answer | None = None,
) -> dict[str, Any]:
    """Return ``{"file", "duration", "notes", "genre", ..., "models": {name: {"genre", ...}}}``.

    Parameters
    ----------
    file : str
        Name of the file.
    duration : float
        Of the song, in s.
    predictions : mapping of str to Prediction
        What `deepmusic.prediction.classify` returned.
    notes : sequence of str
        What was cut, damaged or left out, as `deepmusic.audio.Song.notes`.
    answer : Answer, optional
        Adds certainty, genre, second, probability, in_scope and content.
    """
    return {
        "file": file,
        "duration": round(duration, 3),
        "notes": list(notes),
        **(answer.to_dict() if answer else {}),
        "models": {name: predicted.to_dict() for name, predicted in predictions.items()},
    }


def to_json(
    file: str,
    duration: float,
    predictions: Mapping[str, Prediction],
    notes: Sequence[str] = (),
    answer: Answer | None = None,
) -> str:
    """Return a list with the one object of `to_dict`, as ``predict --json`` prints it."""
    return json.dumps([to_dict(file, duration, predictions, notes, answer)], indent=2)


def prediction_table(
    file: str,
    duration: float,
    predictions: Mapping[str, Prediction],
    notes: Sequence[str] = (),
    answer: Answer | None = None,
) -> "pd.DataFrame":
    """Return a table: a row for each network, a column for each genre's probability, and notes.

    The row of the network that answers has the certainty besides, and what else the answer says.
    """
    import pandas as pd

    said = answer.to_dict() if answer else {}
    said |= said.pop("content", None) or {}
    said.pop("genre", None)
    rows = [
        {"file": file, "duration": round(duration, 3), "model": name, "genre": predicted.genre}
        | dict(zip(predicted.genres, map(float, predicted.song_probabilities), strict=True))
        | {"notes": " ".join(notes)}
        | (said if answer and name == answer.prediction.model else dict.fromkeys(said))
        for name, predicted in predictions.items()
    ]
    return pd.DataFrame(rows, dtype=object)
