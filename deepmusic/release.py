"""From a finished run to what DeepMusic ships of it: networks to ask, and figures for tables.

The app asks the networks of `deepmusic.runs.HOME_PROTOCOL`, and about songs from elsewhere those of
`SONG_PROTOCOL`; only these need weights. The latter have no figures.
"""

import os
import shutil
from pathlib import Path

from deepmusic import baseline, evaluation, models, weights
from deepmusic.errors import RunError
from deepmusic.files import write_atomically
from deepmusic.runs import HOME_PROTOCOL, SONG_PROTOCOL, Run, shipped_path, shipped_run

#: Protocols whose networks the app asks.
_ASKED = (HOME_PROTOCOL, SONG_PROTOCOL)

#: Settings in which repeats may differ: chance, and where the same collection lies.
_NO_PART_OF_A_RECIPE = ("seed", "data")


def ship(run: Run) -> Run:
    """Copy a finished run to where the app finds it, in place of the one shipped before.

    Weights go along only where the app asks the network. Repeats beside the old run stay if their
    recipe is the new run's.

    Parameters
    ----------
    run : Run
        Of a network, or of the baseline.

    Returns
    -------
    Run
        The copy.

    Raises
    ------
    RunError
        If the run is not finished, or lacks a file.
    """
    name, protocol = _name(run), run.evaluation["protocol"]
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
    if protocol not in _ASKED:
        target.weights_path.unlink(missing_ok=True)
    weights.write_list()
    return target


def ship_repeat(run: Run) -> Run:
    """Keep what a finished run reached beside the shipped run of its network and protocol.

    Of its predictions only the verdicts on clips are kept (`deepmusic.evaluation.compact_clips`):
    a twentieth of the room, and enough to count all shares again.

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
    evaluation.refuse_untested(run)
    protocol, recipe = run.evaluation["protocol"], run.config.train
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
    clips = evaluation.compact_clips(run.read_predictions(), run.config.model.genres)
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
    """Count anew what the ensemble of the networks that the app asks reaches."""
    runs = [shipped_run(name) for name in models.MODELS]
    ensemble = Run(shipped_path(models.ENSEMBLE))
    ensemble.path.mkdir(exist_ok=True)
    ensemble.write_evaluation(evaluation.summarize_runs(runs)[models.ENSEMBLE])


def differences(one: Run, other: Run) -> list[str]:
    """Name the settings in which two runs differ, but for their seed."""
    return [
        name
        for part in ("model", "train")
        for name, value in getattr(one.config, part)
        if name not in _NO_PART_OF_A_RECIPE and value != getattr(getattr(other.config, part), name)
    ]


def _name(run: Run) -> str:
    """Return the name of a run's network; what has no settings is the baseline."""
    return run.config.model.name if (run.path / "config.json").exists() else baseline.NAME


def _shipped_paths(run: Run, name: str, protocol: str) -> list[Path]:
    """List what is shipped of a run."""
    paths = [run.path / "evaluation.json"]
    if protocol != SONG_PROTOCOL:
        paths.append(run.predictions_path)
    if name != baseline.NAME:
        paths += [run.path / "config.json", run.history_path]
        if protocol in _ASKED:
            paths.append(run.weights_path)
    return paths


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(source, temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise RunError(f"{source} cannot be shipped ({error.strerror}).") from error
    finally:
        temporary.unlink(missing_ok=True)
