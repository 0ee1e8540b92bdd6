"""Scores of candidates, counted from predictions."""

import json

import pytest

from deepmusic import models
from deepmusic.evaluation import candidates, scores
from deepmusic.evaluation.candidates import filter_candidates, find_candidates
from deepmusic.evaluation.scores import BY_GENRE, Candidate, score_candidate
from deepmusic.models import ENSEMBLE, MODELS
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import Run, assets
from tests.evaluation.examples import scored, scored_blues


def test_a_score_is_counted_from_windows():
    score = scored(blues_1=["blues", "blues", "rock"], rock_1=["blues"], rock_2=["rock"])
    assert (score.windows, score.clips) == (5, 3)
    assert score.window.value == pytest.approx(3 / 5)
    assert score.clip.value == score.vote.value == pytest.approx(2 / 3)
    # Wilson's interval of 2 in 3.
    assert (score.clip.low, score.clip.high) == pytest.approx((0.2077, 0.9385), abs=1e-3)
    assert score.by_genre("recall") == {"blues": 1.0, "rock": 0.5}


def test_each_genre_has_recall_precision_and_f1():
    score = scored(blues_1=["blues"], blues_2=["rock"], blues_3=["rock"], rock_1=["rock"])
    found = {measure: score.by_genre(measure) for measure in BY_GENRE}
    assert found["recall"] == pytest.approx({"blues": 1 / 3, "rock": 1})
    assert found["precision"] == pytest.approx({"blues": 1, "rock": 1 / 3})
    assert found["f1"] == pytest.approx({"blues": 0.5, "rock": 0.5})


def test_shipped_numbers_are_those_that_were_shipped():
    for candidate in filter_candidates(find_candidates()[0], Protocol("paper")):
        if not candidate.shipped:
            continue
        score = score_candidate(candidate)
        stated = json.loads(
            (Run(assets.SHIPPED / candidate.model).path / "evaluation.json").read_text()
        )
        assert score.clip.value == pytest.approx(stated["clip_accuracy"], abs=1e-4)
        assert score.vote.value == pytest.approx(stated["clip_vote_accuracy"], abs=1e-4)
        assert score.window.value == pytest.approx(stated["window_accuracy"], abs=1e-4)


def test_a_temperature_changes_confidence_and_no_prediction(two_genres):
    score = scored_blues(("blues", 0.8), ("blues", 0.8), ("blues", 0.8), ("rock", 0.8))
    as_it_is = score.calibration()
    assert as_it_is.error == pytest.approx(0.8 - 0.75)
    # At a temperature of one half, odds of 4 to 1 become 16 to 1.
    scaled = score.calibration(0.5)
    assert scaled.error == pytest.approx(16 / 17 - 0.75)
    (filled,) = (one for one in scaled.bins if one["count"])
    assert (filled["count"], filled["accuracy"]) == (4, 0.75)


def test_temperatures_are_tried_on_a_stricter_protocol(two_genres, monkeypatch):
    score = scored_blues(("blues", 0.8), ("rock", 0.8))
    monkeypatch.setattr(Candidate, "temperature", 0.5)
    assert scores.errors_at_benchmark_temperature([score], [score]) == pytest.approx(
        [0.8 - 0.5, 16 / 17 - 0.5]
    )
    monkeypatch.setattr(Candidate, "temperature", None)
    assert scores.errors_at_benchmark_temperature([score], [score]) == []


def test_the_ensemble_and_the_svm_have_no_temperature_of_their_own():
    home = [c for c in candidates.find_shipped() if c.protocol == BENCHMARK_PROTOCOL]
    found = {candidate.model: candidate.temperature for candidate in home}
    assert found.pop(ENSEMBLE) is None and found.pop(models.BASELINE) is None
    assert found.keys() == MODELS.keys()
    assert all(0.2 < temperature < 10 for temperature in found.values())
