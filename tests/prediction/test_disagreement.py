"""Segments in which networks predict different genres."""

import numpy as np

from deepmusic.models import ENSEMBLE
from deepmusic.prediction import Prediction
from deepmusic.prediction.disagreement import disagreements

GENRES = ["blues", "rock"]


def prediction(model, *predicted):
    starts = np.arange(len(predicted)) * 2.0
    probabilities = np.array(
        [[0.9, 0.1] if genre == "blues" else [0.1, 0.9] for genre in predicted]
    )
    return Prediction(
        model, tuple(GENRES), starts, starts + 4, np.zeros(len(predicted), int), probabilities
    )


def test_segments_of_disagreement_are_joined():
    segments = disagreements(
        {
            "cnn": prediction("cnn", "blues", "blues", "blues", "rock"),
            "crnn": prediction("crnn", "blues", "rock", "rock", "rock"),
            ENSEMBLE: prediction(ENSEMBLE, "rock", "rock", "rock", "rock"),
        }
    )
    assert segments == [{"start": 3.0, "end": 7.0, "cnn": "blues", "crnn": "rock"}]
    same = prediction("cnn", "blues", "rock")
    assert disagreements({"cnn": same, "crnn": same}) == []


def test_windows_of_other_lengths_are_laid_over_each_other():
    long = Prediction(
        "crnn", tuple(GENRES), np.array([0.0]), np.array([10.0]), np.zeros(1, int), np.eye(2)[:1]
    )
    segments = disagreements(
        {"cnn": prediction("cnn", "rock", "blues", "blues", "blues"), "crnn": long}
    )
    assert segments == [{"start": 0.0, "end": 3.0, "cnn": "rock", "crnn": "blues"}]
