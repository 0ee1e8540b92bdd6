"""How far evidence can be believed: what a network says when the important parts are taken away.

Deletion and insertion curves as of Petsiuk et al. (RISE, BMVC 2018), on log-mels: parts are set to
their band's mean, the most important first, and the genre's probability should fall fast.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepmusic.audio import features
from deepmusic.errors import ModelError
from deepmusic.files import ASSETS
from deepmusic.prediction import Classifier
from deepmusic.prediction.pretrained import WINDOW_FRAMES, PretrainedClassifier

#: Shares of the clip that are taken away, or left alone, one after another.
SHARES = np.arange(7) / 10


def curve(
    frames: np.ndarray,
    importance: np.ndarray,
    network: Classifier | PretrainedClassifier,
    genre: int,
    *,
    insertion: bool = False,
) -> np.ndarray:
    """Return a genre's probability while parts of a clip are taken away.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_mels, n_frames)]
        A clip as the network reads it; for the pretrained one, its windows one after another.
    importance : np.ndarray [shape=(n_bands, n_steps)]
        Of its parts; the highest goes first.
    network : Classifier or PretrainedClassifier
    genre : int
        Column of the probabilities.
    insertion : bool
        Whether only the most important parts are left, instead of all others.

    Returns
    -------
    np.ndarray [shape=(7,)]
        Mean probability over the windows, at each of `SHARES`.
    """
    frames = frames.astype(np.float32)
    mean = frames.mean(axis=1, keepdims=True)
    rank = np.empty(importance.size)
    rank[np.argsort(-importance.ravel(), kind="stable")] = np.arange(importance.size)
    ranks = (rank / importance.size).reshape(importance.shape)
    rows = np.arange(len(frames)) * importance.shape[0] // len(frames)
    columns = np.arange(frames.shape[1]) * importance.shape[1] // frames.shape[1]
    order = ranks[rows][:, columns]
    found = []
    for share in SHARES:
        taken = (order >= share) if insertion else (order < share)
        masked = np.where(taken, mean, frames)
        found.append(mean_probabilities(masked, network))
    return np.array(found)[:, genre]


def mean_probabilities(
    frames: np.ndarray, network: Classifier | PretrainedClassifier
) -> np.ndarray:
    """Return a network's probabilities of a clip, mean over its windows; `frames` as of `curve`."""
    if isinstance(network, PretrainedClassifier):
        windows = frames.T.reshape(-1, WINDOW_FRAMES, len(frames))
        return network.head.predict(network.trunk.predict_windows(windows)[0]).mean(axis=0)
    windows = features.windows(frames, network.config.window_frames)
    return network.predict_windows(windows)[1].mean(axis=0)


def read_shipped() -> Mapping[str, Any]:
    """Return what ``benchmarks/explanations.py`` measured, by network.

    Raises
    ------
    ModelError
        If it is missing or damaged.
    """
    path = ASSETS / "explanations.json"
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} must hold what was measured of explanations; reading it failed ({error}). "
            "Restore it from the repository, or measure anew: python benchmarks/explanations.py"
        ) from error
    return found
