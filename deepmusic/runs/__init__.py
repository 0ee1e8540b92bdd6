"""Training runs on disk: settings, state, weights and results. No Keras here."""

from deepmusic.runs.assets import shipped_path, shipped_run, shipped_runs
from deepmusic.runs.listing import find_run, list_runs
from deepmusic.runs.naming import new_name, run_names
from deepmusic.runs.run import (
    ALIVE,
    DISK_FULL,
    FAILED,
    FINISHED,
    INTERRUPTED,
    QUEUED,
    RESUMABLE,
    RUNNING,
    STOPPED,
    Run,
)
from deepmusic.runs.snapshots import Snapshot, read_snapshot, snapshot_epochs

__all__ = [
    "ALIVE",
    "DISK_FULL",
    "FAILED",
    "FINISHED",
    "INTERRUPTED",
    "QUEUED",
    "RESUMABLE",
    "RUNNING",
    "STOPPED",
    "Run",
    "Snapshot",
    "find_run",
    "list_runs",
    "new_name",
    "read_snapshot",
    "run_names",
    "shipped_path",
    "shipped_run",
    "shipped_runs",
    "snapshot_epochs",
]
