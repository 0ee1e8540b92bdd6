"""From a song to genres: classifiers, their ensemble, segments, export."""

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
from deepmusic.prediction.segments import genre_segments

__all__ = [
    "Classifier",
    "Prediction",
    "align_windows",
    "check_length",
    "classify",
    "compute_log_mels",
    "ensemble",
    "genre_segments",
    "load_classifiers",
]
