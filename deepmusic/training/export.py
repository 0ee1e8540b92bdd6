"""Export of trained networks to ONNX, for `deepmusic.prediction.network`."""

import json
import warnings as python_warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

from deepmusic import models
from deepmusic.files import write_atomically
from deepmusic.models import describe
from deepmusic.prediction import network as exported
from deepmusic.runs import Run, weights


def export_run(run: Run) -> Path:
    """Export the network of a run from its weights; return the file.

    Raises
    ------
    RunError
        If the weights are missing or damaged.
    """
    network = models.build(run.config.model)
    weights.load(network, run)
    return export(network, run)


def export(network: keras.Model, run: Run) -> Path:
    """Write a trained network beside its weights, with all outputs that are looked at.

    Parameters
    ----------
    network : keras.Model
        As `deepmusic.models.build` makes it, with the weights of the run.
    run : Run
        Its run.

    Returns
    -------
    Path
        ``run.network_path``.
    """
    outputs = _outputs(network)
    model = keras.Model(network.input, list(outputs.values()), name=network.name)
    # Keras traces a model that was called.
    model(np.zeros((1, *network.input.shape[1:]), np.float32))
    about = {
        "format": exported.FORMAT,
        "model": run.config.model.model_dump(mode="json"),
        "layers": describe.list_layers(network),
        "kernel": _kernel(network),
    }
    with TemporaryDirectory() as folder, python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        path = Path(folder, "model.onnx")
        model.export(path, format="onnx", verbose=False)
        data = _finish(path, list(outputs), about)
    write_atomically(run.network_path, data)
    weights.list_anew(run.network_path)
    return run.network_path


def _outputs(network: keras.Model) -> dict[str, keras.KerasTensor]:
    """Return the outputs of a network by name; an LSTM that is in it is not computed twice."""
    outputs = {
        exported.PROBABILITIES: network.output,
        exported.EMBEDDING: network.get_layer("embedding").output,
    }
    if network.name not in models.MODELS:
        return outputs
    by_name = {layer.name: layer for layer in network.layers}
    if convolution := by_name.get(exported.CONVOLUTION):
        outputs[exported.CONVOLUTION] = convolution.output
    if lstm := by_name.get("lstm"):
        # The converter merges the two, which differ in what they return alone.
        twin = keras.layers.LSTM(lstm.units, return_sequences=True, name=exported.STATES)
        states = outputs[exported.STATES] = twin(lstm.input)
        twin.set_weights(lstm.get_weights())
        embedding = by_name["embedding"](states)
        outputs[exported.STATE_PROBABILITIES] = by_name["genres"](embedding)
    if both_ways := by_name.get("both_ways"):
        outputs |= _branches(both_ways, by_name)
    return outputs


def _branches(
    both_ways: keras.layers.Bidirectional, by_name: dict[str, keras.layers.Layer]
) -> dict[str, keras.KerasTensor]:
    """Return what the two branches of the CNN-GRU compute, each alone."""
    units = both_ways.forward_layer.units
    gru = keras.layers.GRU(units, return_sequences=True)
    # Backwards, its steps are turned to the order of time.
    twin = keras.layers.Bidirectional(gru, name=exported.BOTH_WAYS)
    states = twin(both_ways.input)
    twin.set_weights(both_ways.get_weights())
    convolved, recurrent = by_name["both_branches"].input
    alone = [
        keras.layers.Concatenate()([convolved, keras.layers.Rescaling(0.0)(recurrent)]),
        keras.layers.Concatenate()([keras.layers.Rescaling(0.0)(convolved), recurrent]),
    ]
    answers = [by_name["genres"](by_name["embedding"](one)) for one in alone]
    stacked = keras.layers.Concatenate(axis=1)(
        [keras.layers.Reshape((1, one.shape[-1]))(one) for one in answers]
    )
    return {exported.BOTH_WAYS: states, exported.BRANCH_PROBABILITIES: stacked}


def _kernel(network: keras.Model) -> list[Any] | None:
    """Return the weights of the first convolution, if it is in 2D."""
    if network.name not in models.MODELS:
        return None
    layer = next((one for one in network.layers if one.name == exported.CONVOLUTION), None)
    return np.asarray(layer.kernel).tolist() if isinstance(layer, keras.layers.Conv2D) else None


def _finish(path: Path, outputs: list[str], about: dict[str, Any]) -> bytes:
    """Return a file of Keras with our names of inputs and outputs, and the metadata."""
    import onnx

    proto = onnx.load(path)
    graph = proto.graph
    names = {graph.input[0].name: exported.WINDOW}
    names |= {value.name: name for value, name in zip(graph.output, outputs, strict=True)}
    for node in graph.node:
        for values in (node.input, node.output):
            values[:] = [names.get(value, value) for value in values]
    for value in (*graph.input, *graph.output):
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "windows"
    onnx.helper.set_model_props(proto, {exported.METADATA_KEY: json.dumps(about)})
    onnx.checker.check_model(proto)
    return proto.SerializeToString()
