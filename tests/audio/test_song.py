"""Songs from arrays, and their limits."""

import numpy as np
import pytest

from deepmusic.audio import song_from_array
from deepmusic.audio.synth import tone
from deepmusic.config import AudioLimits
from deepmusic.errors import AudioError


@pytest.mark.parametrize("value", [1e7, -1e20, 1e38])
def test_values_that_no_sound_has_are_refused(value):
    samples = tone(440, seconds=1)
    samples[1234] = value
    with pytest.raises(AudioError, match="beyond 1,000,000 times full scale"):
        song_from_array(samples, sample_rate=22_050)


def test_a_sound_that_resampling_takes_away_is_silent():
    ultrasound = tone(30_000, seconds=1, sample_rate=96_000)
    swell = np.hanning(len(ultrasound))
    with pytest.raises(AudioError, match="is silent"):
        song_from_array(0.5 * swell * ultrasound, sample_rate=96_000)


def test_what_is_just_loud_enough_is_taken():
    limit = AudioLimits().silence_peak
    song_from_array(tone(440, seconds=1, amplitude=1.1 * limit), sample_rate=22_050)
    with pytest.raises(AudioError, match="is silent"):
        song_from_array(tone(440, seconds=1, amplitude=0.9 * limit), sample_rate=22_050)


def test_an_array_that_is_too_long_is_refused():
    with pytest.raises(AudioError, match="lasts more than 60 s"):
        song_from_array(
            np.zeros(2 * 60 * 8_000), sample_rate=8_000, limits=AudioLimits(max_seconds=60)
        )


@pytest.mark.parametrize("shape", [(2, 3, 4), (0, 100)])
def test_an_array_of_another_shape_is_refused(shape):
    with pytest.raises(AudioError, match="must have the shape"):
        song_from_array(np.zeros(shape), sample_rate=22_050)
