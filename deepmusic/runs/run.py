"""A training run on disk: a directory with its settings, weights and results. No Keras here.

The state of a run is derived from its files and its lock, and never stored, so that no run whose
worker was killed can go on saying "running".
"""

import csv
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from deepmusic.config import RunConfig
from deepmusic.errors import RunError
from deepmusic.files import acquire_lock, is_locked, write_atomically
from deepmusic.formatting import from_csv, to_csv
from deepmusic.protocols import Protocol

if TYPE_CHECKING:
    import pandas as pd

#: Folder, in a shipped run, of repeats of its recipe under other seeds.
REPEATS = "seeds"

FINISHED, FAILED, STOPPED = "finished", "failed", "stopped"
QUEUED, RUNNING, INTERRUPTED = "queued", "running", "interrupted"

#: States in which a worker lives, and states from which a run can be resumed.
ALIVE = (QUEUED, RUNNING)
RESUMABLE = (FAILED, STOPPED, INTERRUPTED)

#: Error of a run whose error.txt could not be written.
DISK_FULL = "The disk is full. Free some space, then resume: complete epochs are kept."

#: What Keras' CSVLogger writes for a missing validation.
_UNMEASURED = "NA"

#: Text columns of tables of predictions; all others are numbers.
_TEXT_COLUMNS = ("track", "genre", "predicted", "predicted_by_vote")


def _file(name: str, doc: str) -> Any:
    return property(lambda run: run.path / name, doc=doc)


