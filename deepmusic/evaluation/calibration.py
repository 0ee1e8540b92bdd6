"""Calibration of a network's confidence, and temperature scaling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepmusic.evaluation.metrics import clip_table

#: Bins of confidence, from 0 to 1.
N_BINS = 10

#: Tables have four or five decimals, so that a smaller probability is zero there.
_LEAST_PROBABILITY = 1e-6

#: Range of the search: at 0.2, 60 % becomes 88 % (of two genres); at 10, 99 % becomes 61 %.
_TEMPERATURES = (0.2, 10.0)


@dataclass(frozen=True)
class Calibration:
    """Confidence and accuracy, by bin of confidence.

    Attributes
    ----------
    bins : list of dict
        For each of `N_BINS`: ends ``low`` and ``high``, ``count`` of clips, and their mean
        ``confidence`` and ``accuracy`` (None in an empty bin).
    error : float
        Expected calibration error: mean gap between confidence and accuracy over all clips.
    """

    bins: list[dict[str, Any]]
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Return it under the names of ``evaluation.json``."""
        return {"expected_calibration_error": self.error, "reliability": self.bins}


def calibration(
    table: pd.DataFrame, genres: Sequence[str] = (), temperature: float = 1.0
) -> Calibration:
    """Return the calibration of a `clip_table`, at a temperature if it is not 1."""
    if temperature != 1:
        table = apply_temperature(table, genres, temperature)
    edges = np.linspace(0, 1, N_BINS + 1)
    number = np.clip(np.digitize(table["confidence"], edges) - 1, 0, N_BINS - 1)
    right = (table["predicted"] == table["genre"]).astype(float)
    means = table[["confidence"]].assign(accuracy=right).groupby(number).mean()
    counts = np.bincount(number, minlength=N_BINS)
    gaps = (means["confidence"] - means["accuracy"]).abs()
    empty: dict[str, float | None] = {"confidence": None, "accuracy": None}
    filled = means.to_dict("index")
    bins = [
        {"low": float(edges[index]), "high": float(edges[index + 1]), "count": int(count)}
        | filled.get(index, empty)
        for index, count in enumerate(counts)
    ]
    return Calibration(bins, float(np.average(gaps, weights=counts[counts > 0])))


def apply_temperature(
    table: pd.DataFrame, genres: Sequence[str], temperature: float
) -> pd.DataFrame:
    """Return a window or clip table with its logits divided by a temperature.

    Above 1 it is less confident, below 1 more; the most probable genre of a row stays the same.
    """
    from scipy.special import softmax

    genres = list(genres)
    logits = np.log(table[genres].to_numpy().clip(min=_LEAST_PROBABILITY)) / temperature
    scaled = table.copy()
    scaled[genres] = softmax(logits, axis=1)
    if "confidence" in table:
        scaled["confidence"] = scaled[genres].max(axis=1)
    return scaled


def fit_temperature(valid_predictions: pd.DataFrame, genres: Sequence[str]) -> float:
    """Return the temperature of least log loss over the clips of the validation part.

    Parameters
    ----------
    valid_predictions : pd.DataFrame
        Window table of the validation part. Fitted on test clips, it would flatter them.
    genres : sequence of str
        Columns of probability.
    """
    from scipy.optimize import minimize_scalar
    from sklearn.metrics import log_loss

    genres = sorted(genres)
    clips = clip_table(valid_predictions, genres)

    def loss(log_temperature: float) -> float:
        scaled = apply_temperature(clips, genres, np.exp(log_temperature))
        return log_loss(clips["genre"], scaled[genres].to_numpy(), labels=genres)

    found = minimize_scalar(loss, bounds=tuple(np.log(_TEMPERATURES)), method="bounded")
    return float(np.exp(found.x))
