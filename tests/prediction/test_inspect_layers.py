"""Layer activations of one window."""

import keras
import numpy as np
import pytest

from benchmarks.onnx_fidelity import keras_network
from deepmusic.audio import song_from_array, synth
from deepmusic.errors import AudioError, ModelError
from deepmusic.prediction import Classifier, compute_log_mels, inspect_layers
from deepmusic.runs import shipped_run


def test_an_envelope_holds_the_extremes_of_each_segment():
    low, high = inspect_layers.envelope(np.array([0.0, -1.0, 0.5, 0.25, 0.75, -0.5]), 3)
    assert low.tolist() == [-1.0, 0.25, -0.5]
    assert high.tolist() == [0.0, 0.5, 0.75]


def test_an_envelope_of_few_samples_is_the_samples():
    low, high = inspect_layers.envelope(np.array([0.5, -0.5]), 100)
    assert low.tolist() == high.tolist() == [0.5, -0.5]


@pytest.fixture(scope="module")
def song():
    return song_from_array(synth.play("metal", seconds=8), sample_rate=22_050)


@pytest.fixture(scope="module")
def classifiers():
    return {name: Classifier(shipped_run(name)) for name in ("cnn", "crnn")}


@pytest.fixture(scope="module")
def log_mel(song, classifiers):
    config = classifiers["cnn"].config
    windows = inspect_layers.list_windows(compute_log_mels(song, config.mel), config)
    return inspect_layers.find_window(windows, 3.0).log_mel


@pytest.fixture(scope="module")
def networks():
    return {name: keras_network(shipped_run(name)) for name in ("cnn", "crnn")}


def output_of(network, tensor, log_mel):
    """What a part of a Keras network returns for a window."""
    part = keras.Model(network.input, tensor)
    return np.asarray(part(log_mel[None].astype(np.float32), training=False))[0]


def test_windows_are_those_of_the_prediction(song, classifiers):
    prediction = classifiers["cnn"].predict(song)
    config = classifiers["cnn"].config
    windows = inspect_layers.list_windows(compute_log_mels(song, config.mel), config)
    assert [window.start for window in windows] == pytest.approx(prediction.starts)
    middle = windows[len(windows) // 2]
    assert inspect_layers.find_window(windows, middle.start + 0.1) is middle


def test_a_clip_without_windows_is_refused():
    with pytest.raises(AudioError, match="Choose another clip"):
        inspect_layers.find_window([], 0.0)


def test_the_first_convolution_is_a_convolution(log_mel, classifiers, networks):
    """By hand: level the bands, slide each kernel over time and pitch, drop what is negative."""
    from scipy.signal import correlate2d

    levelled = output_of(networks["cnn"], networks["cnn"].get_layer("level_bands").output, log_mel)
    assert levelled.shape == log_mel.T.shape
    kernel, bias = map(np.asarray, networks["cnn"].get_layer("conv_1").weights)
    np.testing.assert_array_equal(classifiers["cnn"].network.kernel, kernel)
    outputs = inspect_layers.activations(classifiers["cnn"], log_mel, "conv_1")
    for index in range(kernel.shape[-1]):
        by_hand = correlate2d(levelled, kernel[:, :, 0, index], mode="same") + bias[index]
        np.testing.assert_allclose(outputs[..., index], np.maximum(by_hand, 0), atol=1e-4)


def test_the_states_are_those_of_an_lstm(log_mel, classifiers, networks):
    """By hand: the equations of Hochreiter and Schmidhuber, with Keras' order of the gates."""
    lstm = inspect_layers.lstm_states(classifiers["crnn"], log_mel)
    layer = networks["crnn"].get_layer("lstm")
    kernel, recurrent, bias = map(np.asarray, layer.weights)
    steps = output_of(networks["crnn"], layer.input, log_mel)

    def gate(x):
        return 1 / (1 + np.exp(-x))

    state = carried = np.zeros(layer.units)
    for step, found in zip(steps, lstm.states, strict=True):
        into, forget, new, out = np.split(step @ kernel + state @ recurrent + bias, 4)
        carried = gate(forget) * carried + gate(into) * np.tanh(new)
        state = gate(out) * np.tanh(carried)
        np.testing.assert_allclose(found, state, atol=1e-5)


def test_the_last_state_gives_the_network_s_prediction(log_mel, classifiers):
    lstm = inspect_layers.lstm_states(classifiers["crnn"], log_mel)
    answer = classifiers["crnn"].predict_windows(log_mel[None])[1][0]
    np.testing.assert_allclose(lstm.probabilities[-1], answer, atol=1e-6)
    np.testing.assert_allclose(lstm.probabilities.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], inspect_layers.LEVEL),
        ([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], inspect_layers.TIME),
        ([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]], inspect_layers.PITCH),
        ([[1, 0, -1], [0, 0, 0], [-1, 0, 1]], inspect_layers.SLANT),
    ],
)
def test_kernels_are_named_after_their_pattern(pattern, kind):
    kernel = np.array(pattern, dtype=float)[:, :, None, None]
    assert inspect_layers.filter_kinds(kernel) == [kind]
    assert inspect_layers.filter_kinds(-3 * kernel) == [kind]


