"""Convert musicnn's weights to ONNX: ``python tools/convert_musicnn.py WHEEL [CHECKPOINT]``.

WHEEL is musicnn 0.1.0 (``pip download --no-deps musicnn==0.1.0``), whose code needs versions of
TensorFlow that are gone; only its checkpoints are read. CHECKPOINT is MSD_musicnn (which is
shipped) or MTT_musicnn. Writes ``assets/musicnn/musicnn.onnx`` (numbers of 16 bits, computed in 32)
and its licence. Needs TensorFlow.
"""

import argparse
import hashlib
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
CHECKPOINTS = ("MSD_musicnn", "MTT_musicnn")
TARGET = Path(__file__).resolve().parent.parent / "assets" / "musicnn"

#: Layers by the names of the checkpoint.
_KERNELS = {f"conv_{i}": f"conv2d_{i}" if i else "conv2d" for i in range(8)} | {
    "dense": "dense",
    "tags": "dense_1",
}
_NORMS = {
    f"norm_{i}": f"batch_normalization_{i}" if i else "batch_normalization" for i in range(10)
}
_NORMS["embedding"] = "batch_normalization_10"


def build_from_wheel(wheel: Path, checkpoint: str = CHECKPOINTS[0]):
    """Return musicnn in Keras with the weights of a checkpoint in the wheel."""
    import tensorflow as tf  # noqa: TID251 (nothing else reads its checkpoints)

    from deepmusic.models import musicnn

    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        raise SystemExit(
            f"{wheel} is not musicnn 0.1.0 as it lies on PyPI: its SHA-256 should be "
            f"{WHEEL_SHA256}. Received: {found}"
        )
    network = musicnn.build()
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        for suffix in ("data-00000-of-00001", "index"):
            data = archive.read(f"musicnn/{checkpoint}/.{suffix}")
            Path(folder, f"weights.{suffix}").write_bytes(data)
        reader = tf.train.load_checkpoint(str(Path(folder, "weights")))
        for layer, name in _KERNELS.items():
            kernel, bias = (reader.get_tensor(f"{name}/{part}") for part in ("kernel", "bias"))
            network.get_layer(layer).set_weights([kernel, bias])
        for layer, name in _NORMS.items():
            parts = ("gamma", "beta", "moving_mean", "moving_variance")
            network.get_layer(layer).set_weights(
                [reader.get_tensor(f"{name}/{part}") for part in parts]
            )
    return network


def export(network, path: Path) -> None:
    """Write a network as ONNX whose large numbers are stored with 16 bits."""
    import onnx
    import onnx.numpy_helper

    network(np.zeros((1, *network.input_shape[1:]), np.float32))  # Keras wants to have seen one.
    network.export(str(path), format="onnx", verbose=False)
    model = onnx.load(str(path))
    graph = model.graph
    casts = []
    for tensor in list(graph.initializer):
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 64:
            continue
        name = tensor.name
        half = onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}_half")
        graph.initializer.remove(tensor)
        graph.initializer.append(half)
        casts.append(onnx.helper.make_node("Cast", [half.name], [name], to=onnx.TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
    for output, name in zip(graph.output, ("embedding", "tags"), strict=True):
        for node in graph.node:
            node.output[:] = [name if one == output.name else one for one in node.output]
            node.input[:] = [name if one == output.name else one for one in node.input]
        output.name = name
    model.producer_name, model.doc_string = "deepmusic", ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def main() -> None:
    """Convert as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("checkpoint", nargs="?", choices=CHECKPOINTS, default=CHECKPOINTS[0])
    options = parser.parse_args()
    TARGET.mkdir(parents=True, exist_ok=True)
    target = TARGET / ("musicnn.onnx" if options.checkpoint == CHECKPOINTS[0] else "mtt.onnx")
    export(build_from_wheel(options.wheel, options.checkpoint), target)
    with zipfile.ZipFile(options.wheel) as archive:
        (TARGET / "LICENSE").write_bytes(archive.read("musicnn-0.1.0.dist-info/LICENSE.md"))
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if options.checkpoint == CHECKPOINTS[0]:
        (TARGET / "SHA256SUMS").write_text(f"{digest}  {target.name}\n")
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
