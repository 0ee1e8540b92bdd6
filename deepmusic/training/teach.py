"""Teach classes of one's own: a head on the pretrained network's embeddings, learnt in seconds.

A logistic regression learns from each window of 3 s, every sound with the same weight and every
class, too. How well it does is measured on sounds whose recording it did not learn from.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
import pandas as pd

import deepmusic
from deepmusic.data.fingerprints import contains
from deepmusic.errors import DatasetError
from deepmusic.evaluation.calibration import fit_temperature
from deepmusic.evaluation.confusion import confusion_matrix
from deepmusic.evaluation.metrics import wilson_interval
from deepmusic.prediction.own_classes import (
    FEWEST_CLASSES,
    MOST_CLASSES,
    OwnClasses,
    check_name,
    short_digest,
)
from deepmusic.training.examples import Example, without_copies

#: Chosen among 0.01 to 1 on draws of 3 to 20 of GTZAN's clips for 2, 5 and 10 classes, without the
#: clips that `benchmarks/teach.py` measures on.
PENALTY = 0.03

#: Up to so many recordings, each is left out once; of more, a tenth at a time.
_LEAVE_ONE_OUT, _FOLDS = 60, 10

#: Windows of a sound that are learnt, at most.
_WINDOWS = 10

#: Share of the sounds of two classes that are taken for the other one, from which on it is said.
_ALIKE = 0.25

_FEW_RECORDINGS = 3

#: Temperatures below would promise more than so few sounds can prove.
_LEAST_TEMPERATURE = 1 / 3


@dataclass(frozen=True)
class Taught:
    """Classes that were taught, and how well they are told apart.

    Attributes
    ----------
    classes : OwnClasses
        Ready to predict and to be saved.
    table : pd.DataFrame
        A row for each sound that could be tested, by its number among the examples: ``name``,
        ``genre`` (its class), ``predicted``, ``confidence`` and ``recording``.
    accuracy, interval : float and (float, float), or None
        Share of `table` that was right, and its 95 % interval; None if nothing could be tested.
    warnings : tuple of str
        What to know before one trusts it, a sentence each.
    seconds : float
        That learning and testing took.
    examples : tuple of Example
        That it learnt from, without copies.
    """

    classes: OwnClasses
    table: pd.DataFrame = field(repr=False)
    accuracy: float | None
    interval: tuple[float, float] | None
    warnings: tuple[str, ...]
    seconds: float
    examples: tuple[Example, ...] = field(repr=False)

    @property
    def matrix(self) -> pd.DataFrame:
        """Confusion matrix: classes as rows, predictions as columns."""
        return confusion_matrix(self.table, self.classes.labels)

    def find_learnt(self, digest: str, fingerprint: np.ndarray) -> list[Example]:
        """Return the sounds it learnt from that a song is, contains, or is a part of.

        Parameters
        ----------
        digest : str
            SHA-256 of the song's file.
        fingerprint : np.ndarray [shape=(n_frames, 32)]
            As of `deepmusic.data.fingerprints`, of all of the song.
        """
        known = [one for one in self.examples if one.fingerprint is not None]
        prints = [one.fingerprint for one in known if one.fingerprint is not None]
        same = {
            one.digest
            for one, is_there in zip(known, contains(fingerprint, prints), strict=True)
            if is_there
        } | {digest}
        return [one for one in self.examples if one.digest in same]

    def without(self, learnt: Sequence[Example]) -> OwnClasses | None:
        """Return the classes as learnt without the recordings of some sounds.

        None where a class would have no sound left.
        """
        names = {one.recording for one in learnt}
        rest = [one for one in self.examples if one.recording not in names]
        labels = self.classes.labels
        if {one.label for one in rest} != set(labels):
            return None
        kernel, bias = _fit(*_arrays(rest, labels), len(labels))
        temperature = float(self.classes.facts["temperature"])
        return OwnClasses(labels, kernel / temperature, bias / temperature)


def teach(examples: Sequence[Example], labels: Sequence[str] | None = None) -> Taught:
    """Learn to tell classes apart, and measure how well.

    Parameters
    ----------
    examples : sequence of Example
        Of all classes.
    labels : sequence of str, optional
        Names of the classes, in order; by default those of `examples`, sorted.

    Raises
    ------
    DatasetError
        If there are too few or too many classes, or one has no sound.
    ModelError
        If two have the same name, or one cannot be used as a name.
    """
    from threadpoolctl import threadpool_limits

    began = time.perf_counter()
    if labels is None:
        labels = sorted({example.label for example in examples})
    _check(labels, examples)
    # Matrices this small are slower by several threads, on a busy machine a hundred times.
    with threadpool_limits(1):
        numbers, kept, warnings = without_copies(examples)
    x, owner, truth = _arrays(kept, labels)
    groups = np.unique([one.recording for one in kept], return_inverse=True)[1]

    with threadpool_limits(1):
        tested, logits = _cross_validate(x, owner, truth, groups, len(labels))
        temperature = _temperature(logits, truth[tested])
        kernel, bias = (part / temperature for part in _fit(x, owner, truth, len(labels)))

    guessed = _softmax(logits / temperature)
    table = pd.DataFrame(
        {
            "name": [kept[row].name for row in tested],
            "genre": [kept[row].label for row in tested],
            "predicted": [labels[best] for best in guessed.argmax(axis=1)],
            "confidence": guessed.max(axis=1),
            "recording": [kept[row].recording for row in tested],
        },
        index=[numbers[row] for row in tested],
    )
    accuracy, interval = _score(table)
    warnings += _warn(kept, labels, table, interval)
    facts = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "deepmusic": deepmusic.__version__,
        "sounds": {label: sum(one.label == label for one in kept) for label in labels},
        "tested": len(table),
        "accuracy": accuracy,
        "interval": interval and list(interval),
        "temperature": round(temperature, 3),
        "warnings": warnings,
        "learnt": sorted({short_digest(one.digest) for one in examples}),
    }
    classes = OwnClasses(tuple(labels), kernel, bias, facts)
    seconds = time.perf_counter() - began
    return Taught(classes, table, accuracy, interval, tuple(warnings), seconds, tuple(kept))


def _check(labels: Sequence[str], examples: Sequence[Example]) -> None:
    """Refuse classes that cannot be learnt."""
    if not FEWEST_CLASSES <= len(labels) <= MOST_CLASSES:
        raise DatasetError(
            f"{FEWEST_CLASSES} to {MOST_CLASSES} classes are needed. Received: {len(labels)}"
            + (f" ({', '.join(labels)})" if 0 < len(labels) < FEWEST_CLASSES else "")
        )
    count = Counter(check_name(label).casefold() for label in labels)
    name, most = count.most_common(1)[0]
    if most > 1:
        raise DatasetError(f"{most} classes are called {name}. Rename one, or put them together.")
    for label in labels:
        if not any(one.label == label for one in examples):
            raise DatasetError(
                f"The class {label} has no sound that can be used. Add some, or take it away."
            )


# === Learning ===


def _arrays(
    examples: Sequence[Example], labels: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return windows [shape=(n_windows, 200)], the sound of each, and the class of each sound."""
    parts = [_some(one.embeddings) for one in examples]
    owner = np.repeat(np.arange(len(examples)), list(map(len, parts)))
    truth = np.array([labels.index(one.label) for one in examples])
    return np.concatenate(parts).astype(np.float64), owner, truth


