"""How long will a training take? Measured on this machine, by doing a little of it."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from deepmusic.config import ModelConfig, TrainConfig
from deepmusic.files import runs_folder, write_atomically

_STEPS = 4


@dataclass(frozen=True)
class Timing:
    """What a training costs here.

    Attributes
    ----------
    start_seconds : float
        Importing TensorFlow, loading the clips and compiling the network.
    step_seconds : float
        One training step of a batch.
    steps : int
        Training steps in an epoch.
    check_seconds : float
        Running the validation windows after each epoch.
    test_seconds : float
        Running the test windows once.
    """

    start_seconds: float
    step_seconds: float
    steps: int
    check_seconds: float
    test_seconds: float

    @property
    def epoch_seconds(self) -> float:
        """One epoch with its validation."""
        return self.steps * self.step_seconds + self.check_seconds

    def total_seconds(self, epochs: int) -> float:
        """All epochs, should patience not end them before."""
        return self.start_seconds + epochs * self.epoch_seconds + self.test_seconds


def key_of(model: ModelConfig, train: TrainConfig) -> str:
    """Return what a timing depends on, as a key."""
    sizes = model.model_dump_json(exclude={"genres", "norm_momentum"})
    recipe = train.model_dump_json(
        include={"data", "split", "fold", "batch_size", "windows_per_clip", "augment"}
    )
    return f"{sizes} {recipe}"


def lookup(model: ModelConfig, train: TrainConfig, folder: Path | None = None) -> Timing | None:
    """Return what was measured for these settings, or None."""
    stored = _read(folder or runs_folder()).get(key_of(model, train))
    return Timing(**stored) if stored else None


def measure(model: ModelConfig, train: TrainConfig, folder: Path | None = None) -> Timing:
    """Train a few steps with these settings, and store how long they took.

    Raises
    ------
    DatasetError
        If the data is not at hand.
    """
    folder = folder or runs_folder()
    import_seconds = _import_training()
    from deepmusic import training
    from deepmusic.datasets import open_dataset

    began = time.perf_counter()
    dataset = open_dataset(train.data)
    split = dataset.split(train.split, train.fold)
    rehearsal = training.Rehearsal(
        model, train, training.load_parts(dataset, split, model), dataset
    )
    rehearsal.step()
    start_seconds = import_seconds + time.perf_counter() - began
    step_seconds = min(_timed(rehearsal.step) for _ in range(_STEPS))
    rehearsal.check()
    check_seconds = _timed(rehearsal.check)
    timing = Timing(
        start_seconds=start_seconds,
        step_seconds=step_seconds,
        steps=rehearsal.steps,
        check_seconds=check_seconds,
        test_seconds=check_seconds * len(split.test) / len(split.valid),
    )
    folder.mkdir(parents=True, exist_ok=True)
    stored = _read(folder) | {key_of(model, train): asdict(timing)}
    write_atomically(folder / ".timings.json", json.dumps(stored, indent=2))
    return timing


def in_words(seconds: float) -> str:
    """Say a duration as people do: ``40 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


@cache
def _import_training() -> float:
    """Import what trains, and return how long that took; every worker pays it anew."""
    return _timed(lambda: import_module("deepmusic.training"))


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _read(folder: Path) -> dict[str, dict[str, float]]:
    try:
        return json.loads((folder / ".timings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