def test_what_a_network_has_not_is_refused(log_mel, classifiers):
    with pytest.raises(ModelError, match=r"conv_1.*Received: lstm_probabilities, lstm_states"):
        inspect_layers.lstm_states(classifiers["cnn"], log_mel)
    with pytest.raises(ModelError, match=r"2D convolution.*Received: crnn"):
        windows = dict.fromkeys(("cnn", "crnn"), log_mel)
        inspect_layers.layer_activations(classifiers["crnn"], classifiers["crnn"], windows)


def test_filters_stand_in_order_of_their_pattern(log_mel, classifiers):
    windows = dict.fromkeys(("cnn", "crnn"), log_mel)
    found = inspect_layers.layer_activations(*classifiers.values(), windows)
    assert found.filter_outputs.shape == (16, *log_mel.T.shape)
    kinds = [inspect_layers.KINDS.index(kind) for kind in found.filter_kinds]
    assert kinds == sorted(kinds)
    assert found.kernels.shape == (16, 3, 3)
    kernel = classifiers["cnn"].network.kernel[:, :, 0, :]
    np.testing.assert_array_equal(np.moveaxis(kernel, -1, 0)[found.channels], found.kernels)
    assert inspect_layers.filter_kinds(found.kernels.transpose(1, 2, 0)[:, :, None]) == (
        found.filter_kinds
    )


def test_windows_are_ranked_by_how_much_they_excite_a_map_one_a_clip():
    activity, clips = [0.1, 0.9, 0.8, 0.0, 0.5, 0.2], [0, 1, 1, 2, 3, 4]
    assert inspect_layers.most_exciting(activity, clips) == [1, 4, 5]
    assert inspect_layers.most_exciting(activity, clips, count=9) == [1, 4, 5, 0]
    assert inspect_layers.most_exciting([0.0, 0.0], [0, 1]) == []


@pytest.mark.parametrize(("output", "n_maps"), [("conv_1", 16), ("embedding", 256)])
def test_a_map_s_mean_over_a_window_is_how_much_that_excites_it(
    log_mel, classifiers, output, n_maps
):
    frames = np.stack([log_mel, np.zeros_like(log_mel), log_mel])
    found = inspect_layers.mean_activations(classifiers["cnn"], frames, output)
    assert found.shape == (3, n_maps)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-4, atol=1e-6)
    one = inspect_layers.activations(classifiers["cnn"], log_mel, output)
    np.testing.assert_allclose(found[0], one.reshape(-1, n_maps).mean(axis=0), rtol=1e-4, atol=1e-6)
    assert not np.allclose(found[0], found[1])


def test_the_branches_of_the_cnn_gru_are_those_of_its_layers(log_mel):
    """The joined answer is the network's; the GRU's last states are what is joined."""
    run = shipped_run("cnn_gru")
    found = inspect_layers.branch_states(Classifier(run), log_mel)
    np.testing.assert_allclose(
        found.joined, Classifier(run).predict_windows(log_mel[None])[1][0], atol=1e-6
    )
    network = keras_network(run)
    join = network.get_layer("both_branches")
    convolved, recurrent = (output_of(network, tensor, log_mel) for tensor in join.input)
    ends = np.concatenate([found.forwards[-1], found.backwards[0]])
    np.testing.assert_allclose(recurrent, ends, atol=1e-5)

    def answer(joined):
        dense = network.get_layer("embedding")(joined[None])
        return np.asarray(network.get_layer("genres")(dense))[0]

    nothing = np.zeros_like
    alone = answer(np.concatenate([convolved, nothing(recurrent)]))
    np.testing.assert_allclose(found.convolution, alone, atol=1e-5)
    alone = answer(np.concatenate([nothing(convolved), recurrent]))
    np.testing.assert_allclose(found.recurrence, alone, atol=1e-5)


def test_branches_of_a_network_without_them_are_refused(log_mel, classifiers):
    with pytest.raises(ModelError, match=r"Received: branch_probabilities, gru_states"):
        inspect_layers.branch_states(classifiers["cnn"], log_mel)
