"""Training, small but real: two epochs on synthetic clips."""

from itertools import pairwise

import h5py
import numpy as np
import pandas as pd
import pytest

from deepmusic import models
from deepmusic.config import TrainConfig
from deepmusic.datasets import Gtzan
from deepmusic.errors import DatasetError, RunError
from deepmusic.prediction import Classifier
from deepmusic.training import RandomWindows, learning_rate, train

SMALL = models.MODELS["crnn"].config.model_copy(
    update={"filters": (8,), "recurrent_units": 4, "dense_units": 8}
)
QUICK = TrainConfig(epochs=2, windows_per_clip=2, batch_size=16)


@pytest.fixture(scope="module")
def finished(toy_gtzan, tmp_path_factory):
    return train(SMALL, QUICK, Gtzan(toy_gtzan), tmp_path_factory.mktemp("runs") / "run")


def test_a_run_holds_its_files_and_no_more(finished):
    assert {path.name for path in finished.path.iterdir()} == {
        "config.json",
        "history.csv",
        "model.weights.h5",
        "evaluation.json",
        "predictions.csv",
    }


def test_history_has_a_row_an_epoch(finished):
    history = pd.read_csv(finished.history_path)
    assert history["epoch"].tolist() == [0, 1]
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"} <= set(
        history
    )


def test_evaluation_counts_the_test_clips_alone(finished):
    assert finished.evaluation["clips"] == 10
    assert finished.evaluation["clips_by_part"] == {"train": 20, "valid": 10, "test": 10}
    # The toy tree holds 40 of GTZAN's 1000 clips; the rest is reported, not passed over.
    assert len(finished.evaluation["skipped"]) == 960


def test_predictions_are_probabilities(finished):
    predictions = finished.read_predictions()
    np.testing.assert_allclose(predictions[list(SMALL.genres)].sum(axis=1), 1, atol=1e-3)


def test_shipped_weights_have_no_optimizer(finished):
    with h5py.File(finished.weights_path) as file:
        assert "optimizer" not in file


def test_a_finished_run_predicts(finished, music):
    from deepmusic.audio import song_from_array

    song = song_from_array(music, sample_rate=22_050)
    assert Classifier(finished).predict(song).genre in SMALL.genres


def test_versions_travel_with_the_run(finished):
    assert {"python", "keras", "backend", "librosa", "soxr"} <= set(finished.config.versions)


def test_a_run_is_never_overwritten(finished, toy_gtzan):
    with pytest.raises(RunError, match="already holds a run"):
        train(SMALL, QUICK, Gtzan(toy_gtzan), finished.path)


def test_a_part_without_clips_is_refused(toy_gtzan, tmp_path):
    for name in ("blues", "rock"):
        (tmp_path / name).mkdir()
    source = next((toy_gtzan / "genres" / "blues").iterdir())
    (tmp_path / "blues" / source.name).write_bytes(source.read_bytes())
    with pytest.raises(DatasetError, match="No clip of the"):
        train(SMALL, QUICK, Gtzan(tmp_path), tmp_path / "run")


# === Windows ===


@pytest.fixture
def pictures():
    """Three clips of different length; every pixel tells its clip and column."""
    return [
        np.tile(np.arange(width, dtype=np.uint8) + 60 * clip, (128, 1))
        for clip, width in enumerate((39, 50, 58))
    ]


def windows_of(pictures, **changes):
    recipe = TrainConfig(**{"windows_per_clip": 5, "batch_size": 4, "augment": None} | changes)
    return RandomWindows(pictures, np.array([0, 1, 2]), models.MODELS["cnn"].config, recipe)


def test_every_clip_gives_as_many_windows_with_its_label(pictures):
    sequence = windows_of(pictures)
    batches = [sequence[index] for index in range(len(sequence))]
    x = np.concatenate([batch for batch, _ in batches])
    y = np.concatenate([targets for _, targets in batches]).argmax(axis=1)
    assert x.shape == (15, 128, 39)
    assert np.bincount(y).tolist() == [5, 5, 5]
    assert np.array_equal(x[:, 0, 0] // 60, y)


def test_epochs_differ_and_seeds_repeat(pictures):
    first, again, other = windows_of(pictures), windows_of(pictures), windows_of(pictures, seed=1)
    assert np.array_equal(first[0][0], again[0][0])
    assert not np.array_equal(first[0][0], other[0][0])
    before = first[0][0]
    first.on_epoch_end()
    assert not np.array_equal(before, first[0][0])


def test_augmented_batches_do_not_depend_on_the_order_of_asking(pictures):
    forwards = windows_of(pictures, augment={})
    backwards = windows_of(pictures, augment={})
    late = backwards[2][0]
    assert np.array_equal([forwards[index][0] for index in range(3)][2], late)


def test_learning_rate_warms_up_and_falls_to_zero():
    recipe = TrainConfig(epochs=12, warmup_epochs=2, learning_rate=0.3)
    rates = [learning_rate(epoch, recipe) for epoch in range(13)]
    assert rates[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert all(before > after for before, after in pairwise(rates[2:]))
    assert rates[12] == pytest.approx(0)
