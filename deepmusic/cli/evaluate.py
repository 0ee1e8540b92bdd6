"""``deepmusic evaluate`` and ``report``: metrics of finished runs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic import models
from deepmusic.cli.options import FOLD, SPLIT_CHOICE, complain, open_data, open_run, progress_bar
from deepmusic.errors import DatasetError, RunError
from deepmusic.formatting import format_genre, format_plain
from deepmusic.models import ALL
from deepmusic.protocols import WINDOW_LEAK, Protocol

if TYPE_CHECKING:
    from deepmusic.data import Dataset


@click.command()
@click.argument("run_or_path", metavar="RUN")
@click.option("--protocol", type=SPLIT_CHOICE, help="The run's own if not given.")
@click.option("--fold", type=FOLD, help="Test fold, with --protocol artist_folds.")
@click.option("--recount", is_flag=True, help="Count its predictions.csv again; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def evaluate(
    run_or_path: str, protocol: str | None, fold: int | None, recount: bool, as_json: bool
) -> None:
    """Test a finished run (an id or a folder) on the test clips of a protocol.

    Writes its predictions.csv and evaluation.json again. Without the dataset,
    predictions.csv is counted again.

    \b
    Examples:
      deepmusic evaluate 20261122-174803-crnn
      deepmusic evaluate runs/20261122-174803-crnn --recount --json
    """
    import deepmusic.evaluation.evaluate as evaluation

    run = open_run(run_or_path)
    recipe = run.config.train
    other = protocol not in (None, recipe.split) or fold not in (None, recipe.fold)
    if recount and other:
        raise click.UsageError("--recount counts what is there: leave out --protocol and --fold.")
    if not run.weights_path.exists() and not recount:
        if other:
            raise RunError(f"{run.path} was shipped without weights, and cannot be tested again.")
        complain(f"{run.path} has no weights: counting predictions.csv again.")
        recount = True
    dataset = None if recount else _open_dataset(recipe.data, needed=other)
    if dataset:
        with progress_bar("Predicting") as report:
            found = evaluation.evaluate(run, dataset, protocol, fold, report)
    else:
        found = evaluation.recount(run)
    title = f"{models.title(run.config.model.name)}, {run.id}"
    click.echo(json.dumps(found, indent=2) if as_json else metrics_table(title, found))


def _open_dataset(data: str, needed: bool) -> "Dataset | None":
    """Open a dataset; if it is neither available nor needed, warn on stderr and return None."""
    try:
        return open_data(data)
    except DatasetError as error:
        if needed:
            raise
        complain(f"{error} Counting predictions.csv again instead.")
        return None


#: Metrics of `deepmusic.evaluation.evaluate.summarize` to print, and their labels.
_METRICS = {
    "window_accuracy": "window accuracy",
    "clip_accuracy": "clip accuracy, mean probability",
    "clip_vote_accuracy": "clip accuracy, majority vote",
    "top2_accuracy": "top-2 clip accuracy",
    "expected_calibration_error": "expected calibration error",
}

#: Of clips predicted as a whole, these equal the accuracy by mean probability.
_BY_WINDOW = ("window_accuracy", "clip_vote_accuracy")


def metrics_table(title: str, found: Mapping[str, Any]) -> str:
    """Return an evaluation as text: metrics with intervals, then genre by genre."""
    lines = [
        f"{title}, protocol {found['protocol']}: {found['clips']} test clips, "
        f"{found['windows']} windows",
        *([Protocol(WINDOW_LEAK).description] if found["protocol"] == WINDOW_LEAK else []),
        "",
        *_accuracy_lines(found),
        "",
        f"{'genre':12} precision  recall  f1     clips",
    ]
    for genre, row in found["per_genre"].items():
        lines.append(
            f"{format_genre(genre):12} {row['precision']:.3f}      {row['recall']:.3f}   "
            f"{row['f1']:.3f}  {row['support']}"
        )
    return "\n".join(lines)


def _accuracy_lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'':34} value  95 % interval over clips"
    whole_clips = found["windows"] == found["clips"]
    for key, words in _METRICS.items():
        if whole_clips and key in _BY_WINDOW:
            continue
        line = f"{words:34} {found[key]:.3f}"
        if interval := found.get(f"{key}_interval"):
            line += f"  {interval[0]:.3f} to {interval[1]:.3f}"
        yield line
    if "calibrated" in found:
        error = found["calibrated"]["expected_calibration_error"]
        words = f"the same at temperature {found['temperature']:.2f}"
        yield f"{words:34} {error:.3f}"


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default="deepmusic-report.html",
    show_default=True,
)
def report(names: Sequence[str], out: Path) -> None:
    """Write a hand-out of runs to print: networks, results, a question; one HTML file.

    It needs no internet.

    A RUN is a shipped network (cnn, crnn or cnn_gru), the id of a run, or its folder; or all,
    which is everything that is shipped, protocol by protocol.

    \b
    Examples:
      deepmusic report all
      deepmusic report crnn 20261122-174803-crnn --out mine.html
    """
    from deepmusic.charts.report import write_report
    from deepmusic.evaluation.candidates import find_shipped
    from deepmusic.runs import shipped_run

    with progress_bar("Scoring") as on_progress:
        if ALL in names:
            write_report(find_shipped(), out, on_progress)
        else:
            runs = [shipped_run(one) if one in models.MODELS else open_run(one) for one in names]
            write_report(runs, out, on_progress)
    click.echo(format_plain(out))
