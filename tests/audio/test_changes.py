"""Changes of sound, each on tones whose answer is known."""

import numpy as np
import pytest

from deepmusic.audio import CHANGES, PRESETS, change_song, song_from_array
from deepmusic.audio.synth import tone
from deepmusic.errors import AudioError

RATE = 22_050


def song(*frequencies: float, seconds: float = 4):
    samples = sum(0.2 * tone(one, seconds=seconds, sample_rate=RATE) for one in frequencies)
    return song_from_array(samples, sample_rate=RATE, name="tones")


def level(found, frequency: float) -> float:
    """Return the amplitude of a tone in the middle of a song."""
    samples = found.samples[RATE // 2 : -RATE // 2]
    t = np.arange(len(samples)) / RATE
    return 2 * abs(np.mean(samples * np.exp(-2j * np.pi * frequency * t)))


def loudest(found) -> float:
    spectrum = np.abs(np.fft.rfft(found.samples * np.hanning(len(found.samples))))
    return float(spectrum.argmax() * RATE / len(found.samples))


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2])
def test_tempo_leaves_the_pitch(factor):
    faster = change_song(song(440), speed=factor)
    assert faster.duration == pytest.approx(4 / factor, rel=0.02)
    assert loudest(faster) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("semitones", [-12, -5, 3, 12])
def test_pitch_leaves_the_tempo(semitones):
    higher = change_song(song(440), pitch=semitones)
    assert higher.duration == pytest.approx(4, rel=0.02)
    assert loudest(higher) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.01)


def test_backwards_is_backwards():
    original = song(440)
    np.testing.assert_array_equal(change_song(original, reverse=1).samples, original.samples[::-1])
    np.testing.assert_array_equal(change_song(original, reverse=0).samples, original.samples)


@pytest.mark.parametrize(
    ("changes", "kept", "lost"),
    [
        ({"lowpass": 1000}, 200, 4000),
        ({"highpass": 1000}, 4000, 200),
        ({"telephone": 1}, 1000, 60),
        ({"bass": -20}, 4000, 60),
        ({"treble": -20}, 200, 8000),
    ],
)
def test_filters_take_their_side(changes, kept, lost):
    original = song(kept, lost)
    found = change_song(original, **changes)
    assert level(found, kept) == pytest.approx(level(original, kept), rel=0.1)
    assert level(found, lost) < 0.2 * level(original, lost)


def test_hiss_gain_and_mp3():
    original = song(440)
    hiss = change_song(original, hiss=10).samples - original.samples
    ratio = np.mean(original.samples**2) / np.mean(hiss**2)
    assert 10 * np.log10(ratio) == pytest.approx(10, abs=0.2)
    assert np.abs(change_song(original, gain=30).samples).max() == pytest.approx(1)
    coded = change_song(original, mp3=40)
    assert level(coded, 440) == pytest.approx(level(original, 440), rel=0.05)
    assert not np.array_equal(coded.samples, original.samples)


@pytest.mark.parametrize("name", CHANGES)
def test_the_neutral_value_is_a_step_and_changes_nothing_one_could_hear(name):
    change = CHANGES[name]
    assert change.neutral in change.steps
    assert list(change.steps) == sorted(change.steps)
    original = song(440, 2000)
    found = change_song(original, **{name: change.neutral})
    for frequency in (440, 2000):
        assert level(found, frequency) == pytest.approx(level(original, frequency), rel=0.03)


def test_changes_apply_in_turn_to_one_clip():
    loud = np.concatenate([tone(440, seconds=30), tone(880, seconds=30)])
    two_clips = song_from_array(0.2 * loud, sample_rate=RATE, name="long")
    found = change_song(two_clips, clip=1, pitch=-12, speed=2)
    assert found.duration == pytest.approx(15, rel=0.02)
    assert loudest(found) == pytest.approx(440, rel=0.01)
    assert found.name == "long (pitch -12 semitones, speed 2 times)"


def test_presets_are_changes_within_limits():
    for name, value in PRESETS.values():
        CHANGES[name].check(value)
        assert value != CHANGES[name].neutral


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"speed": 3}, "Speed goes from 0.5 to 2 times. Received: 3"),
        ({"speed": float("nan")}, "Received: nan"),
        ({"wobble": 1}, "Received: 'wobble'"),
        ({"clip": 7}, "one clip, 0. Received: 7"),
    ],
)
def test_what_cannot_be_changed_is_said(changes, words):
    with pytest.raises(AudioError, match=words):
        change_song(song(100), **changes)


def test_what_becomes_silent_is_said():
    quiet = change_song(song(100), gain=-40)
    with pytest.raises(AudioError, match=r"gain -40 dB, clipped.* is silent"):
        change_song(quiet, gain=-40)
