"""Which network can tell an order of events? Run with ``python benchmarks/order_in_time.py``.

Two classes of the same three sounds, a drum, a low and a high tone, one every 0.4 s around and
around: drum, low, high in one class, and drum, high, low in the other. Their spectra on average are
the same; only the order over a second differs. Prints each network's accuracy on clips that it
never saw, as its recipe has it and with settings that can be typed on the Train page as well, under
which convolutions see one moment alone. Chance is 50 %. `docs/experiments.md` says what it shows.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic import models
from deepmusic.audio import features, synth
from deepmusic.config import RunConfig
from deepmusic.data.dataset import Dataset, LogMels, Track
from deepmusic.data.splits import Split
from deepmusic.runs import Run
from deepmusic.training import fit, recipes

SECONDS, BEAT, CLIPS = 8.0, 0.4, 24
#: Convolutions of one frame and one band; the CNN's five pools then leave one step of time.
BLIND = {
    "cnn": dict(kernel_size=1, filters=(16, 32, 64, 64, 64)),
    "crnn": dict(kernel_size=1),
    "cnn_gru": dict(kernel_size=1, filters=(16, 32, 64, 64, 64)),
}
ORDERS = {"drum, low, high": (0, 1, 2), "drum, high, low": (0, 2, 1)}


def play(order: tuple[int, ...], seed: int, sample_rate: int) -> np.ndarray:
    """Return a clip of three sounds around and around, from a random one on."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(0.25 * sample_rate)) / sample_rate
    fade = np.exp(-12 * time)
    low, high = rng.uniform(180, 260), rng.uniform(900, 1300)
    sounds = (
        0.5 * rng.standard_normal(len(time)) * fade,
        np.sin(2 * np.pi * low * time) * fade,
        np.sin(2 * np.pi * high * time) * fade,
    )
    clip = 1e-3 * rng.standard_normal(int(SECONDS * sample_rate))
    offset = rng.uniform(0, 3 * BEAT)
    for number in range(-3, int(SECONDS / BEAT)):
        start = round((number * BEAT + offset) * sample_rate)
        if 0 <= start < len(clip):
            sound = sounds[order[number % 3]]
            clip[start : start + len(sound)] += sound[: len(clip) - start]
    return (synth.PEAK * clip / np.abs(clip).max()).astype(np.float32)


class Orders(Dataset):
    """Two classes that differ only in the order of three sounds."""

    name, credit = "orders", "Synthetic."
    genres = tuple(ORDERS)

    def __init__(self) -> None:
        self.tracks = {
            f"{genre}.{n}": Track(f"{genre}.{n}", genre) for genre in ORDERS for n in range(CLIPS)
        }

    def split(self, name, fold=None):
        """Return two thirds to train, a sixth to validate and a sixth to test."""
        parts = ("train",) * 4 + ("valid", "test")
        return Split.of_parts(
            name, {track: parts[index % 6] for index, track in enumerate(self.tracks)}
        )

    def log_mels(self, tracks, mel, on_progress=lambda done, total: None):
        """Return the log-mels of these tracks."""
        wanted = list(tracks)
        seeds = {track: index for index, track in enumerate(self.tracks)}
        return LogMels(
            {
                track: features.clip_frames(
                    play(ORDERS[self.tracks[track].genre], seeds[track], mel.sample_rate), mel
                )[1]
                for track in wanted
            }
        )


def measure(name: str, changes: dict, epochs: int, folder: Path, dataset: Orders) -> str:
    """Train a network on the pair, and return its accuracy in words."""
    model, recipe = recipes.recipe(name, "class")
    config = RunConfig(
        model=model.changed(genres=dataset.genres, **changes), train=recipe.changed(epochs=epochs)
    )
    run = Run.create(folder, config)
    fit.train(run, dataset)
    best = max(row["val_accuracy"] for row in run.history())
    accuracy = run.evaluation["clip_accuracy"]
    return f"{100 * accuracy:5.1f} % of test clips, {100 * best:5.1f} % of validation windows"


def main() -> None:
    """Train each network on the pair both ways, and print its accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=15)
    epochs = parser.parse_args().epochs
    dataset = Orders()
    with tempfile.TemporaryDirectory() as folder:
        for title, settings in (("as its recipe", {}), ("kernel 1", BLIND)):
            for name in models.MODELS:
                where = Path(folder, title, name)
                found = measure(name, settings.get(name, {}), epochs, where, dataset)
                print(f"{models.title(name):8} {title:13} {found}", flush=True)


if __name__ == "__main__":
    main()
