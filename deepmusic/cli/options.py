"""Options that several commands share."""

import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from deepmusic import models
from deepmusic.formatting import format_plain
from deepmusic.models import ALL
from deepmusic.protocols import ALL_CLIPS, OWN, SPLITS

if TYPE_CHECKING:
    from deepmusic.data import Dataset
    from deepmusic.runs import Run

Item = TypeVar("Item")

# === Ranges of numbers ===


class FiniteRange(click.FloatRange):
    """A range of floats that NaN and infinity are outside of: click takes NaN for any."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} must be a finite number.", param, ctx)
        return number


class Jobs(click.IntRange):
    """A number of processes, or -1 for one a core."""

    def __init__(self) -> None:
        super().__init__(-1, 256)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = super().convert(value, param, ctx)
        if number == 0:
            self.fail("give -1 (one per core), or 1 to 256. Received: 0", param, ctx)
        return number


class Passage(click.ParamType[tuple[float, float]]):
    """A part of a song as start and end, such as ``0:45-1:00`` or ``45-60``, in s."""

    name = "passage"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        if isinstance(value, tuple):
            return value
        try:
            start, end = (
                sum(float(part) * 60**power for power, part in enumerate(reversed(time.split(":"))))
                for time in value.split("-")
            )
            if not 0 <= start < end < _LONGEST_SONG:
                raise ValueError
        except ValueError:
            self.fail(
                f"give a start and a later end, such as 0:45-1:00. Received: {value}", param, ctx
            )
        return start, end


#: A week, in s.
_LONGEST_SONG = 7 * 24 * 3600.0

FOLD = click.IntRange(1, 3)
LARGEST_SEED = 2**32 - 1
SEED = click.IntRange(0, LARGEST_SEED)
EPOCHS = click.IntRange(1, 100_000)
BATCH_SIZE = click.IntRange(1, 65_536)
REPEATS = click.IntRange(1, 1000)
RESULTS = click.IntRange(1, 1000)
CLIP = click.IntRange(0, 10_000)
DESCRIPTOR = click.IntRange(3, 2**20)

#: Networks compute with 32 bits, of which this is the largest number.
LEARNING_RATE = FiniteRange(0, 3.4e38, min_open=True)


# === Options ===

MODEL_CHOICE = click.Choice([*models.MODELS, ALL])
ANSWER_CHOICE = click.Choice([ALL, models.PRETRAINED, models.ENSEMBLE, *models.MODELS, models.FMA])
JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
SPLIT_CHOICE = click.Choice((*SPLITS, OWN))

SPLIT_OPTION = click.option(
    "--split", type=SPLIT_CHOICE, help="Protocol; the dataset's usual one if not given."
)

#: Protocols to train by: those to test by, and the one that tests nothing.
TRAINING_SPLIT_OPTION = click.option(
    "--split",
    type=click.Choice((*SPLIT_CHOICE.choices, ALL_CLIPS)),
    help=f"Protocol; the dataset's usual one if not given. {ALL_CLIPS}: train on every clip, test "
    "nothing.",
)

DATA_OPTION = click.option(
    "--data",
    default="gtzan",
    show_default=True,
    help="gtzan, fma, toy, or the path of a dataset: GTZAN, FMA, a folder with one subfolder per "
    "genre, or a CSV with path and genre.",
)

JOBS_OPTION = click.option("--jobs", type=Jobs(), default=-1, help="Processes; -1 is one per core.")

CLUSTER_OPTION = click.option(
    "--cluster", metavar="ADDRESS", help="Work on a Dask cluster, such as tcp://10.0.0.5:8786."
)


def complain(message: object) -> None:
    """Print one line on stderr, whatever the names in it hold."""
    click.echo(f"deepmusic: {format_plain(message)}", err=True)


def open_data(name: str) -> "Dataset":
    """Open a dataset, and print what was passed over in its folder."""
    from deepmusic.data import open_dataset

    dataset = open_dataset(name)
    for remark in dataset.remarks:
        complain(remark)
    return dataset


def chosen_models(name: str) -> list[str]:
    """Return the networks that an option names."""
    return list(models.MODELS) if name == ALL else [name]


# === Progress ===


@contextmanager
def progress_bar(label: str, hidden: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of done and total that draws a bar on stderr where that is a terminal."""
    with click.progressbar(
        length=1,
        label=label,
        file=sys.stderr,
        show_pos=True,
        hidden=hidden or not sys.stderr.isatty(),
    ) as bar:

        def report(done: int, total: int) -> None:
            bar.length, bar.pos = total, done
            bar.make_step(0)
            bar.render_progress()

        yield report


@contextmanager
def phase_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of phase, done and total that draws one bar below the other."""
    reports: dict[str, Callable[[int, int], None]] = {}
    with ExitStack() as stack:

        def report(phase: str, done: int, total: int) -> None:
            if not total:
                return
            if phase not in reports:
                stack.close()
                reports[phase] = stack.enter_context(progress_bar(phase))
            reports[phase](done, total)
            if done >= total:
                stack.close()  # so that what is printed next begins a line

        yield report


def with_progress(items: Sequence[Item], label: str, hidden: bool = False) -> Iterator[Item]:
    """Yield items, with a bar if there are several."""
    with progress_bar(label, hidden or len(items) < 2) as report:
        for done, item in enumerate(items):
            report(done, len(items))
            yield item
        report(len(items), len(items))


def open_run(run_or_path: str) -> "Run":
    """Open a run by its folder or its id."""
    from deepmusic.runs import Run, find_run

    path = Path(run_or_path)
    return Run.open(path) if os.path.exists(path / "config.json") else find_run(run_or_path)
