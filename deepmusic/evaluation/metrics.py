"""Metrics of a table of predictions: accuracies with intervals, and two networks compared.

A table of windows has a row for each window: ``track``, ``genre`` (true), ``start`` in s, and one
column of probability for each genre. That is what ``predictions.csv`` holds.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deepmusic.data.splits import clip_of
from deepmusic.errors import RunError

if TYPE_CHECKING:
    from pandas.core.groupby import SeriesGroupBy


_CONFIDENCE_LEVEL = 0.95

_RESAMPLES = 2000


# === Tables ===


def clip_table(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Predict each clip from all of its windows.

    Parameters
    ----------
    predictions : pd.DataFrame
        A table of windows. Tables of several folds can be joined first (`pandas.concat`).
    genres : sequence of str
        Columns of probability. Of two equal ones, the first is predicted.

    Returns
    -------
    pd.DataFrame
        By ``track``: ``genre`` (true); ``predicted``, the genre of the highest mean probability,
        and that probability as ``confidence``; ``predicted_by_vote``, the genre that most windows
        predict, as the paper's notebooks count; and the mean probability of each genre.
    """
    genres = list(genres)
    clips = predictions.groupby("track", sort=False)
    mean = clips[genres].mean()
    by_window = predictions[genres].idxmax(axis=1)
    votes = pd.crosstab(predictions["track"], by_window).reindex(
        index=mean.index, columns=genres, fill_value=0
    )
    table = pd.DataFrame(
        {
            "genre": clips["genre"].first(),
            "predicted": mean.idxmax(axis=1),
            "predicted_by_vote": votes.idxmax(axis=1),
            "confidence": mean.max(axis=1),
        }
    )
    return table.join(mean)


