"""Neighbours and transfer on FMA's clips. Run with ``python benchmarks/fma.py``.

Prints assets/fma.json. ``--measure RUN...`` measures it anew (DEEPMUSIC_FMA names the archive, and
DEEPMUSIC_GTZAN that of GTZAN), ``--only PART`` one part of it:

- of how many of a test clip's ten nearest test clips, by the runs' embeddings, share its genre.
  Clips of its own block of track numbers are left out, where its album and artist lie;
- how well an SVM tells FMA's genres from the embeddings of the shipped networks, which learnt
  GTZAN. Their front end is imitated: the archive's bands and frames are interpolated.

``--finetune FOLDER`` trains a CRNN on these imitations, below FOLDER, once from the weights of
GTZAN's and once from fresh ones, for the same epochs, and goes on with what is there.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from deepmusic import models
from deepmusic.audio.features import hz_to_mel
from deepmusic.config import FRONT_ENDS, GTZAN_COMPACT_FRAMES, MelConfig, RunConfig
from deepmusic.data import Dataset, FmaArchive, Split, open_dataset
from deepmusic.evaluation import metrics, svm
from deepmusic.files import ASSETS, write_atomically
from deepmusic.library import embeddings
from deepmusic.models import MODELS
from deepmusic.prediction import Classifier, load_classifiers
from deepmusic.protocols import DEPLOYED_PROTOCOL, FAULT_FILTERED, OWN
from deepmusic.runs import FINISHED, Run, shipped_run

Inputs = Mapping[str, Mapping[str, np.ndarray]]

PATH = ASSETS / "fma.json"
NEAREST = 10

#: Frames of a clip of 30 s, by front end.
FRAMES = {"compact": GTZAN_COMPACT_FRAMES, "fma": 128}


def bands(mel: MelConfig) -> np.ndarray:
    """Return the centres of the bands, in mel."""
    return hz_to_mel(mel.sample_rate / 2) * np.arange(1, mel.n_mels + 1) / (mel.n_mels + 1)


def imitate(log_mel: np.ndarray, source: str, target: str) -> np.ndarray:
    """Return a log-mel of the front end `source` as `target` would have it, about."""
    here, there = bands(FRONT_ENDS[source]), bands(FRONT_ENDS[target])
    top = hz_to_mel(FRONT_ENDS[source].sample_rate / 2)
    low = np.stack([np.interp(there, here, column) for column in log_mel.T], axis=1)
    low[there > top] = 0
    times = (np.arange(log_mel.shape[1]) + 0.5) / log_mel.shape[1]
    wanted = (np.arange(FRAMES[target]) + 0.5) / FRAMES[target]
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


def test_svm(inputs: Inputs, dataset: Dataset, split: Split) -> dict[str, Any]:
    """Return the accuracy of an SVM on each kind of input of the clips."""
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    found = {}
    for name, rows in inputs.items():
        train, valid, test = ([one for one in part if one in rows] for part in split.parts.values())
        search = GridSearchCV(
            make_pipeline(StandardScaler(), SVC()),
            {"svc__C": svm.PENALTIES},
            cv=PredefinedSplit([-1] * len(train) + [0] * len(valid)),
        ).fit(
            [rows[track] for track in [*train, *valid]],
            [dataset.tracks[track].genre for track in [*train, *valid]],
        )
        # By the votes of pairs of genres; `svm.evaluate` takes the highest decision value.
        hits = search.predict([rows[track] for track in test]) == np.array(
            [dataset.tracks[track].genre for track in test]
        )
        low, high = metrics.wilson_interval(hits)
        found[name] = {"accuracy": float(hits.mean()), "low": low, "high": high}
        print(name, len(train), len(valid), len(test), found[name], flush=True)
    return found


def transfer(runs: Sequence[Run]) -> dict[str, Any]:
    """Return `test_svm` on FMA, of the embeddings of networks that learnt GTZAN."""
    dataset = open_dataset("fma")
    split = dataset.split(OWN)
    clips = dataset.log_mels([*split.train, *split.valid, *split.test], dataset.mel).by_track
    compact = {track: imitate(clip, "fma", "compact") for track, clip in clips.items()}
    networks = list(load_classifiers(list(MODELS), DEPLOYED_PROTOCOL).values())
    vectors = embeddings.embed_clips(compact, networks)
    statistics = {track: svm.describe(clip) for track, clip in clips.items()}
    own = embeddings.embed_clips(clips, [Classifier(run) for run in runs])
    inputs = {
        "Embeddings of GTZAN's networks": vectors,
        "The SVM's statistics": statistics,
        "Both": together(vectors, statistics),
        "Embeddings of FMA's own networks": own,
        "Embeddings of GTZAN's and of FMA's": together(vectors, own),
    }
    return test_svm(inputs, dataset, split)


def transfer_back(runs: Sequence[Run]) -> dict[str, Any]:
    """Return `test_svm` on GTZAN, of the embeddings of runs that learnt FMA."""
    dataset = open_dataset("gtzan")
    split = dataset.split(FAULT_FILTERED)
    tracks = [*split.train, *split.valid, *split.test]
    clips = dataset.log_mels(tracks, FRONT_ENDS["compact"]).by_track
    other = {track: imitate(clip, "compact", "fma") for track, clip in clips.items()}
    vectors = embeddings.embed_clips(other, [Classifier(run) for run in runs])
    statistics = {track: svm.describe(clip) for track, clip in clips.items()}
    inputs = {
        "Embeddings of FMA's networks": vectors,
        "The SVM's statistics": statistics,
        "Both": together(vectors, statistics),
    }
    return test_svm(inputs, dataset, split)


class ImitatedFma(FmaArchive):
    """FMA's clips by the front end of GTZAN's networks, about."""

    mel = FRONT_ENDS["compact"]

    @cached_property
    def _log_mels(self) -> dict[str, np.ndarray]:
        return {track: imitate(clip, "fma", "compact") for track, clip in super()._log_mels.items()}


def finetune(folder: Path) -> dict[str, Any]:
    """Train a CRNN on FMA from the weights of GTZAN's, and from fresh ones."""
    from deepmusic.training import fit, recipes

    location = open_dataset("fma").location
    assert location
    dataset, shipped = ImitatedFma(location), shipped_run("crnn", DEPLOYED_PROTOCOL)
    sizes = shipped.config.model.changed(genres=dataset.genres)
    recipe = recipes.recipe("crnn", "class")[1].changed(data="fma", split=OWN)
    found = {}
    for name, init in (("From the weights of GTZAN's", shipped.id), ("From fresh weights", "")):
        path = folder / (f"crnn-from-{init}" if init else "crnn-fresh")
        run = Run(path)
        if not (path / "config.json").exists():
            Run.create(path, RunConfig(model=sizes, train=recipe.changed(init=init)))
            if init:
                shutil.copy(shipped.weights_path, run.initial_path)
        if run.state != FINISHED:
            fit.train(run, dataset)
        low, high = run.evaluation["clip_accuracy_interval"]
        found[name] = {"accuracy": run.evaluation["clip_accuracy"], "low": low, "high": high}
        print(name, found[name], flush=True)
    return found


