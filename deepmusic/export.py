"""Predictions as JSON and CSV: one wording for the command line and for the page's downloads."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deepmusic.prediction import Prediction

if TYPE_CHECKING:
    import pandas as pd

#: With these a spreadsheet takes a text for a formula (OWASP, "CSV Injection").
_FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


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
    return table_text(*to_rows(file, duration, predictions))


def table_text(header: Sequence[str] | None, rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV that a spreadsheet can open without harm; rows alone without a header.

    Names of files and tags come from anywhere, and a spreadsheet calculates what begins like a
    formula; such a text gets an apostrophe before it, which spreadsheets take for "this is text".
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(header)
    writer.writerows([_defused(cell) for cell in row] for row in rows)
    return text.getvalue()


def frame_text(table: "pd.DataFrame") -> str:
    """Return a table's columns, without its index, as `table_text` does; gaps stay empty."""
    return table.map(_defused).to_csv(index=False)


def _defused(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_MARKS) else cell
