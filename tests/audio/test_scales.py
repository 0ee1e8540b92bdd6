"""Tones in equal steps."""

import numpy as np
import pytest

from deepmusic.audio import scales
from deepmusic.audio.features import hz_to_mel


def test_steps_are_equal_on_their_scale():
    hertz, _ = scales.steps(scales.HERTZ)
    assert np.ptp(np.diff(hertz)) == pytest.approx(0)
    mel, _ = scales.steps(scales.MEL)
    assert np.ptp(np.diff([hz_to_mel(one) for one in mel])) == pytest.approx(0, abs=1e-9)
    assert mel[1] < hertz[1]
    tones, levels = scales.steps(scales.DECIBEL)
    assert set(tones) == {440.0}
    assert set(np.diff(levels)) == {-6.0}


def test_each_tone_has_its_level():
    tones = np.split(scales.play(scales.DECIBEL, seconds=0.2), 8)
    peaks = [np.abs(one).max() for one in tones]
    assert peaks[0] == pytest.approx(0.5, abs=0.01)
    assert peaks[1] / peaks[0] == pytest.approx(10 ** (-6 / 20), abs=0.01)
