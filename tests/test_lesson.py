"""From sound to verdict, step by step."""

import keras
import numpy as np
import pytest

from deepmusic import lesson, models, synth
from deepmusic.audio import song_from_array
from deepmusic.errors import AudioError, ModelError
from deepmusic.prediction import Classifier, picture_song
from deepmusic.runs import shipped_run


def test_an_envelope_holds_the_extremes_of_each_stretch():
    low, high = lesson.envelope(np.array([0.0, -1.0, 0.5, 0.25, 0.75, -0.5]), 3)
    assert low.tolist() == [-1.0, 0.25, -0.5]
    assert high.tolist() == [0.0, 0.5, 0.75]


def test_an_envelope_of_few_samples_is_the_samples():
    low, high = lesson.envelope(np.array([0.5, -0.5]), 100)
    assert low.tolist() == high.tolist() == [0.5, -0.5]


@pytest.fixture(scope="module")
def song():
    return song_from_array(synth.play("metal", seconds=8), sample_rate=22_050)


@pytest.fixture(scope="module")
def classifiers():
    return {name: Classifier(shipped_run(name)) for name in ("cnn", "crnn")}


@pytest.fixture(scope="module")
def picture(song, classifiers):
    config = classifiers["cnn"].config
    windows = lesson.cut_windows(picture_song(song, config.mel), config)
    return lesson.find_window(windows, 3.0).picture


def test_windows_are_those_of_the_prediction(song, classifiers):
    prediction = classifiers["cnn"].predict(song)
    config = classifiers["cnn"].config
    windows = lesson.cut_windows(picture_song(song, config.mel), config)
    assert [window.start for window in windows] == pytest.approx(prediction.starts)
    middle = windows[len(windows) // 2]
    assert lesson.find_window(windows, middle.start + 0.1) is middle


def test_a_clip_without_windows_is_told_in_words():
    with pytest.raises(AudioError, match="Choose another clip"):
        lesson.find_window([], 0.0)


def test_the_first_convolution_is_a_convolution(picture, classifiers):
    """By hand: level the bands, slide each kernel over time and pitch, drop what is negative."""
    from scipy.signal import correlate2d

    network = classifiers["cnn"].network
    levelled = lesson.activations(network, picture, "level_bands")
    assert levelled.shape == picture.T.shape
    kernel, bias = map(np.asarray, network.get_layer("conv_1").weights)
    seen = lesson.activations(network, picture, "conv_1")
    for index in range(kernel.shape[-1]):
        by_hand = correlate2d(levelled, kernel[:, :, 0, index], mode="same") + bias[index]
        np.testing.assert_allclose(seen[..., index], np.maximum(by_hand, 0), atol=1e-4)


def test_the_memory_is_that_of_an_lstm(picture, classifiers):
    """By hand: the equations of Hochreiter and Schmidhuber, with Keras' order of the gates."""
    network = classifiers["crnn"].network
    memory = lesson.remember(network, picture)
    lstm = network.get_layer("lstm")
    kernel, recurrent, bias = map(np.asarray, lstm.weights)
    part = keras.Model(network.input, lstm.input)
    steps = np.asarray(part(picture[None].astype(np.float32), training=False))[0]

    def gate(x):
        return 1 / (1 + np.exp(-x))

    state = carried = np.zeros(lstm.units)
    for step, found in zip(steps, memory.states, strict=True):
        into, forget, new, out = np.split(step @ kernel + state @ recurrent + bias, 4)
        carried = gate(forget) * carried + gate(into) * np.tanh(new)
        state = gate(out) * np.tanh(carried)
        np.testing.assert_allclose(found, state, atol=1e-5)


def test_the_last_guess_is_the_network_s_answer(picture, classifiers):
    network = classifiers["crnn"].network
    memory = lesson.remember(network, picture)
    answer = np.asarray(network(picture[None].astype(np.float32), training=False))[0]
    np.testing.assert_allclose(memory.guesses[-1], answer, atol=1e-6)
    np.testing.assert_allclose(memory.guesses.sum(axis=1), 1, atol=1e-5)


def test_looking_changes_no_weight(picture, classifiers):
    network = classifiers["crnn"].network
    before = [np.array(weight) for weight in network.weights]
    lesson.remember(network, picture)
    lesson.activations(network, picture, "conv_1")
    for was, weight in zip(before, network.weights, strict=True):
        np.testing.assert_array_equal(was, weight)


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], lesson.LEVEL),
        ([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], lesson.TIME),
        ([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]], lesson.PITCH),
        ([[1, 0, -1], [0, 0, 0], [-1, 0, 1]], lesson.SLANT),
    ],
)
def test_kernels_are_named_after_what_they_are_after(pattern, kind):
    kernel = np.array(pattern, dtype=float)[:, :, None, None]
    assert lesson.filter_kinds(kernel) == [kind]
    assert lesson.filter_kinds(-3 * kernel) == [kind]


def test_a_layer_that_is_not_there_is_named(picture):
    network = models.build(models.MODELS["cnn"].config)
    with pytest.raises(ModelError, match="no layer 'lstm'"):
        lesson.remember(network, picture)
