"""Scores in words."""

import pytest

from deepmusic import models
from deepmusic.errors import RunError
from deepmusic.evaluation.scores import Candidate, score_predictions
from deepmusic.evaluation.wording import agreement_in_words, difference_in_words
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from tests.evaluation.examples import GENRES, scored, windows


def test_agreement_is_said_in_words():
    def by(model, **predicted):
        candidate = Candidate(models.title(model), model, BENCHMARK_PROTOCOL, (), True)
        return score_predictions(candidate, windows(**predicted), GENRES)

    one = by("cnn", blues_1=["blues"], blues_2=["blues"], rock_1=["blues"], rock_2=["rock"])
    other = by("crnn", blues_1=["blues"], blues_2=["rock"], rock_1=["blues"], rock_2=["blues"])
    words = agreement_in_words([one, other])
    assert "CNN and CRNN agree on 50 % of the clips, and are then right on 50 %." in words
    assert "right on 100 %, the best alone (CNN) on 100 %" in words
    assert agreement_in_words([one]) == ""
    assert "the same genre for every clip" in agreement_in_words(
        [one, by("crnn", blues_1=["blues"], blues_2=["blues"], rock_1=["blues"], rock_2=["rock"])]
    )


def test_a_difference_is_said_in_words():
    right = {f"blues_{number}": ["blues"] for number in range(12)}
    wrong = {f"blues_{number}": ["rock"] for number in range(12)}
    words = difference_in_words(scored("A", **right), scored("B", **wrong))
    assert "12 of 12 clips: 12 only A gets right, 0 only B" in words
    assert "less than once in 1000" in words and "hardly luck" in words
    close = wrong | {"blues_0": ["blues"]}
    words = difference_in_words(scored("A", **close), scored("B", **wrong))
    assert "1 of 12 clips" in words and "100 % of draws" in words and "may well be luck" in words
    words = difference_in_words(scored("A", **right), scored("B", **right))
    assert "exactly the same" in words


def test_segments_say_nothing_about_luck():
    candidate = Candidate("CNN", "cnn", Protocol("window_leak"), (), True)
    score = score_predictions(candidate, windows(blues_1=["blues"]), GENRES)
    with pytest.raises(RunError, match="right or wrong together"):
        difference_in_words(score, score)


def test_networks_tested_on_other_clips_are_not_compared():
    with pytest.raises(RunError):
        difference_in_words(scored(blues_1=["blues"]), scored(blues_2=["blues"]))
