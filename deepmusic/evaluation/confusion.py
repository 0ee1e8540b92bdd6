"""Confusion matrices: which genres are mixed up, counted from tables of clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

#: What a cell can say, and its unit. ``recall`` reads along a row, ``precision`` down a column.
COUNTS, RECALL, PRECISION = "counts", "recall", "precision"

UNITS = {COUNTS: "clips", RECALL: "%", PRECISION: "%"}


@dataclass(frozen=True)
class Confusion:
    """A genre that is taken for another.

    Attributes
    ----------
    genre, predicted : str
        What the label says, and what the network predicts.
    clips : int
        How many of the genre's clips.
    of : int
        How many clips the genre has.
    """

    genre: str
    predicted: str
    clips: int
    of: int

    def __str__(self) -> str:
        return f"{self.genre} → {self.predicted}, {self.clips} of {self.of} clips"


def window_table(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Return ``genre`` (the label) and ``predicted`` for each window of a table of windows."""
    predicted = predictions[list(genres)].idxmax(axis=1)
    return pd.DataFrame({"genre": predictions["genre"], "predicted": predicted})


# === Matrices ===


def confusion_matrix(table: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Count by label (row) and by predicted genre (column).

    Parameters
    ----------
    table : pd.DataFrame
        With ``genre`` and ``predicted``, a row for each clip or window.
    genres : sequence of str
        Rows and columns, in order.

    Returns
    -------
    pd.DataFrame
        Square, of int; genres that no clip has or is predicted as are rows and columns of 0.
    """
    counts = pd.crosstab(table["genre"], table["predicted"])
    counts = counts.reindex(index=list(genres), columns=list(genres), fill_value=0)
    return counts.rename_axis(index="genre", columns="predicted")


def normalize(counts: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return counts as they are, by row (recall) or by column (precision).

    Parameters
    ----------
    counts : pd.DataFrame
        What `confusion_matrix` returned.
    measure : str
        `COUNTS`, `RECALL` or `PRECISION`.

    Returns
    -------
    pd.DataFrame
        Clips, or percent; NaN in a row or column without clips.
    """
    if measure == COUNTS:
        return counts
    if measure == RECALL:
        return 100 * counts.div(counts.sum(axis=1).where(lambda total: total > 0), axis=0)
    if measure == PRECISION:
        return 100 * counts.div(counts.sum(axis=0).where(lambda total: total > 0), axis=1)
    raise ValueError(f"measure={measure!r} must be one of {', '.join(UNITS)}")


def diagonal(matrix: pd.DataFrame) -> pd.Series:
    """Return the diagonal of a matrix, by genre."""
    return pd.Series({genre: matrix.loc[genre, genre] for genre in matrix.index})


def common_clips(first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return of two tables of clips the rows that both have, so that they can be subtracted."""
    tracks = first.index.intersection(second.index)
    return first.loc[tracks], second.loc[tracks]


def most_confused(counts: pd.DataFrame, n: int = 3) -> list[Confusion]:
    """Return the confusions with most clips, the worst first; fewer than `n` if there are fewer.

    Of two with as many clips, that of the smaller genre is worse.
    """
    found = [_confusion(counts, *cell) for cell in _mistakes(counts)]
    return sorted(found, key=lambda pair: (-pair.clips, pair.of))[:n]


def largest_differences(
    first: pd.DataFrame, second: pd.DataFrame, n: int = 3
) -> list[tuple[Confusion, Confusion]]:
    """Return the confusions in which two matrices of counts differ most, the widest gap first."""
    gap = (first - second).abs()
    widest = sorted(_mistakes(gap), key=lambda cell: -gap.loc[cell])
    return [(_confusion(first, *cell), _confusion(second, *cell)) for cell in widest[:n]]


def _mistakes(matrix: pd.DataFrame) -> list[tuple[str, str]]:
    """List the cells off the diagonal that are not zero."""
    return [cell for cell, value in matrix.stack().items() if value and cell[0] != cell[1]]


def _confusion(counts: pd.DataFrame, genre: str, predicted: str) -> Confusion:
    row = counts.loc[genre]
    return Confusion(genre, predicted, int(row[predicted]), int(row.sum()))


# === The clips behind a cell ===


def clips_in_cell(
    clips: Mapping[str, pd.DataFrame], networks: Sequence[str], genre: str, predicted: str
) -> pd.DataFrame:
    """List the clips of a cell, with what every network predicts for them.

    Parameters
    ----------
    clips : mapping of str to pd.DataFrame
        What `deepmusic.evaluation.metrics.clip_table` returned, by network.
    networks : sequence of str
        The networks whose cell it is; a clip is listed if any of them puts it there.
    genre, predicted : str
        The cell.

    Returns
    -------
    pd.DataFrame
        By ``track``, the most confident first: the highest ``confidence`` of those in `networks`
        that put it there, then one column for each network with the genre that it predicts, which
        is missing where it was not tested on the clip.
    """
    in_cell = [
        table.loc[(table["genre"] == genre) & (table["predicted"] == predicted), "confidence"]
        for table in (clips[name] for name in networks)
    ]
    confidence = (
        pd.concat(in_cell).groupby(level=0).max().sort_values(ascending=False, kind="stable")
    )
    listed = confidence.rename_axis("track").to_frame("confidence")
    for name, table in clips.items():
        listed[name] = table["predicted"].reindex(listed.index)
    return listed


def known_faults(facts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Say in words what is known to be wrong with GTZAN's clips.

    Parameters
    ----------
    facts : sequence of mapping
        Rows of ``gtzan_tracks.csv`` (see `deepmusic.data.gtzan.read_facts`).

    Returns
    -------
    dict of str to str
        By track, only of those with a fault: files that are there twice, byte for byte, and those
        that Kereliuk, Sturm and Larsen (2015) left out of the fault-filtered split.
    """
    tracks_of: dict[str, list[str]] = {}
    for row in facts:
        tracks_of.setdefault(row["wav_sha256"], []).append(row["track"])
    faults = {}
    for row in facts:
        twins = [track for track in tracks_of[row["wav_sha256"]] if track != row["track"]]
        words = [f"the same file as {twin}" for twin in twins if row["wav_sha256"]]
        if row["fault_filtered"] == "excluded":
            words.append("left out by the fault-filtered split")
        if words:
            faults[row["track"]] = "; ".join(words)
    return faults
