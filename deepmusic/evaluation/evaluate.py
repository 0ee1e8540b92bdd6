"""Evaluation of a trained network on the test part of a protocol."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepmusic import models
from deepmusic.audio.features import window_starts, windows
from deepmusic.config import ModelConfig
from deepmusic.data import Dataset, LogMels, Split, Track
from deepmusic.data.gtzan import read_facts
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.data.splits import clip_of
from deepmusic.data.splits import make as make_split
from deepmusic.errors import DatasetError, RunError
from deepmusic.evaluation import metrics
from deepmusic.evaluation.calibration import calibration, fit_temperature
from deepmusic.prediction import Classifier
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import Run


def predict_windows(
    network: Callable[[np.ndarray], np.ndarray],
    log_mels: LogMels,
    tracks: Mapping[str, Track],
    model: ModelConfig,
    on_progress: Progress = no_progress,
) -> pd.DataFrame:
    """Window table (see `deepmusic.evaluation.metrics`) of a network's predictions for clips.

    Parameters
    ----------
    network : callable
        Returns probabilities [shape=(n_windows, n_genres)] of windows, from 0 to 255.
    log_mels : LogMels
        The clips.
    tracks : mapping of str to Track
        Their labels.
    model : ModelConfig
        Gives windows and genres.
    on_progress : callable
        Called with the numbers of clips done and in total.
    """
    tables = []
    for done, (track, clip) in enumerate(log_mels.by_track.items(), start=1):
        starts = window_starts(clip.shape[1], model.window_frames)
        batch = windows(clip, model.window_frames).astype(np.float32)
        table = pd.DataFrame(np.asarray(network(batch)), columns=list(model.genres))
        table.insert(0, "track", track)
        table.insert(1, "genre", tracks[track].genre)
        table.insert(2, "start", np.round(starts * model.mel.seconds_per_frame, 3))
        tables.append(table)
        on_progress(done, len(log_mels.by_track))
    return pd.concat(tables, ignore_index=True)


# === Window tables summed up ===


def summarize(predictions: pd.DataFrame, genres: Sequence[str]) -> dict[str, Any]:
    """Return all metrics of a window table, as ``evaluation.json`` has them.

    Returns
    -------
    dict
        To four decimals: counts of ``windows`` and ``clips``; ``genres``; ``window_accuracy``,
        ``clip_accuracy`` (by mean probability) and ``clip_vote_accuracy`` (by majority of windows),
        each with the 95 % interval ``..._interval`` over clips; ``top2_accuracy``; ``per_genre``:
        precision, recall, f1 and support, by clip; ``confusion``: clips by label (row) and
        prediction (column); ``expected_calibration_error`` and ``reliability`` (see
        `deepmusic.evaluation.calibration`).
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    genres = list(genres)
    table = metrics.clip_table(predictions, genres)
    truth, predicted = table["genre"], table["predicted"]
    right, by_vote = predicted == truth, table["predicted_by_vote"] == truth
    by_genre = precision_recall_fscore_support(truth, predicted, labels=genres, zero_division=0)
    names = ("precision", "recall", "f1", "support")
    found = {
        "windows": len(predictions),
        "clips": len(table),
        "genres": genres,
        "window_accuracy": float(metrics.window_hits(predictions, genres).mean()),
        "window_accuracy_interval": metrics.window_interval(predictions, genres),
        "clip_accuracy": float(right.mean()),
        "clip_accuracy_interval": metrics.clip_interval(right),
        "clip_vote_accuracy": float(by_vote.mean()),
        "clip_vote_accuracy_interval": metrics.clip_interval(by_vote),
        "top2_accuracy": metrics.top2_accuracy(table, genres),
        "per_genre": {
            genre: {name: value.item() for name, value in zip(names, row, strict=True)}
            for genre, *row in zip(genres, *by_genre, strict=True)
        },
        "confusion": confusion_matrix(truth, predicted, labels=genres).tolist(),
    }
    return _rounded(found | calibration(table).to_dict())


