"""``deepmusic evaluate`` and ``report``: what finished runs reach."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepmusic import models
from deepmusic.cli.options import SPLIT_CHOICE
from deepmusic.errors import DatasetError, RunError
from deepmusic.models import ALL
from deepmusic.protocols import WINDOW_LEAK, Protocol

if TYPE_CHECKING:
    from deepmusic.data import Dataset
    from deepmusic.runs import Run


@click.command()
@click.argument("run_or_path", metavar="RUN")
@click.option("--protocol", type=SPLIT_CHOICE, help="The run's own if not given.")
@click.option("--fold", type=click.IntRange(1, 3), help="Test fold, with --protocol artist_folds.")
@click.option("--recount", is_flag=True, help="Count its predictions.csv again; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def evaluate(
    run_or_path: str, protocol: str | None, fold: int | None, recount: bool, as_json: bool
) -> None:
    """Test a finished run (an id, or a folder) on clips that it has not seen.

    Writes its predictions.csv and evaluation.json anew. Without the data at hand, what is in
    predictions.csv is counted again.
    """
    import deepmusic.evaluation.evaluate as evaluation
    from deepmusic.runs import Run, find_run

    path = Path(run_or_path)
    run = Run.open(path) if (path / "config.json").exists() else find_run(run_or_path)
    recipe = run.config.train
    other = protocol not in (None, recipe.split) or fold not in (None, recipe.fold)
    if recount and other:
        raise click.UsageError("--recount counts what is there: leave out --protocol and --fold.")
    if not run.weights_path.exists() and not recount:
        if other:
            raise RunError(f"{run.path} was shipped without weights, and cannot be tested anew.")
        click.echo(f"{run.path} has no weights: counting predictions.csv again.", err=True)
        recount = True
    dataset = None if recount else _open_dataset(recipe.data, needed=other)
    found = (
        evaluation.evaluate(run, dataset, protocol, fold) if dataset else evaluation.recount(run)
    )
    title = f"{models.title(run.config.model.name)}, {run.id}"
    click.echo(json.dumps(found, indent=2) if as_json else metrics_table(title, found))


def _open_dataset(data: str, needed: bool) -> "Dataset | None":
    """Open a dataset; where it is not at hand nor needed, say so on stderr and return None."""
    from deepmusic.data import open_dataset

    try:
        return open_dataset(data)
    except DatasetError as error:
        if needed:
            raise
        click.echo(f"deepmusic: {error} Counting predictions.csv again instead.", err=True)
        return None


#: What to print of `deepmusic.evaluation.evaluate.summarize`, and in which words.
_ACCURACIES = {
    "window_accuracy": "windows right",
    "clip_accuracy": "clips right, by mean probability",
    "clip_vote_accuracy": "clips right, by vote",
    "top2_accuracy": "genre among the first two",
    "expected_calibration_error": "gap of confidence and accuracy",
}

#: Of a clip predicted as a whole, these would say the same as the accuracy by mean probability.
_BY_WINDOW = ("window_accuracy", "clip_vote_accuracy")


def metrics_table(title: str, found: Mapping[str, Any]) -> str:
    """Return an evaluation for people: accuracies with intervals, then genre by genre."""
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
            f"{genre:12} {row['precision']:.3f}      {row['recall']:.3f}   {row['f1']:.3f}  "
            f"{row['support']}"
        )
    return "\n".join(lines)


def _accuracy_lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'':34} share  95 % interval over clips"
    whole_clips = found["windows"] == found["clips"]
    for key, words in _ACCURACIES.items():
        if whole_clips and key in _BY_WINDOW:
            continue
        line = f"{words:34} {found[key]:.3f}"
        if interval := found.get(f"{key}_interval"):
            line += f"  {interval[0]:.3f} to {interval[1]:.3f}"
        yield line
    if "calibrated" in found:
        error = found["calibrated"]["expected_calibration_error"]
        words = f"the same, at temperature {found['temperature']:.2f}"
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
    """Write a hand-out of tables and charts as one HTML page that needs no network.

    A RUN is a network that DeepMusic ships (cnn, crnn or cnn_gru), the id of a run, or its folder;
    or all, which is everything that is shipped, protocol by protocol.
    """
    from deepmusic.charts import report
    from deepmusic.evaluation import candidates
    from deepmusic.runs import Run, find_run, shipped_run

    def find(name: str) -> "Run":
        if name in models.MODELS:
            return shipped_run(name)
        return Run.open(Path(name)) if (Path(name) / "config.json").exists() else find_run(name)

    if ALL in names:
        report.write_report(candidates.find_shipped(), out)
    else:
        report.write_report(list(map(find, names)), out)
    click.echo(out)
