"""Metrics on predictions whose values are known."""

import numpy as np
import pandas as pd
import pytest

from deepmusic.errors import RunError
from deepmusic.evaluation import evaluate, metrics
from tests.evaluation.examples import BLUES_JAZZ, THREE


def test_clips_are_predicted_by_mean_and_by_vote(predictions):
    table = metrics.clip_table(predictions, BLUES_JAZZ)
    assert list(table.index) == ["a", "b"]
    assert list(table.columns) == [
        "genre",
        "predicted",
        "predicted_by_vote",
        "confidence",
        *BLUES_JAZZ,
    ]
    assert table["genre"].tolist() == ["blues", "jazz"]
    assert table["predicted"].tolist() == ["blues", "blues"]
    assert table["predicted_by_vote"].tolist() == ["jazz", "blues"]
    assert table.loc["a", "confidence"] == pytest.approx((0.95 + 0.45 + 0.45) / 3)
    assert table["jazz"].tolist() == pytest.approx([0.383333, 0.2], abs=1e-5)


@pytest.mark.parametrize(
    ("right", "total", "interval"),
    # Newcombe, Statistics in Medicine 17, 1998, table I.
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611))],
)
def test_accuracies_have_wilsons_interval(right, total, interval):
    hits = [True] * right + [False] * (total - right)
    assert metrics.wilson_interval(hits) == pytest.approx(interval, abs=5e-5)


def test_the_interval_of_windows_is_drawn_over_clips(random_predictions):
    low, high = metrics.window_interval(random_predictions, THREE)
    accuracy = evaluate.summarize(random_predictions, THREE)["window_accuracy"]
    assert low < accuracy < high
    assert [low, high] == metrics.window_interval(random_predictions, THREE)
    # Ten copies of each window are no more clips, and say no more.
    copies = pd.concat([random_predictions] * 10)
    assert metrics.window_interval(copies, THREE) == pytest.approx([low, high])
    # Nor are segments of a clip clips of their own.
    cut = random_predictions.assign(
        track=random_predictions["track"] + "#" + (random_predictions.index % 3).astype(str)
    )
    assert metrics.window_interval(cut, THREE) == pytest.approx([low, high])


def test_segments_of_a_clip_are_no_clips_of_their_own():
    right = pd.Series([True] * 30 + [False] * 10)
    apart = right.set_axis([f"clip{number}" for number in range(40)])
    assert metrics.clip_interval(apart) == metrics.wilson_interval(right)
    # Ten clips of four segments, each right or wrong as a whole, say less than forty clips.
    cut = right.set_axis([f"clip{number // 4}#{number % 4}" for number in range(40)])
    low, high = metrics.clip_interval(cut)
    assert high - low > 1.5 * np.diff(metrics.wilson_interval(right))[0]
    assert low < 0.75 < high


def test_compact_clips_say_what_the_windows_said(random_predictions):
    clips = metrics.compact_clips(random_predictions, THREE)
    found = evaluate.summarize(random_predictions, THREE)
    for accuracy, name in (
        (clips["windows_right"].sum() / clips["windows"].sum(), "window_accuracy"),
        ((clips["predicted"] == clips["genre"]).mean(), "clip_accuracy"),
        ((clips["predicted_by_vote"] == clips["genre"]).mean(), "clip_vote_accuracy"),
    ):
        assert accuracy == pytest.approx(found[name], abs=5e-5)
    assert (clips[THREE].idxmax(axis=1) == clips["predicted"]).all()


def test_one_clip_has_no_interval(predictions):
    assert metrics.window_interval(predictions.iloc[:3], BLUES_JAZZ) == [0.0, 1.0]


def clips(right: str, genre: str = "blues") -> pd.DataFrame:
    """Return a clip table: a letter for each clip, r where the network is right."""
    predicted = [genre if letter == "r" else "jazz" for letter in right]
    index = pd.Index([f"clip{number}" for number in range(len(right))], name="track")
    return pd.DataFrame({"genre": genre, "predicted": predicted}, index=index)


@pytest.mark.parametrize(
    ("only_one", "only_other", "p_value"),
    # By hand: 2 * (1 + 10) / 2**10; none apart; and 25 against 15, as in the manual of mlxtend.
    [(9, 1, 0.021484375), (0, 0, 1.0), (3, 3, 1.0), (25, 15, 0.1539)],
)
def test_mcnemar(only_one, only_other, p_value):
    one = clips("r" * (4 + only_one) + "w" * (2 + only_other))
    other = clips("rrrr" + "w" * only_one + "ww" + "r" * only_other)
    found = metrics.mcnemar(one, other.sample(frac=1, random_state=0))
    assert found == {
        "only_one": only_one,
        "only_other": only_other,
        "p_value": pytest.approx(p_value, abs=5e-5),
    }


def test_different_clips_are_not_compared():
    with pytest.raises(RunError, match=r"different clips \(3 and 2, 2 in common\)"):
        metrics.mcnemar(clips("rrr"), clips("rr"))


def test_agreement():
    tables = {"one": clips("rrwr"), "other": clips("rwww")}
    assert metrics.agreement(tables) == {
        "agreed": 0.5,
        "right_when_agreed": 0.5,
        "right_when_split": {"one": 1.0, "other": 0.0},
        "one_is_right_when_split": 1.0,
    }
    alone = metrics.agreement({"one": clips("rw")})
    assert alone["agreed"] == 1
    assert alone["one_is_right_when_split"] is None


def test_average_is_the_mean_over_common_windows(predictions):
    other = predictions.assign(blues=0.25, jazz=0.75).iloc[:3]
    mean = metrics.average([predictions, other], BLUES_JAZZ)
    assert len(mean) == 3
    assert mean["blues"].tolist() == pytest.approx([0.6, 0.35, 0.35])
    assert (mean["blues"] + mean["jazz"]).tolist() == pytest.approx([1, 1, 1])
