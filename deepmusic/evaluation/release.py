"""Release of a finished run with DeepMusic: networks to predict with, and figures for tables.

The app predicts with the networks of `BENCHMARK_PROTOCOL`, and for songs from elsewhere with those
of `DEPLOYED_PROTOCOL`; only these need weights. The latter have no figures.
"""

import shutil
from pathlib import Path

from deepmusic import models
from deepmusic.errors import RunError
from deepmusic.evaluation import evaluate, metrics
from deepmusic.evaluation.scores import model_of
from deepmusic.files import replacing, write_atomically
from deepmusic.models import BASELINE
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL, Protocol
from deepmusic.runs import Run, shipped_path, shipped_run, weights

#: Protocols whose networks are shipped with their weights.
_WITH_WEIGHTS = (BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL)

#: Settings in which repeats may differ: chance, and where the same dataset lies.
_NO_PART_OF_A_RECIPE = ("seed", "data")


def ship(run: Run) -> Run:
    """Copy a finished run to where the app finds it, in place of the one shipped before.

    Weights go along only where the app predicts with the network. Repeats beside the old run stay
    if their recipe is the new run's.

    Parameters
    ----------
    run : Run
        Of a network, or of the SVM.

    Returns
    -------
    Run
        The copy.

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
    if protocol not in _WITH_WEIGHTS:
        target.weights_path.unlink(missing_ok=True)
    weights.write_list()
    return target


def ship_repeat(run: Run) -> Run:
    """Keep what a finished run reached beside the shipped run of its network and protocol.

    Of its predictions only those for clips are kept (`deepmusic.evaluation.metrics.compact_clips`):
    a
    twentieth of the size, and enough to count all accuracies again.

    Parameters
    ----------
    run : Run
        Of the shipped run's recipe, under another seed.

    Returns
    -------
    Run
        What is kept: its settings, ``evaluation.json`` and ``clips.csv``.

    Raises
    ------
    RunError
        If the run is not finished or not tested, no run is shipped there, or that one differs in
        more than its seed, has the same seed, or was tested on other clips.
    """
    evaluate.refuse_untested(run)
    protocol, recipe = run.protocol, run.config.train
    shipped = shipped_run(run.config.model.name, protocol)
    apart = differences(run, shipped)
    if apart:
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
            f"the data set, then: python -m deepmusic evaluate {run.path}"
        )
    target = shipped.repeat(recipe.seed)
    target.path.mkdir(parents=True, exist_ok=True)
    for path in (run.path / "config.json", run.path / "evaluation.json"):
        _copy(path, target.path / path.name)
    # Last, since a repeat counts once this is there.
    write_atomically(target.clips_path, clips.to_csv(float_format="%.4f"))
    return target


def ship_ensemble() -> None:
    """Count anew what the ensemble of the benchmark's networks reaches."""
    runs = [shipped_run(name) for name in models.MODELS]
    ensemble = Run(shipped_path(models.ENSEMBLE))
    ensemble.path.mkdir(exist_ok=True)
    ensemble.write_evaluation(evaluate.summarize_runs(runs)[models.ENSEMBLE])


def differences(one: Run, other: Run) -> list[str]:
    """Name the settings in which two runs differ, but for their seed."""
    return [
        name
        for part in ("model", "train")
        for name, value in getattr(one.config, part)
        if name not in _NO_PART_OF_A_RECIPE and value != getattr(getattr(other.config, part), name)
    ]


def _shipped_paths(run: Run, name: str, protocol: Protocol) -> list[Path]:
    """List what is shipped of a run."""
    paths = [run.path / "evaluation.json"]
    if protocol != DEPLOYED_PROTOCOL:
        paths.append(run.predictions_path)
    if name != BASELINE:
        paths += [run.path / "config.json", run.history_path]
        if protocol in _WITH_WEIGHTS:
            paths.append(run.weights_path)
    return paths


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all."""
    try:
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    except OSError as error:
        raise RunError(f"{source} cannot be shipped ({error.strerror}).") from error
