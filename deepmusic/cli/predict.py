"""``deepmusic predict``: the genre of sound files."""

import glob
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from deepmusic import models
from deepmusic.cli.options import ANSWER_CHOICE, complain, with_progress
from deepmusic.cli.teach import print_predictions
from deepmusic.errors import AudioError
from deepmusic.files import real_path
from deepmusic.formatting import format_genre, format_name
from deepmusic.models import ALL, FMA
from deepmusic.prediction.certainty import Certainty
from deepmusic.prediction.own_classes import OwnClasses
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL

if TYPE_CHECKING:
    from deepmusic.audio import SoundFiles
    from deepmusic.prediction import Recognizer, SongPrediction

    Predicted = Iterable[tuple[Path, SongPrediction]]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option("--model", type=ANSWER_CHOICE, default=ALL, show_default=True)
@click.option("--json", "style", flag_value="json", help="Print a list with every window.")
@click.option(
    "--jsonl", "style", flag_value="jsonl", help="The same as --json, an object a line, at once."
)
@click.option("--csv", "style", flag_value="csv", help="Print one row for each file and network.")
@click.option(
    "--score",
    "style",
    flag_value="score",
    help="Print the accuracy, for files named like GTZAN's tracks (blues.00000.wav).",
)
@click.option(
    "--min-certainty",
    type=click.Choice([str(word) for word in Certainty]),
    help="Leave out songs that are answered with a weaker word, and count them.",
)
@click.option(
    "--classes",
    type=click.Path(path_type=Path),
    help="Classes of your own instead of genres: a file that `deepmusic teach` wrote.",
)
def predict(
    files: Sequence[str],
    model: str,
    style: str | None,
    min_certainty: str | None,
    classes: Path | None,
) -> None:
    """Predict the genre of sound files, folders or patterns such as "music/*.mp3".

    The answer comes with its certainty, a word with a measured meaning (see `deepmusic results`):
    sure, probably, torn, not_sure, none_of_ten, not_music. In JSON, genre is null for the last.

    The networks were trained on all of GTZAN; with --score, on its training clips.

    A file or folder that cannot be used is reported and the rest go on; the exit code is then 2.
    What a folder holds besides sound files is counted. A name that is no text has its bytes as
    \\xe9 in text and CSV, and as \\udce9 in JSON, as Python reads it.

    \b
    Examples:
      deepmusic predict song.mp3
      deepmusic predict music/ --csv > genres.csv
      deepmusic predict song.mp3 --model fma
      deepmusic predict music/ --min-certainty probably
      deepmusic predict music/ --jsonl > genres.jsonl
      deepmusic predict song.mp3 --classes my.zip
    """
    from deepmusic.audio import is_left_to_ffmpeg, start_decoder

    if classes and (model != ALL or min_certainty or style == "score"):
        raise click.UsageError("--classes goes without --model, --min-certainty and --score.")
    own = OwnClasses.load(classes) if classes else None
    found = find_files(files)
    for remark in found.remarks:
        complain(remark)
    paths = list(found.files.values())
    if not paths:
        raise AudioError(
            f"Name sound files, or folders or patterns that hold some. Received: {', '.join(files)}"
        )
    if any(is_left_to_ffmpeg(path) for path in paths):
        # It starts while TensorFlow does.
        start_decoder()
    if style == "score" and model == FMA:
        raise click.UsageError("The labels of --score are GTZAN's. Leave --model fma out.")
    # A score needs networks with clips held back; a new song, those that were trained on most.
    protocol = BENCHMARK_PROTOCOL if style == "score" else DEPLOYED_PROTOCOL
    from deepmusic.prediction import Recognizer

    recognizer = own or Recognizer(model, protocol.name)
    failures: list[Path] = []
    # Lines that are printed meanwhile show the progress themselves, and would break the bar.
    lines_follow = style in (None, "csv", "jsonl") and sys.stdout.isatty()
    shown = with_progress(paths, "Predicting", hidden=lines_follow)
    left_out: Counter[str] = Counter()
    predicted = predict_files(shown, recognizer, failures)
    if min_certainty:
        predicted = filter_by_certainty(predicted, Certainty(min_certainty), left_out)
    if own:
        print_predictions(predicted, style)
    else:
        PRINTERS[style](predicted)
    if left_out:
        words = ", ".join(f"{count} {word}" for word, count in left_out.most_common())
        complain(f"Less certain than {min_certainty}, and left out: {words}.")
    if failures:
        complain(f"{len(failures)} of {len(paths)} files could not be used.")
    if failures or found.unreadable:
        sys.exit(2)


