"""How far can evidence be believed? Run with ``python benchmarks/explanations.py``.

On test clips of GTZAN (``paper``) whose log-mels are in an archive (``DEEPMUSIC_GTZAN``), for each
of the paper's networks: the genre's mean probability while 0 to 60 % of a clip are taken away, the
most important parts first, against random order and the loudest first; the same while only 0 to
60 % are left. On the clips whose sound is there: how often the genre stays when only 30 % of the
recording are left, chosen by the evidence or at random. The pretrained network, which reads sound
and has learnt all of GTZAN, is asked about every clip whose sound is there. Writes
``assets/explanations.json``.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.audio import load_song, song_from_array
from deepmusic.data import open_dataset
from deepmusic.data.archive import read_archive
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.explain import explain
from deepmusic.explain.masks import Wanted, mask_regression, pretrained_windows
from deepmusic.explain.truth import curve, mean_probabilities
from deepmusic.files import ASSETS, write_atomically
from deepmusic.models import MODELS, PRETRAINED
from deepmusic.prediction import load_classifiers
from deepmusic.prediction.pretrained import PretrainedClassifier

#: Parts of a clip: bands of 8 mels by 1 s.
SHAPE = (16, 30)
KEEP, DRAWS = 0.3, 1000
#: Random orders that a recording's parts are kept in: one alone is chance, of 33 clips.
ORDERS = 3


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


def evidence_of_log_mels(network, clips: list[np.ndarray]) -> Iterator[tuple]:
    """Yield frames and evidence of each clip, for the genre that the network predicts."""
    for frames in clips:
        frames = frames.astype(np.float32)
        genre = int(mean_probabilities(frames, network).argmax())
        yield frames, genre, mask_regression(frames, network, Wanted(genre, None), SHAPE)


def evidence_of_songs(network, songs: list) -> Iterator[tuple]:
    """Yield the same for the pretrained network, which reads sound."""
    for song in songs:
        windows = pretrained_windows(song)
        frames = windows.reshape(-1, windows.shape[-1]).T
        genre = int(mean_probabilities(frames, network).argmax())
        yield frames, genre, explain(song, network, network.head.genres[genre]).map


def measure_curves(network, explained: Iterable[tuple]) -> dict:
    """Return means over clips of deletion and insertion, by what orders the parts."""
    found: dict[str, list[float]] = {}
    for number, (frames, genre, evidence) in enumerate(explained):
        shape = evidence.shape
        energy = frames.reshape(shape[0], len(frames) // shape[0], -1).mean(axis=1)
        energy = np.stack([part.mean(axis=1) for part in np.array_split(energy, shape[1], 1)], 1)
        orders = {
            "evidence": evidence,
            "random": np.random.default_rng(number).random(shape),
            "energy": energy,
        }
        for name, importance in orders.items():
            for insertion in (False, True):
                key = f"{'insertion' if insertion else 'deletion'} {name}"
                area = curve(frames, importance, network, genre, insertion=insertion).mean()
                found.setdefault(key, []).append(float(area))
    arrays = {key: np.array(values) for key, values in found.items()}
    return {
        "clips": len(next(iter(arrays.values()))),
        **{key: interval(values) for key, values in arrays.items()},
        "deletion below random": reduction(arrays["deletion evidence"], arrays["deletion random"]),
        "deletion below energy": reduction(arrays["deletion evidence"], arrays["deletion energy"]),
    }


def measure_sound(network, songs: list) -> dict:
    """Return how often the genre stays in the most important or random 30 % of a recording."""
    kept: dict[str, list[float]] = {"evidence": [], "random": []}
    for number, song in enumerate(songs):
        genre = network.predict(song).genre
        evidence = explain(song, network)
        rng = np.random.default_rng(number)
        orders = {
            "evidence": [evidence],
            "random": [
                replace(evidence, map=rng.random(evidence.map.shape)) for _ in range(ORDERS)
            ],
        }
        for order, maps in orders.items():
            sounds = [
                song_from_array(one.resynthesise(song, KEEP), sample_rate=song.sample_rate)
                for one in maps
            ]
            kept[order].append(np.mean([network.predict(one).genre == genre for one in sounds]))
    return {"clips": len(songs)} | {key: interval(np.array(one)) for key, one in kept.items()}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=200, help="test clips, drawn at random")
    parser.add_argument("--songs", type=int, default=100, help="clips with sound")
    names = [*MODELS, PRETRAINED]
    parser.add_argument("--models", nargs="+", choices=names, default=names, help="networks")
    parser.add_argument("--out", type=Path, default=ASSETS / "explanations.json")
    options = parser.parse_args()
    target = options.out
    dataset = open_dataset("gtzan")
    split = dataset.split("paper")
    tracks = list(np.random.default_rng(0).permutation(split.test))
    archive = read_archive(next(Path(os.environ[ENVIRONMENT_VARIABLE]).glob("*.npz")))
    clips = [archive[track] for track in tracks if track in archive][: options.clips]
    tested, learnt = (
        [load_song(path) for one in part if (path := dataset.audio_path(one))][: options.songs]
        for part in (tracks, [*split.train, *split.valid])
    )
    networks = load_classifiers([one for one in options.models if one in MODELS])
    for name in options.models:
        if name == PRETRAINED:
            network, songs = PretrainedClassifier(), [*tested, *learnt][: options.songs]
            explained = evidence_of_songs(network, songs)
        else:
            network, songs = networks[name], tested
            explained = evidence_of_log_mels(network, clips)
        found = {
            "log_mels": measure_curves(network, explained),
            "sound": measure_sound(network, songs),
        }
        print(f"{name}: {json.dumps(found)}", flush=True)
        results = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
        write_atomically(target, json.dumps(results | {name: found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
