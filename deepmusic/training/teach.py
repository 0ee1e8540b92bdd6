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
from deepmusic.audio import load_song
from deepmusic.data.labelled import LabelledSound
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import AudioError, DatasetError
from deepmusic.evaluation.calibration import fit_temperature
from deepmusic.evaluation.confusion import confusion_matrix
from deepmusic.evaluation.metrics import wilson_interval
from deepmusic.prediction.own_classes import (
    FEWEST_CLASSES,
    MOST_CLASSES,
    OwnClasses,
    check_name,
    embed_sound,
)

#: Chosen among 0.01 to 1 on draws of 3 to 20 of GTZAN's clips for 2, 5 and 10 classes, without the
#: clips that `benchmarks/teach.py` measures on.
PENALTY = 0.03

#: Up to so many recordings, each is left out once; of more, a tenth at a time.
_LEAVE_ONE_OUT, _FOLDS = 60, 10

#: Windows of a sound that are learnt, at most.
_WINDOWS = 10

#: Cosine of two mean embeddings from which on two files are copies; other clips of one song reach
#: 0.9995, two notes of one instrument 0.998.
_COPY = 0.9999

#: Share of the sounds of two classes that are taken for the other one, from which on it is said.
_ALIKE = 0.25

_FEW_RECORDINGS = 3

#: Temperatures below would promise more than so few sounds can prove.
_LEAST_TEMPERATURE = 1 / 3


@dataclass(frozen=True)
class Example:
    """A sound to learn from.

    Attributes
    ----------
    label, name, recording : str
        As of `LabelledSound`.
    digest : str
        SHA-256 of its file.
    embeddings : np.ndarray [shape=(n_windows, 200)]
        By the pretrained network.
    """

    label: str
    name: str
    recording: str
    digest: str
    embeddings: np.ndarray = field(repr=False)


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
    """

    classes: OwnClasses
    table: pd.DataFrame = field(repr=False)
    accuracy: float | None
    interval: tuple[float, float] | None
    warnings: tuple[str, ...]
    seconds: float

    @property
    def matrix(self) -> pd.DataFrame:
        """Confusion matrix: classes as rows, predictions as columns."""
        return confusion_matrix(self.table, self.classes.labels)


def embed_sounds(
    sounds: Sequence[LabelledSound], on_progress: Progress = no_progress
) -> tuple[list[Example], list[str]]:
    """Return sounds with their embeddings, and a sentence on each that cannot be used."""
    examples, faults = [], []
    for done, sound in enumerate(sounds, start=1):
        try:
            song = load_song(sound.source, name=sound.name)
            found = embed_sound(song).embeddings
        except AudioError as error:
            faults.append(str(error))
        else:
            about = sound.label, sound.name, sound.recording, song.digest
            examples.append(Example(*about, found))
        on_progress(done, len(sounds))
    return examples, faults


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
    kept, warnings = _without_copies(examples)
    parts = [_some(one.embeddings) for one in kept]
    x = np.concatenate(parts).astype(np.float64)
    owner = np.repeat(np.arange(len(kept)), list(map(len, parts)))
    truth = np.array([labels.index(one.label) for one in kept])
    groups = np.unique([one.recording for one in kept], return_inverse=True)[1]

    # Matrices this small are slower by several threads, on a busy machine a hundred times.
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
        index=[examples.index(kept[row]) for row in tested],
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
    }
    classes = OwnClasses(tuple(labels), kernel, bias, facts)
    seconds = time.perf_counter() - began
    return Taught(classes, table, accuracy, interval, tuple(warnings), seconds)


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


def _without_copies(examples: Sequence[Example]) -> tuple[list[Example], list[str]]:
    """Return the sounds without copies in a class; and sentences on copies."""
    means = np.stack([one.embeddings.mean(axis=0) for one in examples])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    copies: Counter[str] = Counter()
    kept: list[int] = []
    warnings: list[str] = []
    for number, example in enumerate(examples):
        same = [row for row in kept if means[row] @ means[number] > _COPY]
        if any(examples[row].label == example.label for row in same):
            copies[example.label] += 1
            continue
        if same:
            other = examples[same[0]]
            warnings.append(
                f"{example.name} of {example.label} is the same sound as {other.name} of "
                f"{other.label}: decide for one class."
            )
        kept.append(number)
    for label, count in copies.items():
        noun = "sound is a copy of another" if count == 1 else "sounds are copies of others"
        warnings.append(f"{label}: {count} {noun}, and {'is' if count == 1 else 'are'} left out.")
    return [examples[number] for number in kept], warnings


# === Learning ===


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