def predict_files(
    paths: Iterable[Path], recognizer: "Recognizer | OwnClasses", failures: list[Path]
) -> Iterator[tuple[Path, Any]]:
    """Yield each file with its prediction; report and collect those that fail."""
    for path in paths:
        try:
            song = recognizer.predict(path)
        except AudioError as error:
            failures.append(path)
            complain(error)
            continue
        if song.notes:
            complain(f"{path}: {' '.join(song.notes)}")
        yield path, song


def filter_by_certainty(
    predicted: "Predicted", least: Certainty, left_out: Counter[str]
) -> Iterator[tuple[Path, "SongPrediction"]]:
    """Yield the songs whose answer is at least this certain; count the others by their word."""
    for path, song in predicted:
        if song.certainty and song.certainty.is_at_least(least):
            yield path, song
        else:
            left_out[song.certainty or "of unknown certainty"] += 1


def find_files(arguments: Sequence[str]) -> "SoundFiles":
    """Find the files that arguments mean: files as they are, folders and patterns searched."""
    from deepmusic.audio import SoundFiles, find_sound_files

    files: dict[Path, Path] = {}
    unreadable: dict[Path, str] = {}
    passed_over: dict[str, list[Path]] = {}
    for argument in arguments:
        is_pattern = glob.has_magic(argument) and not os.path.exists(argument)
        # A pattern that nothing matches is a name, as in a shell, so that it is reported.
        for name in (is_pattern and sorted(glob.glob(argument, recursive=True))) or [argument]:
            if not os.path.isdir(name):
                files.setdefault(real_path(name), Path(name))
                continue
            found = find_sound_files(name)
            for real, path in found.files.items():
                files.setdefault(real, path)
            unreadable |= found.unreadable
            for kind, paths in found.passed_over.items():
                passed_over.setdefault(kind, []).extend(paths)
    return SoundFiles(files, unreadable, passed_over)


def print_text(predicted: "Predicted") -> None:
    """Print one line a file, for people."""
    for path, song in predicted:
        # The answer, then what each network says of its own.
        names = (song.model, *(name for name in song.predictions if name != song.model))
        answers = "  ".join(
            f"{models.title(name)}: {format_genre(song.predictions[name].genre)} "
            f"{song.predictions[name].confidence:.0%}"
            for name in names
        )
        names_none = song.answer.certainty in (Certainty.NONE_OF_TEN, Certainty.NOT_MUSIC)
        chance = "" if names_none else f" {song.probability:.0%}"
        click.echo(
            f"{format_name(path.name)}  {song.duration:.1f} s  {song.answer.sentence}{chance}  "
            f"({answers})"
        )


def print_json(predicted: "Predicted", *, lines: bool = False) -> None:
    """Print a list of objects, one a file; or JSON Lines. Each is printed before the next song."""
    from deepmusic.prediction import export

    opening = "["
    for path, song in predicted:
        found = export.to_dict(str(path), song.duration, song.predictions, song.notes, song.answer)
        if lines:
            click.echo(json.dumps(found))
            continue
        # As `json.dumps` would indent the whole list, which for thousands of songs is gigabytes.
        click.echo(f"{opening}\n{indent(json.dumps(found, indent=2), '  ')}", nl=False)
        opening = ","
    if not lines:
        click.echo("[]" if opening == "[" else "\n]")


def print_csv(predicted: "Predicted") -> None:
    """Print a table, a row for each file and network."""
    from deepmusic.formatting import to_csv
    from deepmusic.prediction import export

    header_due = True
    for path, song in predicted:
        table = export.prediction_table(
            format_name(path), song.duration, song.predictions, song.notes, song.answer
        )
        click.echo(to_csv(table, header=header_due).encode(), nl=False)
        header_due = False


def print_score(predicted: "Predicted") -> None:
    """Print the accuracy by network and by part: training, validation or test."""
    from deepmusic.evaluation.evaluate import score_files

    genres = {
        path: {name: prediction.genre for name, prediction in song.predictions.items()}
        for path, song in predicted
    }
    click.echo(score_files(genres))


PRINTERS: Mapping[str | None, Callable[["Predicted"], None]] = {
    None: print_text,
    "json": print_json,
    "jsonl": partial(print_json, lines=True),
    "csv": print_csv,
    "score": print_score,
}
