"""Weights come from the file that was shipped, as numbers only, or not at all."""

import pickle
import shutil
import subprocess

import h5py
import numpy as np
import pytest

from benchmarks.onnx_fidelity import keras_network
from deepmusic import models
from deepmusic.errors import RunError
from deepmusic.evaluation import release
from deepmusic.prediction import Classifier
from deepmusic.protocols import (
    BENCHMARK_PROTOCOL,
    DEPLOYED_PROTOCOL,
    FMA_NETWORK,
    FMA_PROTOCOL,
)
from deepmusic.runs import Run, assets, shipped_run, weights

LOADERS = [("model.weights.h5", keras_network), ("model.onnx", Classifier)]
REMEDIES = {"model.weights.h5": "train the network anew", "model.onnx": "runs export .*/crnn"}


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder of shipped runs with a CRNN alone."""
    folder = tmp_path / "shipped"
    shutil.copytree(shipped_run("crnn").path, folder / "crnn")
    monkeypatch.setattr(assets, "SHIPPED", folder)
    weights.write_list()
    return folder


def test_every_network_that_the_app_asks_is_listed():
    asked = [
        (name, one) for one in (BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL) for name in models.MODELS
    ]
    asked.append((FMA_NETWORK, FMA_PROTOCOL))
    folders = [(protocol.folder / name).as_posix() for name, protocol in asked]
    files = ("model.weights.h5", "model.onnx")
    assert set(weights.read_list()) == {f"{one}/{file}" for one in folders for file in files}
    for name, protocol in asked:
        run = shipped_run(name, protocol)
        assert weights.read_verified(run.weights_path) and weights.read_verified(run.network_path)


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="needs sha256sum")
def test_anyone_can_check_the_list():
    command = ["sha256sum", "--check", weights.LIST_NAME]
    subprocess.run(command, cwd=assets.SHIPPED, check=True, capture_output=True)


@pytest.mark.parametrize(("file", "load"), LOADERS)
def test_one_changed_byte_is_named_before_anything_is_loaded(shipped, file, load):
    path = shipped / "crnn" / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(RunError, match=rf"crnn/{file} is damaged.*SHA-256.*{REMEDIES[file]}"):
        load(shipped_run("crnn"))


@pytest.mark.parametrize(("file", "load"), LOADERS)
def test_a_file_that_is_not_there_is_named(shipped, file, load):
    (shipped / "crnn" / file).unlink()
    with pytest.raises(RunError, match=rf"crnn/{file} cannot be read .*No such.*{REMEDIES[file]}"):
        load(shipped_run("crnn"))


def test_shipped_weights_that_nobody_listed_are_refused(shipped):
    (shipped / "SHA256SUMS").write_text("")
    with pytest.raises(RunError, match="SHA256SUMS says nothing"):
        Classifier(shipped_run("crnn"))
    (shipped / "SHA256SUMS").unlink()
    with pytest.raises(RunError, match="no shipped weights can be trusted"):
        Classifier(shipped_run("crnn"))


def test_shipping_brings_the_list_up_to_date(shipped, tmp_path):
    own = Run(tmp_path / "own")
    shutil.copytree(shipped / "crnn", own.path)
    with own.weights_path.open("ab") as file:
        file.write(b"\0")
    before = weights.read_list()
    weights.read_verified(release.ship(own).weights_path)
    assert weights.read_list() != before


def test_one_file_is_listed_anew_and_no_other(shipped):
    before = weights.read_list()
    for file in ("model.weights.h5", "model.onnx"):
        with (shipped / "crnn" / file).open("ab") as altered:
            altered.write(b"\0")
    weights.list_anew(shipped / "crnn" / "model.onnx")
    after = weights.read_list()
    assert after["crnn/model.onnx"] != before["crnn/model.onnx"]
    assert after["crnn/model.weights.h5"] == before["crnn/model.weights.h5"]


class Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


def own_run(folder) -> Run:
    return Run.create(folder / "own", shipped_run("crnn").config)


def test_pickled_weights_are_refused_unopened(tmp_path):
    run = own_run(tmp_path)
    run.weights_path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(RunError, match="does not hold the weights of crnn"):
        keras_network(run)
    assert not (tmp_path / "sprung").exists()


def test_a_saved_model_with_code_in_it_is_refused(tmp_path):
    import keras

    source = keras.Sequential([keras.layers.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    source.save(tmp_path / "model.keras")
    run = own_run(tmp_path)
    shutil.copyfile(tmp_path / "model.keras", run.weights_path)
    with pytest.raises(RunError, match="does not hold the weights of crnn"):
        keras_network(run)


def test_weights_that_point_into_another_file_are_refused(tmp_path):
    run = own_run(tmp_path)
    shutil.copyfile(shipped_run("crnn").weights_path, run.weights_path)
    with h5py.File(run.weights_path, "r+") as file:
        names = []
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
        shape = file[names[0]].shape
        size = int(np.prod(shape)) * 4
        (tmp_path / "secret").write_bytes(bytes(size))
        del file[names[0]]
        file.create_dataset(names[0], shape, "f4", external=[(str(tmp_path / "secret"), 0, size)])
    with pytest.raises(RunError, match="does not hold the weights of crnn"):
        keras_network(run)


def test_weights_that_are_missing_are_named(tmp_path):
    with pytest.raises(RunError, match=r"model\.weights\.h5 cannot be read"):
        keras_network(own_run(tmp_path))


def test_weights_of_another_network_are_refused(tmp_path):
    run = own_run(tmp_path)
    run.weights_path.write_bytes(shipped_run("cnn").weights_path.read_bytes())
    with pytest.raises(RunError, match="does not hold the weights of crnn"):
        keras_network(run)
