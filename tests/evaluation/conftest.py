"""Fixtures of the evaluation, with what they hold in `evaluation.examples`."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from deepmusic.data import Gtzan
from deepmusic.evaluation.scores import Candidate
from tests.evaluation import examples
from tests.evaluation.examples import BLUES_JAZZ, GENRES, THREE


@pytest.fixture
def predictions():
    """Two clips. The mean of `a` says blues but its votes say jazz; all of `b` is wrong."""
    rows = [
        ("a", "blues", 0.0, 0.95, 0.05),
        ("a", "blues", 1.5, 0.45, 0.55),
        ("a", "blues", 3.0, 0.45, 0.55),
        ("b", "jazz", 0.0, 0.80, 0.20),
    ]
    return pd.DataFrame(rows, columns=["track", "genre", "start", *BLUES_JAZZ])


@pytest.fixture(scope="session")
def random_predictions():
    """Two hundred clips of three windows and three genres, right about half of the time."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 200)
    logits = rng.normal(size=(200, 3, 3)) + 1.5 * np.eye(3)[truth][:, None]
    return pd.DataFrame(softmax(logits.reshape(-1, 3), axis=1), columns=THREE).assign(
        track=np.repeat([f"clip{number}" for number in range(200)], 3),
        genre=np.repeat(np.array(THREE)[truth], 3),
        start=np.tile([0.0, 1.5, 3.0], 200),
    )


@pytest.fixture
def two_genres(monkeypatch):
    monkeypatch.setattr(Candidate, "genres", GENRES)


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> Gtzan:
    return examples.gtzan_of_noise(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def first():
    return examples.clips(
        ("a", "pop", "pop", 0.9),
        ("b", "pop", "rock", 0.4),
        ("c", "rock", "rock", 0.8),
        ("d", "rock", "pop", 0.7),
        ("e", "rock", "pop", 0.6),
        ("f", "rock", "pop", 0.5),
    )


@pytest.fixture
def second():
    return examples.clips(
        ("d", "rock", "jazz", 0.5),
        ("f", "rock", "pop", 0.9),
        ("c", "rock", "rock", 0.8),
        ("x", "jazz", "jazz", 1.0),
    )
