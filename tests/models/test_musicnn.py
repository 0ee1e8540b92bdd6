"""musicnn in Keras: its sizes, and the same numbers as its converted weights give."""

import numpy as np
import pytest

from deepmusic.models import musicnn
from deepmusic.prediction.pretrained import Trunk


@pytest.fixture(scope="module")
def network():
    return musicnn.build()


def test_sizes_are_those_of_the_paper(network):
    assert network.count_params() == 792_079
    assert network.input_shape == (None, 187, 96)
    assert network.output_shape == [(None, 200), (None, 50)]
    assert len(musicnn.TAGS) == len(set(musicnn.TAGS)) == 50
    assert network.get_layer("features").output.shape[1:] == (187, 753)
    assert network.get_layer("pooled").output.shape[1:] == (1506,)


def test_maximum_and_mean_are_interleaved():
    x = np.arange(24, dtype=np.float32).reshape(1, 4, 6)
    pooled = np.asarray(musicnn.PoolTime()(x))[0]
    np.testing.assert_array_equal(pooled[::2], x[0].max(axis=0))
    np.testing.assert_allclose(pooled[1::2], x[0].mean(axis=0))


def test_any_number_of_frames(network):
    longer = musicnn.build(None)
    longer.set_weights(network.get_weights())
    windows = np.random.default_rng(0).random((2, 187, 96), np.float32)
    for one, other in zip(network(windows), longer(windows), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.slow
def test_an_exported_network_gives_the_same_numbers(network, tmp_path):
    from tools.convert_musicnn import export

    path = tmp_path / "musicnn.onnx"
    export(network, path)
    windows = np.random.default_rng(0).random((3, 187, 96), np.float32)
    embeddings, tags = Trunk(path).predict_windows(windows)
    expected_embeddings, expected_tags = (np.asarray(part) for part in network(windows))
    assert np.corrcoef(embeddings.ravel(), expected_embeddings.ravel())[0, 1] > 0.9999
    np.testing.assert_allclose(tags, expected_tags, atol=2e-3)
