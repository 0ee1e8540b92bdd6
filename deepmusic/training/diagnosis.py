"""Diagnosis of a training in words: stuck at chance, too small, overfitting, diverged."""

import math
from collections.abc import Mapping, Sequence

from deepmusic.formatting import format_percent

#: Epochs before anything is said, and without a better validation loss before overfitting is.
_FEW, _PATIENCE = 4, 3

#: Epochs in which a network that still learns gains more accuracy than this, and the accuracy below
#: which one that gains no more is too small.
_PLATEAU, _GAIN, _POOR = 6, 0.03, 0.6

#: Accuracy up to which a network guesses, as a multiple of chance.
_CHANCE = 1.6

#: Loss of the first epoch, as a multiple of guessing's, above which its steps overshot.
_OVERSHOT = 3

#: Factor of the validation loss from which on it has risen.
_RISEN = 1.2


def diagnose(history: Sequence[Mapping[str, float]], n_genres: int) -> str | None:
    """Return what goes wrong in a training, and what to try, in two sentences; None if nothing.

    Parameters
    ----------
    history : sequence of dict
        Rows of `deepmusic.runs.Run.history`. Without validation, only a divergence is found.
    n_genres : int
        Number of classes, of which one in so many is right by chance.
    """
    for row in history:
        if not all(math.isfinite(row.get(name, 0)) for name in ("loss", "val_loss")):
            return (
                f"The loss is no number since epoch {_number(row)}. The learning rate is too high: "
                "try a tenth of it."
            )
    if len(history) < _FEW or "val_loss" not in history[-1]:
        return None
    return _stuck(history, n_genres) or _overfitting(history) or _too_small(history)


def _stuck(history: Sequence[Mapping[str, float]], n_genres: int) -> str | None:
    """Say that the last epochs are no better than guessing."""
    chance = 1 / n_genres
    if any(row["val_accuracy"] > _CHANCE * chance for row in history[-_PATIENCE:]):
        return None
    words = f"Validation is stuck at chance ({format_percent(chance)})"
    if history[-1]["accuracy"] > 3 * chance:
        return (
            f"{words}, while training reaches {format_percent(history[-1]['accuracy'])}. It "
            "memorises its clips, or learns in too large steps: try a lower learning rate."
        )
    if history[-1]["val_loss"] > max(math.log(n_genres), history[0]["val_loss"]):
        return f"{words}, and its loss rises. The learning rate is too high: try a tenth of it."
    if history[0]["loss"] > _OVERSHOT * math.log(n_genres):
        return (
            f"{words}, after a first loss of {history[0]['loss']:.0f}. The learning rate is too "
            "high: try a tenth of it."
        )
    return f"{words}, and so is training. Try another learning rate, more filters or less dropout."


def _overfitting(history: Sequence[Mapping[str, float]]) -> str | None:
    """Say since when the validation loss rises while that of training falls."""
    best = min(history, key=lambda row: row["val_loss"])
    lately = history[-_PATIENCE:]
    if (
        best["epoch"] >= lately[0]["epoch"]
        or min(row["val_loss"] for row in lately) < _RISEN * best["val_loss"]
        or history[-1]["loss"] >= best["loss"]
    ):
        return None
    return (
        f"It overfits since epoch {_number(best)}: the validation loss rose from "
        f"{best['val_loss']:.2f} to {history[-1]['val_loss']:.2f}, while that of training fell. "
        f"The weights of epoch {_number(best)} are kept; dropout, augmentation or more clips help."
    )


def _too_small(history: Sequence[Mapping[str, float]]) -> str | None:
    """Say that training itself gains no more, at a poor accuracy."""
    if len(history) < 2 * _PLATEAU:
        return None
    before, lately = history[-2 * _PLATEAU : -_PLATEAU], history[-_PLATEAU:]
    reached = max(row["accuracy"] for row in lately)
    gain = reached - max(row["accuracy"] for row in before)
    if gain > _GAIN or max(reached, *(row["val_accuracy"] for row in lately)) > _POOR:
        return None
    return (
        f"It gains no more at {format_percent(reached)}, in training too. The network is too "
        "small, or dropout and augmentation are too strong: try more filters."
    )


def _number(row: Mapping[str, float]) -> int:
    """Return the number of an epoch, counted from 1."""
    return int(row["epoch"]) + 1
