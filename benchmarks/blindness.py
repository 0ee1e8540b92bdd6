"""What each network is blind to: accuracy on test clips with something taken away.

Needs the log-mels of the test clips (DEEPMUSIC_GTZAN):

    python benchmarks/blindness.py [--store]
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from deepmusic import models
from deepmusic.data import open_dataset
from deepmusic.evaluation import blindness
from deepmusic.files import write_atomically
from deepmusic.prediction import Classifier
from deepmusic.protocols import BENCHMARK_PROTOCOL
from deepmusic.runs import shipped_run

SEEDS = (0, 1, 2)


def measure() -> dict[str, Any]:
    """Return accuracies of the shipped networks over the paper's test clips after each loss."""
    dataset = open_dataset("gtzan")
    found: dict[str, Any] = {name: {} for name in blindness.LOSSES}
    n_clips = 0
    for name in models.MODELS:
        run = shipped_run(name)
        classifier = Classifier(run)
        config = classifier.config
        recipe = run.config.train
        test = dataset.split(recipe.split, recipe.fold).test
        log_mels = dataset.log_mels(test, config.mel).by_track
        labels = [config.genres.index(dataset.tracks[track].genre) for track in log_mels]
        answers = blindness.measure(
            lambda frames, by=classifier: by.predict_windows(frames)[1],
            list(log_mels.values()),
            labels,
            config.window_frames,
            SEEDS,
        )
        n_clips = len(labels)
        for loss, genres in answers.items():
            found[loss][name] = blindness.summarise(genres, labels, config.genres)
    return {"protocol": BENCHMARK_PROTOCOL.name, "clips": n_clips, "losses": found}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and keep it for `deepmusic results` if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", action="store_true", help="keep it for `results` to print")
    options = parser.parse_args(arguments)
    found = measure()
    if options.store:
        write_atomically(blindness.PATH, json.dumps(found, indent=1) + "\n")
    print(blindness.table(found))


if __name__ == "__main__":
    main()
