"""The command line: a shell over the functions that the app calls too."""

import glob
import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepmusic import __version__, models, recipes
from deepmusic.commands import evaluate, results, similar
from deepmusic.commands.data import DATA_OPTION, TRAINING_SPLIT_OPTION
from deepmusic.commands.data import data as data_commands
from deepmusic.commands.results import evaluation_line
from deepmusic.datasets import absolute_name
from deepmusic.errors import AudioError, DeepMusicError, RunError
from deepmusic.models import ALL, BASELINE
from deepmusic.protocols import (
    ALL_CLIPS,
    BENCHMARK_PROTOCOL,
    DEPLOYED_PROTOCOL,
)
from deepmusic.recipes import PRESETS

if TYPE_CHECKING:
    from deepmusic.prediction import Classifier, Prediction
    from deepmusic.runs import Run

    Heard = tuple[Path, float, Mapping[str, Prediction]]

MODEL_CHOICE = click.Choice([*models.MODELS, ALL])
JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")


class Cli(click.Group):
    """A group whose commands print our errors as one line and end with exit code 2."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except DeepMusicError as error:
            click.echo(f"deepmusic: {error}", err=True)
            context.exit(2)


@click.group(cls=Cli)
@click.version_option(__version__)
def main() -> None:
    """DeepMusic: tell the genre of music, and why."""


def chosen_models(name: str) -> list[str]:
    """Return the networks that an option names."""
    return list(models.MODELS) if name == ALL else [name]


# === predict ===


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option("--model", type=MODEL_CHOICE, default=ALL, show_default=True)
@click.option("--json", "style", flag_value="json", help="Print a list with every window.")
@click.option("--csv", "style", flag_value="csv", help="Print one row for each file and network.")
@click.option(
    "--score",
    "style",
    flag_value="score",
    help="Print the share right, for files named like GTZAN's tracks (blues.00000.wav).",
)
def predict(files: Sequence[str], model: str, style: str | None) -> None:
    """Tell the genre of sound files, folders or patterns such as "music/*.mp3".

    The networks that answer learnt from all clips of GTZAN; with --score, from its training clips.

    A file that cannot be used is reported and the rest go on; the exit code is then 2.
    """
    from deepmusic import prediction

    paths = list(expand(files))
    # A score needs networks that held clips back; a song from elsewhere, those that know most.
    protocol = BENCHMARK_PROTOCOL if style == "score" else DEPLOYED_PROTOCOL
    classifiers = prediction.load_classifiers(chosen_models(model), protocol)
    failures: list[Path] = []
    PRINTERS[style](hear(paths, classifiers, failures))
    if failures or not paths:
        click.echo(f"deepmusic: {len(failures)} of {len(paths)} files could not be used.", err=True)
        sys.exit(2)


def hear(
    paths: Sequence[Path], classifiers: Mapping[str, "Classifier"], failures: list[Path]
) -> Iterator["Heard"]:
    """Yield each file with what the networks hear in it; report and collect those that fail."""
    from deepmusic import audio, prediction

    for path in paths:
        try:
            song = audio.load_song(path)
            yield path, song.duration, prediction.classify(song, classifiers)
        except AudioError as error:
            failures.append(path)
            click.echo(f"deepmusic: {error}", err=True)


def expand(arguments: Sequence[str]) -> Iterator[Path]:
    """Yield the files that arguments mean: files as they are, folders and patterns searched."""
    from deepmusic.audio import SUFFIXES

    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            yield from sorted(
                found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES
            )
        elif not path.exists() and glob.has_magic(argument):
            yield from map(Path, sorted(glob.glob(argument, recursive=True)))
        else:
            yield path


def print_text(heard: Iterable["Heard"]) -> None:
    """Print one line a file, for people."""
    for path, duration, predictions in heard:
        verdicts = "  ".join(
            f"{models.title(name)}: {prediction.genre} {prediction.confidence:.0%}"
            for name, prediction in predictions.items()
        )
        click.echo(f"{path.name}  {duration:.1f} s  {verdicts}")


def print_json(heard: Iterable["Heard"]) -> None:
    """Print a list of objects, one a file."""
    from deepmusic import export

    click.echo(json.dumps([export.to_dict(str(path), *rest) for path, *rest in heard], indent=2))


def print_csv(heard: Iterable["Heard"]) -> None:
    """Print a table, a row for each file and network."""
    from deepmusic import export

    header_due = True
    for path, *rest in heard:
        table = export.prediction_table(str(path), *rest)
        click.echo(export.to_csv(table, header=header_due), nl=False)
        header_due = False


def print_score(heard: Iterable["Heard"]) -> None:
    """Print the accuracy by network, and by what each clip was to it: training or test."""
    from deepmusic.evaluate import score_files

    predicted = {
        path: {name: prediction.genre for name, prediction in predictions.items()}
        for path, _, predictions in heard
    }
    click.echo(score_files(predicted))


PRINTERS = {None: print_text, "json": print_json, "csv": print_csv, "score": print_score}


# === train ===


@main.command()
@click.option(
    "--model",
    type=click.Choice([*MODEL_CHOICE.choices, BASELINE]),
    default=ALL,
    show_default=True,
    help="all: the three networks. svm: what they must beat.",
)
@DATA_OPTION
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    help="Where settings come from that are not given: class with --data toy, else best.",
)
@TRAINING_SPLIT_OPTION
@click.option("--fold", type=click.IntRange(1, 3), help="Test fold, with --split artist_folds.")
@click.option("--epochs", type=click.IntRange(1), help="Most epochs.")
@click.option("--batch-size", type=click.IntRange(1), help="Windows a step.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), help="Highest rate.")
@click.option("--augment/--no-augment", default=True, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=1, help="Runs, with seeds counted on.")
@click.option("--background", is_flag=True, help="Start workers and return at once.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of runs.")
@JSON_OPTION
@click.option("--run", "path", type=click.Path(path_type=Path), hidden=True)
@click.option("--lock", type=int, hidden=True, help="Inherited file descriptor of its lock.")
def train(
    model: str,
    data: str,
    preset: str | None,
    split: str | None,
    fold: int | None,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    augment: bool,
    seed: int,
    repeats: int,
    background: bool,
    out: Path | None,
    as_json: bool,
    path: Path | None,
    lock: int | None,
) -> None:
    """Train networks, or the SVM, and test them once; Ctrl-C stops after a complete epoch.

    Runs lie in --out, in DEEPMUSIC_RUNS, or in runs/.
    """
    from deepmusic import worker
    from deepmusic.runs import CANCELLED, FINISHED, Run

    if path:
        worker.run_worker(Run.open(path), lock)
        return
    data = absolute_name(data)
    split = split or recipes.default_split(data)
    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    if model == BASELINE:
        if split == ALL_CLIPS:
            raise click.UsageError("The SVM is there to be beaten in a test: choose a protocol.")
        if preset or background or repeats > 1 or any(given.values()) or not augment or seed:
            raise click.UsageError(
                "The SVM takes --data, --split, --fold, --out and --json alone: it has no epochs "
                "and no chance, and is trained in seconds."
            )
        train_baseline(data, split, fold, out, as_json)
        return
    changes = {key: value for key, value in given.items() if value is not None}
    changes |= {"data": data} | recipes.under_protocol(split, fold)
    if not augment:
        changes["augment"] = None
    plans = []
    for name in chosen_models(model):
        sizes, recipe = recipes.recipe(name, preset or ("class" if data == "toy" else "best"))
        sizes = recipes.for_dataset(sizes, data)
        for repeat in range(repeats):
            plans.append((sizes, recipe.changed(**changes, seed=seed + repeat)))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    created: list[Run] = []
    try:
        for plan in plans:
            # Made when its turn comes, so that one that is stopped leaves none that never began.
            run = worker.create(*plan, out)
            created.append(run)
            if not as_json:
                click.echo(run.path)
            if background:
                worker.start(run)
                continue
            worker.run_worker(run)
            if run.state == CANCELLED:
                resume = f"python -m deepmusic runs resume {run.id}"
                raise RunError(f"{run.id} was stopped. Go on: {resume}")
            if run.state != FINISHED:
                raise RunError(f"{run.id} failed: {run.error.strip()}")
            if not as_json:
                click.echo(outcome(run))
    finally:
        if as_json:
            print_runs(created, as_json)


def outcome(run: "Run") -> str:
    """Say what a finished run reached."""
    if not run.config.train.is_tested:
        return f"{models.title(run.config.model.name)}: trained on every clip; nothing is tested"
    return evaluation_line(run.config.model.name, run.evaluation)


def train_baseline(
    data: str, split: str, fold: int | None, out: Path | None, as_json: bool
) -> None:
    """Train and test the SVM, keep what comes of it among the runs, and print it."""
    from deepmusic import svm, worker
    from deepmusic.datasets import open_dataset
    from deepmusic.files import runs_folder

    worker.refuse_if_forbidden()
    run = svm.train(open_dataset(data), split, fold, out or runs_folder())
    if as_json:
        told = {"id": run.id, "state": run.state, "model": BASELINE, "epoch": 0}
        click.echo(json.dumps([told | run.evaluation], indent=2))
        return
    click.echo(run.path)
    click.echo(evaluate.metrics_table(models.title(BASELINE), run.evaluation))


# === runs ===


@main.group()
def runs() -> None:
    """List, stop, resume and delete training runs."""


def print_runs(found: Sequence["Run"], as_json: bool) -> None:
    """Print one line, or one object, for each run."""
    rows = [run.summary() for run in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        clip = "" if row["clip_accuracy"] is None else f"test clips {row['clip_accuracy']:.3f}"
        epochs = f"epoch {row['epoch']}/{row['epochs'] or '?'}"
        click.echo(
            f"{row['id']:28} {row['state']:12} {epochs:14} {row['data'] or '':6} "
            f"{row['split'] or '':16} {clip} {row['error']} {row['title']}".rstrip()
        )


@runs.command("list")
@JSON_OPTION
def list_command(as_json: bool) -> None:
    """List all runs, oldest first."""
    from deepmusic.runs import list_runs

    print_runs(list_runs(), as_json)


@runs.command()
@click.argument("run_id", metavar="ID")
@JSON_OPTION
def show(run_id: str, as_json: bool) -> None:
    """Show one run and the end of its log."""
    from deepmusic.runs import find_run

    run = find_run(run_id)
    print_runs([run], as_json)
    if not as_json:
        click.echo(run.log_tail())


def run_action(name: str, words: str, help_text: str) -> None:
    """Add a command that does one thing to one run."""

    @runs.command(name, help=help_text)
    @click.argument("run_id", metavar="ID")
    @JSON_OPTION
    def command(run_id: str, as_json: bool) -> None:
        from deepmusic import worker
        from deepmusic.runs import find_run

        run = find_run(run_id)
        {"stop": worker.stop, "resume": worker.start, "delete": type(run).delete}[name](run)
        if as_json and name != "delete":
            print_runs([run], as_json)
        elif as_json:
            click.echo("[]")
        else:
            click.echo(f"{run_id}: {words}")


run_action("stop", "asked to stop", "Stop a run; it keeps its last complete epoch.")
run_action("resume", "goes on in the background", "Go on after the last complete epoch.")
run_action("delete", "deleted", "Delete a run and all its files.")


main.add_command(data_commands)
main.add_command(evaluate.evaluate)
main.add_command(evaluate.report)
main.add_command(results.results)
main.add_command(results.ship)
main.add_command(results.time_song)
main.add_command(similar.index)
main.add_command(similar.similar)


if __name__ == "__main__":
    main(prog_name="python -m deepmusic")