def _rounded(value: Any) -> Any:
    """Round all floats in nested lists and mappings to four decimals."""
    if isinstance(value, float):
        return round(float(value), 4)
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value


def calibrated(
    predictions: pd.DataFrame, validation: pd.DataFrame, genres: Sequence[str]
) -> dict[str, Any]:
    """Return ``temperature``, fitted on validation windows, and the test's calibration at it.

    The latter is named ``calibrated``. Empty if the network has diverged and predicts NaN.
    """
    if not np.isfinite(validation[list(genres)]).all(axis=None):
        return {}
    temperature = fit_temperature(validation, genres)
    found = calibration(metrics.clip_table(predictions, genres), genres, temperature)
    return _rounded({"temperature": temperature, "calibrated": found.to_dict()})


def summarize_runs(runs: Sequence[Run]) -> dict[str, dict[str, Any]]:
    """Return `summarize` of finished runs of one protocol and of their ensemble, by network.

    Raises
    ------
    RunError
        If their protocols differ, or one has no predictions.
    """
    protocols = {run.protocol for run in runs}
    if len(protocols) != 1:
        raise RunError(
            "The runs were tested by different protocols "
            f"({', '.join(sorted(map(str, protocols)))}), which no table may mix. Choose runs of "
            "one protocol."
        )
    genres = runs[0].config.model.genres
    tables = {run.config.model.name: run.read_predictions() for run in runs}
    if len(tables) > 1:
        tables[models.ENSEMBLE] = metrics.average(list(tables.values()), genres)
    return {
        name: summarize(table, genres) | {"protocol": str(*protocols), "part": "test"}
        for name, table in tables.items()
    }


def recount(run: Run) -> dict[str, Any]:
    """Return a run's evaluation with its ``predictions.csv`` counted again; nothing is written.

    Raises
    ------
    RunError
        If the run is not finished or was not tested.
    """
    refuse_untested(run)
    return run.evaluation | summarize(run.read_predictions(), run.config.model.genres)


# === Evaluation of a run ===


def evaluate(
    run: Run,
    dataset: Dataset,
    split_name: str | None = None,
    fold: int | None = None,
    on_progress: Progress = no_progress,
) -> dict[str, Any]:
    """Test a finished run, and write its ``predictions.csv`` and ``evaluation.json`` again.

    Parameters
    ----------
    run : Run
        To test. The temperature is fitted on its own validation part.
    dataset : Dataset
        What it was trained on.
    split_name : str, optional
        One of ``dataset.splits``; the run's own if not given.
    fold : int, optional
        Test fold, with ``artist_folds``.
    on_progress : callable
        Called with the numbers of clips done and in total, for the test part and then for the
        validation part.

    Returns
    -------
    dict
        The new ``evaluation.json``.

    Raises
    ------
    RunError
        If the run is not finished, was trained or validated on a test clip, or was tested before on
        more clips than are available.
    DatasetError
        If there is no such protocol.
    """
    refuse_untested(run)
    stored, model, recipe = run.evaluation, run.config.model, run.config.train
    own = dataset.split(recipe.split, recipe.fold)
    if split_name in (None, recipe.split):
        split = dataset.split(recipe.split, fold or recipe.fold)
    else:
        split = dataset.split(split_name, fold)
    _refuse_seen_clips(run, own, split)
    classifier = Classifier(run)

    def network(frames: np.ndarray) -> np.ndarray:
        return classifier.predict_windows(frames)[1]

    tested = dataset.log_mels(split.test, model.mel).at_least(model.window_frames)
    _refuse_fewer_clips(run, split, len(tested.by_track))
    run.write_predictions(predict_windows(network, tested, dataset.tracks, model, on_progress))
    # Counted from the file, so that counting again finds the same.
    predictions = run.read_predictions()
    found = stored | summarize(predictions, model.genres)
    found |= {"protocol": split.name, "part": "test"} | _skipped(stored, split, tested)
    validated = dataset.log_mels(own.valid, model.mel).at_least(model.window_frames)
    if validated.by_track:
        validation = predict_windows(network, validated, dataset.tracks, model, on_progress)
        found |= calibrated(predictions, validation, model.genres)
    run.write_evaluation(found)
    return found


