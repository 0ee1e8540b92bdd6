"""Confusion matrices of clip tables, and the clips of a cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from deepmusic.formatting import format_genre

#: What a cell says, and its unit: recall is normalised by row, precision by column.
COUNTS, RECALL, PRECISION = "counts", "recall", "precision"

UNITS = {COUNTS: "clips", RECALL: "%", PRECISION: "%"}


@dataclass(frozen=True)
class Confusion:
    """An off-diagonal cell: ``clips`` of the ``of`` clips labelled ``genre`` are ``predicted``."""

    genre: str
    predicted: str
    clips: int
    of: int

    def __str__(self) -> str:
        return f"{self.words}, {self.clips} of {self.of} clips"

    @property
    def words(self) -> str:
        """Label and prediction, such as ``rock → country``."""
        return f"{format_genre(self.genre)} → {format_genre(self.predicted)}"


def window_table(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Return ``genre`` (label) and ``predicted`` of each window of a window table."""
    predicted = predictions[list(genres)].idxmax(axis=1)
    return pd.DataFrame({"genre": predictions["genre"], "predicted": predicted})


# === Matrices ===


def confusion_matrix(table: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Confusion matrix of a table with ``genre`` and ``predicted``, a row for each clip or window.

    Returns
    -------
    pd.DataFrame [shape=(n_genres, n_genres)], int
        Labels as rows, predictions as columns, both in the order of `genres`.
    """
    counts = pd.crosstab(table["genre"], table["predicted"])
    counts = counts.reindex(index=list(genres), columns=list(genres), fill_value=0)
    return counts.rename_axis(index="genre", columns="predicted")


def normalize(counts: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a confusion matrix as it is (`COUNTS`), or in percent of its rows or columns.

    `RECALL` is by row, `PRECISION` by column. A row or column without clips becomes NaN.
    """
    if measure not in UNITS:
        raise ValueError(f"measure must be one of {', '.join(UNITS)}. Received: {measure!r}")
    if measure == COUNTS:
        return counts
    along, across = (1, 0) if measure == RECALL else (0, 1)
    total = counts.sum(axis=along)
    return 100 * counts.div(total.where(total > 0), axis=across)


def diagonal(matrix: pd.DataFrame) -> pd.Series:
    """Return the diagonal of a confusion matrix, by genre."""
    return pd.Series(matrix.to_numpy().diagonal(), index=list(matrix.index))


def common_clips(first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of two clip tables whose tracks are in both."""
    tracks = first.index.intersection(second.index)
    return first.loc[tracks], second.loc[tracks]


def most_confused(counts: pd.DataFrame, n: int = 3) -> list[Confusion]:
    """Return up to `n` confusions with most clips; of equal ones, the smaller genre's first."""
    found = [_confusion(counts, *cell) for cell in _mistakes(counts)]
    return sorted(found, key=lambda pair: (-pair.clips, pair.of))[:n]


def largest_differences(
    first: pd.DataFrame, second: pd.DataFrame, n: int = 3
) -> list[tuple[Confusion, Confusion]]:
    """Return up to `n` confusions, in both matrices of counts, that differ most between them."""
    gap = (first - second).abs()
    widest = sorted(_mistakes(gap), key=lambda cell: -gap.loc[cell])
    return [(_confusion(first, *cell), _confusion(second, *cell)) for cell in widest[:n]]


def _mistakes(matrix: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the off-diagonal cells that are not 0."""
    return [cell for cell, value in matrix.stack().items() if value and cell[0] != cell[1]]


def _confusion(counts: pd.DataFrame, genre: str, predicted: str) -> Confusion:
    row = counts.loc[genre]
    return Confusion(genre, predicted, int(row[predicted]), int(row.sum()))


# === The clips of a cell ===


def clips_in_cell(
    clips: Mapping[str, pd.DataFrame], networks: Sequence[str], genre: str, predicted: str
) -> pd.DataFrame:
    """Return the clips of a cell, with every network's predictions.

    Parameters
    ----------
    clips : mapping of str to pd.DataFrame
        Clip tables, by network.
    networks : sequence of str
        Networks whose cell it is; a clip of any of them is listed.
    genre, predicted : str
        The cell.

    Returns
    -------
    pd.DataFrame
        By ``track``, the most confident first: the highest ``confidence`` among `networks`, and
        each network's predicted genre, missing where it was not tested on the clip.
    """
    in_cell = [
        table.loc[(table["genre"] == genre) & (table["predicted"] == predicted), "confidence"]
        for table in (clips[name] for name in networks)
    ]
    highest = pd.concat(in_cell).groupby(level=0).max()
    listed = highest.sort_values(ascending=False, kind="stable").rename_axis("track").to_frame()
    for name, table in clips.items():
        listed[name] = table["predicted"].reindex(listed.index)
    return listed
