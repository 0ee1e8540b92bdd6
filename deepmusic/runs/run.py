"""Training runs on disk: each a directory with its settings, weights and results. No Keras here.

What state a run is in is derived from its files and its lock, and never stored, so that nothing can
be left saying "running" after its worker was killed.
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
from deepmusic.protocols import Protocol

if TYPE_CHECKING:
    import pandas as pd


#: Where, beside a shipped run, the same recipe under other seeds is shipped.
REPEATS = "seeds"

FINISHED, FAILED, CANCELLED = "finished", "failed", "cancelled"

QUEUED, RUNNING, INTERRUPTED = "queued", "running", "interrupted"

#: States in which a worker lives, and states from which a run can go on.
ALIVE = (QUEUED, RUNNING)

RESUMABLE = (FAILED, CANCELLED, INTERRUPTED)

#: Why a run failed that could not write down why.
DISK_FULL = "The disk is full. Free some space, then resume: complete epochs are kept."

#: What Keras writes of the validation where there is none.
_UNMEASURED = "NA"

#: Columns of words in tables of predictions, where everything else is a number.
_WORDS = ("track", "genre", "heard", "heard_by_vote")


def _file(name: str, doc: str) -> Any:
    """Return a property: the path of a file of a run."""
    return property(lambda run: run.path / name, doc=doc)


@dataclass(frozen=True)
class Run:
    """One training run and its files.

    Attributes
    ----------
    path : Path
        ``config.json`` (first), ``history.csv``, ``checkpoints/``, ``progress.json``, ``log.txt``
        while it trains; ``model.weights.h5``, ``predictions.csv``, ``evaluation.json`` (last) once
        it is finished; ``error.txt`` or ``cancelled`` if it ended otherwise; ``notes.json``.
    """

    path: Path

    history_path = _file("history.csv", "Loss and accuracy by epoch.")
    log_path = _file("log.txt", "Log of the worker.")
    weights_path = _file("model.weights.h5", "Weights that are kept, without optimiser state.")
    predictions_path = _file("predictions.csv", "Probabilities of every test window.")
    clips_path = _file("clips.csv", "Predictions by clip: what is shipped of a repeat.")

    @classmethod
    def create(cls, path: Path, config: RunConfig) -> "Run":
        """Make a run directory and write its settings; raise `RunError` if one is there."""
        if (path / "config.json").exists():
            raise RunError(
                f"{path} already holds a run. Choose another folder, or delete that run."
            )
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
        """One of the six states, as the run's files and its lock have it."""
        if (self.path / "evaluation.json").exists():
            return FINISHED
        if self.is_locked():
            return RUNNING if self.progress else QUEUED
        if (self.path / "error.txt").exists():
            return FAILED
        return CANCELLED if self.is_cancelled() else INTERRUPTED

    def take_lock(self) -> IO[bytes]:
        """Take the lock that a worker holds while it lives; raise `RunError` if another has it.

        Whoever has the file open holds it: this process, and those that inherit it.
        """
        try:
            return acquire_lock(self.path / "run.lock")
        except BlockingIOError as error:
            raise RunError(f"{self.id} is {self.state} already. Stop it first.") from error

    def is_locked(self) -> bool:
        """Tell whether a worker lives, by its lock."""
        return is_locked(self.path / "run.lock")

    def enqueue(self) -> None:
        """Enter the queue, behind those who wait in it."""
        self.dequeue()
        (self.path / "ticket").touch()

    def dequeue(self) -> None:
        """Leave the queue."""
        (self.path / "ticket").unlink(missing_ok=True)

    @property
    def ticket(self) -> int | None:
        """When the run entered the queue, in ns; None if it is not there."""
        try:
            return (self.path / "ticket").stat().st_mtime_ns
        except OSError:
            return None

    @property
    def error(self) -> str:
        """Why the run failed, in words; empty if it did not."""
        path = self.path / "error.txt"
        return _read_text(path) or (DISK_FULL if path.exists() else "")

    def fail(self, reason: str) -> None:
        """Write down why the run failed."""
        path = self.path / "error.txt"
        try:
            write_atomically(path, reason + "\n")
        except OSError:
            # On a full disk a name can be written, though no word: see `error`.
            path.touch()

    def is_cancelled(self) -> bool:
        """Tell whether someone asked the run to stop."""
        return (self.path / "cancelled").exists()

    def cancel(self) -> None:
        """Ask the run to stop; its worker looks at each step. Raise `RunError` if it cannot be."""
        with self._changing():
            (self.path / "cancelled").touch()

    def clear_ending(self) -> None:
        """Forget how the run ended, so that it can go on."""
        for name in ("cancelled", "error.txt", "progress.json"):
            (self.path / name).unlink(missing_ok=True)

    @property
    def progress(self) -> dict[str, Any]:
        """What the worker does just now: ``phase``, ``epoch``, ``step``, ``steps``; or empty."""
        return _read_json(self.path / "progress.json")

    def write_progress(self, **progress: Any) -> None:
        """Write what the worker does just now."""
        write_atomically(self.path / "progress.json", json.dumps(progress))

    def log_tail(self, n_lines: int = 12) -> str:
        """Return the last lines of the log."""
        return "\n".join(_read_text(self.log_path).splitlines()[-n_lines:])

    # === Epochs ===

    def history(self) -> list[dict[str, float]]:
        """Read loss and accuracy by complete epoch; empty before the first."""
        epochs = []
        for row in csv.DictReader(_read_text(self.history_path).splitlines()):
            # A worker that is killed while it writes leaves half a row.
            with suppress(TypeError, ValueError):
                epochs.append(
                    {name: float(value) for name, value in row.items() if value != _UNMEASURED}
                )
        return epochs

    def cut_history(self, n_epochs: int) -> None:
        """Drop the rows of epochs that will be done again."""
        lines = _read_text(self.history_path).splitlines()
        write_atomically(self.history_path, "\n".join(lines[: n_epochs + 1]) + "\n")

    @property
    def kept_epoch(self) -> int | None:
        """The epoch whose weights are kept; counted from 0.

        It has the lowest validation loss; where no clip was held back to choose, it is the last.
        """
        kept = _kept(self.history())
        return None if kept is None else int(kept["epoch"])

    # === Results ===

    def read_predictions(self) -> "pd.DataFrame":
        """Read ``predictions.csv``; raise `RunError` if that is missing."""
        return self._read_table(self.predictions_path, "Train it to the end.")

    def write_predictions(self, predictions: "pd.DataFrame") -> None:
        """Write ``predictions.csv``, whole or not at all."""
        write_atomically(
            self.predictions_path, predictions.to_csv(index=False, float_format="%.4f")
        )

    def read_clips(self) -> "pd.DataFrame":
        """Read ``clips.csv`` by track; raise `RunError` if that is missing."""
        cure = "Ship this repeat again: python -m deepmusic ship --repeat RUN"
        return self._read_table(self.clips_path, cure).set_index("track")

    def _read_table(self, path: Path, cure: str) -> "pd.DataFrame":
        import pandas as pd

        try:
            # Words as they stand: a track may be called 000002, and a genre None.
            return pd.read_csv(path, dtype=dict.fromkeys(_WORDS, str), keep_default_na=False)
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path} has no readable {path.name} ({error}). {cure}") from error

    @property
    def evaluation(self) -> dict[str, Any]:
        """What the run reached on its test part; raise `RunError` if that is missing."""
        try:
            return dict(json.loads((self.path / "evaluation.json").read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise RunError(
                f"{self.path} has no readable evaluation.json ({error}). Train it to the end."
            ) from error

    @property
    def protocol(self) -> Protocol:
        """What it was tested by; raise `RunError` if its evaluation does not say."""
        text = self.evaluation.get("protocol")
        if not isinstance(text, str):
            raise RunError(
                f"{self.path / 'evaluation.json'} does not say its protocol. Train this run again."
            )
        return Protocol.parse(text)

    def write_evaluation(self, evaluation: Mapping[str, Any]) -> None:
        """Write ``evaluation.json``, whole or not at all."""
        write_atomically(
            self.path / "evaluation.json", json.dumps(evaluation, indent=2, default=float) + "\n"
        )

    def repeats(self) -> dict[int, "Run"]:
        """List what was shipped beside this run under other seeds, by seed."""
        found = (path.parent.name for path in self.path.glob(f"{REPEATS}/*/clips.csv"))
        return {seed: self.repeat(seed) for seed in sorted(map(int, filter(str.isdecimal, found)))}

    def repeat(self, seed: int) -> "Run":
        """Return what was, or is to be, shipped beside this run under another seed."""
        return Run(self.path / REPEATS / str(seed))

    # === What people write ===

    @property
    def notes(self) -> dict[str, str]:
        """The ``title`` and ``text`` that someone gave the run; both may be empty."""
        stored = _read_json(self.path / "notes.json")
        return {name: str(stored.get(name, "")) for name in ("title", "text")}

    def write_notes(self, title: str, text: str) -> None:
        """Give the run a title and notes; raise `RunError` if they cannot be written."""
        notes = json.dumps({"title": title.strip(), "text": text.strip()})
        with self._changing():
            write_atomically(self.path / "notes.json", notes)

    def delete(self) -> None:
        """Delete the run and all its files; raise `RunError` while its worker lives."""
        if self.is_locked():
            raise RunError(f"{self.id} is {self.state}. Stop it first, then delete it.")
        # Someone at another server may do the same at the same moment.
        with self._changing(), suppress(FileNotFoundError):
            shutil.rmtree(self.path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Say in words that a run cannot be changed: the disk is full, or may not be written."""
        try:
            yield
        except OSError as error:
            raise RunError(
                f"{self.id} cannot be changed ({error.strerror}). Free some space, or check who "
                "may write its folder."
            ) from error

    def summary(self) -> dict[str, Any]:
        """Return one row of a table of runs; it raises nothing.

        Returns
        -------
        dict
            ``id``, ``title``, ``state``, ``model``, ``data``, ``split``, ``epoch`` (complete ones),
            ``epochs``, ``val_accuracy`` (of the kept epoch), ``clip_accuracy`` (test),
            ``created``, ``error``. Of a run whose settings cannot be read, the error says why.
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
    """Return the row of the epoch whose weights are kept; None before the first is complete."""
    if history and "val_loss" not in history[-1]:
        return history[-1]
    return min(history, key=lambda row: row["val_loss"], default=None)
