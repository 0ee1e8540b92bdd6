"""Neighbours and transfer on FMA's clips. Run with ``python benchmarks/fma.py``.

Prints assets/fma.json. ``--measure RUN...`` measures it anew (DEEPMUSIC_FMA names the archive):

- of how many of a test clip's ten nearest test clips, by the runs' embeddings, share its genre.
  Clips of its own block of track numbers are left out, where its album and artist lie;
- how well an SVM tells FMA's genres from the embeddings of the shipped networks, which learnt
  GTZAN. Their front end is imitated: the archive's bands and frames are interpolated.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from deepmusic import models
from deepmusic.audio.features import hz_to_mel
from deepmusic.config import FRONT_ENDS, GTZAN_COMPACT_FRAMES, MelConfig
from deepmusic.data import Dataset, open_dataset
from deepmusic.evaluation import metrics, svm
from deepmusic.files import ASSETS, write_atomically
from deepmusic.library import embeddings
from deepmusic.models import MODELS
from deepmusic.prediction import Classifier, load_classifiers
from deepmusic.protocols import DEPLOYED_PROTOCOL, OWN
from deepmusic.runs import Run

PATH = ASSETS / "fma.json"
NEAREST = 10


def bands(mel: MelConfig) -> np.ndarray:
    """Return the centres of the bands, in mel."""
    return hz_to_mel(mel.sample_rate / 2) * np.arange(1, mel.n_mels + 1) / (mel.n_mels + 1)


def imitate_compact(log_mel: np.ndarray) -> np.ndarray:
    """Return a log-mel of the front end ``fma`` as ``compact`` would have it, about."""
    here, there = bands(FRONT_ENDS["fma"]), bands(FRONT_ENDS["compact"])
    low = np.stack([np.interp(there, here, column) for column in log_mel.T], axis=1)
    times = (np.arange(log_mel.shape[1]) + 0.5) / log_mel.shape[1]
    wanted = (np.arange(GTZAN_COMPACT_FRAMES) + 0.5) / GTZAN_COMPACT_FRAMES
    return np.stack([np.interp(wanted, times, row) for row in low]).round().astype(np.uint8)


def precision_at_10(vectors: Mapping[str, np.ndarray], dataset: Dataset) -> dict[str, float]:
    """Return the mean precision of the ten nearest, its interval over queries, and chance."""
    with np.load(dataset.location) as archive:
        block_of = dict(zip(map(str, archive["track"]), archive["block"], strict=True))
    tracks = list(vectors)
    genres = np.array([dataset.tracks[track].genre for track in tracks])
    blocks = np.array([block_of[track] for track in tracks])
    unit = np.stack(list(vectors.values()))
    cosines = unit @ unit.T
    found, chance = [], []
    for query, row in enumerate(cosines):
        others = np.flatnonzero(blocks != blocks[query])
        nearest = others[np.argsort(-row[others], kind="stable")[:NEAREST]]
        found.append((genres[nearest] == genres[query]).mean())
        chance.append((genres[others] == genres[query]).mean())
    half = 1.96 * np.std(found) / np.sqrt(len(found))
    mean = float(np.mean(found))
    return {"p10": mean, "low": mean - half, "high": mean + half, "chance": float(np.mean(chance))}


def neighbours(runs: Sequence[Run], dataset: Dataset) -> dict[str, Any]:
    """Return `precision_at_10` of each run, of all together, and of the SVM's statistics."""
    test = dataset.log_mels(dataset.split(OWN).test, dataset.mel).by_track
    vectors = {
        models.title(run.config.model.name): embeddings.embed_clips(test, [Classifier(run)])
        for run in runs
    }
    together = [embeddings.concatenate([one[track] for one in vectors.values()]) for track in test]
    vectors["All together"] = dict(zip(test, together, strict=True))
    described = np.stack([svm.describe(clip) for clip in test.values()])
    described = (described - described.mean(axis=0)) / described.std(axis=0)
    vectors["The SVM's statistics"] = dict(
        zip(test, embeddings.l2_normalize(described), strict=True)
    )
    return {name: precision_at_10(one, dataset) for name, one in vectors.items()}


def transfer(dataset: Dataset) -> dict[str, Any]:
    """Return the accuracy of an SVM on the frozen embeddings of networks that learnt GTZAN."""
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    split = dataset.split(OWN)
    clips = dataset.log_mels([*split.train, *split.valid, *split.test], dataset.mel).by_track
    compact = {track: imitate_compact(clip) for track, clip in clips.items()}
    networks = list(load_classifiers(list(MODELS), DEPLOYED_PROTOCOL).values())
    vectors = embeddings.embed_clips(compact, networks)
    statistics = {track: svm.describe(clip) for track, clip in clips.items()}
    inputs = {
        "Embeddings of GTZAN's networks": vectors,
        "The SVM's statistics": statistics,
        "Both": {track: np.concatenate([vectors[track], statistics[track]]) for track in clips},
    }
    genre = {track: dataset.tracks[track].genre for track in clips}
    known = [*split.train, *split.valid]
    found = {}
    for name, rows in inputs.items():
        search = GridSearchCV(
            make_pipeline(StandardScaler(), SVC()),
            {"svc__C": svm.PENALTIES},
            cv=PredefinedSplit([-1] * len(split.train) + [0] * len(split.valid)),
        ).fit([rows[track] for track in known], [genre[track] for track in known])
        predicted = search.predict([rows[track] for track in split.test])
        hits = predicted == np.array([genre[track] for track in split.test])
        low, high = metrics.wilson_interval(hits)
        found[name] = {"accuracy": float(hits.mean()), "low": low, "high": high}
        print(name, found[name], flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs="+", type=Path, metavar="RUN")
    runs = parser.parse_args().measure
    if runs:
        dataset = open_dataset("fma")
        measured = {
            "neighbours": neighbours([Run(path) for path in runs], dataset),
            "transfer": transfer(dataset),
        }
        write_atomically(PATH, json.dumps(measured, indent=1) + "\n")
    found = json.loads(PATH.read_text(encoding="utf-8"))
    print("FMA's test clips: share of one's own genre among the ten nearest clips of other blocks")
    for name, one in found["neighbours"].items():
        print(f"  {name:30} {one['p10']:.3f} ({one['low']:.3f} to {one['high']:.3f})")
    print(f"  {'at random':30} {one['chance']:.3f}")
    print("FMA's test clips: accuracy of an SVM")
    for name, one in found["transfer"].items():
        print(f"  {name:30} {one['accuracy']:.3f} ({one['low']:.3f} to {one['high']:.3f})")


if __name__ == "__main__":
    main()
