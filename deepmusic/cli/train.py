"""``deepmusic train``: train networks, or the SVM."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from deepmusic import models
from deepmusic.cli.evaluate import metrics_table
from deepmusic.cli.options import (
    BATCH_SIZE,
    DATA_OPTION,
    DESCRIPTOR,
    EPOCHS,
    FOLD,
    JSON_OPTION,
    LARGEST_SEED,
    LEARNING_RATE,
    MODEL_CHOICE,
    REPEATS,
    SEED,
    TRAINING_SPLIT_OPTION,
    FiniteRange,
    open_data,
    open_run,
    phase_bars,
    progress_bar,
)
from deepmusic.cli.results import evaluation_line
from deepmusic.cli.runs import print_runs
from deepmusic.config import FINETUNE, FROZEN, SCRATCH, TRANSFERS
from deepmusic.data import absolute_name
from deepmusic.errors import RunError
from deepmusic.formatting import format_plain
from deepmusic.models import ALL, BASELINE, MODELS, PRETRAINED
from deepmusic.protocols import ALL_CLIPS
from deepmusic.runs import FINISHED, STOPPED, Run
from deepmusic.training import recipes
from deepmusic.training.recipes import PRESETS


@click.command()
@click.option(
    "--model",
    type=click.Choice([*MODEL_CHOICE.choices, BASELINE, PRETRAINED]),
    default=ALL,
    show_default=True,
    help="all: the three networks. svm: the baseline. musicnn: a head on the pretrained one.",
)
@DATA_OPTION
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    help="Recipe of settings that are not given: class with --data toy, else best.",
)
@TRAINING_SPLIT_OPTION
@click.option("--fold", type=FOLD, help="Test fold, with --split artist_folds.")
@click.option("--epochs", type=EPOCHS, help="Most epochs.")
@click.option("--batch-size", type=BATCH_SIZE, help="Windows per step.")
@click.option("--learning-rate", type=LEARNING_RATE, help="Highest rate.")
@click.option("--init", metavar="RUN", help="Begin with the weights of a run: its id or folder.")
@click.option("--augment/--no-augment", default=True, show_default=True)
@click.option("--mixup", type=FiniteRange(0, 10, min_open=True), help="Strength of mixup (alpha).")
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--repeats", type=REPEATS, default=1, help="Runs with consecutive seeds.")
@click.option(
    "--transfer",
    type=click.Choice(list(TRANSFERS)),
    help="With --model musicnn, train it as a network: its trunk frozen, its last block finetuned, "
    "or all of it from scratch.",
)
@click.option(
    "--embeddings",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Embeddings of clips without sound (.npz), with --model musicnn.",
)
@click.option("--background", is_flag=True, help="Start workers and return at once.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of runs.")
@JSON_OPTION
@click.option("--run", "path", type=click.Path(path_type=Path), hidden=True)
@click.option("--lock", type=DESCRIPTOR, hidden=True, help="Inherited file descriptor of its lock.")
def train(
    model: str,
    data: str,
    preset: str | None,
    split: str | None,
    fold: int | None,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    init: str | None,
    augment: bool,
    mixup: float | None,
    seed: int,
    repeats: int,
    transfer: str | None,
    embeddings: Path | None,
    background: bool,
    out: Path | None,
    as_json: bool,
    path: Path | None,
    lock: int | None,
) -> None:
    """Train networks, or the SVM, and test them once; Ctrl-C stops after a complete epoch.

    Runs lie in --out, in DEEPMUSIC_RUNS, or in runs/.

    \b
    Examples:
      deepmusic train --data toy
      deepmusic train --model crnn --split artist_folds --fold 1 --seed 3
      deepmusic train --model cnn --init RUN --mixup 0.3 --learning-rate 0.001
      deepmusic train --model musicnn --transfer frozen --data toy
    """
    from deepmusic.training import worker

    if path:
        worker.run_worker(Run.open(path), lock)
        return
    if seed + repeats - 1 > LARGEST_SEED:
        raise click.UsageError(f"The last of --repeats must have a seed up to {LARGEST_SEED}.")
    data = absolute_name(data)
    # Of GTZAN, what is missing is told by the run; of the others, before there is one.
    dataset = None if data in ("gtzan", "toy") else open_data(data)
    split = split or recipes.default_split(data)
    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    if embeddings and model != PRETRAINED:
        raise click.UsageError(f"Embeddings are for --model {PRETRAINED}. Received: {model}.")
    if transfer and (model != PRETRAINED or embeddings):
        other = "--embeddings" if embeddings else f"--model {model}"
        raise click.UsageError(
            f"--transfer goes with --model {PRETRAINED}, which then needs the clips' sound. "
            f"Received: {other}."
        )
    if model in (BASELINE, PRETRAINED) and not transfer:
        title = models.title(model)
        if split == ALL_CLIPS:
            raise click.UsageError(f"The {title} needs test clips. Received: --split {ALL_CLIPS}.")
        changed = preset or init or any(given.values()) or not augment or seed or mixup
        if changed or background or repeats > 1:
            raise click.UsageError(
                f"The {title} takes --data, --split, --fold, --out and --json alone: it has no "
                "epochs and no seed, and is trained in seconds."
                + (" To train it as a network, give --transfer." if model == PRETRAINED else "")
            )
        train_baseline(model, data, split, fold, out, embeddings, as_json)
        return
    asked = click.get_current_context().get_parameter_source("augment")
    if augment and transfer in (FROZEN, FINETUNE) and asked == ParameterSource.COMMANDLINE:
        raise click.UsageError(
            "Augmentation changes windows in each epoch, and frozen layers are computed once. "
            f"Leave --augment out, or train with --transfer {SCRATCH}."
        )
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    changes |= {"data": data} | recipes.under_protocol(split, fold)
    if not augment:
        changes["augment"] = None
    if mixup and (not augment or transfer in (FROZEN, FINETUNE)):
        raise click.UsageError("--mixup is augmentation, which this training has none of.")
    plans = []
    for name in MODELS if model == ALL else [model]:
        usual = preset or ("class" if data == "toy" else "best")
        sizes, recipe = recipes.recipe(name, usual, transfer or FROZEN)
        if dataset:
            sizes, recipe = recipes.for_dataset(sizes, recipe, dataset)
        if mixup is not None and recipe.augment:
            recipe = recipe.changed(augment=recipe.augment.changed(mix_up=mixup))
        for repeat in range(repeats):
            plans.append((sizes, recipe.changed(**changes, seed=seed + repeat)))
    first = open_run(init) if init else None
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    created: list[Run] = []
    try:
        for plan in plans:
            # Made when its turn comes: stopping one leaves no runs that never began.
            run = worker.create(*plan, out, first)
            created.append(run)
            if not as_json:
                click.echo(format_plain(run.path))
            if background:
                worker.start(run)
            else:
                train_here(run)
                if not as_json:
                    click.echo(outcome(run))
    finally:
        if as_json:
            print_runs(created, as_json)


@dataclass(frozen=True)
class _ShownRun(Run):
    """A run whose epochs grow as bars in the terminal, too."""

    report: Callable[[str, int, int], None]

    def write_progress(self, **progress: Any) -> None:
        super().write_progress(**progress)
        if progress["phase"] == "training":
            title = f"Epoch {progress['epoch'] + 1}/{self.config.train.epochs}"
            self.report(title, progress["step"], progress["steps"])


def train_here(run: Run) -> None:
    """Train a run in this process; raise `RunError` unless it is finished."""
    from deepmusic.training import worker

    with phase_bars() as report:
        worker.run_worker(_ShownRun(run.path, report))
    if run.state == STOPPED:
        raise RunError(f"{run.id} was stopped. Resume it: deepmusic runs resume {run.id}")
    if run.state != FINISHED:
        raise RunError(f"{run.id} failed: {run.error.strip()}")


def outcome(run: Run) -> str:
    """Return one line on a finished run."""
    name, recipe = run.config.model.name, run.config.train
    if not recipe.is_tested:
        return f"{models.title(name, recipe.transfer)}: trained on every clip; nothing is tested"
    return evaluation_line(name, run.evaluation, recipe.transfer)


def train_baseline(
    model: str,
    data: str,
    split: str,
    fold: int | None,
    out: Path | None,
    embeddings: Path | None,
    as_json: bool,
) -> None:
    """Train and test the SVM or the pretrained network, keep it as a run, print its metrics."""
    from deepmusic.data import open_dataset
    from deepmusic.evaluation import svm, transfer
    from deepmusic.files import runs_folder
    from deepmusic.training import worker

    worker.refuse_if_forbidden()
    with progress_bar("Describing clips") as report:
        dataset, folder = open_dataset(data), out or runs_folder()
        if model == BASELINE:
            run = svm.train(dataset, split, fold, folder, report)
        else:
            run = transfer.train(dataset, split, fold, folder, embeddings, report)
    if as_json:
        row = {"id": run.id, "state": run.state, "model": model, "epoch": 0}
        click.echo(json.dumps([row | run.evaluation], indent=2))
        return
    click.echo(format_plain(run.path))
    click.echo(metrics_table(models.title(model), run.evaluation))
