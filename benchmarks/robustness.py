"""Accuracy of the networks on degraded test clips: MP3, telephone band, gain, speed, noise.

The networks of one protocol predict the same test clips again after each degradation, through the
front end of the app. Needs the sound of test clips (DEEPMUSIC_GTZAN); those available are counted:

    python benchmarks/robustness.py RUN... [--store] [--json]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepmusic.audio import load_song
from deepmusic.audio.degrade import DEGRADATIONS
from deepmusic.cli.results import robustness_path, robustness_table
from deepmusic.data import Dataset, open_dataset
from deepmusic.errors import AudioError, DatasetError, DeepMusicError, RunError
from deepmusic.evaluation.metrics import wilson_interval
from deepmusic.files import write_atomically
from deepmusic.prediction import Classifier, classify
from deepmusic.protocols import Protocol
from deepmusic.runs import Run


def measure(runs: Sequence[Run]) -> dict[str, Any]:
    """Accuracies over a protocol's test clips after each of `DEGRADATIONS`.

    Parameters
    ----------
    runs : sequence of Run
        With weights, all trained by one protocol on one dataset; one of each network.

    Returns
    -------
    dict
        ``protocol``; numbers of ``clips`` that could be read, ``of`` the protocol's test clips,
        and of those ``skipped`` as unreadable; and ``right``: by degradation and by network (the
        ensemble last), ``accuracy`` by mean probability and its 95 % ``interval``.

    Raises
    ------
    RunError
        If the runs were not trained by one protocol.
    DatasetError
        If the sound of no test clip is available.
    """
    if len({(run.config.train.data, run.config.train.protocol) for run in runs}) != 1:
        raise RunError("The runs were trained by different protocols. Choose runs of one.")
    recipe = runs[0].config.train
    dataset = open_dataset(recipe.data)
    split = dataset.split(recipe.split, recipe.fold)
    paths = {track: path for track in split.test if (path := dataset.audio_path(track))}
    if not paths:
        raise DatasetError(
            f"The sound of no test clip of {split.name} is available, and log-mels cannot be "
            "degraded. Point DEEPMUSIC_GTZAN to a folder that holds GTZAN's audio."
        )
    classifiers = {run.config.model.name: Classifier(run) for run in runs}
    right: dict[str, dict[str, list[bool]]] = {name: {} for name in DEGRADATIONS}
    skipped = 0
    for track, path in paths.items():
        try:
            predict_degraded(dataset, track, path, classifiers, right)
        except AudioError as error:
            skipped += 1
            print(f"Skipped: {error}", file=sys.stderr)
    if skipped == len(paths):
        raise DatasetError(f"None of the {skipped} test clips available can be read.")
    return {
        "protocol": split.name,
        "clips": len(paths) - skipped,
        "of": len(split.test),
        "skipped": skipped,
        "right": {
            name: {model: accuracy_of(hits) for model, hits in by_model.items()}
            for name, by_model in right.items()
        },
    }


def predict_degraded(
    dataset: Dataset,
    track: str,
    path: Path,
    classifiers: dict[str, Classifier],
    right: dict[str, dict[str, list[bool]]],
) -> None:
    """Add to `right`, by degradation and network, whether each predicts a clip's genre."""
    song = load_song(path)
    for name, degradation in DEGRADATIONS.items():
        degraded = replace(song, samples=degradation.apply(song.samples, song.sample_rate))
        for model, prediction in classify(degraded, classifiers).items():
            hit = prediction.genre == dataset.tracks[track].genre
            right[name].setdefault(model, []).append(hit)


def accuracy_of(hits: list[bool]) -> dict[str, Any]:
    """Return accuracy and interval, to four decimals."""
    return {
        "accuracy": round(float(np.mean(hits)), 4),
        "interval": [round(end, 4) for end in wilson_interval(hits)],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and keep it for `deepmusic results` if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a run")
    parser.add_argument("--store", action="store_true", help="keep it for `results` to print")
    parser.add_argument("--json", action="store_true", help="print an object")
    options = parser.parse_args(arguments)
    try:
        found = measure([Run.open(path) for path in options.runs])
    except DeepMusicError as error:
        sys.exit(str(error))
    if options.store:
        path = robustness_path(Protocol.parse(found["protocol"]))
        write_atomically(path, json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=2) if options.json else robustness_table(found))
    if found["skipped"]:
        print(f"{found['skipped']} clips skipped: their files cannot be read.", file=sys.stderr)


if __name__ == "__main__":
    main()
