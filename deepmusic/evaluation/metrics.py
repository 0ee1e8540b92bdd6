"""Metrics of tables of predictions: accuracies, their 95 % intervals, and paired comparisons.

A *window table* has a row for each window: ``track``, ``genre`` (label), ``start`` in s, and a
column of probability for each genre, as in ``predictions.csv``. Tables of several folds can be
concatenated.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepmusic.data.splits import clip_of
from deepmusic.errors import RunError

_CONFIDENCE_LEVEL = 0.95
_RESAMPLES = 2000

# === Tables ===


def clip_table(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Clip predictions from a window table.

    Returns
    -------
    pd.DataFrame
        By ``track``: ``genre`` (label); ``predicted``, the genre of highest mean probability (the
        first of equal ones), and that probability as ``confidence``; ``predicted_by_vote``, the
        genre that most windows predict, as in the paper's notebooks; and each genre's mean
        probability.
    """
    genres = list(genres)
    clips = predictions.groupby("track", sort=False)
    mean = clips[genres].mean()
    votes = pd.crosstab(predictions["track"], predictions[genres].idxmax(axis=1))
    table = pd.DataFrame(
        {
            "genre": clips["genre"].first(),
            "predicted": mean.idxmax(axis=1),
            "predicted_by_vote": votes.reindex(
                index=mean.index, columns=genres, fill_value=0
            ).idxmax(axis=1),
            "confidence": mean.max(axis=1),
        }
    )
    return table.join(mean)


def compact_clips(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Return a `clip_table` with the counts ``windows`` and ``windows_right`` for ``confidence``.

    All accuracies can be counted from it.
    """
    table = clip_table(predictions, genres).drop(columns="confidence")
    hits = window_hits(predictions, genres).groupby(predictions["track"])
    table.insert(3, "windows", hits.size())
    table.insert(4, "windows_right", hits.sum())
    return table


def window_hits(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.Series:
    """Return for each window whether its most probable genre is its label."""
    return predictions["genre"] == predictions[list(genres)].idxmax(axis=1)


def average(predictions: Sequence[pd.DataFrame], genres: Sequence[str]) -> pd.DataFrame:
    """Return the mean of window tables of several networks, over the windows that all have."""
    keys = ["track", "genre", "start"]
    stacked = pd.concat(predictions).groupby(keys, sort=False)[list(genres)]
    return stacked.mean()[stacked.size() == len(predictions)].reset_index()


def top2_accuracy(table: pd.DataFrame, genres: Sequence[str]) -> float:
    """Return the fraction of a `clip_table`'s clips whose genre is among the two most probable.

    scikit-learn's ``top_k_accuracy_score`` takes neither two genres nor probabilities of NaN.
    """
    best = np.argsort(-table[list(genres)].to_numpy(), axis=1, kind="stable")[:, :2]
    truth = pd.Index(genres).get_indexer(table["genre"])
    return float((best == truth[:, None]).any(axis=1).mean())


# === Intervals ===


def wilson_interval(hits: Sequence[bool] | pd.Series) -> list[float]:
    """Return the Wilson interval [low, high] of an accuracy, from independent hits."""
    from scipy.stats import binomtest

    test = binomtest(int(np.sum(hits)), len(hits))
    interval = test.proportion_ci(_CONFIDENCE_LEVEL, method="wilson")
    return [float(interval.low), float(interval.high)]


def clip_interval(hits: pd.Series) -> list[float]:
    """Return the interval [low, high] of an accuracy from hits by track.

    Segments of one clip are not independent: where a protocol has them, clips are resampled.
    """
    clips = hits.index.map(clip_of)
    return wilson_interval(hits) if clips.is_unique else _bootstrap_interval(hits, clips)


def window_interval(predictions: pd.DataFrame, genres: Sequence[str]) -> list[float]:
    """Return the interval [low, high] of the window accuracy, by a bootstrap over clips.

    Windows of one clip are not independent, so clips are resampled, with a fixed seed. The interval
    of one clip is [0, 1].
    """
    clips = predictions["track"].map(clip_of)
    return _bootstrap_interval(window_hits(predictions, genres), clips)


def _bootstrap_interval(hits: pd.Series, clips: pd.Series | pd.Index) -> list[float]:
    from scipy.stats import bootstrap

    by_clip = hits.groupby(clips)
    right, total = by_clip.sum().to_numpy(), by_clip.size().to_numpy()
    if len(total) < 2:
        return [0.0, 1.0]
    found = bootstrap(
        (right, total),
        lambda right, total, axis: right.sum(axis) / total.sum(axis),
        paired=True,
        method="percentile",
        confidence_level=_CONFIDENCE_LEVEL,
        n_resamples=_RESAMPLES,
        rng=0,
    )
    return [float(end) for end in found.confidence_interval]


# === Networks compared on the same clips ===


def mcnemar(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
    """McNemar's test, exact and two-sided, on two networks' clip tables.

    Returns
    -------
    dict
        Numbers of clips that ``only_one`` and ``only_other`` predicts right, and ``p_value``.

    Raises
    ------
    RunError
        If the networks were not tested on the same clips.
    """
    from scipy.stats import binomtest

    first, second = (table["predicted"] == table["genre"] for table in _aligned([one, other]))
    only_one, only_other = int((first & ~second).sum()), int((~first & second).sum())
    discordant = only_one + only_other
    return {
        "only_one": only_one,
        "only_other": only_other,
        "p_value": float(binomtest(only_one, discordant).pvalue) if discordant else 1.0,
    }


def agreement(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Agreement of networks, from their clip tables by name.

    Returns
    -------
    dict
        ``agreed``, the fraction of clips for which all predict one genre; the accuracy on these,
        ``right_when_agreed``; and on the others, ``right_when_split`` of each network (by name) and
        ``one_is_right_when_split``, the fraction for which at least one is right. Fractions of no
        clips are None.

    Raises
    ------
    RunError
        If the networks were not tested on the same clips.
    """
    aligned = _aligned(list(tables.values()))
    predicted = pd.concat([table["predicted"] for table in aligned], axis=1, keys=list(tables))
    agreed = predicted.nunique(axis=1) == 1
    right = predicted.eq(aligned[0]["genre"], axis=0)
    return {
        "agreed": float(agreed.mean()),
        "right_when_agreed": _mean(right[agreed].all(axis=1)),
        "right_when_split": {name: _mean(right.loc[~agreed, name]) for name in predicted},
        "one_is_right_when_split": _mean(right[~agreed].any(axis=1)),
    }


def _aligned(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return clip tables in the order of the first; raise `RunError` if their clips differ."""
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