def compact_clips(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Return a `clip_table` from which window accuracies can be counted, too.

    In place of the confidence it has the number of ``windows`` and how many are right,
    ``windows_right``.
    """
    table = clip_table(predictions, genres).drop(columns="confidence")
    by_clip = window_hits(predictions, genres).groupby(predictions["track"]).agg(["size", "sum"])
    table.insert(3, "windows", by_clip["size"])
    table.insert(4, "windows_right", by_clip["sum"])
    return table


def window_hits(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.Series:
    """Return for each window whether its most probable genre is the true one."""
    return predictions["genre"] == predictions[list(genres)].idxmax(axis=1)


def average(predictions: Sequence[pd.DataFrame], genres: Sequence[str]) -> pd.DataFrame:
    """Average the tables of windows of several networks, over the windows that all have."""
    keys = ["track", "genre", "start"]
    stacked = pd.concat(predictions).groupby(keys, sort=False)[list(genres)]
    mean = stacked.mean()[stacked.size() == len(predictions)]
    return mean.reset_index()


def top2_accuracy(table: pd.DataFrame, genres: Sequence[str]) -> float:
    """Return the fraction of a `clip_table`'s clips whose genre is among the two most probable.

    scikit-learn's ``top_k_accuracy_score`` takes neither two genres nor probabilities of NaN.
    """
    best = np.argsort(-table[list(genres)].to_numpy(), axis=1, kind="stable")[:, :2]
    truth = pd.Index(genres).get_indexer(table["genre"])
    return float((best == truth[:, None]).any(axis=1).mean())


# === Intervals ===


def wilson_interval(hits: Sequence[bool]) -> list[float]:
    """Return the 95 % interval (Wilson) of an accuracy, from independent hits: low, high."""
    from scipy.stats import binomtest

    interval = binomtest(int(np.sum(hits)), len(hits)).proportion_ci(
        _CONFIDENCE_LEVEL, method="wilson"
    )
    return [float(interval.low), float(interval.high)]


def clip_interval(hits: pd.Series) -> list[float]:
    """Return the 95 % interval of an accuracy from hits by track: low, high.

    Segments of one clip are not independent: where a protocol has cut clips, the interval is a
    bootstrap over clips (as in `window_interval`).
    """
    clips = hits.index.map(clip_of)
    return wilson_interval(hits) if clips.is_unique else _bootstrap(hits.groupby(clips))


def window_interval(predictions: pd.DataFrame, genres: Sequence[str]) -> list[float]:
    """Return the 95 % interval of the window accuracy, by a bootstrap over clips: low, high.

    Windows of one clip are right or wrong together, so whole clips are resampled (with all segments
    of a clip, where the protocol has cut it). The seed is fixed; of one clip it is 0 to 1.
    """
    hits = window_hits(predictions, genres)
    return _bootstrap(hits.groupby(predictions["track"].map(clip_of)))


def _bootstrap(hits: "SeriesGroupBy") -> list[float]:
    """Return the 95 % interval of an accuracy by a bootstrap over groups, with a fixed seed."""
    from scipy.stats import bootstrap

    by_clip = hits.agg(["sum", "size"])
    if len(by_clip) < 2:
        return [0.0, 1.0]
    found = bootstrap(
        (by_clip["sum"].to_numpy(), by_clip["size"].to_numpy()),
        lambda right, windows, axis: right.sum(axis) / windows.sum(axis),
        paired=True,
        method="percentile",
        confidence_level=_CONFIDENCE_LEVEL,
        n_resamples=_RESAMPLES,
        rng=0,
    )
    return [float(end) for end in found.confidence_interval]


# === Networks compared on the same clips ===


def mcnemar(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
    """Test whether two networks differ by more than chance (McNemar, exact and two-sided).

    Parameters
    ----------
    one, other : pd.DataFrame
        A `clip_table` of each, over the same clips in any order.

    Returns
    -------
    dict
        Clips that ``both``, ``only_one``, ``only_other`` and ``neither`` has right, and
        ``p_value``: how likely so uneven a count of the clips that only one of them has right is
        if both are equally good.

    Raises
    ------
    RunError
        If they were not tested on the same clips.
    """
    from scipy.stats import binomtest

    first, second = (table["predicted"] == table["genre"] for table in _aligned([one, other]))
    only_one, only_other = int((first & ~second).sum()), int((~first & second).sum())
    discordant = only_one + only_other
    return {
        "both": int((first & second).sum()),
        "only_one": only_one,
        "only_other": only_other,
        "neither": int((~first & ~second).sum()),
        "p_value": float(binomtest(only_one, discordant).pvalue) if discordant else 1.0,
    }


def agreement(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Count how often networks agree, and how often they are right then.

    Parameters
    ----------
    tables : mapping of str to pd.DataFrame
        A `clip_table` of each network, over the same clips.

    Returns
    -------
    dict
        ``clips``; ``agreed``, the fraction for which all predict one genre; ``right_when_agreed``,
        how often that is the true one; ``right_when_split``, how often each network (by name) is
        right on the other clips; ``one_is_right_when_split``, how often at least one of them is.
        Fractions of no clips are None.

    Raises
    ------
    RunError
        If the networks were not tested on the same clips.
    """
    aligned = dict(zip(tables, _aligned(list(tables.values())), strict=True))
    predicted = pd.DataFrame({name: table["predicted"] for name, table in aligned.items()})
    truth = next(iter(aligned.values()))["genre"]
    agreed = predicted.nunique(axis=1) == 1
    right = predicted.eq(truth, axis=0)
    return {
        "clips": len(predicted),
        "agreed": float(agreed.mean()),
        "right_when_agreed": _mean(right[agreed].all(axis=1)),
        "right_when_split": {name: _mean(right.loc[~agreed, name]) for name in predicted},
        "one_is_right_when_split": _mean(right[~agreed].any(axis=1)),
    }


def _aligned(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Bring clip tables into one order; raise `RunError` if their clips are not the same."""
    first = tables[0]
    for table in tables[1:]:
        if set(table.index) != set(first.index):
            raise RunError(
                f"The networks were tested on different clips ({len(first)} and {len(table)}, "
                f"{len(first.index.intersection(table.index))} in common), which cannot be "
                "compared one by one. Choose runs of one protocol."
            )
    return [table.loc[first.index] for table in tables]


def _mean(hits: pd.Series) -> float | None:
    return float(hits.mean()) if len(hits) else None
