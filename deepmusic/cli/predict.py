"""``deepmusic predict``: the genre of sound files."""

import glob
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepmusic import models
from deepmusic.cli.options import MODEL_CHOICE, chosen_models
from deepmusic.errors import AudioError
from deepmusic.models import ALL
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL

if TYPE_CHECKING:
    from deepmusic.prediction import Classifier, Prediction

    Predicted = tuple[Path, float, Mapping[str, Prediction]]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option("--model", type=MODEL_CHOICE, default=ALL, show_default=True)
@click.option("--json", "style", flag_value="json", help="Print a list with every window.")
@click.option("--csv", "style", flag_value="csv", help="Print one row for each file and network.")
@click.option(
    "--score",
    "style",
    flag_value="score",
    help="Print the accuracy, for files named like GTZAN's tracks (blues.00000.wav).",
)
def predict(files: Sequence[str], model: str, style: str | None) -> None:
    """Tell the genre of sound files, folders or patterns such as "music/*.mp3".

    The networks that answer were trained on all of GTZAN; with --score, on its training clips.

    A file that cannot be used is reported and the rest go on; the exit code is then 2.
    """
    from deepmusic import prediction

    paths = list(expand(files))
    # A score needs networks that held clips back; a song from elsewhere, those that know most.
    protocol = BENCHMARK_PROTOCOL if style == "score" else DEPLOYED_PROTOCOL
    classifiers = prediction.load_classifiers(chosen_models(model), protocol)
    failures: list[Path] = []
    PRINTERS[style](predict_files(paths, classifiers, failures))
    if failures or not paths:
        click.echo(f"deepmusic: {len(failures)} of {len(paths)} files could not be used.", err=True)
        sys.exit(2)


def predict_files(
    paths: Sequence[Path], classifiers: Mapping[str, "Classifier"], failures: list[Path]
) -> Iterator["Predicted"]:
    """Yield each file with its predictions; report and collect those that fail."""
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


def print_text(predicted: Iterable["Predicted"]) -> None:
    """Print one line a file, for people."""
    for path, duration, predictions in predicted:
        answers = "  ".join(
            f"{models.title(name)}: {prediction.genre} {prediction.confidence:.0%}"
            for name, prediction in predictions.items()
        )
        click.echo(f"{path.name}  {duration:.1f} s  {answers}")


def print_json(predicted: Iterable["Predicted"]) -> None:
    """Print a list of objects, one a file."""
    from deepmusic.prediction import export

    click.echo(
        json.dumps([export.to_dict(str(path), *rest) for path, *rest in predicted], indent=2)
    )


def print_csv(predicted: Iterable["Predicted"]) -> None:
    """Print a table, a row for each file and network."""
    from deepmusic.prediction import export

    header_due = True
    for path, *rest in predicted:
        table = export.prediction_table(str(path), *rest)
        click.echo(export.to_csv(table, header=header_due), nl=False)
        header_due = False


def print_score(predicted: Iterable["Predicted"]) -> None:
    """Print the accuracy by network, and by what each clip was to it: training or test."""
    from deepmusic.evaluation.evaluate import score_files

    predicted = {
        path: {name: prediction.genre for name, prediction in predictions.items()}
        for path, _, predictions in predicted
    }
    click.echo(score_files(predicted))


PRINTERS = {None: print_text, "json": print_json, "csv": print_csv, "score": print_score}
