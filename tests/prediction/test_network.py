"""Exported networks: Keras' numbers without Keras, from files that are what they should be."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest

from benchmarks import onnx_fidelity
from deepmusic import models
from deepmusic.audio import song_from_array, synth
from deepmusic.errors import RunError
from deepmusic.prediction import Classifier, compute_log_mels, network, split_into_windows
from deepmusic.prediction.network import METADATA_KEY, Network
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL
from deepmusic.runs import Run, shipped_run
from deepmusic.training.export import export_run


@pytest.fixture(scope="module")
def frames():
    """Twenty windows of music."""
    song = song_from_array(synth.play("metal"), sample_rate=22_050)
    config = models.spec("cnn").config
    return split_into_windows(compute_log_mels(song, config.mel), config).frames


@pytest.mark.parametrize("protocol", [BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL], ids=str)
@pytest.mark.parametrize("name", models.MODELS)
def test_all_outputs_are_those_of_keras(name, protocol, frames):
    """On GTZAN: ``python benchmarks/onnx_fidelity.py``."""
    found = onnx_fidelity.differences(shipped_run(name, protocol), frames)
    assert set(found) >= {"probabilities", "embedding", "conv_1"}
    for output, difference in found.items():
        assert difference.value > 0.1, "the output says something"
        assert difference.relative < 1e-5, output


@pytest.mark.parametrize("n_windows", [1, 2, 19, 20, 21, 40])
def test_a_window_has_the_same_answer_in_any_company(frames, n_windows):
    exported = Network(shipped_run("cnn_gru"))
    many = np.resize(frames, (n_windows, *frames.shape[1:]))
    alone = [exported.run(frame[None])[1][0] for frame in frames]
    found = exported.run(many)[1]
    np.testing.assert_allclose(found, np.resize(alone, found.shape), atol=1e-6)


def test_threads_share_a_network(frames):
    exported = Network(shipped_run("crnn"))
    expected = exported.run(frames)[1]
    with ThreadPoolExecutor(8) as pool:
        for _, found in pool.map(exported.run, [frames] * 24):
            np.testing.assert_array_equal(found, expected)


@pytest.fixture
def own(tmp_path):
    """A CRNN of one's own: the shipped one, elsewhere."""
    shutil.copytree(shipped_run("crnn").path, tmp_path / "own")
    return Run(tmp_path / "own")


def change(run, action):
    proto = onnx.load(run.network_path)
    action(proto)
    run.network_path.write_bytes(proto.SerializeToString())


def test_a_file_in_another_format_is_refused_with_both(own):
    def age(proto):
        about = json.loads(proto.metadata_props[0].value)
        proto.metadata_props[0].value = json.dumps(about | {"format": 99})

    change(own, age)
    with pytest.raises(RunError, match=r"own/model\.onnx .*format 1.*format 99.*runs export.*own"):
        Classifier(own)


@pytest.mark.parametrize("field", ["IR version", "pset"])
def test_a_file_of_a_later_onnx_is_refused_with_both_versions(own, field):
    def renew(proto):
        if field == "pset":
            proto.opset_import[0].version = 999
        else:
            proto.ir_version = 999

    change(own, renew)
    with pytest.raises(RunError, match=rf"own/model\.onnx .*{field}.* 999.* \d\d\D"):
        Classifier(own)


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x08"])
def test_a_damaged_file_is_named_with_the_command(own, content):
    own.network_path.write_bytes(content)
    with pytest.raises(RunError, match=r"own/model\.onnx does not hold.*runs export .*own"):
        Classifier(own)


def test_a_network_from_elsewhere_is_refused(own):
    change(own, lambda proto: proto.ClearField("metadata_props"))
    with pytest.raises(RunError, match=f"does not hold a network.*{METADATA_KEY}"):
        Classifier(own)


def test_another_network_is_refused(own):
    shutil.copy(shipped_run("cnn").network_path, own.network_path)
    with pytest.raises(RunError, match=r"a crnn of the sizes there\. Received: a cnn"):
        Classifier(own)


@pytest.mark.parametrize("place", ["numbers", "/{folder}/numbers", "own/numbers"])
def test_numbers_in_another_file_are_never_read(own, place, monkeypatch):
    monkeypatch.chdir(own.path.parent)

    def point_elsewhere(proto):
        tensor = max(proto.graph.initializer, key=lambda one: len(one.raw_data))
        for folder in (own.path, own.path.parent):
            (folder / "numbers").write_bytes(tensor.raw_data)
        location = place.format(folder=own.path.parent)
        onnx.external_data_helper.set_external_data(tensor, location)
        tensor.ClearField("raw_data")

    change(own, point_elsewhere)
    with pytest.raises(RunError, match=r"does not hold a network.*External data"):
        Classifier(own)


@pytest.mark.slow
def test_a_run_without_an_export_is_exported_once(own, frames, caplog):
    shipped = Network(own)
    own.network_path.unlink()
    exported = Network(own)
    assert "own has no exported network yet" in caplog.text
    caplog.clear()
    Network(own)
    assert not caplog.text
    # The processor that made the shipped file may have folded its constants a little differently.
    np.testing.assert_allclose(exported.run(frames)[1], shipped.run(frames)[1], atol=2e-6)
    export_run(own)
    for one, other in zip(
        exported.run(frames, exported.outputs),
        Network(own).run(frames, exported.outputs),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_why_a_run_cannot_be_exported_is_said_once(own, monkeypatch):
    own.network_path.unlink()
    monkeypatch.setattr(network.sys, "executable", "/bin/false")
    with pytest.raises(RunError, match="no reason given"):
        Classifier(own)
    own.weights_path.unlink()
    with pytest.raises(RunError, match=r"own/model\.onnx cannot be read .*runs export .*own"):
        Classifier(own)
