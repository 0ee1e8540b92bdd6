"""Exported networks against Keras. Run with ``python benchmarks/onnx_fidelity.py``.

All windows of 100 clips of GTZAN (of the synthetic bands, where it is not available) go through
every shipped network in Keras, from its weights, and in ONNX Runtime, from its export. Printed is
the largest difference of each output, and beside it the output's largest value. The exit code is 1
if one differs by more than a hundred-thousandth of that (of 1, for small outputs).
"""

import argparse
import os
import sys
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import keras
import numpy as np

from deepmusic import models, prediction
from deepmusic.audio import features, song_from_array, synth
from deepmusic.config import GTZAN_GENRES, MelConfig
from deepmusic.data import open_dataset
from deepmusic.errors import DatasetError
from deepmusic.prediction.network import (
    BOTH_WAYS,
    BRANCH_PROBABILITIES,
    CONVOLUTION,
    EMBEDDING,
    PROBABILITIES,
    STATE_PROBABILITIES,
    STATES,
    Network,
)
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL
from deepmusic.runs import Run, shipped_run, weights

TOLERANCE = 1e-5
BATCH = 200


class Difference(NamedTuple):
    """Largest difference of an output, and its largest value."""

    largest: float
    value: float

    @property
    def relative(self) -> float:
        """Of the largest value, or of 1 where that is less."""
        return self.largest / max(1.0, self.value)


def keras_network(run: Run) -> keras.Model:
    """Return the Keras network of a run, with its weights."""
    network = models.build(run.config.model)
    weights.load(network, run)
    return network


def keras_outputs(network: keras.Model) -> dict[str, keras.KerasTensor]:
    """Return what an export must hold, by name; states by a layer of another kind."""
    layers = {layer.name: layer for layer in network.layers}
    outputs = {
        PROBABILITIES: layers["genres"].output,
        EMBEDDING: layers["embedding"].output,
        CONVOLUTION: layers["conv_1"].output,
    }
    if lstm := layers.get("lstm"):
        states = keras.layers.RNN(lstm.cell, return_sequences=True)(lstm.input)
        outputs |= {STATES: states}
        outputs |= {STATE_PROBABILITIES: layers["genres"](layers["embedding"](states))}
    if both_ways := layers.get("both_ways"):
        cells = both_ways.forward_layer.cell, both_ways.backward_layer.cell
        states = [
            keras.layers.RNN(cell, return_sequences=True, go_backwards=back)(both_ways.input)
            for cell, back in zip(cells, (False, True), strict=True)
        ]
        states[1] = keras.ops.flip(states[1], axis=1)
        outputs[BOTH_WAYS] = keras.ops.concatenate(states, axis=2)
        convolved, recurrent = layers["both_branches"].input
        outputs[BRANCH_PROBABILITIES] = keras.ops.stack(
            [
                layers["genres"](layers["embedding"](keras.ops.concatenate(one, axis=1)))
                for one in ([convolved, 0 * recurrent], [0 * convolved, recurrent])
            ],
            axis=1,
        )
    return outputs


def differences(run: Run, frames: np.ndarray) -> dict[str, Difference]:
    """Return the difference of each output of a run's export for windows [n, n_mels, n_frames]."""
    network, exported = keras_network(run), Network(run)
    outputs = keras_outputs(network)
    assert set(exported.outputs) == set(outputs), (exported.outputs, list(outputs))
    function = keras.Function(network.input, list(outputs.values()))
    found = dict.fromkeys(outputs, Difference(0.0, 0.0))
    for part in np.split(frames, range(BATCH, len(frames), BATCH)):
        expected = map(np.asarray, function(part.astype(np.float32)))
        for name, ours, theirs in zip(
            outputs, exported.run(part, list(outputs)), expected, strict=True
        ):
            largest, value = float(np.abs(ours - theirs).max()), float(np.abs(theirs).max())
            found[name] = Difference(max(largest, found[name][0]), max(value, found[name][1]))
    return found


def load_clips(mel: MelConfig, n_clips: int) -> list[np.ndarray]:
    """Return log-mels of GTZAN's clips, evenly over the genres, or of the synthetic bands."""
    try:
        dataset = open_dataset("gtzan")
        tracks = sorted(dataset.tracks)[:: max(1, len(dataset.tracks) // n_clips)][:n_clips]
        return list(dataset.log_mels(tracks, mel).by_track.values())
    except DatasetError as error:
        print(f"{error}\nThe synthetic bands instead:")
    songs = [
        song_from_array(synth.play(genre, seed=seed), sample_rate=mel.sample_rate)
        for seed in range(-(-n_clips // len(GTZAN_GENRES)))
        for genre in GTZAN_GENRES
    ]
    return [prediction.compute_log_mels(song, mel)[0].frames for song in songs[:n_clips]]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=100)
    options = parser.parse_args()
    config = models.spec("cnn").config
    clips = load_clips(config.mel, options.clips)
    frames = np.concatenate([features.windows(clip, config.window_frames) for clip in clips])
    print(f"{len(clips)} clips, {len(frames)} windows")
    print(f"{'network':24} {'output':20} {'difference':>12} {'largest value':>14} {'relative':>10}")
    worst = 0.0
    for protocol in (BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL):
        for name in models.MODELS:
            for output, found in differences(shipped_run(name, protocol), frames).items():
                worst = max(worst, found.relative)
                print(
                    f"{name + ', ' + str(protocol):24} {output:20} {found.largest:12.1e} "
                    f"{found.value:14.2f} {found.relative:10.1e}",
                    flush=True,
                )
    return worst > TOLERANCE


if __name__ == "__main__":
    sys.exit(main())