@dataclass(frozen=True)
class Run:
    """One training run: a directory and its files.

    Attributes
    ----------
    path : Path
        ``config.json`` (first), ``history.csv``, ``checkpoints/``, ``snapshots/``,
        ``progress.json``, ``log.txt`` while it trains; ``model.weights.h5``, ``predictions.csv``,
        ``evaluation.json`` (last) once it is finished; ``error.txt`` or ``cancelled`` if it ended
        otherwise; ``notes.json``, ``owner.txt``.
    """

    path: Path

    history_path = _file("history.csv", "Loss and accuracy by epoch.")
    log_path = _file("log.txt", "Log of the worker.")
    initial_path = _file("initial.weights.h5", "Weights that the training begins with, if any.")
    weights_path = _file("model.weights.h5", "Weights of the kept epoch, without optimiser state.")
    network_path = _file("model.onnx", "The trained network, as predictions run it.")
    predictions_path = _file("predictions.csv", "Probabilities of every test window.")
    clips_path = _file("clips.csv", "Predictions by clip, which is all that a repeat ships.")

    @classmethod
    def create(cls, path: Path, config: RunConfig) -> "Run":
        """Make a run directory and write its settings; raise `RunError` if one is there."""
        if (path / "config.json").exists():
            raise RunError(f"{path} already holds a run. Choose another folder, or delete it.")
        path.mkdir(parents=True, exist_ok=True)
        write_atomically(path / "config.json", config.to_json())
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> "Run":
        """Open a run directory; raise `RunError` if it has no readable settings."""
        run = cls(path)
        run.config  # noqa: B018 - read now, so that a damaged run is refused here
        return run

    @property
    def id(self) -> str:
        """Name of the directory."""
        return self.path.name

    @cached_property
    def config(self) -> RunConfig:
        """Settings of the run, read once: they never change."""
        return RunConfig.load(self.path / "config.json")

    # === State ===

    @property
    def state(self) -> str:
        """One of the six states, derived from the run's files and its lock."""
        if (self.path / "evaluation.json").exists():
            return FINISHED
        if self.is_locked():
            return RUNNING if self.progress else QUEUED
        if (self.path / "error.txt").exists():
            return FAILED
        return STOPPED if self.is_cancelled() else INTERRUPTED

    def take_lock(self) -> IO[bytes]:
        """Take the lock of the run's worker; raise `RunError` if another process holds it.

        Every process that has the returned file open holds the lock, those that inherit it too.
        """
        try:
            return acquire_lock(self.path / "run.lock")
        except BlockingIOError as error:
            raise RunError(f"{self.id} is {self.state} already. Stop it first.") from error

    def is_locked(self) -> bool:
        """Tell whether a worker lives."""
        return is_locked(self.path / "run.lock")

    def enqueue(self) -> None:
        """Enter the queue, at its end."""
        self.dequeue()
        (self.path / "ticket").touch()

    def dequeue(self) -> None:
        """Leave the queue."""
        (self.path / "ticket").unlink(missing_ok=True)

    @property
    def ticket(self) -> int | None:
        """Time at which the run entered the queue, in ns; None outside the queue."""
        try:
            return (self.path / "ticket").stat().st_mtime_ns
        except OSError:
            return None

    @property
    def error(self) -> str:
        """Reason why the run failed; empty if it did not."""
        path = self.path / "error.txt"
        return _read_text(path) or (DISK_FULL if path.exists() else "")

    def fail(self, reason: str) -> None:
        """Mark the run as failed."""
        path = self.path / "error.txt"
        try:
            write_atomically(path, reason + "\n")
        except OSError:
            # A full disk still takes an empty file: see `error`.
            path.touch()

    def is_cancelled(self) -> bool:
        """Tell whether the run was asked to stop."""
        return (self.path / "cancelled").exists()

    def cancel(self) -> None:
        """Ask the run to stop; raise `RunError` if the disk denies it."""
        with self._changing():
            (self.path / "cancelled").touch()

    def clear_ending(self) -> None:
        """Remove the marks of how the run ended, so that it can be resumed."""
        for name in ("cancelled", "error.txt", "progress.json"):
            (self.path / name).unlink(missing_ok=True)

    @property
    def progress(self) -> dict[str, Any]:
        """Progress of the worker: ``phase``, ``epoch``, ``step``, ``steps``; or empty."""
        return _read_json(self.path / "progress.json")

    def write_progress(self, **progress: Any) -> None:
        """Write the progress of the worker."""
        write_atomically(self.path / "progress.json", json.dumps(progress))

    def log_tail(self, n_lines: int = 12) -> str:
        """Return the last lines of the log."""
        return "\n".join(_read_text(self.log_path).splitlines()[-n_lines:])

    # === Epochs ===

    def history(self) -> list[dict[str, float]]:
        """Read loss and accuracy of each complete epoch."""
        epochs = []
        for row in csv.DictReader(_read_text(self.history_path).splitlines()):
            # A worker that is killed while it writes leaves half a row.
            with suppress(TypeError, ValueError):
                epochs.append(
                    {name: float(value) for name, value in row.items() if value != _UNMEASURED}
                )
        return epochs

    def cut_history(self, n_epochs: int) -> None:
        """Drop the rows after the first `n_epochs`, which will be trained again."""
        lines = _read_text(self.history_path).splitlines()
        write_atomically(self.history_path, "\n".join(lines[: n_epochs + 1]) + "\n")

    @property
    def kept_epoch(self) -> int | None:
        """Epoch of the lowest validation loss, or the last where nothing is validated; from 0."""
        kept = _kept(self.history())
        return None if kept is None else int(kept["epoch"])

    # === Results ===

    def read_predictions(self) -> "pd.DataFrame":
        """Read ``predictions.csv``; raise `RunError` if it is missing."""
        return self._read_table(self.predictions_path, "Train it to the end.")

    def write_predictions(self, predictions: "pd.DataFrame", digits: int = 4) -> None:
        """Write ``predictions.csv`` atomically."""
        write_atomically(self.predictions_path, to_csv(predictions, float_format=f"%.{digits}f"))

    def read_clips(self) -> "pd.DataFrame":
        """Read ``clips.csv`` by track; raise `RunError` if it is missing."""
        remedy = "Ship this repeat again: deepmusic ship --repeat RUN"
        return self._read_table(self.clips_path, remedy).set_index("track")

    def _read_table(self, path: Path, remedy: str) -> "pd.DataFrame":
        try:
            return from_csv(path, _TEXT_COLUMNS)
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.path} has no readable {path.name} ({error}). {remedy}"
            ) from error

    @property
    def evaluation(self) -> dict[str, Any]:
        """Metrics on the test part, and more; raise `RunError` if they are missing."""
        try:
            return dict(json.loads((self.path / "evaluation.json").read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise RunError(
                f"{self.path} has no readable evaluation.json ({error}). Train it to the end."
            ) from error

    @property
    def protocol(self) -> Protocol:
        """Protocol of the evaluation; raise `RunError` if that does not say it."""
        text = self.evaluation.get("protocol")
        if not isinstance(text, str):
            raise RunError(
                f"{self.path / 'evaluation.json'} does not say its protocol. Train this run again."
            )
        return Protocol.parse(text)

    def write_evaluation(self, evaluation: Mapping[str, Any]) -> None:
        """Write ``evaluation.json`` atomically."""
        text = json.dumps(evaluation, indent=2, default=float) + "\n"
        write_atomically(self.path / "evaluation.json", text)

    def repeats(self) -> dict[int, "Run"]:
        """Return the shipped repeats of this run by seed."""
        found = (path.parent.name for path in self.path.glob(f"{REPEATS}/*/clips.csv"))
        return {seed: self.repeat(seed) for seed in sorted(map(int, filter(str.isdecimal, found)))}

    def repeat(self, seed: int) -> "Run":
        """Return the repeat of this run under another seed, shipped or to be shipped."""
        return Run(self.path / REPEATS / str(seed))

    # === Notes and deletion ===

    @property
    def notes(self) -> dict[str, str]:
        """``title`` and ``text`` that a user gave the run; both may be empty."""
        stored = _read_json(self.path / "notes.json")
        return {name: str(stored.get(name, "")) for name in ("title", "text")}

    @property
    def owner(self) -> str:
        """Name of the visitor who started the run; empty if none was given."""
        return _read_text(self.path / "owner.txt").strip()

    def write_notes(self, title: str, text: str) -> None:
        """Write title and text of the notes; raise `RunError` if the disk denies it."""
        notes = json.dumps({"title": title.strip(), "text": text.strip()})
        with self._changing():
            write_atomically(self.path / "notes.json", notes)

    def delete(self) -> None:
        """Delete the run and all its files; raise `RunError` while its worker lives."""
        if self.is_locked():
            raise RunError(f"{self.id} is {self.state}. Stop it first, then delete it.")
        # Another server may delete it at the same moment.
        with self._changing(), suppress(FileNotFoundError):
            shutil.rmtree(self.path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Turn errors of the disk into `RunError`."""
        try:
            yield
        except OSError as error:
            raise RunError(
                f"{self.id} cannot be changed ({error.strerror}). Free some space, or check who "
                "may write its folder."
            ) from error

    def summary(self) -> dict[str, Any]:
        """Return the row of a table of runs; never raise.

        Returns
        -------
        dict
            ``id``, ``title``, ``state``, ``model``, ``data``, ``split``, ``epoch`` (complete ones),
            ``epochs``, ``val_accuracy`` (of the kept epoch), ``clip_accuracy`` (test), ``created``,
            ``error`` (also why settings cannot be read).
        """
        history = self.history()
        row = dict.fromkeys(
            ("model", "data", "split", "epochs", "val_accuracy", "clip_accuracy", "created")
        )
        row |= {"id": self.id, "title": self.notes["title"], "state": self.state}
        row |= {"epoch": len(history), "error": self.error.strip()}
        try:
            train = self.config.train
            if row["state"] == FINISHED:
                row["clip_accuracy"] = self.evaluation.get("clip_accuracy")
        except RunError as error:
            return row | {"error": str(error)}
        row |= {"model": self.config.model.name, "created": self.config.created.isoformat()}
        row |= {"data": train.data, "split": str(train.protocol), "epochs": train.epochs}
        return row | {"val_accuracy": (_kept(history) or {}).get("val_accuracy")}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_read_text(path))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _kept(history: Sequence[dict[str, float]]) -> dict[str, float] | None:
    """Return the row of the epoch whose weights are kept."""
    if history and "val_loss" not in history[-1]:
        return history[-1]
    return min(history, key=lambda row: row["val_loss"], default=None)
