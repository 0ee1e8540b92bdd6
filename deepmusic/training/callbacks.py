"""Keras callbacks of a training: seeds, timing, progress, checkpoints and its end."""

import logging
import math
import os
import shutil
import time
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from deepmusic.errors import RunError
from deepmusic.runs import Run
from deepmusic.training.loading import PROGRESS_SECONDS, stop_if_asked

if TYPE_CHECKING:
    from deepmusic.training.transfer import RandomOutputs
    from deepmusic.training.windows import RandomWindows

log = logging.getLogger(__name__)

Logs = dict[str, Any]


class ReseedCallback(keras.callbacks.Callback):
    """Seeds of windows and dropout from (seed, epoch), so that resumed runs are identical."""

    def __init__(self, sequence: "RandomWindows | RandomOutputs", seed: int) -> None:
        super().__init__()
        self._sequence, self._seed = sequence, seed

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._sequence.draw(epoch)
        for index, layer in enumerate(self.model.layers):
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                state = np.random.SeedSequence((self._seed, epoch, index)).generate_state(2)
                generator.state.assign(state.astype("uint32"))


class EpochCallback(keras.callbacks.Callback):
    """Duration of each epoch, as ``seconds`` in the history; raises `RunError` on divergence.

    The weights are looked at too: the last step of an epoch spoils no loss of it.
    """

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        logs["seconds"] = time.perf_counter() - self._began
        for name in ("loss", "val_loss"):
            if not math.isfinite(logs.get(name, 0)):
                raise _diverged(f"the {name} must be a number. Received: {logs[name]}", epoch)
        if not all(np.isfinite(weights).all() for weights in self.model.get_weights()):
            raise _diverged("the weights must be numbers. Received: NaN or infinity", epoch)


def _diverged(words: str, epoch: int) -> RunError:
    return RunError(
        f"The training diverged: {words} in epoch {epoch + 1}. Train anew with a lower learning "
        "rate."
    )


class ProgressCallback(keras.callbacks.Callback):
    """Progress within an epoch, written to the run; raises `Stopped` once the run shall stop."""

    def __init__(self, run: Run, steps: int) -> None:
        super().__init__()
        self._run, self._steps = run, steps
        self._reported = 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch
        self._report(0)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        is_last = batch + 1 == self._steps
        if is_last or time.monotonic() - self._reported > PROGRESS_SECONDS:
            self._report(batch + 1)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        stop_if_asked(self._run)

    def _report(self, step: int) -> None:
        stop_if_asked(self._run)
        self._reported = time.monotonic()
        self._run.write_progress(phase="training", epoch=self._epoch, step=step, steps=self._steps)


class CheckpointCallback(keras.callbacks.Callback):
    """Checkpoints of the last and the best epoch, and early stopping.

    Keras' own callbacks write weights in place and keep their count of patience in memory. Here one
    rename makes an epoch complete, and the best epoch follows from the history on disk, so that a
    resumed run decides as if it had never stopped.
    """

    def __init__(self, run: Run, patience: int) -> None:
        super().__init__()
        self._run, self._patience = run, patience

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        path = checkpoint_path(self._run, epoch)
        path.parent.mkdir(exist_ok=True)
        save_weights(self.model, path)
        drop_checkpoints(self._run, keep=(self._run.kept_epoch, epoch))
        words = "loss {loss:.3f}, accuracy {accuracy:.3f}"
        if "val_loss" in logs:
            words += "; validation loss {val_loss:.3f}, accuracy {val_accuracy:.3f}"
        words = f"epoch {epoch + 1}/{self.params['epochs']}: {words}; {{seconds:.1f}} s"
        log.info(words.format(**logs))
        if patience_ended(self._run, self._patience):
            log.info("no better validation loss in %d epochs: training ends", self._patience)
            self.model.stop_training = True


def checkpoint_path(run: Run, epoch: int) -> Path:
    """Return the file of the weights and the optimiser's state after an epoch, from 0."""
    return run.path / "checkpoints" / f"epoch-{epoch:04d}.weights.h5"


def saved_epochs(run: Run) -> list[int]:
    """List the epochs that have a checkpoint, in order."""
    files = (run.path / "checkpoints").glob("epoch-*.weights.h5")
    return sorted(int(file.name.partition(".")[0].removeprefix("epoch-")) for file in files)


def drop_checkpoints(run: Run, keep: Container[int | None] = ()) -> None:
    """Delete all checkpoints but those of these epochs."""
    for epoch in saved_epochs(run):
        if epoch not in keep:
            checkpoint_path(run, epoch).unlink(missing_ok=True)
    if not keep:
        shutil.rmtree(run.path / "checkpoints", ignore_errors=True)


def patience_ended(run: Run, patience: int) -> bool:
    """Tell whether the last `patience` epochs were no better than the best one."""
    history, kept = run.history(), run.kept_epoch
    return bool(history) and kept is not None and history[-1]["epoch"] - kept >= patience


def save_weights(network: keras.Model, path: Path) -> None:
    """Write weights atomically."""
    # Not `replacing`: Keras takes no name but one that ends so.
    temporary = path.with_name("unfinished.weights.h5")
    try:
        network.save_weights(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
