"""The command line: a shell over the functions that the app calls too."""

import csv
import glob
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic import __version__, models
from deepmusic.datasets.splits import SPLITS
from deepmusic.errors import AudioError, DeepMusicError

if TYPE_CHECKING:
    from deepmusic.prediction import Classifier, Prediction

    Heard = tuple[Path, float, Mapping[str, Prediction]]

ALL = "all"
MODEL_CHOICE = click.Choice([*models.MODELS, ALL])


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

    A file that cannot be used is reported and the rest go on; the exit code is then 2.
    """
    from deepmusic import prediction

    paths = list(expand(files))
    classifiers = prediction.load_classifiers(chosen_models(model))
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

    table = csv.writer(sys.stdout, lineterminator="\n")
    header_due = True
    for path, *rest in heard:
        header, rows = export.to_rows(str(path), *rest)
        table.writerows([header, *rows] if header_due else rows)
        header_due = False


def print_score(heard: Iterable["Heard"]) -> None:
    """Print the share right by network, and by what each clip was to it: training or test."""
    from deepmusic import evaluation

    verdicts = {
        path: {name: prediction.genre for name, prediction in predictions.items()}
        for path, _, predictions in heard
    }
    click.echo(evaluation.score_files(verdicts))


PRINTERS = {None: print_text, "json": print_json, "csv": print_csv, "score": print_score}


# === train ===


@main.command()
@click.option("--model", type=MODEL_CHOICE, default=ALL, show_default=True)
@click.option("--split", type=click.Choice(SPLITS), default="paper", show_default=True)
@click.option("--fold", type=click.IntRange(1, 3), help="Test fold, with --split artist_folds.")
@click.option("--epochs", type=click.IntRange(1), help="Most epochs; the recipe's by default.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the run directories; DEEPMUSIC_RUNS or runs/ by default.",
)
def train(
    model: str, split: str, fold: int | None, epochs: int | None, seed: int, out: Path | None
) -> None:
    """Train networks on GTZAN (the folder that DEEPMUSIC_GTZAN names), and test them once."""
    from deepmusic import training
    from deepmusic.datasets import Gtzan

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    dataset = Gtzan.from_environment()
    for name in chosen_models(model):
        spec = models.spec(name)
        changes = {"split": split, "fold": fold, "seed": seed}
        if epochs:
            changes["epochs"] = epochs
        recipe = spec.train.changed(**changes)
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        path = (out or runs_folder()) / f"{stamp}-{name}"
        run = training.train(spec.config, recipe, dataset, path)
        click.echo(f"{path}")
        click.echo(evaluation_line(name, run.evaluation))


def runs_folder() -> Path:
    """Return the folder of runs: DEEPMUSIC_RUNS, or runs/ in the current one."""
    return Path(os.environ.get("DEEPMUSIC_RUNS", "runs"))


def evaluation_line(name: str, evaluation: Mapping[str, Any]) -> str:
    """Return one line of what a network reached on its test part."""
    return (
        f"{models.title(name):9} {evaluation['protocol']}: "
        f"window {evaluation['window_accuracy']:.3f}, "
        f"clip {evaluation['clip_accuracy']:.3f} by mean probability, "
        f"{evaluation['clip_vote_accuracy']:.3f} by vote "
        f"({evaluation['clips']} test clips, {evaluation['windows']} windows)"
    )


# === results ===


@main.command()
def results() -> None:
    """Recount, from their predictions, what the shipped networks reach on their test clips."""
    from deepmusic import evaluation
    from deepmusic.runs import shipped_run

    for name, summary in evaluation.summarize_runs(list(map(shipped_run, models.MODELS))).items():
        click.echo(evaluation_line(name, summary))


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
def ship(paths: Sequence[Path]) -> None:
    """Make finished runs the networks that the app uses, and count their ensemble anew."""
    from deepmusic import evaluation
    from deepmusic.runs import SHIPPED, Run, shipped_run
    from deepmusic.runs import ship as ship_run

    for path in paths:
        click.echo(f"{path} -> {ship_run(Run.open(path)).path}")
    summaries = evaluation.summarize_runs(list(map(shipped_run, models.MODELS)))
    ensemble = SHIPPED / models.ENSEMBLE
    ensemble.mkdir(exist_ok=True)
    Run(ensemble).write_evaluation(summaries[models.ENSEMBLE])


if __name__ == "__main__":
    main(prog_name="python -m deepmusic")
