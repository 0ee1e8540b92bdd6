"""``deepmusic teach``, and what ``deepmusic predict --classes`` prints."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepmusic.cli.options import complain, progress_bar
from deepmusic.errors import DatasetError
from deepmusic.formatting import format_name, format_percent

if TYPE_CHECKING:
    from deepmusic.prediction import ClassPrediction
    from deepmusic.training.teach import Taught

    Predicted = Iterable[tuple[Path, ClassPrediction]]


@click.command()
@click.argument("sounds", metavar="FOLDER")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write, such as my.zip.",
)
@click.option("--json", "as_json", is_flag=True, help="Print an object with every tested sound.")
def teach(sounds: str, output: Path, as_json: bool) -> None:
    """Teach classes of your own: the subfolders of a folder, of 3 to 20 sounds each.

    A head on the pretrained network learns them in seconds. Each sound is tested by a head that has
    not learnt its recording. FOLDER may also be a ZIP of such a folder, or a CSV with the columns
    path and genre. A folder within a class is one recording.

    \b
    Examples:
      deepmusic teach sounds/ -o my.zip
      deepmusic predict song.mp3 --classes my.zip
    """
    from deepmusic.audio import start_decoder
    from deepmusic.data.labelled import open_sounds
    from deepmusic.prediction.own_classes import is_classes
    from deepmusic.training.examples import embed_sounds
    from deepmusic.training.teach import teach

    if output.exists() and not is_classes(output):
        raise DatasetError(
            f"{output} exists and is no file of classes; it is left as it is. Choose another name."
        )
    if is_classes(Path(sounds)):
        raise DatasetError(
            f"{sounds} holds classes that were taught, and no sounds. Give a folder of sounds, or "
            f"ask the classes: deepmusic predict song.mp3 --classes {sounds}"
        )
    start_decoder()
    with open_sounds(sounds) as (found, remarks):
        for remark in remarks:
            complain(remark)
        with progress_bar("Embedding", hidden=len(found) < 2) as report:
            examples, faults = embed_sounds(found, report)
    for fault in faults:
        complain(fault)
    taught = teach(examples, sorted({sound.label for sound in found}))
    try:
        taught.classes.save(output)
    except OSError as error:
        raise DatasetError(
            f"{output} cannot be written ({error.strerror or error}). Choose another place."
        ) from error
    (_print_json if as_json else _print_text)(taught, output)
    if faults:
        complain(f"{len(faults)} of {len(found)} sounds could not be used.")
        sys.exit(2)


def _print_text(taught: "Taught", output: Path) -> None:
    click.echo(describe(taught))
    if taught.accuracy is not None:
        matrix = taught.matrix
        matrix.index.name = matrix.columns.name = None
        click.echo(f"\nClasses as rows, predictions as columns:\n{matrix.to_string()}\n")
    for warning in taught.warnings:
        click.echo(f"Mind: {warning}")
    click.echo(f"Learnt in {taught.seconds:.1f} s. Written: {format_name(output)}")


def describe(taught: "Taught") -> str:
    """Return a sentence on how well classes are told apart."""
    if taught.accuracy is None or taught.interval is None:
        return "Nothing could be tested: each class has one recording only."
    right = int((taught.table["genre"] == taught.table["predicted"]).sum())
    low, high = map(format_percent, taught.interval)
    n_sounds, n_recordings = len(taught.table), taught.table["recording"].nunique()
    of = f" of {n_recordings} recordings" if n_recordings < n_sounds else ""
    of = " of one recording" if of and n_recordings == 1 else of
    return (
        f"Right on {right} of {n_sounds} sounds{of} that it had not learnt from: "
        f"{format_percent(taught.accuracy)} (95 % interval {low} to {high})."
    )


def _print_json(taught: "Taught", output: Path) -> None:
    table = taught.table.rename(columns={"genre": "label"})
    content = {
        "file": str(output),
        "labels": list(taught.classes.labels),
        "accuracy": taught.accuracy,
        "interval": taught.interval and list(taught.interval),
        "confusion": taught.matrix.to_numpy().tolist(),
        "warnings": list(taught.warnings),
        "seconds": round(taught.seconds, 3),
        "tested": table.to_dict("records"),
    }
    click.echo(json.dumps(content, indent=2))


# === Predictions ===


def print_predictions(predicted: "Predicted", style: str | None) -> None:
    """Print files with their classes: a line each, as JSON, as JSON Lines or as CSV."""
    if style == "csv":
        _print_csv(predicted)
        return
    found = []
    for path, song in predicted:
        if style is None:
            shares = "  ".join(f"{name} {share:.0%}" for name, share in song.probabilities.items())
            click.echo(f"{format_name(path.name)}  {song.duration:.1f} s  {shares}")
            continue
        values = {"file": str(path), **song.to_dict()}
        if style == "jsonl":
            click.echo(json.dumps(values))
        found.append(values)
    if style == "json":
        click.echo(json.dumps(found, indent=2))


def _print_csv(predicted: "Predicted") -> None:
    import pandas as pd

    from deepmusic.formatting import to_csv

    header_due = True
    for path, song in predicted:
        labels = song.prediction.genres
        row = {"file": format_name(path), "duration": round(song.duration, 3), "class": song.label}
        row |= {f"p: {label}": song.probabilities[label] for label in labels}
        table = pd.DataFrame([row | {"notes": " ".join(song.notes)}])
        click.echo(to_csv(table, header=header_due).encode(), nl=False)
        header_due = False
