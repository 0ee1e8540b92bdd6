"""What is loaded before a training, and how a run tells of it. No Keras here."""

import logging
import time

from deepmusic.data import Dataset, LogMels, load_part
from deepmusic.protocols import ALL_CLIPS
from deepmusic.runs import Run

log = logging.getLogger(__name__)

#: Seconds between two reports of progress.
PROGRESS_SECONDS = 0.5


class Stopped(Exception):
    """The run was asked to stop."""


def stop_if_asked(run: Run) -> None:
    """Raise `Stopped` if the run was asked to stop."""
    if run.is_cancelled():
        raise Stopped


class LoadingProgress:
    """Progress of loading a part, written to the run; raises `Stopped` once the run shall stop."""

    def __init__(self, run: Run, phase: str) -> None:
        self._run, self._phase = run, phase
        self._reported = 0.0
        run.write_progress(phase=phase)

    def __call__(self, done: int, total: int) -> None:
        stop_if_asked(self._run)
        if total and time.monotonic() - self._reported > PROGRESS_SECONDS:
            self._reported = time.monotonic()
            self._run.write_progress(phase=self._phase, step=done, steps=total)


def load_parts(run: Run, dataset: Dataset) -> dict[str, LogMels]:
    """Load the log-mels of each part of a run's split; raise `DatasetError` as `load_part`."""
    model, recipe = run.config.model, run.config.train
    split = dataset.split(recipe.split, recipe.fold)
    parts = {}
    for part, title in (("train", "training"), ("valid", "validation"), ("test", "test")):
        if not getattr(split, part) and split.name == ALL_CLIPS:
            continue
        loaded = load_part(
            dataset,
            split,
            part,
            model.mel,
            n_frames=model.window_frames,
            genres=model.genres,
            on_progress=LoadingProgress(run, f"preparing the {title} clips"),
        )
        for problem in loaded.skipped:
            log.warning("skipped %s: %s", problem.track, problem.reason)
        log.info("%s: %d clips, %d skipped", part, len(loaded.by_track), len(loaded.skipped))
        parts[part] = loaded
    return parts
