"""Runs that DeepMusic ships, in ``assets/runs``."""

from pathlib import Path

from deepmusic.files import ASSETS
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL, Protocol
from deepmusic.runs.run import REPEATS, Run

#: Where the shipped runs lie: one directory for each network.
SHIPPED = ASSETS / "runs"


def shipped_path(name: str, protocol: Protocol = BENCHMARK_PROTOCOL) -> Path:
    """Return where a network (or the ensemble, or the SVM) of a protocol is shipped."""
    return SHIPPED / protocol.folder / name


def shipped_run(name: str, protocol: Protocol = BENCHMARK_PROTOCOL) -> Run:
    """Open the run that DeepMusic ships for a network; raise `RunError` if files are missing."""
    return Run.open(shipped_path(name, protocol))


def shipped_runs(folder: Path | None = None) -> list[Run]:
    """List the runs of networks in a folder (`SHIPPED`) that were tested, without their repeats."""
    folder = folder or SHIPPED
    found = (path.parent for path in sorted(folder.rglob("config.json")))
    no_figures = {REPEATS, DEPLOYED_PROTOCOL.name}
    return [Run(path) for path in found if no_figures.isdisjoint(path.relative_to(folder).parts)]
