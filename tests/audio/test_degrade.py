"""Degradations, each applied to a tone."""

import numpy as np
import pytest

from deepmusic.audio import degrade
from deepmusic.audio.degrade import DEGRADATIONS

SAMPLE_RATE = 22_050


def tone(hertz, seconds=2.0):
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)


def level(y):
    return 20 * np.log10(np.sqrt(np.mean(np.square(y))))


def loudest_hertz(y):
    return np.abs(np.fft.rfft(y * np.hanning(len(y)))).argmax() * SAMPLE_RATE / len(y)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_every_change_gives_samples_of_the_same_kind(name, music):
    changed = DEGRADATIONS[name].apply(music, SAMPLE_RATE)
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert len(changed) == pytest.approx(len(music), rel=0.021)


def test_gain_is_in_decibels_and_clips_at_full_scale():
    y = tone(440).astype(np.float32)
    assert level(degrade.gain(y, -6)) - level(y) == pytest.approx(-6, abs=0.01)
    assert degrade.gain(y, 40).max() == 1


def test_a_telephone_passes_speech_and_nothing_else():
    y = tone(1000)
    assert level(degrade.phone_band(y, SAMPLE_RATE)) == pytest.approx(level(y), abs=0.5)
    for hertz in (60, 9000):
        assert level(degrade.phone_band(tone(hertz), SAMPLE_RATE)) < level(tone(hertz)) - 30


def test_noise_is_as_loud_as_it_says():
    y = tone(440).astype(np.float32)
    hiss = degrade.noise(y, 20) - y
    assert level(hiss) - level(y) == pytest.approx(-20, abs=0.2)


@pytest.mark.parametrize("factor", [1.02, 0.98])
def test_speed_takes_the_pitch_along(factor):
    faster = degrade.speed(tone(1000).astype(np.float32), factor)
    assert loudest_hertz(faster) == pytest.approx(1000 * factor, abs=1)
    assert len(faster) == pytest.approx(2 * SAMPLE_RATE / factor, abs=2)


def test_mp3_is_of_the_bit_rate_it_says(monkeypatch):
    import soundfile

    sizes = []
    read = soundfile.read
    monkeypatch.setattr(
        soundfile,
        "read",
        lambda file, **how: sizes.append(len(file.getvalue())) or read(file, **how),
    )
    y = tone(440, seconds=10).astype(np.float32)
    decoded = degrade.mp3(y, SAMPLE_RATE)
    assert sizes[0] * 8 / 10 / 1000 == pytest.approx(64, rel=0.02)
    assert len(decoded) == len(y)
    # What comes back is the same tone at the same time, and yet not the same samples.
    assert np.corrcoef(decoded, y)[0, 1] > 0.99
    assert not np.array_equal(decoded, y)
