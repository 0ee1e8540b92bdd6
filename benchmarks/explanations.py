"""How far can evidence be believed? Run with ``python benchmarks/explanations.py``.

On test clips of GTZAN (``paper``) whose log-mels are in an archive (``DEEPMUSIC_GTZAN``), for each
of the paper's networks: the genre's mean probability while 0 to 60 % of a clip are taken away, the
most important parts first, against random order and the loudest first; the same while only 0 to
60 % are left. On the clips whose sound is there: how often the genre stays when only 30 % of the
recording are left, chosen by the evidence or at random. Writes ``assets/explanations.json``.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.audio import features, load_song, song_from_array
from deepmusic.data import open_dataset
from deepmusic.data.archive import read_archive
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.explain import explain
from deepmusic.explain.masks import Wanted, mask_regression
from deepmusic.explain.truth import curve
from deepmusic.files import ASSETS, write_atomically
from deepmusic.models import MODELS
from deepmusic.prediction import classify, load_classifiers
from deepmusic.protocols import BENCHMARK_PROTOCOL

SHAPE = (16, 30)
KEEP, DRAWS = 0.3, 1000


def interval(values: np.ndarray) -> list[float]:
    """Return mean, and ends of the 95 % interval by bootstrap over clips."""
    draws = np.random.default_rng(0).integers(len(values), size=(DRAWS, len(values)))
    means = values[draws].mean(axis=1)
    return [round(float(one), 3) for one in (values.mean(), *np.quantile(means, (0.025, 0.975)))]


def reduction(by: np.ndarray, random: np.ndarray) -> list[float]:
    """Return by how much one mean is below another, with its interval."""
    draws = np.random.default_rng(0).integers(len(by), size=(DRAWS, len(by)))
    ratios = 1 - by[draws].mean(axis=1) / random[draws].mean(axis=1)
    return [
        round(float(one), 3)
        for one in (1 - by.mean() / random.mean(), *np.quantile(ratios, (0.025, 0.975)))
    ]


def measure_curves(network, clips: list[np.ndarray]) -> dict:
    """Return means over clips of deletion and insertion, by what orders the parts."""
    found: dict[str, list[float]] = {}
    for number, frames in enumerate(clips):
        frames = frames.astype(np.float32)
        windows = features.windows(frames, network.config.window_frames)
        plain = network.predict_windows(windows)[1].mean(axis=0)
        genre = int(plain.argmax())
        rng = np.random.default_rng(number)
        energy = frames.reshape(SHAPE[0], len(frames) // SHAPE[0], -1).mean(axis=1)
        energy = np.stack([part.mean(axis=1) for part in np.array_split(energy, SHAPE[1], 1)], 1)
        orders = {
            "evidence": mask_regression(frames, network, Wanted(genre, None), SHAPE),
            "random": rng.random(SHAPE),
            "energy": energy,
        }
        for name, importance in orders.items():
            for insertion in (False, True):
                key = f"{'insertion' if insertion else 'deletion'} {name}"
                area = curve(frames, importance, network, genre, insertion=insertion).mean()
                found.setdefault(key, []).append(float(area))
    arrays = {key: np.array(values) for key, values in found.items()}
    return {
        "clips": len(clips),
        **{key: interval(values) for key, values in arrays.items()},
        "deletion below random": reduction(arrays["deletion evidence"], arrays["deletion random"]),
        "deletion below energy": reduction(arrays["deletion evidence"], arrays["deletion energy"]),
    }


def measure_sound(name: str, network, songs: list) -> dict:
    """Return how often the genre stays in the most important or random 30 % of a recording."""
    kept: dict[str, list[bool]] = {"evidence": [], "random": []}
    for number, song in enumerate(songs):
        genre = classify(song, {name: network})[name].genre
        evidence = explain(song, network)
        shuffled = np.random.default_rng(number).permutation(evidence.map.ravel())
        orders = {
            "evidence": evidence,
            "random": replace(evidence, map=shuffled.reshape(evidence.map.shape)),
        }
        for order, one in orders.items():
            left = song_from_array(one.resynthesise(song, KEEP), sample_rate=song.sample_rate)
            kept[order].append(classify(left, {name: network})[name].genre == genre)
    return {"clips": len(songs)} | {key: interval(np.array(one)) for key, one in kept.items()}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=200, help="test clips, drawn at random")
    parser.add_argument("--songs", type=int, default=40, help="test clips with sound")
    options = parser.parse_args()
    dataset = open_dataset("gtzan")
    tracks = list(np.random.default_rng(0).permutation(dataset.split("paper").test))
    archive = read_archive(next(Path(os.environ[ENVIRONMENT_VARIABLE]).glob("*.npz")))
    clips = [archive[track] for track in tracks if track in archive][: options.clips]
    paths = [path for track in tracks if (path := dataset.audio_path(track))][: options.songs]
    songs = [load_song(path) for path in paths]
    results = {}
    for name, network in load_classifiers(list(MODELS), BENCHMARK_PROTOCOL).items():
        began = time.perf_counter()
        results[name] = {
            "log_mels": measure_curves(network, clips),
            "sound": measure_sound(name, network, songs),
        }
        seconds = time.perf_counter() - began
        print(f"{name} ({seconds:.0f} s): {json.dumps(results[name])}", flush=True)
    write_atomically(ASSETS / "explanations.json", json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
