"""Which network can tell an order of events? Run with ``python benchmarks/order_in_time.py``.

Two classes of the same three sounds, a drum, a low and a high tone, one every 0.4 s around and
around: drum, low, high in one class, and drum, high, low in the other. Their spectra on average are
the same; only the order over a second differs. Prints each network's accuracy on clips that it
never saw; chance is 50 %. With ``--blind``, convolutions see one moment alone, by settings that can
be typed on the Train page as well; with ``--shuffled``, the frames of each clip lose their order,
and nothing is left to tell. `docs/experiments.md` says what it shows.
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

SECONDS, BEAT = 8.0, 0.4
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

    def __init__(self, n_clips: int, *, shuffled: bool = False) -> None:
        self._shuffled = shuffled
        self.tracks = {
            f"{genre}.{n}": Track(f"{genre}.{n}", genre) for genre in ORDERS for n in range(n_clips)
        }

    def split(self, name, fold=None):
        """Return two thirds to train, a sixth to validate and a sixth to test."""
        parts = ("train",) * 4 + ("valid", "test")
        return Split.of_parts(
            name, {track: parts[index % 6] for index, track in enumerate(self.tracks)}
        )

    def log_mels(self, tracks, mel, on_progress=lambda done, total: None):
        """Return the log-mels of these tracks."""
        return LogMels({track: self._log_mel(track, mel) for track in tracks})

    def _log_mel(self, track, mel):
        seed = list(self.tracks).index(track)
        sound = play(ORDERS[self.tracks[track].genre], seed, mel.sample_rate)
        frames = features.clip_frames(sound, mel)[1]
        if self._shuffled:
            frames = np.random.default_rng(seed).permutation(frames, axis=1)
        return frames


def measure(name: str, changes: dict, epochs: int, folder: Path, dataset: Orders) -> str:
    """Train a network on the pair, and return its accuracy in words."""
    model, recipe = recipes.recipe(name, "class")
    config = RunConfig(
        model=model.changed(genres=dataset.genres, **changes),
        train=recipe.changed(epochs=epochs, patience=epochs),
    )
    run = Run.create(folder, config)
    fit.train(run, dataset)
    best = max(row["val_accuracy"] for row in run.history())
    found = run.evaluation
    return (
        f"{100 * found['clip_accuracy']:5.1f} % of {found['clips']} test clips; validation windows "
        f"at best {100 * best:.1f} %"
    )


def main() -> None:
    """Train each network on the pair, and print its accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=list(models.MODELS), metavar="NETWORK")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--clips", type=int, default=24, help="of each class")
    parser.add_argument("--blind", action="store_true", help="convolutions of one frame")
    parser.add_argument("--shuffled", action="store_true", help="frames in random order")
    options = parser.parse_args()
    dataset = Orders(options.clips, shuffled=options.shuffled)
    with tempfile.TemporaryDirectory() as folder:
        for name in options.networks:
            changes = BLIND[name] if options.blind else {}
            found = measure(name, changes, options.epochs, Path(folder, name), dataset)
            print(f"{models.title(name):8} {found}", flush=True)


if __name__ == "__main__":
    main()
