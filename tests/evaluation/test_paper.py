"""The paper's figures, as printed."""

import numpy as np
import pytest

from deepmusic import models
from deepmusic.config import GTZAN_GENRES
from deepmusic.evaluation import paper
from deepmusic.evaluation.paper import TABLE
from deepmusic.models import MODELS


def test_the_papers_table_is_as_printed():
    assert [TABLE[name].window_accuracy for name in MODELS] == [0.72, 0.64, 0.61]
    assert TABLE["crnn"].vote_accuracy is None
    assert TABLE["cnn"].parameters == 2_495_114


@pytest.mark.parametrize(("model", "mean"), [("cnn", 0.728), ("crnn", 0.686), ("cnn_gru", 0.652)])
def test_the_papers_diagonals_are_there(model, mean):
    printed = paper.precision(model)
    assert set(printed) == set(GTZAN_GENRES)
    assert np.mean(list(printed.values())) == pytest.approx(mean, abs=0.0005)


def test_the_paper_printed_no_ensemble():
    assert paper.precision(models.ENSEMBLE) == {}
