"""What gets mixed up with what: counted from tables of clips. Pure functions on pandas tables."""

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
    genre, heard : str
        What the label says, and what the network heard.
    clips : int
        How many of the genre's clips.
    of : int
        How many clips the genre has.
    """

    genre: str
    heard: str
    clips: int
    of: int

    def __str__(self) -> str:
        return f"{self.genre} → {self.heard}, {self.clips} of {self.of} clips"


def window_verdicts(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Judge every window by itself.

    Parameters
    ----------
    predictions : pd.DataFrame
        What `deepmusic.runs.Run.read_predictions` returned.
    genres : sequence of str
        Columns of probability.

    Returns
    -------
    pd.DataFrame
        ``genre`` (the label) and ``heard``, a row for each window.
    """
    heard = predictions[list(genres)].idxmax(axis=1)
    return pd.DataFrame({"genre": predictions["genre"], "heard": heard})


# === Matrices ===


def count(verdicts: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Count by label (row) and by genre heard (column).

    Parameters
    ----------
    verdicts : pd.DataFrame
        With ``genre`` and ``heard``, a row for each clip or window.
    genres : sequence of str
        Rows and columns, in order.

    Returns
    -------
    pd.DataFrame
        Square, of int; genres that nobody has or hears are rows and columns of 0.
    """
    table = pd.crosstab(verdicts["genre"], verdicts["heard"])
    table = table.reindex(index=list(genres), columns=list(genres), fill_value=0)
    return table.rename_axis(index="genre", columns="heard")


def express(counts: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Say counts as they are, as shares of their row (recall) or of their column (precision).

    Parameters
    ----------
    counts : pd.DataFrame
        What `count` returned.
    measure : str
        `COUNTS`, `RECALL` or `PRECISION`.

    Returns
    -------
    pd.DataFrame
        Clips, or percent. A share of nothing is not a number.
    """
    if measure == COUNTS:
        return counts
    if measure == RECALL:
        return 100 * counts.div(counts.sum(axis=1).where(lambda total: total > 0), axis=0)
    if measure == PRECISION:
        return 100 * counts.div(counts.sum(axis=0).where(lambda total: total > 0), axis=1)
    raise ValueError(f"measure={measure!r} must be one of {', '.join(UNITS)}")


def diagonal(matrix: pd.DataFrame) -> pd.Series:
    """Return what a matrix says of right answers, by genre."""
    return pd.Series({genre: matrix.loc[genre, genre] for genre in matrix.index})


def in_common(first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return of two tables of clips the rows that both have, so that they can be subtracted."""
    tracks = first.index.intersection(second.index)
    return first.loc[tracks], second.loc[tracks]


def worst(counts: pd.DataFrame, n: int = 3) -> list[Confusion]:
    """Return the confusions with most clips, the worst first; fewer than `n` if there are fewer.

    Of two with as many clips, that of the smaller genre is worse.
    """
    totals = counts.sum(axis=1)
    found = [
        Confusion(genre, heard, int(counts.loc[genre, heard]), int(totals[genre]))
        for genre in counts.index
        for heard in counts.columns
        if genre != heard and counts.loc[genre, heard]
    ]
    return sorted(found, key=lambda pair: (-pair.clips, pair.of))[:n]


def most_unlike(
    first: pd.DataFrame, second: pd.DataFrame, n: int = 3
) -> list[tuple[Confusion, Confusion]]:
    """Return the confusions in which two matrices of counts differ most, the widest gap first."""
    gap = (first - second).abs()
    widest = sorted(
        (
            (genre, heard)
            for genre in gap.index
            for heard in gap.columns
            if genre != heard and gap.loc[genre, heard]
        ),
        key=lambda cell: -gap.loc[cell],
    )
    return [
        tuple(
            Confusion(genre, heard, int(counts.loc[genre, heard]), int(counts.loc[genre].sum()))
            for counts in (first, second)
        )
        for genre, heard in widest[:n]
    ]


# === The clips behind a cell ===


def clips_in_cell(
    clips: Mapping[str, pd.DataFrame], by: Sequence[str], genre: str, heard: str
) -> pd.DataFrame:
    """List the clips of a cell, with what everybody else heard in them.

    Parameters
    ----------
    clips : mapping of str to pd.DataFrame
        What `deepmusic.evaluation.clip_table` returned, by network.
    by : sequence of str
        The networks whose cell it is; a clip is listed if any of them puts it there.
    genre, heard : str
        The cell.

    Returns
    -------
    pd.DataFrame
        By ``track``, and sorted by confidence, the surest first: ``confidence`` of the surest of
        those in `by` that put it there, then one column for each network with the genre that it
        heard, which is missing where it was not asked.
    """
    sure = [
        table.loc[(table["genre"] == genre) & (table["heard"] == heard), "confidence"]
        for table in (clips[name] for name in by)
    ]
    confidence = pd.concat(sure).groupby(level=0).max().sort_values(ascending=False, kind="stable")
    listed = confidence.rename_axis("track").to_frame("confidence")
    for name, table in clips.items():
        listed[name] = table["heard"].reindex(listed.index)
    return listed


def known_faults(facts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Say in words what is known to be wrong with GTZAN's clips.

    Parameters
    ----------
    facts : sequence of mapping
        Rows of ``gtzan_tracks.csv`` (see `deepmusic.datasets.gtzan.read_facts`).

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
