"""Predictions and finished runs that several tests are about."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from deepmusic import models
from deepmusic.config import GTZAN_GENRES, RunConfig, TrainConfig
from deepmusic.data import Gtzan
from deepmusic.data.gtzan import read_facts
from deepmusic.data.splits import make
from deepmusic.evaluation.scores import Candidate, score_predictions
from deepmusic.protocols import BENCHMARK_PROTOCOL
from deepmusic.runs import Run, shipped_run

GENRES = ["blues", "rock"]
BLUES_JAZZ = ["blues", "jazz"]
THREE = ["blues", "jazz", "rock"]
POP_ROCK_JAZZ = ["pop", "rock", "jazz"]


def windows(**predicted):
    """A table of window predictions: by track, named after its genre, what each window predicts."""
    rows = []
    for track, by_window in predicted.items():
        for number, prediction in enumerate(by_window):
            row = {genre: 0.9 if genre == prediction else 0.1 for genre in GENRES}
            rows.append({"track": track, "genre": track.split("_")[0], "start": 1.4 * number})
            rows[-1] |= row
    return pd.DataFrame(rows)


def scored(name="CNN", **predicted):
    return score_predictions(
        Candidate(name, "cnn", BENCHMARK_PROTOCOL, (), True), windows(**predicted), GENRES
    )


def scored_blues(*clips):
    """A score of one-window clips, predicted as blues at the given confidences."""
    rows = [
        {"track": f"clip{number}", "genre": genre, "start": 0.0, "blues": p, "rock": 1 - p}
        for number, (genre, p) in enumerate(clips)
    ]
    candidate = Candidate("CNN", "cnn", BENCHMARK_PROTOCOL, (), True)
    return score_predictions(candidate, pd.DataFrame(rows), GENRES)


def make_run(folder, run_id, model="cnn", title="", predicted=("blues", "rock"), **train):
    """A finished run of two test clips, of which each window predicts what `predicted` says."""
    spec = models.spec(model)
    run = Run.create(
        folder / run_id, RunConfig(model=spec.config, train=spec.train.changed(**train))
    )
    table = pd.DataFrame(
        {
            "track": ["blues.00001", "rock.00001"],
            "genre": ["blues", "rock"],
            "start": [0.0, 0.0],
        }
        | {genre: [float(name == genre) for name in predicted] for genre in GTZAN_GENRES}
    )
    run.write_predictions(table)
    run.history_path.write_text("epoch,seconds,val_loss\n0,30.0,1.0\n1,90.0,0.9\n")
    run.write_evaluation({"protocol": str(spec.train.changed(**train).protocol), "parameters": 10})
    if title:
        run.write_notes(title, "")
    return run


def finished_run(path: Path, **recipe) -> Run:
    """Make a run with the shipped CRNN's weights and export."""
    shipped = shipped_run("crnn")
    run = Run.create(path, RunConfig(model=shipped.config.model, train=TrainConfig(**recipe)))
    for name in (shipped.weights_path.name, shipped.network_path.name):
        shutil.copy(shipped.path / name, path)
    run.write_evaluation(
        {"protocol": recipe.get("split", "paper"), "clips": 3, "parameters": 77, "skipped": []}
    )
    return run


def clips(*rows):
    """A table of clips from (track, label, predicted, confidence)."""
    return pd.DataFrame(rows, columns=["track", "genre", "predicted", "confidence"]).set_index(
        "track"
    )


def gtzan_of_noise(root: Path) -> Gtzan:
    """Twenty clips of noise that the protocol `paper` chooses and tests by."""
    split = make(read_facts(), "paper")
    tracks = split.test[:12] + split.valid[:8]
    logmel = np.random.default_rng(0).integers(0, 256, (20, 128, 387)).astype(np.uint8)
    np.savez(root / "logmel.npz", logmel=logmel, track=np.array(tracks))
    return Gtzan(root)
