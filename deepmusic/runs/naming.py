"""Names of runs, such as ``CRNN on toy, 2``, which people read in place of ids."""

import itertools
from pathlib import Path

from deepmusic.config import TRANSFERS, RunConfig
from deepmusic.errors import RunError
from deepmusic.formatting import format_plain
from deepmusic.runs.listing import list_runs

_DATASETS = {"gtzan": "GTZAN", "fma": "FMA small"}


def run_names(folder: Path | None = None) -> dict[str, str]:
    """Return the names of all runs of a folder (`runs_folder`) by id, oldest first, no two equal.

    A run is called by the title in its notes, or else by its network and dataset; by its id where
    its settings cannot be read.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for run in list_runs(folder):
        try:
            name = run.notes["title"] or _describe(run.config)
        except RunError:
            name = run.id
        names[run.id] = _free(name, taken)
        taken.add(names[run.id])
    return names


def new_name(config: RunConfig, folder: Path | None = None) -> str:
    """Return a name for a new run of these settings that no run of the folder has."""
    return _free(_describe(config), set(run_names(folder).values()))


def _describe(config: RunConfig) -> str:
    """Return network and dataset, such as ``CNN-GRU on GTZAN``; of a path, its last part."""
    network = config.model.name.upper().replace("_", "-")
    if transfer := config.train.transfer:
        network = TRANSFERS[transfer]
    data = config.train.data
    return f"{network} on {_DATASETS.get(data) or format_plain(Path(data).name)}"


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name}, {number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)
