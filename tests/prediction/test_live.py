"""Listening along: windows as sound comes, and the same answer as of the whole song."""

import numpy as np
import pytest

from deepmusic import prediction
from deepmusic.audio import SAMPLE_RATE, song_from_array, synth
from deepmusic.models import ENSEMBLE, MODELS, PRETRAINED
from deepmusic.prediction.live import MOST_SECONDS, Listener
from deepmusic.prediction.pretrained import PretrainedClassifier
from deepmusic.protocols import DEPLOYED_PROTOCOL


@pytest.fixture(scope="module")
def classifiers():
    return prediction.load_classifiers(list(MODELS), DEPLOYED_PROTOCOL)


@pytest.fixture(scope="module")
def pretrained():
    return PretrainedClassifier()


def listen(listener, samples, rate=SAMPLE_RATE, seconds=0.5):
    step = int(seconds * rate)
    for start in range(0, len(samples), step):
        listener.add(samples[start : start + step].astype(np.float32), rate)
    return listener


def test_the_answer_is_that_of_the_whole_song(classifiers, pretrained):
    samples = synth.play("jazz", seconds=12)
    listener = listen(Listener(classifiers, pretrained), samples)
    song = song_from_array(samples, sample_rate=SAMPLE_RATE)
    whole = prediction.classify(song, classifiers) | {PRETRAINED: pretrained.predict(song)}
    found = listener.predictions()
    assert list(found) == [PRETRAINED, *MODELS, ENSEMBLE]
    for name in (PRETRAINED, *MODELS):
        difference = found[name].song_probabilities - whole[name].song_probabilities
        assert np.abs(difference).max() < 0.2
    np.testing.assert_allclose(np.diff(found["cnn"].ends), 0.5, atol=0.05)
    assert listener.seconds == pytest.approx(12, abs=0.1)
    error = listener.samples - samples[: len(listener.samples)]
    assert np.sqrt(np.mean(error**2)) < 0.01 * np.sqrt(np.mean(samples**2))


def test_before_three_seconds_and_of_silence_there_is_no_answer(classifiers):
    listener = listen(Listener(classifiers), synth.play("rock", seconds=2))
    assert listener.predictions() == {} and listener.tags == []
    silent = listen(Listener(classifiers), np.zeros(5 * SAMPLE_RATE))
    assert silent.predictions() == {}
    assert silent.seconds == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_a_microphone_may_have_any_rate(classifiers, rate):
    tone = np.sin(np.arange(5 * rate) * 2 * np.pi * 440 / rate)
    listener = listen(Listener(classifiers), tone, rate)
    spectrum = np.abs(np.fft.rfft(listener.samples[SAMPLE_RATE : 2 * SAMPLE_RATE]))
    assert spectrum.argmax() == 440
    assert list(listener.predictions()) == [*MODELS, ENSEMBLE]


def test_after_ten_minutes_it_takes_no_more():
    class Deaf(Listener):
        def _predict(self):
            pass

    networks = prediction.load_classifiers(["crnn"], DEPLOYED_PROTOCOL)
    listener = listen(Deaf(networks), np.full(MOST_SECONDS * 8_000 + 80_000, 0.1), 8_000, 100)
    taken = listener.seconds
    assert listener.is_full
    listener.add(np.ones(8_000, np.float32), 8_000)
    assert listener.seconds == taken
