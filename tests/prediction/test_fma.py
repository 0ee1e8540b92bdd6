"""The network of FMA's genres, asked for songs."""

import numpy as np
import pytest
from conftest import FMA_GENRES

import deepmusic
from deepmusic import prediction
from deepmusic.audio import song_from_array, synth
from deepmusic.errors import ModelError
from deepmusic.prediction.fma import FmaClassifier

RATE = 44_100


@pytest.fixture(scope="module")
def song():
    return synth.play("hiphop", seconds=12, sample_rate=RATE)


def test_it_answers_by_fmas_genres_and_says_which(song):
    found = deepmusic.load("fma").predict(song, sample_rate=RATE)
    assert set(found.probabilities) == set(FMA_GENRES)
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert (found.model, list(found.predictions)) == ("fma", ["fma"])
    assert found.certainty is None
    right = round(100 * FmaClassifier().evaluation["clip_accuracy"])
    note = found.notes[-1]
    assert f"{right} % of 522 test clips" in note
    assert all(genre in note for genre in FMA_GENRES)


def test_it_reads_the_file_at_its_own_rate(song):
    classifier = FmaClassifier()
    whole = song_from_array(song, sample_rate=RATE, target_sample_rate=RATE)
    frames = prediction.compute_log_mels(whole, classifier.config.mel)[0].frames
    assert frames.shape == (128, 51)
    assert frames[100:].max() > 0, "above 11 kHz"
    expected = classifier.predict(whole)
    found = deepmusic.load("fma").predict(song, sample_rate=RATE).predictions["fma"]
    np.testing.assert_allclose(found.song_probabilities, expected.song_probabilities, atol=1e-5)
    with pytest.raises(ModelError, match="44100 Hz"):
        classifier.predict(song_from_array(song, sample_rate=RATE))
