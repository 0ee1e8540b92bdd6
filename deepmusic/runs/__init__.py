"""Training runs on disk: settings, state, weights and results. No Keras here."""

from deepmusic.runs.assets import shipped_path, shipped_run, shipped_runs
from deepmusic.runs.listing import find_run, list_runs
from deepmusic.runs.run import (
    ALIVE,
    CANCELLED,
    DISK_FULL,
    FAILED,
    FINISHED,
    INTERRUPTED,
    QUEUED,
    RESUMABLE,
    RUNNING,
    Run,
)

__all__ = [
    "ALIVE",
    "CANCELLED",
    "DISK_FULL",
    "FAILED",
    "FINISHED",
    "INTERRUPTED",
    "QUEUED",
    "RESUMABLE",
    "RUNNING",
    "Run",
    "find_run",
    "list_runs",
    "shipped_path",
    "shipped_run",
    "shipped_runs",
]
