"""Calibration and temperature scaling."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from deepmusic.evaluation import calibration, evaluate, metrics
from tests.evaluation.examples import BLUES_JAZZ, THREE


def test_calibration_by_hand():
    """Confidences 0.55 (right), 0.58 (wrong), 0.95 (right), 1.0 (right)."""
    blues = [0.55, 0.58, 0.95, 1.0]
    table = pd.DataFrame(
        {
            "track": list("abcd"),
            "genre": ["blues", "jazz", "blues", "blues"],
            "start": 0.0,
            "blues": blues,
            "jazz": [1 - p for p in blues],
        }
    )
    found = evaluate.summarize(table, BLUES_JAZZ)
    filled = {one["low"]: one for one in found["reliability"] if one["count"]}
    assert [one["count"] for one in found["reliability"]] == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert filled[0.5]["confidence"] == pytest.approx(0.565)
    assert filled[0.5]["accuracy"] == 0.5
    assert filled[0.9]["confidence"] == pytest.approx(0.975)
    assert filled[0.9]["accuracy"] == 1
    assert found["reliability"][0]["accuracy"] is None
    expected = 0.5 * (0.565 - 0.5) + 0.5 * (1 - 0.975)
    assert found["expected_calibration_error"] == pytest.approx(expected)


@pytest.mark.parametrize("known", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found(known):
    rng = np.random.default_rng(1)
    logits = rng.normal(scale=2, size=(4000, 3))
    truth = [rng.choice(3, p=row) for row in softmax(logits, axis=1)]
    table = pd.DataFrame(softmax(logits * known, axis=1), columns=THREE).assign(
        track=[f"clip{number}" for number in range(4000)], genre=np.array(THREE)[truth], start=0.0
    )
    found = calibration.fit_temperature(table, THREE)
    assert found == pytest.approx(known, rel=0.08)
    assert found == pytest.approx(calibration.fit_temperature(table, THREE[::-1]))
    scaled = calibration.apply_temperature(table, THREE, known)
    # Next to nothing counts as a millionth, which a high temperature makes visible.
    np.testing.assert_allclose(scaled[THREE], softmax(logits, axis=1), atol=0.01)
    if known != 1:
        errors = [
            evaluate.summarize(one, THREE)["expected_calibration_error"] for one in (table, scaled)
        ]
        assert errors[1] < 0.03 < errors[0]


def test_a_temperature_scales_clips_and_changes_no_prediction(random_predictions):
    table = metrics.clip_table(random_predictions, THREE)
    scaled = calibration.apply_temperature(table, THREE, 0.4)
    assert (scaled[THREE].idxmax(axis=1) == table["predicted"]).all()
    np.testing.assert_allclose(scaled["confidence"], scaled[THREE].max(axis=1))
    assert (scaled["confidence"] > table["confidence"]).all()


def test_temperature_one_changes_nothing(predictions):
    same = calibration.apply_temperature(predictions, BLUES_JAZZ, 1.0)
    pd.testing.assert_frame_equal(same, predictions)
    with_zero = predictions.assign(blues=1.0, jazz=0.0)
    assert np.isfinite(calibration.apply_temperature(with_zero, BLUES_JAZZ, 3.0)[BLUES_JAZZ]).all(
        None
    )
