"""What the pretrained network costs. Run with ``python benchmarks/pretrained.py``.

The time of its answer about 30 s is told as a multiple of what its multiply-adds take at this
machine's peak, which a product of large matrices shows in the same run, round by round in turn; and
so is the time of a first answer, from two windows. Then the memory that it adds to a process with
the paper's three networks: loaded, and after ten songs.
"""

import argparse
import ctypes
import os
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import onnx

from deepmusic import audio, models, prediction
from deepmusic.audio import synth
from deepmusic.files import ROOT
from deepmusic.prediction.pretrained import WINDOW_FRAMES, PretrainedClassifier
from deepmusic.protocols import DEPLOYED_PROTOCOL

#: Rows and columns of the matrices whose product shows the peak.
N = 1536


def multiply_adds() -> int:
    """Return how many multiply-adds a window takes: those of convolutions and products."""
    network = onnx.load(str(ROOT / "assets" / "musicnn" / "musicnn.onnx"))
    network.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    graph = onnx.shape_inference.infer_shapes(network).graph
    shapes = {one.name: list(one.dims) for one in graph.initializer}
    for one in graph.value_info:
        shapes[one.name] = [axis.dim_value or 1 for axis in one.type.tensor_type.shape.dim]
    for node in graph.node:  # Weights are stored in half precision.
        if node.op_type == "Cast" and node.input[0] in shapes:
            shapes[node.output[0]] = shapes[node.input[0]]
    outputs = {"Conv": lambda out, weight: np.prod(out) * np.prod(weight[1:])}
    outputs["MatMul"] = outputs["Gemm"] = lambda out, weight: np.prod(weight)
    return sum(
        int(outputs[node.op_type](shapes.get(node.output[0], [1]), shapes[node.input[1]]))
        for node in graph.node
        if node.op_type in outputs
    )


def megabytes() -> float:
    """Return the memory of this process once freed memory is given back (Linux)."""
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    samples = synth.play("jazz", seconds=30, seed=1)
    song = audio.song_from_array(samples, sample_rate=audio.SAMPLE_RATE)
    prediction.classify(song, prediction.load_classifiers(list(models.MODELS), DEPLOYED_PROTOCOL))
    alone = megabytes()
    network = PretrainedClassifier()
    network.predict(song)
    loaded = megabytes()
    for _ in range(10):
        network.predict(song)
    print(f"memory: {alone:.0f} MB without it, {loaded - alone:+.0f} MB after a song, ", end="")
    print(f"{megabytes() - alone:+.0f} MB after ten more")

    n_windows = 30 * 16_000 // 256 // WINDOW_FRAMES
    work = multiply_adds() * n_windows
    matrix = np.random.default_rng(0).normal(size=(N, N)).astype(np.float32)
    asked = {
        "peak": lambda: matrix @ matrix,
        "answer": lambda: network.predict(song),
        "first answer": lambda: network.trunk.embed(song, every=5),
    }
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(options.rounds):
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            times[name].append(time.perf_counter() - began)
    least = min(times["peak"]) * work / N**3
    print(
        f"{work / 1e9:.1f} G multiply-adds in {n_windows} windows; at the peak {1e3 * least:.0f} ms"
    )
    for name in ("answer", "first answer"):
        median, fastest = statistics.median(times[name]), min(times[name])
        print(
            f"{name:13} {1e3 * median:4.0f} ms (fastest {1e3 * fastest:.0f}), "
            f"{fastest / least:.2f} of the peak's time; load {os.getloadavg()[0]:.1f}"
        )


if __name__ == "__main__":
    main()
