"""Evidence in words and as sound."""

import numpy as np
import pytest

from deepmusic.audio import song_from_array
from deepmusic.audio.synth import tone
from deepmusic.errors import ModelError
from deepmusic.explain import Evidence

RATE = 22_050
FREQUENCIES = np.array([0.0, 400.0, 1200.0, 3400.0, 11_025.0])


def evidence(found, **changes) -> Evidence:
    fields = {
        "map": np.asarray(found, float),
        "times": np.linspace(0, 10, np.shape(found)[1] + 1),
        "frequencies": FREQUENCIES,
        "genre": "hiphop",
        "against": None,
        "model": "cnn",
        "log_odds": 1.0,
    }
    return Evidence(**(fields | changes))


def level(samples: np.ndarray, frequency: float) -> float:
    """Return the amplitude of a tone."""
    t = np.arange(len(samples)) / RATE
    return 2 * abs(np.mean(samples * np.exp(-2j * np.pi * frequency * t)))


def test_the_bass_at_two_seconds():
    found = np.full((4, 10), -0.2)
    found[0, 2:5] = 1
    said = evidence(found).sentence()
    assert said.startswith("Mostly the bass speaks for hip-hop, at 0:02")
    assert "0:02 to 0:04" in said
    assert "The treble and the upper middle and the low middle hardly matter" in said


def test_two_ranges_throughout():
    found = np.zeros((4, 10))
    found[0] = found[3] = found[1] = 1
    said = evidence(found, against="rock").sentence()
    assert "rather than rock" in said
    assert said.startswith("Above all ")
    assert "throughout" in said


def test_no_evidence_is_said():
    assert evidence(np.full((4, 10), -1.0)).sentence() == "No part of this clip speaks for hip-hop."


def two_tones() -> np.ndarray:
    return tone(200, seconds=10, sample_rate=RATE) + tone(5000, seconds=10, sample_rate=RATE)


def test_what_mattered_is_kept_and_the_rest_is_not():
    """The evidence is the low one of two tones that are equally loud."""
    song = song_from_array(0.3 * two_tones(), sample_rate=RATE)
    found = np.zeros((4, 10))
    found[0] = 1
    kept = evidence(found).resynthesise(song, keep=0.49)
    rest = evidence(found).resynthesise(song, keep=0.49, rest=True)
    assert kept.dtype == np.float32
    assert len(kept) == len(rest) == 10 * RATE
    assert level(kept, 200) > 20 * level(kept, 5000)
    assert level(rest, 5000) > 20 * level(rest, 200)
    # As loud as the recording.
    assert np.sqrt(np.mean(kept**2)) == pytest.approx(np.sqrt(np.mean(song.samples**2)), rel=0.02)


def test_only_the_passage_that_mattered_sounds():
    song = song_from_array(0.3 * two_tones(), sample_rate=RATE)
    found = np.zeros((4, 10))
    found[:, 4:6] = 1
    kept = evidence(found).resynthesise(song, keep=0.19)
    loud = np.abs(kept).reshape(10, -1).max(axis=1)
    assert loud[4:6].min() > 10 * max(loud[:3].max(), loud[7:].max())


def test_keeping_all_changes_nothing():
    song = song_from_array(0.3 * two_tones(), sample_rate=RATE)
    kept = evidence(np.ones((4, 10))).resynthesise(song, keep=1.0)
    np.testing.assert_allclose(kept, song.samples, atol=1e-3)


@pytest.mark.parametrize("keep", [-0.1, 1.5, np.nan])
def test_only_a_share_can_be_kept(keep):
    song = song_from_array(0.3 * two_tones(), sample_rate=RATE)
    with pytest.raises(ModelError, match=f"Received: {keep}"):
        evidence(np.ones((4, 10))).resynthesise(song, keep=keep)


def test_a_later_clip_is_cut_from_its_song():
    samples = np.concatenate([0.3 * tone(300, seconds=5, sample_rate=RATE), 0.3 * two_tones()])
    song = song_from_array(samples, sample_rate=RATE)
    later = evidence(np.ones((4, 10)), times=np.linspace(5, 15, 11))
    kept = later.resynthesise(song, keep=1.0)
    np.testing.assert_allclose(kept, song.samples[5 * RATE : 15 * RATE], atol=1e-3)


def test_a_song_that_ends_before_the_evidence_is_not_the_one_that_was_explained():
    song = song_from_array(tone(200, seconds=3, sample_rate=RATE), sample_rate=RATE)
    later = evidence(np.ones((4, 10)), times=np.linspace(30, 40, 11))
    with pytest.raises(ModelError, match=r"a song of 3\.0 s"):
        later.resynthesise(song)


def test_a_passage_has_the_evidence_of_the_steps_it_touches():
    found = evidence(np.arange(40).reshape(4, 10))
    part = found.between(2.5, 4)
    assert (part.start, part.end) == (2, 4)
    np.testing.assert_array_equal(part.map, found.map[:, 2:4])
    assert found.between(9.99, 50).map.shape == (4, 1)
    assert found.between(-3, 0).start == 0
