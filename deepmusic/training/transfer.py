"""Transfer learning: musicnn's weights, and outputs of frozen layers, computed once a window."""

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from deepmusic.audio.features import windows
from deepmusic.config import FINETUNE, FROZEN, TrainConfig
from deepmusic.prediction.measures import read_shipped

#: Layer up to which a network is frozen. Behind `pooled` lies the last block: what it weighs, 1,506
#: statistics of 3 s, and the embedding.
_CUTS = {FROZEN: "embedding", FINETUNE: "pooled"}

#: Windows that go through the frozen layers at once.
_BATCH = 16


def load_trunk(network: keras.Model) -> None:
    """Fill the layers that musicnn has with its shipped weights; raise `ModelError` without them.

    Its file holds batch normalisation as factor and summand, which stand for all four numbers.
    """
    import onnx

    graph = onnx.load_model_from_string(read_shipped("musicnn.onnx")).graph
    values = {
        tensor.name.removesuffix("_half"): onnx.numpy_helper.to_array(tensor).astype(np.float32)
        for tensor in graph.initializer
    }
    weights: dict[str, list[np.ndarray]] = {}
    for node in graph.node:
        constants = [values[name] for name in node.input if name in values]
        if node.op_type == "Conv":
            kernel, bias = constants
            weights[_layer_of(node.input[1])] = [kernel.transpose(2, 3, 1, 0), bias]
        elif node.op_type == "MatMul":
            weights[_layer_of(node.input[1])] = constants
        elif node.op_type == "Mul":
            weights[_layer_of(node.input[1])] = [constants[0].ravel()]
        elif node.op_type == "Add" and constants:
            # The bias of a dense layer, or the summand of a normalisation.
            weights[_layer_of(node.input[0])].append(constants[0].ravel())
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            factor, summand = weights[layer.name]
            mean = np.zeros_like(factor)
            layer.set_weights([factor, summand, mean, mean + 1 - layer.epsilon])
        elif layer.weights and layer.name != "genres":
            layer.set_weights(weights[layer.name])


def _layer_of(name: str) -> str:
    """Return the layer in a name such as ``musicnn_1/conv_0_1/Relu:0``."""
    return name.split("/")[1].removesuffix("_1")


def split_network(network: keras.Model, transfer: str) -> tuple[keras.Model, keras.Model]:
    """Load musicnn's weights, and return the frozen part of a network and the one that learns."""
    load_trunk(network)
    middle = network.get_layer(_CUTS[transfer]).output
    learning = keras.Model(middle, network.output, name="learning")
    for layer in learning.layers:
        # The means and variances of 200,000 songs are better than those of a few hundred clips.
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    return keras.Model(network.input, middle, name="frozen"), learning


def compute_outputs(
    frozen: keras.Model,
    log_mels: Mapping[str, np.ndarray],
    width: int,
    on_progress: Callable[[int, int], None],
) -> list[np.ndarray]:
    """Return the frozen part's outputs for each clip's windows [shape=(n_windows, n_outputs)]."""
    found = []
    for done, clip in enumerate(log_mels.values(), start=1):
        batch = windows(clip, width).astype(np.float32)
        parts = np.split(batch, range(_BATCH, len(batch), _BATCH))
        found.append(np.concatenate([np.asarray(frozen.predict_on_batch(part)) for part in parts]))
        on_progress(done, len(log_mels))
    return found


class RandomOutputs(keras.utils.PyDataset):
    """Batches of random windows, as of `RandomWindows`, of which the frozen part is computed."""

    def __init__(
        self,
        outputs: Sequence[np.ndarray],
        targets: np.ndarray,
        train: TrainConfig,
    ) -> None:
        super().__init__()
        self._outputs = np.concatenate(outputs)
        self._firsts = np.cumsum([0, *map(len, outputs)])
        self._targets = targets.astype(np.float32)
        self._train = train
        self.draw(epoch=0)

    def draw(self, epoch: int) -> None:
        """Draw the windows of an epoch: so many of each clip, with replacement."""
        rng = np.random.default_rng((self._train.seed, epoch))
        clips = np.repeat(np.arange(len(self._targets)), self._train.windows_per_clip)
        self._clips = rng.permutation(clips)
        room = np.diff(self._firsts)[self._clips]
        self._rows = self._firsts[self._clips] + rng.integers(0, room)

    def __len__(self) -> int:
        return -(-len(self._clips) // self._train.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(index * self._train.batch_size, (index + 1) * self._train.batch_size)
        return self._outputs[self._rows[part]], self._targets[self._clips[part]]
