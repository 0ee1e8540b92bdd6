"""Snapshots of a run: what its network made of the validation clips after an epoch. No Keras here.

The worker writes them as small files, for whoever watches: they are no part of the results.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from deepmusic.files import replacing
from deepmusic.runs.run import Run

#: Most snapshots of a run: longer trainings skip epochs.
MOST = 60


@dataclass(frozen=True)
class Snapshot:
    """State of a network after an epoch.

    Attributes
    ----------
    tracks : np.ndarray [shape=(n_clips,)], str
        Validation clips.
    labels : np.ndarray [shape=(n_clips,)]
        Index of the genre of each.
    probabilities : np.ndarray [shape=(n_clips, n_genres)]
        Mean over a few windows of each clip.
    positions : np.ndarray [shape=(n_clips, 2)]
        Place of each on a map of the embedding, from -1 to 1.
    filters : np.ndarray [shape=(n_filters, n_bands, n_frames)]
        Weights of the first filters of the first convolution; none without one.
    """

    tracks: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    positions: np.ndarray
    filters: np.ndarray

    @property
    def confusion(self) -> np.ndarray:
        """Clips [shape=(n_genres, n_genres)] by genre and predicted genre."""
        counts = np.zeros((self.probabilities.shape[1],) * 2, dtype=int)
        np.add.at(counts, (self.labels, self.probabilities.argmax(axis=1)), 1)
        return counts

    @property
    def accuracy(self) -> float:
        """Share of the clips whose predicted genre is the labelled one."""
        return float(np.mean(self.probabilities.argmax(axis=1) == self.labels))


def is_kept(epoch: int, epochs: int) -> bool:
    """Tell whether the state after so many of all epochs is to be written; 0 is the beginning."""
    return epoch % -(-epochs // MOST) == 0 or epoch == epochs


def write_snapshot(run: Run, epoch: int, snapshot: Snapshot) -> None:
    """Write the state after so many epochs atomically."""
    path = _path(run, epoch)
    path.parent.mkdir(exist_ok=True)
    arrays = {one.name: getattr(snapshot, one.name) for one in fields(snapshot)}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_snapshot(run: Run, epoch: int) -> Snapshot | None:
    """Read the state after so many epochs; None if there is none that can be read."""
    try:
        with np.load(_path(run, epoch), allow_pickle=False) as stored:
            return Snapshot(**{one.name: stored[one.name] for one in fields(Snapshot)})
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def snapshot_epochs(run: Run) -> Sequence[int]:
    """List the numbers of complete epochs of which there is a snapshot, in order."""
    names = (path.stem.removeprefix("epoch-") for path in _path(run, 0).parent.glob("epoch-*.npz"))
    return sorted(int(name) for name in names if name.isdecimal())


def drop_snapshots(run: Run, after: int) -> None:
    """Delete the snapshots of later epochs, which will be trained again."""
    for epoch in snapshot_epochs(run):
        if epoch > after:
            _path(run, epoch).unlink(missing_ok=True)


def _path(run: Run, epoch: int) -> Path:
    return run.path / "snapshots" / f"epoch-{epoch:04d}.npz"
