"""Snapshots of a run on disk: what is written is read, and what is broken is none."""

import numpy as np
import pytest

from deepmusic.runs import Run, snapshots
from deepmusic.runs.snapshots import Snapshot


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def example(n_clips=4):
    probabilities = np.eye(3, dtype=np.float16)[[0, 1, 1, 2]][:n_clips]
    return Snapshot(
        tracks=np.array([f"blues.{number}" for number in range(n_clips)]),
        labels=np.array([0, 1, 2, 2][:n_clips], np.uint8),
        probabilities=probabilities,
        positions=np.zeros((n_clips, 2), np.float16),
        filters=np.ones((2, 3, 3), np.float16),
    )


def test_a_snapshot_is_read_as_it_was_written(run):
    snapshots.write_snapshot(run, 7, example())
    found = snapshots.read_snapshot(run, 7)
    assert found.tracks.tolist() == ["blues.0", "blues.1", "blues.2", "blues.3"]
    assert found.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert found.accuracy == 0.75
    assert found.filters.shape == (2, 3, 3)
    assert [path.name for path in (run.path / "snapshots").iterdir()] == ["epoch-0007.npz"]


def test_what_is_missing_or_broken_is_no_snapshot(run):
    assert snapshots.snapshot_epochs(run) == []
    assert snapshots.read_snapshot(run, 0) is None
    snapshots.write_snapshot(run, 1, example())
    path = run.path / "snapshots" / "epoch-0001.npz"
    path.write_bytes(path.read_bytes()[:200])
    assert snapshots.read_snapshot(run, 1) is None
    path.write_bytes(b"")
    assert snapshots.read_snapshot(run, 1) is None
    np.savez(path, tracks=np.zeros(1))
    assert snapshots.read_snapshot(run, 1) is None


def test_epochs_that_are_trained_again_lose_their_snapshots(run):
    for epoch in range(4):
        snapshots.write_snapshot(run, epoch, example())
    snapshots.drop_snapshots(run, after=1)
    assert snapshots.snapshot_epochs(run) == [0, 1]


@pytest.mark.parametrize("epochs", [1, 15, 60, 61, 500])
def test_a_long_training_has_no_more_snapshots_than_fit(epochs):
    kept = [epoch for epoch in range(epochs + 1) if snapshots.is_kept(epoch, epochs)]
    assert kept[0] == 0
    assert kept[-1] == epochs
    assert min(epochs + 1, 30) <= len(kept) <= snapshots.MOST + 2
