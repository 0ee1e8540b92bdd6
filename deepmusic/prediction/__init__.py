"""From a song to genres: recognizer, classifiers, their ensemble, certainty, segments, export."""

from deepmusic.prediction.certainty import Answer, Certainty, answer
from deepmusic.prediction.classifier import (
    Classifier,
    Windows,
    check_length,
    classify,
    compute_log_mels,
    load_classifiers,
    split_into_windows,
)
from deepmusic.prediction.content import Content, measure_content
from deepmusic.prediction.own_classes import ClassPrediction, OwnClasses
from deepmusic.prediction.recognizer import Recognizer, SongPrediction
from deepmusic.prediction.result import Prediction, align_windows, ensemble
from deepmusic.prediction.segments import Segment, genre_segments

__all__ = [
    "Answer",
    "Certainty",
    "ClassPrediction",
    "Classifier",
    "Content",
    "OwnClasses",
    "Prediction",
    "Recognizer",
    "Segment",
    "SongPrediction",
    "Windows",
    "align_windows",
    "answer",
    "check_length",
    "classify",
    "compute_log_mels",
    "ensemble",
    "genre_segments",
    "load_classifiers",
    "measure_content",
    "split_into_windows",
]
