"""Baseline: a support vector machine on statistics of whole clips.

It reads the networks' log-mels, and of time knows the changes from frame to frame alone. It trains
in seconds, so that only its predictions are stored.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deepmusic.audio.features import mfccs
from deepmusic.data import Dataset, LogMels, load_part
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.evaluation.calibration import apply_temperature, fit_temperature
from deepmusic.evaluation.evaluate import summarize
from deepmusic.models import BASELINE
from deepmusic.protocols import Protocol
from deepmusic.runs import Run

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


PERCENTILES = (10, 90)

#: Values of the penalty C, selected on the validation part.
PENALTIES = (1.0, 3.0, 10.0, 30.0)

#: Frames that a clip must have, for differences between them.
_LEAST_FRAMES = 2


def describe(log_mel: np.ndarray) -> np.ndarray:
    """Statistics of a clip's mel bands and MFCCs over time.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(n_mels, n_frames)], uint8

    Returns
    -------
    np.ndarray [shape=(n_features,)], float64
        Of each band and coefficient, the mean, standard deviation and `PERCENTILES`; of their
        differences from frame to frame, the standard deviation and mean absolute value.
    """
    rows = np.concatenate([log_mel.astype(np.float64), mfccs(log_mel)])
    steps = np.diff(rows, axis=1)
    return np.concatenate(
        [
            rows.mean(axis=1),
            rows.std(axis=1),
            *np.percentile(rows, PERCENTILES, axis=1),
            steps.std(axis=1),
            np.abs(steps).mean(axis=1),
        ]
    )


def evaluate(
    dataset: Dataset,
    protocol: str = "paper",
    fold: int | None = None,
    on_progress: Progress = no_progress,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Train the SVM on the training and validation parts, and predict the test part.

    Parameters
    ----------
    dataset : Dataset
        Gives the clips.
    protocol, fold
        As in ``dataset.split``.
    on_progress : callable
        Called with the numbers of clips described and in total.

    Returns
    -------
    (pd.DataFrame, dict)
        Predictions of the test part, one window a clip; and their
        `deepmusic.evaluation.evaluate.summarize`, with ``protocol``, ``part``, ``penalty`` and
        ``temperature`` (both selected on the validation part) and ``clips_by_part``.

    Raises
    ------
    DatasetError
        If there is no such protocol, one of its parts has no usable clip, or the training part none
        of some genre.
    """
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    split = dataset.split(protocol, fold)
    parts = {
        part: load_part(
            dataset,
            split,
            part,
            dataset.mel,
            n_frames=_LEAST_FRAMES,
            genres=dataset.genres,
        )
        for part in ("train", "valid", "test")
    }
    clips = [clip for loaded in parts.values() for clip in loaded.by_track.values()]
    described = _describe_all(clips, on_progress)
    train, valid, test = (
        np.stack(list(islice(described, len(loaded.by_track)))) for loaded in parts.values()
    )
    genres = [*_genres(parts["train"], dataset), *_genres(parts["valid"], dataset)]
    # The validation part chooses the penalty; the refit is on both.
    search = GridSearchCV(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": PENALTIES},
        cv=PredefinedSplit([-1] * len(train) + [0] * len(valid)),
    ).fit(np.concatenate([train, valid]), genres)
    # Decision values are no probabilities: held-out clips give the temperature.
    chosen = clone(search.best_estimator_).fit(train, genres[: len(train)])
    validation = _predictions(chosen, valid, parts["valid"], dataset)
    temperature = fit_temperature(validation, dataset.genres)
    predictions = apply_temperature(
        _predictions(search.best_estimator_, test, parts["test"], dataset),
        dataset.genres,
        temperature,
    )
    return predictions, summarize(predictions, dataset.genres) | {
        "protocol": split.name,
        "part": "test",
        "penalty": search.best_params_["svc__C"],
        "temperature": round(temperature, 4),
        "clips_by_part": {part: len(loaded.by_track) for part, loaded in parts.items()},
    }


def train(
    dataset: Dataset,
    protocol: str,
    fold: int | None,
    folder: Path,
    on_progress: Progress = no_progress,
) -> Run:
    """Evaluate the SVM, and write the result as a run such as ``svm-artist_folds-fold1``.

    It has no ``config.json``, and replaces an earlier one, which was equal: nothing is random.
    """
    predictions, found = evaluate(dataset, protocol, fold, on_progress)
    run = Run(folder / f"{BASELINE}-{Protocol.parse(found['protocol']).slug}")
    run.path.mkdir(parents=True, exist_ok=True)
    # With one row a clip, no mean decides between genres that four digits make equal.
    run.write_predictions(predictions, digits=6)
    run.write_evaluation(found)
    return run


def _describe_all(clips: Sequence[np.ndarray], on_progress: Progress) -> Iterator[np.ndarray]:
    for done, clip in enumerate(clips, start=1):
        yield describe(clip)
        on_progress(done, len(clips))


def _genres(log_mels: LogMels, dataset: Dataset) -> list[str]:
    return [dataset.tracks[track].genre for track in log_mels.by_track]


def _predictions(
    machine: "Pipeline", described: np.ndarray, log_mels: LogMels, dataset: Dataset
) -> pd.DataFrame:
    """Return a window table of the softmax of the decision values."""
    from scipy.special import softmax

    distances = machine.decision_function(described)
    if distances.ndim == 1:
        # Of two genres, scikit-learn gives one value.
        distances = np.stack([-distances, distances], axis=1) / 2
    probabilities = softmax(distances, axis=1)
    by_genre = pd.DataFrame(probabilities, columns=list(machine.classes_))
    keys = pd.DataFrame(
        {"track": list(log_mels.by_track), "genre": _genres(log_mels, dataset), "start": 0.0}
    )
    return keys.join(by_genre.reindex(columns=list(dataset.genres), fill_value=0.0))
