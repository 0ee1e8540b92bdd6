"""What would more clips bring? Run with ``python benchmarks/growth.py``.

Prints assets/growth.json: the accuracy on all test clips after training on 10 to 100 % of the
training clips, and a power law of the error, error = a * clips ** -b, fitted to it. It says what
more clips of the same kind would bring as long as the law holds, and knows no floor: labels that
are wrong, or debatable, give it one.

``--measure`` measures the SVM anew on GTZAN (fault_filtered) and on FMA's clips (DEEPMUSIC_GTZAN,
DEEPMUSIC_FMA). ``--train FOLDER --data DATA --network NETWORK`` trains a network on shares of the
training clips, below FOLDER, for as many epochs whatever the share, and goes on with what is there.
Every share begins with fresh weights. The recipe is that of the shipped run; where that began with
another run's weights, it is the first of its two steps, with all clips, too.
"""

import argparse
import copy
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from deepmusic import models
from deepmusic.config import RunConfig
from deepmusic.data import Dataset, Split, open_dataset
from deepmusic.evaluation import svm
from deepmusic.files import ASSETS, write_atomically
from deepmusic.models import MODELS
from deepmusic.protocols import FAULT_FILTERED, FMA_PROTOCOL, OWN, Protocol
from deepmusic.runs import FINISHED, Run, shipped_run

PATH = ASSETS / "growth.json"
SHARES = (0.1, 0.25, 0.5, 1.0)
DRAWS = 5

#: Titles and protocols of the datasets.
DATASETS = {
    "gtzan": ("GTZAN (fault_filtered)", Protocol(FAULT_FILTERED)),
    "fma": ("FMA's clips", FMA_PROTOCOL),
}

#: Epochs of the first of two steps; the second blends windows (mixup).
FIRST_STEP_EPOCHS = 20

#: Training clips of FMA small, and of all of FMA, at the share that our split gives to training.
MORE = (5_800, 77_400)


def thin(dataset: Dataset, share: float, seed: int) -> Dataset:
    """Return a dataset with a share of the training clips of each genre, and at least two."""
    thinned, split = copy.copy(dataset), dataset.split

    def fewer(name: str, fold: int | None = None) -> Split:
        whole = split(name, fold)
        rng, by_genre = np.random.default_rng(seed), defaultdict(list)
        for track in whole.train:
            by_genre[dataset.tracks[track].genre].append(track)
        kept = {
            track
            for tracks in by_genre.values()
            for track in rng.permutation(tracks)[: max(2, round(share * len(tracks)))]
        }
        train = tuple(track for track in whole.train if track in kept)
        return Split(whole.name, train, whole.valid, whole.test)

    thinned.split = fewer
    return thinned


def row(evaluation: dict[str, Any], share: float, seed: int) -> dict[str, Any]:
    """Return a point of the curve."""
    clips = evaluation["clips_by_part"]["train"]
    return {"share": share, "seed": seed, "clips": clips, "accuracy": evaluation["clip_accuracy"]}


def measure_svm(dataset: Dataset, protocol: str) -> list[dict[str, Any]]:
    """Train the SVM on shares of the training clips, several draws of each."""
    known: dict[bytes, np.ndarray] = {}
    describe = svm.describe

    def describe_once(log_mel: np.ndarray) -> np.ndarray:
        key = log_mel.tobytes()
        if key not in known:
            known[key] = describe(log_mel)
        return known[key]

    svm.describe = describe_once
    rows = []
    for share in SHARES:
        for seed in range(DRAWS if share < 1 else 1):
            rows.append(row(svm.evaluate(thin(dataset, share, seed), protocol)[1], share, seed))
            print(dataset.name, rows[-1], flush=True)
    svm.describe = describe
    return rows


def train_network(folder: Path, network: str, data: str) -> list[dict[str, Any]]:
    """Train a network on shares of the training clips, for the same epochs."""
    from deepmusic.training import fit, recipes

    dataset, shipped = open_dataset(data), shipped_run(network, DATASETS[data][1])
    config = shipped.config
    if config.train.init:
        sizes, recipe = recipes.for_dataset(*recipes.recipe(network, "class"), dataset)
        recipe = recipe.changed(
            data=data, split=config.train.split, epochs=FIRST_STEP_EPOCHS, seed=config.train.seed
        )
        config = RunConfig(model=sizes, train=recipe)
    rows = []
    for share in SHARES:
        path = folder / f"{network}-{data}-{share:g}"
        if share == 1 and not shipped.config.train.init:
            run = shipped
        else:
            run = Run.open(path) if (path / "config.json").exists() else Run.create(path, config)
        if run.state != FINISHED:
            fit.train(run, thin(dataset, share, seed=0))
        rows.append(row(run.evaluation, share, 0))
        print(rows[-1], flush=True)
    return rows


def power_law(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Fit the error's power law; return exponent and predictions with their 95 % intervals."""
    from scipy.optimize import curve_fit
    from scipy.stats import t

    clips = np.log([point["clips"] for point in rows])
    errors = np.log([1 - point["accuracy"] for point in rows])
    (level, slope), covariance = curve_fit(lambda x, a, b: a - b * x, clips, errors)
    quantile = t.ppf(0.975, len(rows) - 2)
    half = quantile * np.sqrt(covariance[1, 1])
    found = {"exponent": [slope, slope - half, slope + half], "predicted": {}}
    for more in MORE:
        gradient = np.array([1, -np.log(more)])
        middle = level - slope * np.log(more)
        half = quantile * np.sqrt(gradient @ covariance @ gradient)
        accuracies = [1 - np.exp(middle + sign * half) for sign in (0, 1, -1)]
        found["predicted"][str(more)] = accuracies
    return found


def words(name: str, rows: list[dict[str, Any]]) -> str:
    """Return a curve and its power law as text."""
    by_share = defaultdict(list)
    for point in rows:
        by_share[point["share"]].append((point["clips"], point["accuracy"]))
    means = {share: np.mean(found, axis=0) for share, found in by_share.items()}
    curve = ", ".join(
        f"{accuracy:.3f} with {clips:,.0f} clips" + f" ({len(by_share[share])} draws)"
        for share, (clips, accuracy) in sorted(means.items())
    ).replace(" (1 draws)", "")
    law = power_law(rows)
    exponent = "{:.3f}, 95 % interval {:.3f} to {:.3f}".format(*law["exponent"])
    exponent += f" (twice the clips leave {2 ** -law['exponent'][0]:.3f} of the errors)"
    predicted = "; ".join(
        "{:,} clips {:.3f} ({:.3f} to {:.3f})".format(int(more), *found)
        for more, found in law["predicted"].items()
    )
    return f"{name}: {curve}\n  exponent {exponent}; by the fitted line: {predicted}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--train", type=Path, metavar="FOLDER")
    parser.add_argument("--network", choices=MODELS, default="crnn")
    parser.add_argument("--data", choices=DATASETS, default="fma")
    options = parser.parse_args()
    found = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    if options.measure:
        for data, split in (("gtzan", FAULT_FILTERED), ("fma", OWN)):
            found[f"SVM, {DATASETS[data][0]}"] = measure_svm(open_dataset(data), split)
    if options.train:
        name = f"{models.title(options.network)}, {DATASETS[options.data][0]}"
        found[name] = train_network(options.train, options.network, options.data)
    if options.measure or options.train:
        write_atomically(PATH, json.dumps(found).replace("}, {", "},\n{") + "\n")
    print("Accuracy over clips, by the number of training clips")
    for name, rows in found.items():
        print(words(name, rows))


if __name__ == "__main__":
    main()
