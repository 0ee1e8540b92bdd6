"""Calibration: how far a network's confidence can be taken at its word, and temperature scaling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepmusic.evaluation.metrics import clip_table

#: Bins of confidence, from 0 to 1.
N_BINS = 10

#: Below this, a probability in a table (four or five decimals) can no longer be told from zero.
_LEAST_PROBABILITY = 1e-6

#: Temperatures searched: at a fifth, 60 % becomes 88 % (of two genres); at ten, 99 % becomes 61 %.
_TEMPERATURES = (0.2, 10.0)


@dataclass(frozen=True)
class Calibration:
    """Confidence beside accuracy, bin by bin.

    Attributes
    ----------
    bins : list of dict
        For each of `N_BINS` bins of confidence: ``low`` and ``high`` end, ``count`` of clips, their
        mean ``confidence`` and ``accuracy`` (both None in an empty bin).
    error : float
        Expected calibration error: mean gap between confidence and accuracy over all clips.
    """

    bins: list[dict[str, Any]]
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Return it under the names that ``evaluation.json`` has."""
        return {"expected_calibration_error": self.error, "reliability": self.bins}


def calibration(
    table: pd.DataFrame, genres: Sequence[str] = (), temperature: float = 1.0
) -> Calibration:
    """Compare the confidence of a network in its clips with how often it is right.

    Parameters
    ----------
    table : pd.DataFrame
        What `deepmusic.evaluation.metrics.clip_table` returned.
    genres : sequence of str
        Columns of probability, where a temperature is applied first.
    temperature : float
        As in `apply_temperature`.
    """
    if temperature != 1:
        table = apply_temperature(table, genres, temperature)
    edges = np.linspace(0, 1, N_BINS + 1)
    number = np.clip(np.digitize(table["confidence"], edges) - 1, 0, N_BINS - 1)
    right = table["predicted"] == table["genre"]
    clips = pd.DataFrame({"confidence": table["confidence"], "accuracy": right.astype(float)})
    means = clips.groupby(number).mean()
    counts = np.bincount(number, minlength=N_BINS)
    gaps = (means["confidence"] - means["accuracy"]).abs()
    bins = [
        {"low": float(edges[index]), "high": float(edges[index + 1]), "count": int(count)}
        | (
            {name: float(value) for name, value in means.loc[index].items()}
            if count
            else dict.fromkeys(means)
        )
        for index, count in enumerate(counts)
    ]
    return Calibration(bins, float(np.average(gaps, weights=counts[counts > 0])))


def apply_temperature(
    table: pd.DataFrame, genres: Sequence[str], temperature: float
) -> pd.DataFrame:
    """Make the probabilities of each row less (T above 1) or more (below 1) confident.

    Parameters
    ----------
    table : pd.DataFrame
        A table of windows, or a table of clips, whose ``confidence`` changes too.
    genres : sequence of str
        Columns of probability.
    temperature : float
        What the logarithms are divided by; 1 changes nothing.

    Returns
    -------
    pd.DataFrame
        A copy with other probabilities; the most probable genre of a row stays the same.
    """
    from scipy.special import softmax

    genres = list(genres)
    logits = np.log(table[genres].to_numpy().clip(min=_LEAST_PROBABILITY)) / temperature
    scaled = table.assign(**dict(zip(genres, softmax(logits, axis=1).T, strict=True)))
    if "confidence" in table:
        scaled["confidence"] = scaled[genres].max(axis=1)
    return scaled


def fit_temperature(valid_predictions: pd.DataFrame, genres: Sequence[str]) -> float:
    """Find the temperature at which a network is as confident of its clips as it is right.

    It scales the mean probabilities of clips, which people see, and so changes no prediction.

    Parameters
    ----------
    valid_predictions : pd.DataFrame
        Window predictions of the validation part. Fitted on test clips, it would flatter them.
    genres : sequence of str
        Columns of probability.

    Returns
    -------
    float
        Above 1 where the network is overconfident, below 1 where it is underconfident.
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
