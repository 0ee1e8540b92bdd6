"""Keras callbacks of a training: its random numbers, its progress, its checkpoints, its end."""

import logging
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from deepmusic.runs import Run

log = logging.getLogger(__name__)

#: Seconds between two reports of progress.
_PROGRESS_SECONDS = 0.5


class Stopped(Exception):
    """Someone asked the run to stop."""


class ReseedCallback(keras.callbacks.Callback):
    """Random numbers of an epoch that depend on the seed and its number alone.

    Parameters
    ----------
    sequence : deepmusic.training.fit.RandomWindows
        Batches, which are drawn anew at the beginning of each epoch.
    seed : int
        Seed of the run.
    """

    def __init__(self, sequence: keras.utils.PyDataset, seed: int) -> None:
        super().__init__()
        self._sequence, self._seed = sequence, seed

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._sequence.draw(epoch)
        for index, layer in enumerate(self.model.layers):
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                state = np.random.SeedSequence((self._seed, epoch, index)).generate_state(2)
                generator.state.assign(state.astype("uint32"))


class TimingCallback(keras.callbacks.Callback):
    """Duration of each epoch, as ``seconds`` in its history."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs["seconds"] = time.perf_counter() - self._began


class ProgressCallback(keras.callbacks.Callback):
    """Progress within an epoch, written to the run; raises `Stopped` once someone asks for it."""

    def __init__(self, run: Run, steps: int) -> None:
        super().__init__()
        self._run, self._steps = run, steps
        self._reported = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch
        self._report(0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if time.monotonic() - self._reported > _PROGRESS_SECONDS:
            self._report(batch + 1)

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        stop_if_asked(self._run)

    def _report(self, step: int) -> None:
        stop_if_asked(self._run)
        self._reported = time.monotonic()
        self._run.write_progress(phase="training", epoch=self._epoch, step=step, steps=self._steps)


class CheckpointCallback(keras.callbacks.Callback):
    """Checkpoints of the last epoch, to go on from, and of the best one; ends at lost patience.

    Keras' own callbacks write weights in place and keep their count of patience in memory. Here one
    rename makes an epoch complete, and what is best follows from the history on disk, so that a
    resumed run decides as if it had never stopped.
    """

    def __init__(self, run: Run, patience: int) -> None:
        super().__init__()
        self._run, self._patience = run, patience

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        path = checkpoint_path(self._run, epoch)
        path.parent.mkdir(exist_ok=True)
        save_weights(self.model, path)
        drop_checkpoints(self._run, keep=(self._run.kept_epoch, epoch))
        log.info(
            "epoch %d/%d: loss %.3f, accuracy %.3f%s; %.1f s",
            epoch + 1,
            self.params["epochs"],
            logs["loss"],
            logs["accuracy"],
            "; validation loss {val_loss:.3f}, accuracy {val_accuracy:.3f}".format(**logs)
            if "val_loss" in logs
            else "",
            logs["seconds"],
        )
        if patience_ended(self._run, self._patience):
            log.info("no better validation loss in %d epochs: training ends", self._patience)
            self.model.stop_training = True


def checkpoint_path(run: Run, epoch: int) -> Path:
    """Return the file of the weights and the optimiser's state after an epoch, counted from 0."""
    return run.path / "checkpoints" / f"epoch-{epoch:04d}.weights.h5"


def saved_epochs(run: Run) -> list[int]:
    """List the epochs that have a checkpoint, in order."""
    files = (run.path / "checkpoints").glob("epoch-*.weights.h5")
    return sorted(int(file.name.partition(".")[0].removeprefix("epoch-")) for file in files)


def drop_checkpoints(run: Run, keep: Sequence[int] = ()) -> None:
    """Delete all checkpoints but those of these epochs."""
    for epoch in set(saved_epochs(run)).difference(keep):
        checkpoint_path(run, epoch).unlink(missing_ok=True)
    if not keep:
        shutil.rmtree(run.path / "checkpoints", ignore_errors=True)


def stop_if_asked(run: Run) -> None:
    """Raise `Stopped` if someone cancelled the run."""
    if run.is_cancelled():
        raise Stopped


def patience_ended(run: Run, patience: int) -> bool:
    """Tell whether the last `patience` epochs were no better than the kept one."""
    history = run.history()
    return bool(history) and history[-1]["epoch"] - run.kept_epoch >= patience


def save_weights(network: keras.Model, path: Path) -> None:
    """Write weights, whole or not at all."""
    # By this name, since Keras takes no other ending.
    temporary = path.with_name("unfinished.weights.h5")
    try:
        network.save_weights(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
