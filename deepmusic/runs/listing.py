"""Make, list and find runs in a folder."""

from pathlib import Path

from deepmusic.errors import RunError
from deepmusic.files import runs_folder
from deepmusic.runs.run import Run


def list_runs(folder: Path | None = None) -> list[Run]:
    """List the runs of a folder, oldest first; those that cannot be read are listed too."""
    folder = folder or runs_folder()
    return [Run(path.parent) for path in sorted(folder.glob("*/config.json"))]


def find_run(run_id: str, folder: Path | None = None) -> Run:
    """Return the run with this id; raise `RunError` if there is none.

    The id is looked up in the folder's listing and never joined into a path, since it may come from
    an address or a form.
    """
    for run in list_runs(folder):
        if run.id == run_id:
            return run
    raise RunError(f"There is no run named {run_id!r}. See: python -m deepmusic runs list")
