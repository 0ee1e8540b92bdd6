"""Snapshots of a network while it learns, for the Train page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from deepmusic.runs import Run
from deepmusic.runs.snapshots import (
    Snapshot,
    drop_snapshots,
    is_kept,
    read_snapshot,
    snapshot_epochs,
    write_snapshot,
)

#: Bounds of what is looked at after an epoch: clips, windows of each, and filters.
_MOST_CLIPS, _MOST_WINDOWS, _MOST_FILTERS = 200, 4, 16

#: Windows that are predicted at once.
_BATCH = 200


@dataclass(frozen=True)
class ValidationClips:
    """Validation clips as a network takes them.

    Attributes
    ----------
    tracks : sequence of str
        Ids of the clips.
    windows : sequence of np.ndarray [shape=(n_windows, ...)]
        Windows of each clip, or what frozen layers made of them.
    labels : np.ndarray [shape=(n_clips,)]
        Index of the genre of each.
    """

    tracks: Sequence[str]
    windows: Sequence[np.ndarray]
    labels: np.ndarray

    def arrays(self, n_genres: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the windows of all clips, float32, and one-hot targets, as Keras takes them."""
        repeated = np.repeat(self.labels, [len(clip) for clip in self.windows])
        return (
            np.concatenate(self.windows).astype(np.float32),
            np.eye(n_genres, dtype=np.float32)[repeated],
        )

    def sample(self) -> "ValidationClips":
        """Return some clips, evenly from all, and some windows of each."""
        chosen = _spread(len(self.windows), _MOST_CLIPS)
        return ValidationClips(
            [self.tracks[clip] for clip in chosen],
            [self.windows[c][_spread(len(self.windows[c]), _MOST_WINDOWS)] for c in chosen],
            self.labels[chosen],
        )


def embed_and_classify(network: keras.Model, start: keras.KerasTensor | None = None) -> keras.Model:
    """Return a model of a network's embedding and probabilities, from a tensor inside it on.

    Without `start` it takes what the network takes.
    """
    inputs = network.input if start is None else start
    # A layer after it, since the embedding may be where the model begins.
    embedding = keras.layers.Identity()(network.get_layer("embedding").output)
    return keras.Model(inputs, [embedding, network.output])


class SnapshotCallback(keras.callbacks.Callback):
    """Predictions, a map and filters after each epoch and before the first, written to the run."""

    def __init__(self, run: Run, clips: ValidationClips, looking: keras.Model) -> None:
        super().__init__()
        self._looking = looking
        self._run, self._epochs = run, run.config.train.epochs
        self._clips = clips.sample()
        self._windows = np.concatenate(self._clips.windows).astype(np.float32)
        self._firsts = np.cumsum([0, *map(len, self._clips.windows)])[:-1]
        self._positions: np.ndarray | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        complete = len(self._run.history())
        drop_snapshots(self._run, after=complete)
        names = [layer.name for layer in self.model.layers]
        self._first_layer = self.model.get_layer("conv_1") if "conv_1" in names else None
        if not complete:
            self._write(0)
        elif (stored := snapshot_epochs(self._run)) and (
            last := read_snapshot(self._run, stored[-1])
        ):
            self._positions = last.positions

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if is_kept(epoch + 1, self._epochs):
            self._write(epoch + 1)

    def _write(self, epoch: int) -> None:
        parts = np.split(self._windows, range(_BATCH, len(self._windows), _BATCH))
        found = [self._looking.predict_on_batch(part) for part in parts]
        embedding, probabilities = (
            np.add.reduceat(np.concatenate(one), self._firsts)
            / np.diff([*self._firsts, len(self._windows)])[:, None]
            for one in zip(*found, strict=True)
        )
        self._positions = map_positions(embedding, self._positions)
        snapshot = Snapshot(
            tracks=np.array(self._clips.tracks),
            labels=self._clips.labels.astype(np.uint8),
            probabilities=probabilities.astype(np.float16),
            positions=self._positions.astype(np.float16),
            filters=_filters(self._first_layer).astype(np.float16),
        )
        write_snapshot(self._run, epoch, snapshot)


def map_positions(embedding: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """Return a map of clips: the first two principal components of their embedding, scaled to 1.

    Parameters
    ----------
    embedding : np.ndarray [shape=(n_clips, n_features)]
        Of a network after an epoch.
    before : np.ndarray [shape=(n_clips, 2)], optional
        The map of the epoch before, onto which this one is turned, so that it does not flip.
    """
    centred = np.nan_to_num(embedding.astype(float) - embedding.mean(axis=0))
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    positions = np.zeros((len(embedding), 2))
    found = (left * sizes)[:, :2]
    positions[:, : found.shape[1]] = found
    positions /= np.abs(positions).max() or 1
    if before is not None and before.shape == positions.shape:
        # Orthogonal Procrustes (Schönemann 1966).
        one, _, other = np.linalg.svd(positions.T @ before.astype(float))
        positions = positions @ one @ other
    return positions


def _filters(layer: keras.layers.Layer | None) -> np.ndarray:
    """Return the first kernels [shape=(n_filters, n_bands, n_frames)] of a convolution over time.

    A kernel is [time, band, 1, filter], or [time, band, filter] where it spans all bands.
    """
    if layer is None:
        return np.zeros((0, 1, 1))
    kernel = np.asarray(layer.kernel)
    return kernel.reshape(*kernel.shape[:2], -1).T[:_MOST_FILTERS]


def _spread(n: int, most: int) -> np.ndarray:
    """Return up to `most` numbers below `n`, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))
