"""What phones, MP3 and noise do to the verdict."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from deepmusic import models


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option("--store", is_flag=True, help="Keep the table for `results` to print.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def robustness(paths: Sequence[Path], store: bool, as_json: bool) -> None:
    """Ask finished runs of one protocol about its test clips, changed as uploads are.

    Needs the sound of test clips (DEEPMUSIC_GTZAN); those at hand are counted.
    """
    from deepmusic import robustness
    from deepmusic.files import write_atomically
    from deepmusic.runs import Run

    found = robustness.measure([Run.open(path) for path in paths])
    if store:
        path = robustness.stored_path(found["protocol"])
        write_atomically(path, json.dumps(found, indent=1) + "\n")
    click.echo(json.dumps(found, indent=2) if as_json else table(found))


def table(found: Mapping[str, Any]) -> str:
    """Return what `deepmusic.robustness.measure` found, a line for each change."""
    from deepmusic.robustness import CHANGES

    names = list(next(iter(found["right"].values())))
    lines = [
        f"{found['protocol']}: share of clips right after each change "
        f"({found['clips']} of {found['of']} test clips, whose sound is at hand)",
        f"{'':28}" + "".join(f"{models.title(name):>10}" for name in names),
    ]
    for change, by_model in found["right"].items():
        cells = "".join(f"{by_model[name]['accuracy']:10.3f}" for name in names)
        lines.append(f"{CHANGES[change].title:28}" + cells)
    return "\n".join(lines)