def _some(embeddings: np.ndarray) -> np.ndarray:
    """Return rows of equal distance, `_WINDOWS` at most."""
    rows = np.linspace(0, len(embeddings) - 1, min(_WINDOWS, len(embeddings)))
    return embeddings[np.unique(rows.astype(int))]


def _fit(
    x: np.ndarray, owner: np.ndarray, truth: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return kernel [200, n_classes] and bias of a regression from windows to classes.

    A class without windows is never predicted.
    """
    from sklearn.linear_model import LogisticRegression

    y = truth[owner]
    present, number = np.unique(y, return_inverse=True)
    used, windows = np.unique(owner, return_counts=True)
    weights = (1 / windows)[np.searchsorted(used, owner)]
    totals = np.bincount(number, weights=weights)
    weights *= (len(used) / len(present) / totals)[number]
    machine = LogisticRegression(C=PENALTY, max_iter=500).fit(x, y, sample_weight=weights)
    coefficients, intercept = machine.coef_, machine.intercept_
    if len(present) == 2:  # One row says which of the two.
        coefficients = np.concatenate([-coefficients / 2, coefficients / 2])
        intercept = np.concatenate([-intercept / 2, intercept / 2])
    kernel, bias = np.zeros((x.shape[1], n_classes)), np.full(n_classes, -1e3)
    kernel[:, present], bias[present] = coefficients.T, intercept
    return kernel, bias


def _cross_validate(
    x: np.ndarray, owner: np.ndarray, truth: np.ndarray, groups: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sounds that can be tested, and their logits by heads that had not learnt them."""
    logits = np.full((len(truth), n_classes), np.nan)
    for held in _folds(truth, groups):
        train = ~np.isin(owner, held)
        known = np.unique(truth[owner[train]])
        if len(known) < 2:
            continue
        kernel, bias = _fit(x[train], owner[train], truth, n_classes)
        for row in held[np.isin(truth[held], known)]:
            logits[row] = x[owner == row].mean(axis=0) @ kernel + bias
    tested = np.flatnonzero(np.isfinite(logits).all(axis=1))
    return tested, logits[tested]


def _folds(truth: np.ndarray, groups: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the sounds to leave out: those of one recording, or of a tenth of all."""
    from sklearn.model_selection import StratifiedGroupKFold

    if groups.max() < _LEAVE_ONE_OUT:
        for group in range(groups.max() + 1):
            yield np.flatnonzero(groups == group)
        return
    n_folds = min(_FOLDS, int(np.bincount(truth).max()))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=0)
    for _, held in folds.split(truth, truth, groups):
        yield held


def _temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """Return by what to divide logits, so that probabilities are as often right as they say."""
    if not len(logits):
        return 1.0
    names = [str(number) for number in range(logits.shape[1])]
    table = pd.DataFrame(_softmax(logits), columns=names)
    table = table.assign(track=range(len(table)), genre=truth.astype(str))
    return max(_LEAST_TEMPERATURE, fit_temperature(table, names))


def _softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return odds / odds.sum(axis=1, keepdims=True)


# === What to say of it ===


def _score(table: pd.DataFrame) -> tuple[float | None, tuple[float, float] | None]:
    """Return the accuracy and its interval, in which a recording counts once."""
    if table.empty:
        return None, None
    hits = table["genre"] == table["predicted"]
    by_recording = hits.groupby(table["recording"]).mean()
    right = round(float(by_recording.sum()))
    low, high = wilson_interval([True] * right + [False] * (len(by_recording) - right))
    return float(hits.mean()), (low, high)


def _warn(
    kept: Sequence[Example],
    labels: Sequence[str],
    table: pd.DataFrame,
    interval: tuple[float, float] | None,
) -> list[str]:
    """Return sentences on what makes the result less worth than it looks."""
    recordings: Mapping[str, set[str]] = {label: set() for label in labels}
    for one in kept:
        recordings[one.label].add(one.recording)
    found = []
    for label, names in recordings.items():
        if len(names) == 1:
            found.append(
                f"{label} has one recording only, so that it cannot be tested, and the room or the "
                "microphone may be all that was learnt. Add sounds from elsewhere."
            )
        elif len(names) < _FEW_RECORDINGS:
            found.append(f"{label} has {len(names)} recordings only. Add some.")
    counts = confusion_matrix(table, labels)
    for first, second in combinations(labels, 2):
        mistakes = counts.loc[first, second] + counts.loc[second, first]
        total = counts.loc[[first, second]].to_numpy().sum()
        if mistakes > 1 and mistakes / total >= _ALIKE:
            found.append(
                f"{first} and {second} are alike: {mistakes} of their {total} sounds are taken for "
                "the other. Add clearer sounds, or make them one class."
            )
    if interval and interval[0] <= 1 / len(labels):
        found.append("So few sounds, or so alike, prove nothing yet: guessing may do as well.")
    return found
