"""One contract for all networks, and what is particular to each."""

import keras
import numpy as np
import pytest

from deepmusic import models
from deepmusic.config import ModelConfig
from deepmusic.errors import ModelError

NAMES = list(models.MODELS)


@pytest.fixture(scope="module")
def networks():
    return {name: models.build(spec.config) for name, spec in models.MODELS.items()}


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).integers(0, 256, (3, 128, 39)).astype(np.float32)


# === The contract ===


@pytest.mark.parametrize("name", NAMES)
def test_returns_one_probability_a_genre(networks, batch, name):
    probabilities = networks[name].predict_on_batch(batch)
    assert probabilities.shape == (3, 10)
    assert np.all(probabilities >= 0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_predictions_do_not_depend_on_the_rest_of_the_batch(networks, batch, name):
    together = networks[name].predict_on_batch(batch)
    alone = networks[name].predict_on_batch(batch[1:2])
    np.testing.assert_allclose(together[1:2], alone, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_layers_are_named_and_plain(networks, name):
    layers = networks[name].layers
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in layers)
    # Keras counts on in the names that nobody gave: a second network would have others.
    again = models.build(models.MODELS[name].config)
    assert [layer.name for layer in layers] == [layer.name for layer in again.layers]
    assert networks[name].get_layer("embedding").units == models.MODELS[name].config.dense_units


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_settings(name):
    config = models.MODELS[name].config
    changes = {"filters": config.filters[:2], "dense_units": 7, "genres": ("a", "b", "c")}
    network = models.build(ModelConfig(**config.model_dump() | changes))
    assert network.output_shape == (None, 3)
    assert network.get_layer("embedding").units == 7


@pytest.mark.parametrize("name", NAMES)
def test_other_windows_and_mels_fit(name):
    config = models.MODELS[name].config
    mel = config.mel.model_copy(update={"n_mels": 64})
    network = models.build(config.model_copy(update={"window_frames": 78, "mel": mel}))
    assert network.input_shape == (None, 64, 78)


@pytest.mark.parametrize("name", NAMES)
def test_a_window_too_short_is_refused(name):
    config = models.MODELS[name].config.model_copy(update={"window_frames": 3})
    with pytest.raises(ModelError, match="window_frames=3"):
        models.build(config)


@pytest.mark.parametrize("name", NAMES)
def test_the_level_of_every_band_is_learnt(networks, name):
    assert networks[name].get_layer("level_bands").gamma.shape == (128,)


@pytest.mark.parametrize("name", NAMES)
def test_the_spectral_envelope_of_a_recording_can_be_left_out(name, batch):
    config = models.MODELS[name].config.model_copy(update={"level_window": True})
    network = models.build(config)
    # A tone control adds a constant to each band, in dB and so in bytes.
    filtered = batch * 0.5 + np.linspace(0, 120, 128, dtype=np.float32)[None, :, None]
    np.testing.assert_allclose(network(batch * 0.5), network(filtered), atol=1e-5)
    plain = models.build(config.model_copy(update={"level_window": False}))
    assert not np.allclose(plain(batch * 0.5), plain(filtered), atol=1e-5)


def test_an_unknown_network_is_refused():
    config = models.MODELS["cnn"].config.model_copy(update={"name": "resnet"})
    with pytest.raises(ModelError, match=r"cnn, crnn, cnn_gru.*Received: 'resnet'"):
        models.build(config)


# === Each by itself ===


def test_cnn_has_the_five_blocks_of_the_paper(networks):
    layers = networks["cnn"].layers
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in layers) == 5
    assert sum(isinstance(layer, keras.layers.MaxPooling2D) for layer in layers) == 5


def test_crnn_convolution_and_lstm_run_over_time(networks):
    # Conv1D slides over the first axis: 39 frames of 128 bands, then halves twice.
    assert networks["crnn"].get_layer("conv_1").kernel.shape[1] == 128
    assert networks["crnn"].get_layer("lstm").input.shape[1] == 39 // 4


def test_gru_reads_frames_both_ways(networks):
    both_ways = networks["cnn_gru"].get_layer("both_ways")
    assert both_ways.input.shape[1:] == (39 // 2, 128 // 2)
    assert both_ways.output.shape[-1] == 2 * models.MODELS["cnn_gru"].config.recurrent_units


def test_cnn_gru_has_four_blocks_beside_the_gru(networks):
    layers = networks["cnn_gru"].layers
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in layers) == 4