def refuse_untested(run: Run) -> None:
    """Raise `RunError` if a run was trained on every clip, so that no test clip is left."""
    recipe = run.config.train
    if not recipe.is_tested:
        raise RunError(
            f"{run.id} was trained on every clip of {recipe.data}, so a score on them would "
            f"flatter it. Test its recipe under a protocol: {_train_command(run, '--split paper')}"
        )


def _refuse_seen_clips(run: Run, own: Split, split: Split) -> None:
    """Raise `RunError` if a run was trained (by `own`) on a test clip of another split.

    What `window_leak` leaks by its own split is what it is there to show.
    """
    tested = set(map(clip_of, split.test))
    seen = tested & set(map(clip_of, own.train + own.valid))
    if seen and split != own:
        command = _train_command(run, Protocol.parse(split.name).cli_options)
        raise RunError(
            f"{run.id} was trained or validated on {len(seen)} of the {len(tested)} clips that "
            f"{split.name} tests, so its score there would flatter it (its own protocol is "
            f"{own.name}). Train a network that has not seen them: {command}"
        )


def _train_command(run: Run, options: str) -> str:
    data = run.config.train.data
    command = f"deepmusic train --model {run.config.model.name} {options}"
    return command if data == "gtzan" else f"{command} --data {data}"


def _refuse_fewer_clips(run: Run, split: Split, n_available: int) -> None:
    """Raise `RunError` where there is nothing to test, or less than was tested before."""
    before = run.evaluation["clips"] if run.evaluation.get("protocol") == split.name else 1
    if n_available < before:
        raise RunError(
            f"Only {n_available} of the {len(split.test)} test clips of {split.name} are "
            f"available, and {before} are needed to replace the predictions of {run.id}. Complete "
            f"the dataset, or recount what is there: deepmusic evaluate {run.path} --recount"
        )


def _skipped(stored: Mapping[str, Any], split: Split, tested: LogMels) -> dict[str, Any]:
    """Return ``clips_by_part`` and ``skipped`` with those of the test part brought up to date."""
    others = [one for one in stored.get("skipped", []) if one["track"] not in split.test]
    missing = [{"track": one.track, "reason": one.reason} for one in tested.skipped]
    by_part = stored.get("clips_by_part", {}) | {"test": len(tested.by_track)}
    return {"clips_by_part": by_part, "skipped": others + missing}


def score_files(predicted: Mapping[Path, Mapping[str, str]]) -> str:
    """Accuracy table of predictions for GTZAN's sound files: networks by part of the benchmark.

    Parameters
    ----------
    predicted : mapping of Path to mapping of str to str
        Predicted genre by file, whose stem is a track id such as ``blues.00000``, and by network
        of `BENCHMARK_PROTOCOL`.

    Raises
    ------
    DatasetError
        If a file is not named like a track of GTZAN.
    """
    genre_of = {row["track"]: row["genre"] for row in read_facts()}
    unknown = [path.name for path in predicted if path.stem not in genre_of]
    if unknown or not predicted:
        raise DatasetError(
            f"{', '.join(unknown[:3]) or 'No file'}: not a track of GTZAN, whose genre is known. "
            "Score files named like blues.00000.wav."
        )
    split = make_split(read_facts(), BENCHMARK_PROTOCOL.name)
    rows = pd.DataFrame(
        {
            "model": models.title(name),
            "part": split.part_of(path.stem),
            "right": genre == genre_of[path.stem],
        }
        for path, by_model in predicted.items()
        for name, genre in by_model.items()
    )
    both = pd.concat([rows, rows.assign(part="all")])
    groups = both.groupby(["model", "part"], sort=False)["right"]
    cells = groups.agg(lambda right: f"{right.mean():.3f} of {len(right)}").unstack("part")
    order = [part for part in ("train", "valid", "test", "all") if part in cells]
    return (
        f"Accuracy by part of the split {split.name}.\n"
        "Only the test column says how good a network is.\n"
        + cells[order].rename_axis(index=None, columns=None).to_string()
    )
