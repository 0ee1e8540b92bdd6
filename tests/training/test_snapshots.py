"""Snapshots that a training writes, and the map of its validation clips."""

import keras
import numpy as np
import pytest

from deepmusic import models
from deepmusic.config import RunConfig, TrainConfig
from deepmusic.runs import Run, read_snapshot, snapshot_epochs
from deepmusic.training.snapshots import (
    SnapshotCallback,
    ValidationClips,
    embed_and_classify,
    map_positions,
)

TINY = models.MODELS["crnn"].config.changed(
    filters=(20,), recurrent_units=2, dense_units=4, genres=("a", "b", "c")
)


@pytest.fixture
def run(tmp_path):
    config = RunConfig(model=TINY, train=TrainConfig(epochs=2))
    return Run.create(tmp_path / "run", config)


def clips(n_clips=5, n_windows=6):
    rng = np.random.default_rng(0)
    windows = [rng.integers(0, 255, (n_windows, 128, 39)).astype(np.uint8) for _ in range(n_clips)]
    return ValidationClips([f"a.{n}" for n in range(n_clips)], windows, np.arange(n_clips) % 3)


def test_a_snapshot_before_the_training_and_after_each_epoch(run):
    network = models.build(TINY)
    callback = SnapshotCallback(run, clips(), embed_and_classify(network))
    callback.set_model(network)
    callback.on_train_begin()
    callback.on_epoch_end(0)
    assert snapshot_epochs(run) == [0, 1]
    found = read_snapshot(run, 1)
    assert found.tracks.tolist() == [f"a.{n}" for n in range(5)]
    assert found.labels.tolist() == [0, 1, 2, 0, 1]
    # The mean over four of the six windows of each clip.
    four = clips().windows[2][[0, 2, 3, 5]].astype(np.float32)
    expected = np.asarray(network(four)).mean(axis=0)
    np.testing.assert_allclose(found.probabilities[2], expected, atol=1e-3)
    kernel = np.asarray(network.get_layer("conv_1").kernel)  # [frame, band, filter]
    assert found.filters.shape == (16, 128, 5)
    np.testing.assert_allclose(found.filters[3, 100, 1], kernel[1, 100, 3], atol=1e-3)
    assert np.abs(found.positions).max() <= 1.5


@pytest.mark.parametrize(("cut", "n_inputs"), [("embedding", 5), ("before", 7)])
def test_where_the_last_layers_alone_learn_the_network_is_looked_at_from_there(run, cut, n_inputs):
    inner = keras.Input((3,))
    before = keras.layers.Dense(7, name="before")(inner)
    embedding = keras.layers.Dense(5, name="embedding")(before)
    network = keras.Model(inner, keras.layers.Dense(3, activation="softmax")(embedding))
    start = network.get_layer(cut).output
    learning = keras.Model(start, network.output)
    outputs = [np.random.default_rng(n).normal(size=(2, n_inputs)) for n in range(4)]
    clips = ValidationClips(list("abcd"), outputs, np.arange(4) % 3)
    callback = SnapshotCallback(run, clips, embed_and_classify(network, start))
    callback.set_model(learning)
    callback.on_train_begin()
    found = read_snapshot(run, 0)
    assert found.filters.size == 0
    assert found.positions.shape == (4, 2)
    expected = np.asarray(learning(outputs[2])).mean(axis=0)
    np.testing.assert_allclose(found.probabilities[2], expected, atol=1e-3)


def test_many_clips_are_sampled_evenly():
    sample = clips(n_clips=500, n_windows=1).sample()
    assert len(sample.tracks) == len(sample.windows) == len(sample.labels) == 200
    assert sample.tracks[0] == "a.0"
    assert sample.tracks[-1] == "a.499"


def test_the_map_keeps_distances_and_does_not_flip():
    rng = np.random.default_rng(1)
    plane = rng.normal(size=(30, 2))
    embedding = plane @ rng.normal(size=(2, 8))
    first = map_positions(embedding)
    assert np.abs(first).max() == pytest.approx(1)
    np.testing.assert_allclose(map_positions(-embedding, first), first, atol=1e-6)


def test_a_dead_layer_has_a_map_all_the_same():
    assert map_positions(np.zeros((4, 8))).tolist() == [[0, 0]] * 4
    assert map_positions(np.ones((4, 1))).shape == (4, 2)