def together(*parts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Concatenate the vectors of each clip that all parts have."""
    common = [track for track in parts[0] if all(track in part for part in parts)]
    return {track: np.concatenate([part[track] for part in parts]) for track in common}


PARTS = {
    "neighbours": lambda runs: neighbours(runs, open_dataset("fma")),
    "transfer": transfer,
    "transfer_back": transfer_back,
}

TITLES = {
    "transfer": "FMA's test clips: accuracy of an SVM",
    "transfer_back": "GTZAN's (fault_filtered) test clips: accuracy of an SVM",
    "finetune": "FMA's test clips: accuracy of a CRNN that reads GTZAN's front end",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--finetune", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    found = json.loads(PATH.read_text(encoding="utf-8"))
    if options.measure:
        for part in [options.only] if options.only else PARTS:
            found[part] = PARTS[part]([Run(path) for path in options.measure])
    if options.finetune:
        found["finetune"] = finetune(options.finetune)
    if options.measure or options.finetune:
        write_atomically(PATH, json.dumps(found, indent=1) + "\n")
    print("FMA's test clips: share of one's own genre among the ten nearest clips of other blocks")
    for name, one in found["neighbours"].items():
        print(f"  {name:30} {one['p10']:.3f} ({one['low']:.3f} to {one['high']:.3f})")
    print(f"  {'at random':30} {one['chance']:.3f}")
    for part, title in TITLES.items():
        print(title)
        for name, one in found[part].items():
            print(f"  {name:34} {one['accuracy']:.3f} ({one['low']:.3f} to {one['high']:.3f})")


if __name__ == "__main__":
    main()
