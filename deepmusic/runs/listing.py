"""Runs of a folder: list them, find one by its id."""

from pathlib import Path

from deepmusic.errors import RunError
from deepmusic.files import runs_folder
from deepmusic.runs.run import Run


def list_runs(folder: Path | None = None) -> list[Run]:
    """List the runs of a folder (`runs_folder`), oldest first, damaged ones too."""
    return [Run(path.parent) for path in sorted((folder or runs_folder()).glob("*/config.json"))]


def find_run(run_id: str, folder: Path | None = None) -> Run:
    """Return the run with this id; raise `RunError` if there is none.

    The id may come from an address or a form: it is looked up and never joined into a path.
    """
    for run in list_runs(folder):
        if run.id == run_id:
            return run
    raise RunError(f"There is no run named {run_id!r}. See: deepmusic runs list")
