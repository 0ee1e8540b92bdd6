"""The mean of several networks' predictions."""

import numpy as np
import pytest

from deepmusic.errors import ModelError
from deepmusic.prediction import Prediction, ensemble


def member(name, starts, width, rows, genres=("blues", "jazz")):
    starts = np.asarray(starts, float)
    rows = np.asarray(rows, float)
    return Prediction(name, genres, starts, starts + width, np.zeros(len(starts), int), rows)


def test_members_with_longer_windows_answer_with_the_nearest():
    short = member("a", [0, 2, 4, 6], 2, [[1, 0], [1, 0], [0, 1], [0, 1]])
    long = member("b", [0, 4], 4, [[0.5, 0.5], [0, 1]])
    mean = ensemble([long, short])
    np.testing.assert_allclose(mean.window_probabilities[:, 0], [0.75, 0.75, 0, 0])


def test_members_must_know_the_same_genres():
    one = member("a", [0], 2, [[1, 0]])
    other = member("b", [0], 2, [[1, 0]], genres=("pop", "rock"))
    with pytest.raises(ModelError, match="same genres"):
        ensemble([one, other])
