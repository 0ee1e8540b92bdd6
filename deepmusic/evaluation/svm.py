"""Baseline: a support vector machine on statistics of whole clips.

It reads the same log-mels as the networks, and of time it knows no more than how much changes from
one frame to the next. It trains in seconds, so that nothing of it is stored but its predictions.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deepmusic.audio.features import mfccs
from deepmusic.config import FRONT_ENDS
from deepmusic.data import Dataset, LogMels, Split
from deepmusic.errors import DatasetError
from deepmusic.evaluation.calibration import apply_temperature, fit_temperature
from deepmusic.evaluation.evaluate import summarize
from deepmusic.models import BASELINE
from deepmusic.protocols import Protocol
from deepmusic.runs import Run

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


PERCENTILES = (10, 90)

#: A clip must have something that changes.
_LEAST_FRAMES = 2

#: Penalties of errors that are tried; the validation part chooses.
PENALTIES = (1.0, 3.0, 10.0, 30.0)


def describe(log_mel: np.ndarray) -> np.ndarray:
    """Compute statistics of a clip's mel bands and MFCCs over time.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(n_mels, n_frames)], uint8
        A clip's log-mel.

    Returns
    -------
    np.ndarray [shape=(n_features,)], float64
        Mean, standard deviation and `PERCENTILES` of each band and of the first `N_MFCCS`
        coefficients; and of their steps from frame to frame, standard deviation and mean size.
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
    dataset: Dataset, protocol: str = "paper", fold: int | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Train the SVM by a protocol on all but the test clips, and predict these once.

    The networks need the validation clips to choose their epoch; the SVM is trained on them too,
    once they have chosen its penalty.

    Parameters
    ----------
    dataset : Dataset
        Where the clips come from.
    protocol, fold
        As in ``dataset.split``.

    Returns
    -------
    (pd.DataFrame, dict)
        Predictions of the test part, with one window for each clip; and what
        `deepmusic.evaluation.evaluate.summarize` says of them, with ``protocol``, ``part``,
        ``penalty`` and
        ``temperature`` (both from the validation part) and ``clips_by_part``.

    Raises
    ------
    DatasetError
        If there is no such protocol, or a part of it has no usable clip.
    """
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    split = dataset.split(protocol, fold)
    parts = {part: _load_part(dataset, split, part) for part in ("train", "valid", "test")}
    train, valid, test = (
        np.stack([describe(clip) for clip in loaded.by_track.values()]) for loaded in parts.values()
    )
    genres = [*_genres(parts["train"], dataset), *_genres(parts["valid"], dataset)]
    # The validation part chooses the penalty; the refit is on both.
    search = GridSearchCV(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": PENALTIES},
        cv=PredefinedSplit([-1] * len(train) + [0] * len(valid)),
    ).fit(np.concatenate([train, valid]), genres)
    # Distances from the borders are no probabilities: clips that it was not trained on say how
    # confident to be.
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


def train(dataset: Dataset, protocol: str, fold: int | None, folder: Path) -> Run:
    """Do what `evaluate` does, and keep what comes of it as a run in a folder of runs.

    The run, such as ``svm-artist_folds-fold1``, has no settings of a network. It replaces an
    earlier one, which said the same: nothing in it is left to chance.
    """
    predictions, found = evaluate(dataset, protocol, fold)
    run = Run(folder / f"{BASELINE}-{Protocol.parse(found['protocol']).slug}")
    run.path.mkdir(parents=True, exist_ok=True)
    run.write_predictions(predictions)
    run.write_evaluation(found)
    return run


def _load_part(dataset: Dataset, split: Split, part: str) -> LogMels:
    loaded = dataset.log_mels(getattr(split, part), FRONT_ENDS["compact"]).at_least(_LEAST_FRAMES)
    if not loaded.by_track:
        raise DatasetError(
            f"No clip of the {part} part of {split.name} can be used ({len(loaded.skipped)} "
            "skipped). Check the data set's folder."
        )
    return loaded


def _genres(log_mels: LogMels, dataset: Dataset) -> list[str]:
    return [dataset.tracks[track].genre for track in log_mels.by_track]


def _predictions(
    machine: "Pipeline", described: np.ndarray, log_mels: LogMels, dataset: Dataset
) -> pd.DataFrame:
    """Return a table like that of a network: the softmax of the distances from the borders."""
    from scipy.special import softmax

    distances = machine.decision_function(described)
    if distances.ndim == 1:
        # Of two genres, scikit-learn gives the distance from their one border.
        distances = np.stack([-distances, distances], axis=1) / 2
    probabilities = softmax(distances, axis=1)
    by_genre = pd.DataFrame(probabilities, columns=list(machine.classes_))
    keys = pd.DataFrame(
        {"track": list(log_mels.by_track), "genre": _genres(log_mels, dataset), "start": 0.0}
    )
    return keys.join(by_genre.reindex(columns=list(dataset.genres), fill_value=0.0))
