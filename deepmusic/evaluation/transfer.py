"""Transfer learning: genres from the embeddings of the pretrained network, under a protocol.

musicnn's trunk stays frozen; a support vector machine on each clip's mean embedding is trained in
seconds, so that only its predictions are stored. Clips count whose embedding can be had: from an
archive, or from their sound.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepmusic.data import Dataset, Split
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.errors import AudioError, DatasetError
from deepmusic.evaluation.calibration import apply_temperature, fit_temperature
from deepmusic.evaluation.evaluate import summarize
from deepmusic.models import PRETRAINED
from deepmusic.protocols import Protocol
from deepmusic.runs import Run

#: What the validation part selects from: statistics of the embeddings over a clip, and penalties.
STATISTICS = ("mean", "mean and deviation")
PENALTIES = (0.1, 0.3, 1.0, 3.0)


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """Read embeddings of clips from an ``.npz`` archive.

    Parameters
    ----------
    path : Path
        With the arrays ``track`` [shape=(n_clips,)] and ``embedding``
        [shape=(n_clips, n_windows, 200)].

    Returns
    -------
    dict of str to np.ndarray [shape=(n_windows, 200)]
        By track.

    Raises
    ------
    DatasetError
        If there is no such file, or other arrays are in it.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            tracks, embeddings = archive["track"].astype(str), archive["embedding"]
        if embeddings.ndim != 3 or len(tracks) != len(embeddings):
            raise ValueError(f"embedding has the shape {embeddings.shape}")
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(
            f"{path} holds no arrays track and embedding [shape=(n_clips, n_windows, 200)]. "
            f"Received: {error}"
        ) from error
    return dict(zip(tracks.tolist(), embeddings.astype(np.float32), strict=True))


def embed_dataset(
    dataset: Dataset,
    known: Mapping[str, np.ndarray],
    on_progress: Progress = no_progress,
) -> dict[str, np.ndarray]:
    """Return the embeddings of a dataset's clips: those that are known, and those with sound."""
    from deepmusic.audio import load_song
    from deepmusic.prediction import pretrained

    embedded = {track: known[track] for track in dataset.tracks if track in known}
    paths = {track: dataset.audio_path(track) for track in dataset.tracks if track not in known}
    available = {track: path for track, path in paths.items() if path is not None}
    for done, (track, path) in enumerate(available.items(), start=1):
        try:
            found = pretrained.shipped_trunk().embed(load_song(path))
            embedded[track] = found.embeddings
        except AudioError:
            continue
        finally:
            on_progress(done, len(available))
    return embedded


def describe(embeddings: np.ndarray, statistics: str) -> np.ndarray:
    """Return the statistics of a clip's embeddings [shape=(n_windows, 200)] over its windows."""
    mean = embeddings.mean(axis=0)
    if statistics == "mean":
        return mean
    return np.concatenate([mean, embeddings.std(axis=0)])


def evaluate(
    dataset: Dataset,
    protocol: str,
    fold: int | None,
    embedded: Mapping[str, np.ndarray],
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Train the head on the training and validation parts, and predict the test part.

    Parameters
    ----------
    dataset : Dataset
        Gives labels.
    protocol, fold
        As in ``dataset.split``.
    embedded : mapping of str to np.ndarray [shape=(n_windows, 200)]
        By track; others are left out.

    Returns
    -------
    (pd.DataFrame, dict)
        As of `deepmusic.evaluation.svm.evaluate`.

    Raises
    ------
    DatasetError
        If a part has no clip with an embedding, or a genre none to train on.
    """
    split = dataset.split(protocol, fold)
    tracks = {
        part: [track for track in getattr(split, part) if track in embedded]
        for part in ("train", "valid", "test")
    }
    _check(dataset, split, tracks)
    truth = {
        part: np.array([dataset.tracks[track].genre for track in found])
        for part, found in tracks.items()
    }

    def table(part: str, statistics: str) -> np.ndarray:
        return np.stack([describe(embedded[track], statistics) for track in tracks[part]])

    best: tuple[float, str, float] | None = None
    for statistics in STATISTICS:
        train, valid = table("train", statistics), table("valid", statistics)
        for penalty in PENALTIES:
            accuracy = _machine(penalty).fit(train, truth["train"]).score(valid, truth["valid"])
            if best is None or accuracy > best[0]:
                best = accuracy, statistics, penalty
    assert best is not None
    _, statistics, penalty = best
    train, valid, test = (table(part, statistics) for part in tracks)
    chosen = _machine(penalty).fit(train, truth["train"])
    # Decision values are no probabilities: held-out clips give the temperature.
    temperature = fit_temperature(
        _predictions(chosen, valid, tracks["valid"], dataset), dataset.genres
    )
    machine = _machine(penalty).fit(
        np.concatenate([train, valid]), np.concatenate([truth["train"], truth["valid"]])
    )
    predictions = apply_temperature(
        _predictions(machine, test, tracks["test"], dataset), dataset.genres, temperature
    )
    return predictions, summarize(predictions, dataset.genres) | {
        "model": PRETRAINED,
        "protocol": split.name,
        "part": "test",
        "statistics": statistics,
        "penalty": penalty,
        "temperature": round(temperature, 4),
        "clips_by_part": {part: len(found) for part, found in tracks.items()},
    }


def train(
    dataset: Dataset,
    protocol: str,
    fold: int | None,
    folder: Path,
    archive: Path | None = None,
    on_progress: Progress = no_progress,
) -> Run:
    """Evaluate the pretrained network, and write the result as a run such as ``musicnn-paper``.

    It has no ``config.json``, and replaces an earlier one, which was equal: nothing is random.
    """
    known = read_archive(archive) if archive else {}
    embedded = embed_dataset(dataset, known, on_progress)
    predictions, found = evaluate(dataset, protocol, fold, embedded)
    run = Run(folder / f"{PRETRAINED}-{Protocol.parse(found['protocol']).slug}")
    run.path.mkdir(parents=True, exist_ok=True)
    run.write_predictions(predictions)
    run.write_evaluation(found)
    return run


def _check(dataset: Dataset, split: Split, tracks: Mapping[str, list[str]]) -> None:
    for part, found in tracks.items():
        if not found:
            raise DatasetError(
                f"No clip of the {part} part of {split.name} has an embedding or sound. "
                "Give --embeddings, or the folder of the dataset's sound."
            )
    missing = set(dataset.genres) - {dataset.tracks[track].genre for track in tracks["train"]}
    if missing:
        raise DatasetError(
            f"No clip of {', '.join(sorted(missing))} in the training part of {split.name} has an "
            "embedding or sound. Give --embeddings, or the folder of the dataset's sound."
        )


def _machine(penalty: float) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC(C=penalty, class_weight="balanced"))


def _predictions(
    machine: Any, described: np.ndarray, tracks: list[str], dataset: Dataset
) -> pd.DataFrame:
    """Return a window table of the softmax of the decision values, one window a clip."""
    from scipy.special import softmax

    distances = machine.decision_function(described)
    if distances.ndim == 1:
        # Of two genres, scikit-learn gives one value.
        distances = np.stack([-distances, distances], axis=1) / 2
    by_genre = pd.DataFrame(softmax(distances, axis=1), columns=list(machine.classes_))
    genres = [dataset.tracks[track].genre for track in tracks]
    keys = pd.DataFrame({"track": tracks, "genre": genres, "start": 0.0})
    return keys.join(by_genre.reindex(columns=list(dataset.genres), fill_value=0.0))
