"""From a song to genres: recognizer, classifiers, their ensemble, segments, export."""

from deepmusic.prediction.classifier import (
    Classifier,
    Prediction,
    align_windows,
    check_length,
    classify,
    compute_log_mels,
    ensemble,
    load_classifiers,
)
from deepmusic.prediction.recognizer import Recognizer, SongPrediction
from deepmusic.prediction.segments import Segment, genre_segments

__all__ = [
    "Classifier",
    "Prediction",
    "Recognizer",
    "Segment",
    "SongPrediction",
    "align_windows",
    "check_length",
    "classify",
    "compute_log_mels",
    "ensemble",
    "genre_segments",
    "load_classifiers",
]
