"""A few hundred broken files; ``make fuzz`` tries thousands."""

import pytest

from deepmusic.prediction import load_classifiers
from tests.audio import fuzzing
from tests.audio.fuzzing import QUICK, run

#: Files made by hand that are odd, and sound all the same.
PREDICTED = {"8 kHz", "192 kHz", "a sample of 1e-40", "two files in one"}


@pytest.fixture(scope="module")
def classifiers():
    return load_classifiers(["crnn"])


@pytest.fixture(scope="module")
def outcomes():
    return list(run([*QUICK, *range(220)]))


@pytest.mark.parametrize("name", [name for name in QUICK if "channels" not in name])
def test_files_made_by_hand_end_in_a_prediction_or_in_our_words(name, classifiers):
    ending, words = fuzzing.judge(fuzzing.find(name).data, f"{name}.mp3", classifiers)
    assert ending == ("predicted" if name in PREDICTED else "refused"), words


@pytest.mark.slow
def test_each_ends_in_a_prediction_or_in_our_words(outcomes):
    assert [outcome for outcome in outcomes if not outcome.is_well] == []
    endings = [outcome.ending for outcome in outcomes]
    # Neither all nor none may pass, or the mutations break too much or nothing.
    assert 60 < endings.count("predicted") < len(outcomes) - 100


@pytest.mark.slow
def test_an_error_says_what_is_wrong_and_what_to_do(outcomes):
    for outcome in outcomes:
        if outcome.ending == "refused":
            assert outcome.words.count(". ") or ";" in outcome.words, outcome
            assert any(
                verb in outcome.words for verb in ("Choose", "Get", "Export", "Save", "Cut")
            ), outcome


def test_a_hang_and_a_crash_are_seen(monkeypatch):
    """What judges must not pass what it cannot see."""
    import os

    assert not fuzzing.Outcome("1", "wav", "hung", "", 1, 0, 0).is_well
    assert not fuzzing.Outcome("1", "wav", "predicted", "", fuzzing.MOST_SECONDS, 0, 0).is_well
    monkeypatch.setattr(fuzzing, "_work", _crash)
    (outcome,) = run([1])
    assert outcome.ending == f"crashed ({os.EX_SOFTWARE})"


def _crash(pipe, networks):
    import os

    pipe.recv()
    os._exit(os.EX_SOFTWARE)
