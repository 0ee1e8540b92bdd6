"""Is a known reason found? Run with ``python benchmarks/planted_cue.py``.

A small network learns to tell clips of the toy bands with a short tone from those without: the tone
is all that it can go by. In 50 clips that are new to it, the tone lies at random moments; printed
is in how many the top 5 % of the evidence cover it. Needs Keras (``pip install '.[train]'``).
"""

import argparse
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.audio import features, is_silent, synth
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.explain.masks import Wanted, mask_regression

MEL, WIDTH = FRONT_ENDS["compact"], 39
#: Bands and seconds of a clip, and band, length and level of the tone.
SHAPE, BAND, SECONDS, LEVEL = (16, 30), 9, 1.0, 0.05
TOP = 0.05


def play(number: int, seconds: float, onset: float | None) -> np.ndarray:
    """Return the log-mel of a toy clip, with a tone at a moment or without."""
    samples = synth.play(GTZAN_GENRES[number % 10], seconds=seconds, seed=number)
    if onset is not None:
        top = features.hz_to_mel(MEL.sample_rate / 2)
        hertz = features.mel_to_hz((BAND + 0.5) / SHAPE[0] * top)
        tone = synth.tone(hertz, seconds=SECONDS, sample_rate=MEL.sample_rate)
        first = round(onset * MEL.sample_rate)
        samples[first : first + len(tone)] += LEVEL * tone * np.hanning(len(tone)) ** 0.25
    clip = next(features.clip_log_mels(samples, MEL, is_silent=is_silent))
    return clip.frames.astype(np.float32)


def train(n_clips: int, epochs: int, rng: np.random.Generator):
    """Return a network that tells windows with the tone from those without, as evidence asks it."""
    import keras

    windows, labels = [], []
    for number in range(n_clips):
        for onset in (None, float(rng.uniform(0.2, 3.0 - SECONDS - 0.2))):
            found = features.windows(play(number, 3.1, onset), WIDTH)[:1]
            windows.append(found)
            labels += [int(onset is not None)] * len(found)
    network = keras.Sequential(
        [
            keras.layers.Rescaling(1 / 255),
            keras.layers.Reshape((128, WIDTH, 1)),
            keras.layers.Conv2D(8, 5, strides=2, activation="relu"),
            keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.concatenate(windows), np.array(labels)
    history = network.fit(x, y, epochs=epochs, verbose=0).history["accuracy"]
    print(f"accuracy on {len(x)} training windows: {history[-1]:.3f}", flush=True)
    return SimpleNamespace(
        name="toy",
        config=SimpleNamespace(window_frames=WIDTH),
        predict_windows=lambda frames: (None, network.predict_on_batch(frames)),
    )


def is_covered(evidence: np.ndarray, onset: float) -> bool:
    """Tell whether the top of the evidence holds every step that the tone fills by half or more."""
    order = np.argsort(-evidence.ravel())[: round(TOP * evidence.size)]
    best = np.zeros(evidence.size, bool)
    best[order] = True
    steps = np.arange(evidence.shape[1])
    inside = np.minimum(steps + 1, onset + SECONDS) - np.maximum(steps, onset)
    return bool(best.reshape(evidence.shape)[BAND, inside >= 0.5].all())


def main() -> None:
    """Train, explain and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=50, help="clips to explain")
    parser.add_argument("--train", type=int, default=300, help="clips to train with")
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    network = train(options.train, options.epochs, rng)
    found = 0
    for number in range(options.clips):
        onset = float(rng.uniform(1, 28))
        frames = play(10_000 + number, 30.0, onset)
        found += is_covered(mask_regression(frames, network, Wanted(1, None), SHAPE), onset)
    print(f"the top {TOP:.0%} of the evidence cover the tone in {found} of {options.clips} clips")


if __name__ == "__main__":
    main()
