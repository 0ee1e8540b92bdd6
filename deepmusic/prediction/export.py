"""Predictions as JSON and CSV, for the command line and for downloads."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from deepmusic.formatting import format_plain
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


def to_playlists(songs: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a ZIP with an M3U8 playlist for each genre, to lie beside the files.

    Parameters
    ----------
    songs : sequence of mapping
        As of `to_dict`, with an answer. What is no music has a playlist of its own.
    """
    lists: dict[str, list[str]] = {}
    for song in songs:
        name = " ".join(format_plain(song["file"]).split())
        entry = f"#EXTINF:{round(song['duration'])},{PurePath(name).stem}\n{name}\n"
        lists.setdefault(song["genre"] or "no-music", []).append(entry)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for genre, entries in sorted(lists.items()):
            archive.writestr(zipfile.ZipInfo(f"{genre}.m3u8"), "#EXTM3U\n" + "".join(entries))
    return packed.getvalue()


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
