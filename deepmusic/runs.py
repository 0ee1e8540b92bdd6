"""A run on disk: one directory with its settings, weights and results. No Keras here."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepmusic.config import RunConfig
from deepmusic.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

#: Where the shipped runs lie: one directory for each network.
SHIPPED = Path(__file__).resolve().parent.parent / "assets" / "runs"

#: What is shipped of a run.
SHIPPED_FILES = (
    "config.json",
    "history.csv",
    "model.weights.h5",
    "evaluation.json",
    "predictions.csv",
)


@dataclass(frozen=True)
class Run:
    """One training run and its files.

    Attributes
    ----------
    path : Path
        ``config.json`` (first), ``history.csv``, ``model.weights.h5``, ``evaluation.json``,
        ``predictions.csv``.
    """

    path: Path

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

    @cached_property
    def config(self) -> RunConfig:
        """Settings of the run, read once."""
        return RunConfig.load(self.path / "config.json")

    @property
    def history_path(self) -> Path:
        """Loss and accuracy by epoch."""
        return self.path / "history.csv"

    @property
    def checkpoint_path(self) -> Path:
        """Best weights so far, while the run trains."""
        return self.path / "best.weights.h5"

    @property
    def weights_path(self) -> Path:
        """Weights that the run kept, without optimiser state."""
        return self.path / "model.weights.h5"

    @property
    def predictions_path(self) -> Path:
        """Probabilities of every test window."""
        return self.path / "predictions.csv"

    @cached_property
    def evaluation(self) -> dict[str, Any]:
        """What the run reached on its test part; raise `RunError` if that is missing."""
        try:
            return json.loads((self.path / "evaluation.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.path} has no readable evaluation.json ({error}). Train it to the end."
            ) from error

    def write_evaluation(self, evaluation: Mapping[str, Any]) -> None:
        """Write ``evaluation.json``, whole or not at all."""
        write_atomically(
            self.path / "evaluation.json", json.dumps(evaluation, indent=2, default=float) + "\n"
        )

    def write_predictions(self, predictions: "pd.DataFrame") -> None:
        """Write ``predictions.csv``, whole or not at all."""
        write_atomically(
            self.predictions_path, predictions.to_csv(index=False, float_format="%.4f")
        )

    def read_predictions(self) -> "pd.DataFrame":
        """Read ``predictions.csv``; raise `RunError` if that is missing."""
        import pandas as pd

        try:
            return pd.read_csv(self.predictions_path)
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.path} has no readable predictions.csv ({error}). Train it to the end."
            ) from error


def ship(run: Run) -> Run:
    """Copy a finished run to where the app finds its networks, in place of the one shipped before.

    Raises
    ------
    RunError
        If the run is not finished.
    """
    run.evaluation  # noqa: B018 - raises where the run is not finished
    target = SHIPPED / run.config.model.name
    target.mkdir(parents=True, exist_ok=True)
    for name in SHIPPED_FILES:
        shutil.copyfile(run.path / name, target / name)
    return Run(target)


def shipped_run(name: str) -> Run:
    """Open the run that DeepMusic ships for a network.

    Raises
    ------
    RunError
        If its files are missing.
    """
    return Run.open(SHIPPED / name)


def write_atomically(path: Path, text: str) -> None:
    """Write a text file by way of a temporary file, so that no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
