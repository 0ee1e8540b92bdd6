"""Train the shipped head of the pretrained network, and measure it on music that is not GTZAN.

``python tools/train_head.py --gtzan FILE --elsewhere FILE --degraded FILE --sounds FILE`` reads
embeddings by musicnn (``.npz``; none of it is part of the repository): GTZAN's clips (`track`,
`embedding` [n, 19, 200]), labelled clips of other music (`genre`, `artist_group`, `logmel`,
`embedding` [n, 10, 200]), clips of GTZAN after telephone, noise, clipping and the like (`kind`,
`track`, `embedding`), and sounds that are no songs (`role`, `family`, `group`, `how`, `embedding`).
Five folds by artist measure it; then all of it trains the head, ``assets/musicnn/head.json``, and
what says how far to trust it, ``certainty.json`` (see ``tools/measure_certainty.py``). Takes three
minutes.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.config import GTZAN_GENRES
from deepmusic.data.gtzan import read_facts
from deepmusic.evaluation.metrics import wilson_interval
from deepmusic.files import write_atomically
from deepmusic.prediction.pretrained import FOLDER, Head
from tools import measure_certainty
from tools.certainty_clips import FOLDS, read_clips

#: Chosen by the folds among C of 0.003 to 0.03 and weights of 3 to 8; docs/experiments.md has them.
PENALTY, ELSEWHERE_WEIGHT, DEGRADED_WEIGHT = 0.02, 5.0, 1.0

SEEDS = 3

#: Shares of answers, and of right ones among them, are measured at these probabilities.
THRESHOLDS = (0.5, 0.65, 0.8, 0.9)


def train(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return kernel and bias of a logistic regression, standardisation contained in them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x)
    machine = LogisticRegression(C=PENALTY, max_iter=2000)
    machine.fit(scaler.transform(x), y, sample_weight=weights)
    assert list(machine.classes_) == list(GTZAN_GENRES)
    kernel = machine.coef_.T / scaler.scale_[:, None]
    return kernel, machine.intercept_ - scaler.mean_ @ kernel


def main() -> None:
    """Train, measure and write the head."""
    from sklearn.model_selection import StratifiedGroupKFold

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("gtzan", "elsewhere", "degraded", "sounds"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    gtzan, elsewhere, degraded, sounds = (
        np.load(path, allow_pickle=False)
        for path in (options.gtzan, options.elsewhere, options.degraded, options.sounds)
    )

    def mean(archive, kept=slice(None), every=1) -> np.ndarray:
        return archive["embedding"][kept, ::every].astype(np.float64).mean(axis=1)

    def genres(tracks: np.ndarray) -> np.ndarray:
        return np.array([track.partition(".")[0] for track in tracks.astype(str)])

    known = np.isin(elsewhere["genre"].astype(str), GTZAN_GENRES)
    x_new, y_new = mean(elsewhere, known), elsewhere["genre"].astype(str)[known]
    artists = elsewhere["artist_group"][known]
    # Every other window overlaps its neighbours; the others do not, as in the app.
    x_gtzan, y_gtzan = mean(gtzan, every=2), genres(gtzan["track"])
    x_worse, y_worse = mean(degraded), genres(degraded["track"])

    def fit(new: np.ndarray, old: np.ndarray, worse: np.ndarray) -> Head:
        x = np.concatenate([x_gtzan[old], x_new[new], x_worse[worse]])
        y = np.concatenate([y_gtzan[old], y_new[new], y_worse[worse]])
        weights = np.repeat(
            [1.0, ELSEWHERE_WEIGHT, DEGRADED_WEIGHT], [old.sum(), new.sum(), worse.sum()]
        )
        return Head(GTZAN_GENRES, *train(x, y, weights), {})

    everything = np.ones(len(x_new), bool), np.ones(len(x_gtzan), bool), np.ones(len(x_worse), bool)
    probabilities = np.zeros((SEEDS, len(x_new), len(GTZAN_GENRES)))
    for seed in range(SEEDS):
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for _, held in folds.split(x_new, y_new, artists):
            new = everything[0].copy()
            new[held] = False
            probabilities[seed, held] = fit(new, *everything[1:]).predict(x_new[held])
    predicted = np.array(GTZAN_GENRES)[probabilities.argmax(axis=2)]
    right, confidence = predicted == y_new, probabilities.max(axis=2)
    accuracy = float(right.mean())
    low, high = wilson_interval(np.arange(len(y_new)) < round(accuracy * len(y_new)))
    facts = {
        "penalty": PENALTY,
        "weights": {"gtzan": 1.0, "elsewhere": ELSEWHERE_WEIGHT, "degraded": DEGRADED_WEIGHT},
        "trained_on": {
            "gtzan": len(x_gtzan),
            "elsewhere": len(x_new),
            "degraded": len(x_worse),
        },
        "elsewhere": {
            "clips": len(y_new),
            "folds": FOLDS,
            "seeds": SEEDS,
            "accuracy": round(accuracy, 4),
            "accuracy_by_seed": [round(float(one.mean()), 4) for one in right],
            "interval": [round(low, 4), round(high, 4)],
            "ensemble": round(_ensemble_accuracy(elsewhere, known, y_new), 4),
            "top2": round(float(_top2(probabilities, y_new)), 4),
            "by_genre": {
                genre: {
                    "clips": int((y_new == genre).sum()),
                    "recall": round(float(right[:, y_new == genre].mean()), 4),
                }
                for genre in sorted(set(y_new.tolist()))
            },
            "by_threshold": {
                str(threshold): {
                    "share": round(float((confidence >= threshold).mean()), 4),
                    "right": round(float(right[confidence >= threshold].mean()), 4),
                }
                for threshold in THRESHOLDS
            },
        },
        "degraded": _measure_degraded(fit, everything, gtzan, degraded, x_worse, y_worse),
    }
    head = fit(*everything)
    Head(head.genres, head.kernel, head.bias, facts).save(FOLDER / "head.json")
    print(f"elsewhere: {accuracy:.3f} of {len(y_new)}; degraded: {facts['degraded']}")

    artists = {fact["track"]: fact["artist_group"] for fact in read_facts() if fact["artist_group"]}
    clips = read_clips(gtzan, elsewhere, degraded, sounds, artists)

    def train_genres(rows: np.ndarray) -> Head:
        used = rows & np.isin(clips.kind, ("gtzan", "elsewhere", "degraded"))
        weight = {"gtzan": 1.0, "elsewhere": ELSEWHERE_WEIGHT, "degraded": DEGRADED_WEIGHT}
        weights = np.array([weight[kind] for kind in clips.kind[used]])
        return Head(GTZAN_GENRES, *train(clips.x[used], clips.genre[used], weights), {})

    measures = measure_certainty.measure(clips, elsewhere["logmel"], train_genres)
    write_atomically(FOLDER / "certainty.json", measure_certainty.as_json(measures))
    names = ("certainty.json", "head.json", "musicnn.onnx")
    digests = [hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in names]
    lines = [f"{digest}  {name}\n" for digest, name in zip(digests, names, strict=True)]
    write_atomically(FOLDER / "SHA256SUMS", "".join(lines))


def _ensemble_accuracy(elsewhere, known: np.ndarray, truth: np.ndarray) -> float:
    """Return the accuracy of the three networks' ensemble on the same clips."""
    from deepmusic.audio.features import windows
    from deepmusic.models import MODELS
    from deepmusic.prediction import load_classifiers
    from deepmusic.protocols import DEPLOYED_PROTOCOL

    networks = load_classifiers(list(MODELS), DEPLOYED_PROTOCOL).values()
    right = 0
    for log_mel, genre in zip(elsewhere["logmel"][known], truth, strict=True):
        cut = windows(log_mel, 39)
        mean = np.mean([one.predict_windows(cut)[1].mean(axis=0) for one in networks], axis=0)
        right += GTZAN_GENRES[mean.argmax()] == genre
    return right / len(truth)


