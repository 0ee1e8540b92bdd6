"""Release of finished runs with DeepMusic: weights to predict with, and figures for the tables.

Weights are shipped under `BENCHMARK_PROTOCOL` and `DEPLOYED_PROTOCOL`, which has no figures, and of
one network of FMA's genres.
"""

import shutil
from pathlib import Path
from typing import Any

from deepmusic import models
from deepmusic.errors import RunError
from deepmusic.evaluation import evaluate, metrics
from deepmusic.evaluation.scores import model_of
from deepmusic.files import replacing, write_atomically
from deepmusic.formatting import to_csv
from deepmusic.protocols import (
    BENCHMARK_PROTOCOL,
    DEPLOYED_PROTOCOL,
    FMA_NETWORK,
    FMA_PROTOCOL,
    Protocol,
)
from deepmusic.runs import Run, shipped_path, shipped_run, weights

#: Settings in which repeats may differ; `data` is where the dataset lies.
_NO_PART_OF_A_RECIPE = ("seed", "data")


def ship(run: Run) -> Run:
    """Copy a finished run (a network's or the SVM's) to ``assets/runs``, and return the copy.

    It replaces the run shipped before; repeats beside that one stay if they are repeats of the new.

    Raises
    ------
    RunError
        If the run is not finished, or lacks a file.
    """
    name, protocol = model_of(run), run.protocol
    paths = _shipped_paths(run, name, protocol)
    for path in paths:
        if not path.is_file():
            raise RunError(f"{path} is missing, and {name} is not shipped without it.")
    target = Run(shipped_path(name, protocol))
    target.path.mkdir(parents=True, exist_ok=True)
    for repeat in target.repeats().values():
        if differences(run, repeat) or repeat.config.train.seed == run.config.train.seed:
            shutil.rmtree(repeat.path)
    for path in paths:
        _copy(path, target.path / path.name)
    if not _has_weights(name, protocol):
        for path in (target.weights_path, target.network_path):
            path.unlink(missing_ok=True)
    weights.write_list()
    return target


def ship_repeat(run: Run) -> Run:
    """Copy a finished run beside the shipped one of its recipe, as another seed; return the copy.

    Of its predictions, `deepmusic.evaluation.metrics.compact_clips` is kept.

    Raises
    ------
    RunError
        If the run is not finished or not tested, or if the shipped run is missing, differs in more
        than its seed, has the same seed, or was tested on other clips.
    """
    evaluate.refuse_untested(run)
    protocol, recipe = run.protocol, run.config.train
    shipped = shipped_run(run.config.model.name, protocol)
    if apart := differences(run, shipped):
        raise RunError(
            f"{run.path} is no repeat of {shipped.path}: they differ in {', '.join(apart)}. Train "
            "it with the shipped run's settings and another --seed."
        )
    if recipe.seed == shipped.config.train.seed:
        raise RunError(
            f"{run.path} has seed {recipe.seed}, as the shipped run has. Train it with another "
            "--seed."
        )
    clips = metrics.compact_clips(run.read_predictions(), run.config.model.genres)
    if set(clips.index) != set(shipped.read_predictions()["track"]):
        raise RunError(
            f"{run.path} was not tested on the clips that {shipped.path} was tested on. Complete "
            f"the dataset, then: deepmusic evaluate {run.path}"
        )
    target = shipped.repeat(recipe.seed)
    target.path.mkdir(parents=True, exist_ok=True)
    for path in (run.path / "config.json", run.path / "evaluation.json"):
        _copy(path, target.path / path.name)
    # Last, since a repeat counts once this is there.
    write_atomically(target.clips_path, to_csv(clips.reset_index(), float_format="%.4f"))
    return target


def ship_ensemble() -> None:
    """Evaluate the ensemble of the benchmark's shipped networks anew."""
    runs = [shipped_run(name) for name in models.MODELS]
    ensemble = Run(shipped_path(models.ENSEMBLE))
    ensemble.path.mkdir(exist_ok=True)
    ensemble.write_evaluation(evaluate.summarize_runs(runs)[models.ENSEMBLE])


def differences(one: Run, other: Run) -> list[str]:
    """Return the names of the settings in which two runs differ, but for their seed.

    Repeats that went on from weights did so from a first step of their own, in another folder.
    """
    return [
        name
        for part in ("model", "train")
        for name, value in getattr(one.config, part)
        if name not in _NO_PART_OF_A_RECIPE
        and _comparable(name, value)
        != _comparable(name, getattr(getattr(other.config, part), name))
    ]


def _comparable(name: str, value: Any) -> Any:
    return bool(value) if name == "init" else value


def _shipped_paths(run: Run, name: str, protocol: Protocol) -> list[Path]:
    """Return the files of a run that are shipped."""
    paths = [run.path / "evaluation.json"]
    if protocol != DEPLOYED_PROTOCOL:
        paths.append(run.predictions_path)
    if name in models.MODELS:
        paths += [run.path / "config.json", run.history_path]
        if _has_weights(name, protocol):
            paths += [run.weights_path, run.network_path]
    return paths


def _has_weights(name: str, protocol: Protocol) -> bool:
    """Return whether a network is shipped with its weights, so that it can be asked."""
    of_fma = protocol == FMA_PROTOCOL and name == FMA_NETWORK
    return of_fma or protocol in (BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all."""
    try:
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    except OSError as error:
        raise RunError(f"{source} cannot be shipped ({error.strerror}).") from error
