"""A user's own run of the pretrained network, asked as the shipped one is."""

import numpy as np

from deepmusic.audio import Song
from deepmusic.config import LARGEST_LOG_POWER
from deepmusic.models.tags import TAGS
from deepmusic.prediction.network import PROBABILITIES, Network
from deepmusic.prediction.pretrained import Embedded, Head, PretrainedClassifier, Trunk
from deepmusic.prediction.result import Prediction
from deepmusic.runs import Run


class PretrainedRun(PretrainedClassifier):
    """musicnn as a run trained it, whole or its head alone. Threads may share it.

    Parameters
    ----------
    run : Run
        A finished run of `deepmusic.models.PRETRAINED`.

    Raises
    ------
    RunError
        As `Network`: if its file is missing or damaged.
    """

    def __init__(self, run: Run) -> None:
        genres = run.config.model.genres
        # The trunk's numbers are the logarithms of the answers, which this head turns back.
        kernel, bias = np.eye(len(genres), dtype=np.float32), np.zeros(len(genres), np.float32)
        super().__init__(_WholeNetwork(run), Head(genres, kernel, bias, {}))

    def describe(self, song: Song) -> tuple[Prediction, list[str]]:
        """Return the prediction of a song, and no tags: the run was trained on genres alone."""
        return self.predict(song), []

    def predict_embedded(self, embedded: Embedded, duration: float) -> Prediction:
        """Predict as the run was tested: by the mean of the windows."""
        return self._of_windows(embedded, duration)


class _WholeNetwork(Trunk):
    """A run's network in the place of a trunk: of each window the logarithm of its answer."""

    def __init__(self, run: Run) -> None:
        self._network = Network(run)
        self._n_genres = len(run.config.model.genres)

    def predict_windows(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        frames = np.minimum(windows.transpose(0, 2, 1) * (255 / LARGEST_LOG_POWER), 255)
        # One by one, as of the shipped trunk: more take hundreds of MB.
        parts = [self._network.run(one[None], [PROBABILITIES])[0] for one in frames]
        found = np.concatenate(parts) if parts else np.ones((0, self._n_genres), np.float32)
        smallest = np.finfo(np.float32).tiny
        return np.log(np.maximum(found, smallest)), np.zeros((len(found), len(TAGS)), np.float32)
