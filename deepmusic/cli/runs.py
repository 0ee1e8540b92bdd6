"""``deepmusic runs``: list, show, stop, resume and delete training runs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepmusic.cli.options import JSON_OPTION
from deepmusic.formatting import format_plain

if TYPE_CHECKING:
    from deepmusic.runs import Run


@click.group()
def runs() -> None:
    """List, show, stop, resume and delete training runs.

    \b
    Examples:
      deepmusic runs list
      deepmusic runs resume 20261122-174803-crnn
    """


def print_runs(found: Sequence["Run"], as_json: bool) -> None:
    """Print one line, or one object, per run."""
    rows = [run.summary() for run in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        clip = "" if row["clip_accuracy"] is None else f"test clips {row['clip_accuracy']:.3f}"
        epochs = f"epoch {row['epoch']}/{row['epochs'] or '?'}"
        line = (
            f"{row['id']:28} {row['state']:12} {epochs:14} {row['data'] or '':6} "
            f"{row['split'] or '':16} {clip} {row['title']} {row['error']}"
        )
        click.echo(format_plain(line.rstrip()))


@runs.command("list")
@JSON_OPTION
def list_command(as_json: bool) -> None:
    """List all runs, oldest first.

    \b
    Example:
      deepmusic runs list --json
    """
    from deepmusic.runs import list_runs

    print_runs(list_runs(), as_json)


@runs.command()
@click.argument("run_id", metavar="ID")
@JSON_OPTION
def show(run_id: str, as_json: bool) -> None:
    """Show one run and the end of its log.

    \b
    Example:
      deepmusic runs show 20261122-174803-crnn
    """
    from deepmusic.runs import find_run

    run = find_run(run_id)
    print_runs([run], as_json)
    if not as_json:
        for line in run.log_tail().split("\n"):
            click.echo(format_plain(line))


def run_action(name: str, done: str, help_text: str) -> None:
    """Add a command that does one thing to one run."""
    example = f"\n\n\b\nExample:\n  deepmusic runs {name} 20261122-174803-crnn"

    @runs.command(name, help=help_text + example)
    @click.argument("run_id", metavar="ID")
    @JSON_OPTION
    def command(run_id: str, as_json: bool) -> None:
        from deepmusic.runs import find_run
        from deepmusic.training import worker

        run = find_run(run_id)
        {"stop": worker.stop, "resume": worker.start, "delete": type(run).delete}[name](run)
        if as_json:
            print_runs([] if name == "delete" else [run], as_json)
        else:
            click.echo(f"{run_id}: {done}")


@runs.command()
@click.argument("run", metavar="RUN")
def export(run: str) -> None:
    """Export the network of a run (its id or its folder) from its weights anew, as ONNX.

    Training does so by itself; this is for runs of earlier versions and damaged files.

    \b
    Example:
      deepmusic runs export 20261122-174803-crnn
    """
    from deepmusic.runs import Run, find_run
    from deepmusic.training import worker

    found = Run.open(Path(run)) if (Path(run) / "config.json").exists() else find_run(run)
    worker.refuse_without_tensorflow()
    from deepmusic.training.export import export_run

    click.echo(format_plain(export_run(found)))


run_action("stop", "asked to stop", "Stop a run after its last complete epoch.")
run_action("resume", "resumed in the background", "Resume a run after its last complete epoch.")
run_action("delete", "deleted", "Delete a run and all its files.")
