"""``deepmusic what-if``: what the networks would say, were a song faster, higher, dull or noisy."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic import models
from deepmusic.audio import CHANGES
from deepmusic.cli.options import ANSWER_CHOICE, CLIP, complain, with_progress
from deepmusic.errors import ModelError
from deepmusic.files import write_atomically
from deepmusic.formatting import format_genre
from deepmusic.models import ALL

if TYPE_CHECKING:
    from deepmusic.audio import Song
    from deepmusic.prediction import Recognizer, SongPrediction

#: Values of a change that are tried at most.
_MOST_VALUES = 100


class Values(click.ParamType[list[float]]):
    """A number, or several from a first to a last one: ``0.7:1.4:8``."""

    name = "VALUE or FROM:TO:COUNT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[float]:
        import numpy as np

        if isinstance(value, list):
            return value
        try:
            numbers = [float(part) for part in value.split(":")]
            if len(numbers) == 1 and np.isfinite(numbers[0]):
                return numbers
            first, last, count = numbers
            if not (np.isfinite([first, last]).all() and count in range(2, _MOST_VALUES + 1)):
                raise ValueError
        except ValueError:
            self.fail(
                f"give a number, or a first, a last and a count of 2 to {_MOST_VALUES}, such as "
                f"0.7:1.4:8. Received: {value}",
                param,
                ctx,
            )
        return [round(float(one), 6) for one in np.linspace(first, last, int(count))]


def change_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each change of `CHANGES`."""
    for name, change in reversed(CHANGES.items()):
        if change.is_switch:
            option = click.option(f"--{name}", is_flag=True, help=f"Try it {change.describe(1)}.")
        else:
            low, high = change.steps[0], change.steps[-1]
            words = f"{change.heading}, {low:g} to {high:g} {change.unit}."
            option = click.option(f"--{name}", type=Values(), help=words)
        command = option(command)
    return command


@click.command("what-if")
@click.argument("song", type=click.Path(path_type=Path))
@change_options
@click.option("--model", type=ANSWER_CHOICE, default=ALL, show_default=True)
@click.option("--clip", type=CLIP, default=0, help="Which 30 s of the song, from 0.")
@click.option("--sound", type=click.Path(path_type=Path), help="Write a single change, as WAV.")
@click.option("--json", "as_json", is_flag=True, help="Print all probabilities as JSON.")
def what_if(
    song: Path, model: str, clip: int, sound: Path | None, as_json: bool, **options: Any
) -> None:
    """Change a song, and see what the networks say: tempo, pitch, filters, hiss, MP3, loudness.

    Each option is tried by itself: one value, or several as FROM:TO:COUNT.

    \b
    Examples:
      deepmusic what-if song.mp3 --speed 0.7:1.4:8
      deepmusic what-if song.mp3 --reverse --lowpass 1000 --pitch -5:5:11 --json
      deepmusic what-if song.mp3 --speed 1.25 --sound faster.wav
    """
    from deepmusic.audio import change_song, load_song
    from deepmusic.audio.changes import check_changes
    from deepmusic.audio.encode import encode_wav
    from deepmusic.prediction import Recognizer

    tried = list(list_changes(options))
    if not tried:
        raise ModelError(f"Choose a change: {', '.join(f'--{name}' for name in CHANGES)}.")
    if sound and len(tried) > 1:
        raise ModelError(f"--sound writes one changed sound. Received: {len(tried)} changes")
    for name, value in tried:
        check_changes({name: value})
    loaded = load_song(song)
    for note in loaded.notes:
        complain(f"{song}: {note}")
    part = change_song(loaded, clip)
    recognizer = Recognizer(model)
    if sound:
        values: dict[str, Any] = dict(tried)
        changed = change_song(part, **values)
        write_atomically(sound, encode_wav(changed.samples, changed.sample_rate))
    outcomes = try_changes(part, recognizer, [None, *tried])
    if as_json:
        before, *after = (to_dict(change, found) for change, found in outcomes)
        listed = {"song": str(song), "clip": clip, "before": before, "changes": after}
        click.echo(json.dumps(listed, indent=2))
    else:
        print_table(outcomes)


def list_changes(options: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield name and value of each change that the options ask for."""
    for name in CHANGES:
        found = options[name]
        if CHANGES[name].is_switch:
            found = [1.0] if found else []
        for value in found or []:
            yield name, value


def try_changes(
    song: "Song", recognizer: "Recognizer", changes: list[tuple[str, float] | None]
) -> Iterator[tuple[tuple[str, float] | None, "SongPrediction"]]:
    """Yield each change (None is no change) with what is predicted."""
    for change in with_progress(changes, "Predicting"):
        values: dict[str, Any] = dict([change] if change else [])
        yield change, recognizer.what_if(song, **values)


def print_table(
    outcomes: Iterator[tuple[tuple[str, float] | None, "SongPrediction"]],
) -> None:
    """Print a line for each change: the answer, and each network's genre and its probability."""
    for change, found in outcomes:
        if change is None:
            titles = "".join(f"{models.title(name):<16}" for name in found.predictions)
            click.echo(f"{'':28}{'answer':34}{titles}".rstrip())
        words = CHANGES[change[0]].describe(change[1]) if change else "as it is"
        cells = "".join(
            f"{format_genre(one.genre) + f' {one.confidence:.0%}':<16}"
            for one in found.predictions.values()
        )
        click.echo(f"{words:28}{found.answer.sentence:34}{cells}".rstrip())


def to_dict(change: tuple[str, float] | None, found: "SongPrediction") -> dict[str, Any]:
    """Return what is predicted after a change as plain values."""
    named = {"change": change[0], "value": change[1]} if change else {}
    return named | {
        "duration": round(found.duration, 3),
        "answer": found.answer.sentence,
        "genre": found.genre,
        "certainty": found.certainty and str(found.certainty),
        "probability": found.probability and round(found.probability, 4),
        "networks": {
            name: {
                "genre": one.genre,
                "probabilities": {
                    genre: round(float(share), 4)
                    for genre, share in zip(one.genres, one.song_probabilities, strict=True)
                },
            }
            for name, one in found.predictions.items()
        },
    }