def _top2(probabilities: np.ndarray, truth: np.ndarray) -> float:
    best = np.array(GTZAN_GENRES)[np.argsort(probabilities, axis=2)[:, :, -2:]]
    return (best == truth[None, :, None]).any(axis=2).mean()


def _measure_degraded(fit, everything, gtzan, degraded, x_worse, y_worse) -> dict[str, float]:
    """Return the accuracy by kind of degradation, GTZAN's artists held out in five folds."""
    artist = {fact["track"]: fact["artist_group"] or fact["track"] for fact in read_facts()}
    of_gtzan = np.array([artist[track] for track in gtzan["track"].astype(str)])
    of_worse = np.array([artist[track] for track in degraded["track"].astype(str)])
    names = np.random.default_rng(0).permutation(np.unique(of_gtzan))
    right = np.zeros(len(y_worse), bool)
    for fold in range(FOLDS):
        held = names[fold::FOLDS]
        tested = np.isin(of_worse, held)
        head = fit(everything[0], ~np.isin(of_gtzan, held), ~tested)
        predicted = head.predict(x_worse[tested]).argmax(axis=1)
        right[tested] = np.array(GTZAN_GENRES)[predicted] == y_worse[tested]
    kinds = degraded["kind"].astype(str)
    return {
        kind.removeprefix("gz_"): round(float(right[kinds == kind].mean()), 3)
        for kind in sorted(set(kinds.tolist()))
    }


if __name__ == "__main__":
    main()
