"""Runs shipped with DeepMusic, in ``assets/runs``."""

from pathlib import Path

from deepmusic.files import ASSETS
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL, Protocol
from deepmusic.runs.run import REPEATS, Run

#: Folder of the shipped runs, one directory per network.
SHIPPED = ASSETS / "runs"


def shipped_path(name: str, protocol: Protocol = BENCHMARK_PROTOCOL) -> Path:
    """Return the directory of a shipped network, the ensemble or the SVM under a protocol."""
    return SHIPPED / protocol.folder / name


def shipped_run(name: str, protocol: Protocol = BENCHMARK_PROTOCOL) -> Run:
    """Open the shipped run of a network; raise `RunError` if files are missing."""
    return Run.open(shipped_path(name, protocol))


def shipped_runs(folder: Path | None = None) -> list[Run]:
    """List the tested runs of networks in a folder (`SHIPPED`), without their repeats."""
    folder = folder or SHIPPED
    found = (path.parent for path in sorted(folder.rglob("config.json")))
    left_out = {REPEATS, DEPLOYED_PROTOCOL.name}
    return [Run(path) for path in found if left_out.isdisjoint(path.relative_to(folder).parts)]
