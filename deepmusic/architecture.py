"""What is inside a network: its layers as rows and as a diagram, read from the Keras model."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

#: What a layer is for, in a phrase: by its name where that says more than its kind.
_PURPOSES = {
    "window": "takes in 3 s of sound as a mel-spectrogram",
    "unit_range": "brings levels of 0 to 255 to 0 to 1",
    "time_first": "turns the picture, so that time comes first",
    "less_band_means": "takes every band's mean away: changes stay, the recording's colour goes",
    "level_bands": "brings every mel band to a common level",
    "one_channel": "makes it a picture of one colour",
    "halve": "halves the resolution, so that the GRU has less to read",
    "drop_channel": "back from a picture to steps in time",
    "both_branches": "puts what both branches found side by side",
    "embedding": "sums the window up in a few numbers",
    "genres": "one share for each genre; all sum to 1",
    "Conv2D": "slides small filters over time and pitch, looking for patterns",
    "Conv1D": "slides filters along time, looking for short events",
    "MaxPooling2D": "keeps the strongest of every 2 x 2 values",
    "MaxPooling1D": "keeps the stronger of every two steps",
    "BatchNormalization": "keeps values in a common range, so that training goes on steadily",
    "ReLU": "drops what is negative, so that layers can add up to more than one",
    "Dropout": "in training, forgets values at random, against learning by heart",
    "Flatten": "lays the picture out as one long row of numbers",
    "LSTM": "reads the steps in order and remembers what mattered",
    "GRU": "reads the steps in order and remembers what mattered",
    "Bidirectional": "reads the steps forwards and backwards, and remembers what mattered",
    "Dense": "weighs all values against each other",
}

#: Colours of the diagram, with ink that reads on them, on light pages and on dark ones.
_INK = "#1c1a27"
_FILLS = {"sound": "#d9d6e8", "see": "#a9cfee", "remember": "#f3c19d", "decide": "#a5dcc8"}
_LINE = "#85828f"


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    Attributes
    ----------
    name, kind : str
        Such as ``conv_1`` and ``Conv2D``.
    output : tuple of int
        Shape of what it gives for one window.
    parameters : int
        Numbers that it learns or, in batch normalisation, keeps.
    purpose : str
        What it is for, in a phrase; empty for a kind we have no words for.
    inputs : tuple of str
        Names of the layers that it reads.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    purpose: str
    inputs: tuple[str, ...]

    @property
    def shape(self) -> str:
        """The output's shape, for people to read."""
        return " \N{MULTIPLICATION SIGN} ".join(map(str, self.output))


def describe(network: "keras.Model") -> list[Layer]:
    """List the layers of a functional Keras model, from the input on."""
    name_of = {id(layer.output): layer.name for layer in network.layers}
    layers = []
    for layer in network.layers:
        kind = type(layer).__name__
        read = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = tuple(name_of[id(tensor)] for tensor in read if id(tensor) in name_of)
        if kind == "Bidirectional":
            shown = f"Bidirectional {type(layer.forward_layer).__name__}"
        else:
            shown = kind
        layers.append(
            Layer(
                name=layer.name,
                kind=shown,
                output=tuple(layer.output.shape[1:]),
                parameters=layer.count_params(),
                purpose=_PURPOSES.get(layer.name) or _PURPOSES.get(kind, ""),
                inputs=() if kind == "InputLayer" else inputs,
            )
        )
    return layers


def to_dot(layers: list[Layer]) -> str:
    """Draw a network top to bottom, as graphviz' DOT; a box is a block or a layer of note.

    Layers that only turn, level or drop values go into the box of the layer before them; each arrow
    says the shape of what it carries. A box is a list of layers, and its number its name.
    """
    box_of: dict[str, int] = {}
    boxes: list[list[Layer]] = []
    n_readers = Counter(name for layer in layers for name in layer.inputs)
    for layer in layers:
        before = layer.inputs[0] if len(layer.inputs) == 1 else None
        if before and n_readers[before] == 1 and _belongs(layer, boxes[box_of[before]]):
            box_of[layer.name] = box_of[before]
            boxes[box_of[before]].append(layer)
        else:
            box_of[layer.name] = len(boxes)
            boxes.append([layer])
    lines = [
        "digraph {",
        '  bgcolor="transparent"; rankdir=TB; nodesep=0.5; ranksep=0.3;',
        f'  node [shape=box, style="filled,rounded", penwidth=0, fontname="Helvetica",'
        f' fontsize=13, fontcolor="{_INK}", margin="0.2,0.1"];',
        f'  edge [color="{_LINE}", fontcolor="{_LINE}", fontname="Helvetica", fontsize=12];',
    ]
    for number, box in enumerate(boxes):
        lines.append(f'  {number} [label="{_label(box)}", fillcolor="{_fill(box)}"];')
    for number, box in enumerate(boxes):
        for name in box[0].inputs:
            carried = next(layer for layer in layers if layer.name == name)
            lines.append(f'  {box_of[name]} -> {number} [label="  {carried.shape}"];')
    return "\n".join([*lines, "}"])


def _index(layer: Layer) -> str | None:
    """Return the number of the block that a layer stands in."""
    match = re.fullmatch(r".+_(\d+)", layer.name)
    return match[1] if match else None


def _belongs(layer: Layer, box: list[Layer]) -> bool:
    if _index(layer):
        return _index(layer) == _index(box[0])
    if layer.kind in ("Dropout", "Reshape"):
        return True
    return box[0].kind == "InputLayer" and layer.kind in _PREPARING


_PREPARING = ("Rescaling", "Permute", "LessMean", "BatchNormalization")


def _label(box: list[Layer]) -> str:
    first = box[0]
    if _index(first):
        title = f"Block {_index(first)}"
    elif first.kind == "InputLayer":
        title = "Window of sound"
    else:
        title = _TITLES.get(first.name, first.kind)
    steps = [_step(layer) for layer in box]
    if len(steps) == 1 and steps[0] == title:
        return title
    # Two to a line keeps boxes narrow enough for two branches side by side; the first is longest.
    rest = [", ".join(steps[start : start + 2]) for start in range(1, len(steps), 2)]
    return "\\n".join([title, steps[0], *rest])


_TITLES = {
    "flatten": "Laid out in a row",
    "lstm": "Memory",
    "both_ways": "Memory, both ways",
    "halve": "Half the resolution",
    "both_branches": "Side by side",
    "embedding": "Summary",
    "genres": "Ten genres",
}

_STEPS = {
    "InputLayer": "mel-spectrogram",
    "Rescaling": "0 to 1",
    "Permute": "time first",
    "LessMean": "less the bands' means",
    "BatchNormalization": "normalise",
    "MaxPooling2D": "max-pool",
    "MaxPooling1D": "max-pool",
    "Dropout": "dropout",
    "Reshape": "reshape",
}


def _step(layer: Layer) -> str:
    step = _STEPS.get(layer.kind, layer.kind)
    if layer.kind in ("Conv1D", "Conv2D"):
        return f"{step}, {layer.output[-1]} filters"
    if layer.kind.startswith(("LSTM", "GRU", "Bidirectional", "Dense")):
        return f"{step}, {layer.output[-1]} units"
    return step


def _fill(box: list[Layer]) -> str:
    kind = box[0].kind
    if kind.startswith("Conv"):
        return _FILLS["see"]
    if kind.startswith(("LSTM", "GRU", "Bidirectional")):
        return _FILLS["remember"]
    if kind == "Dense":
        return _FILLS["decide"]
    return _FILLS["sound"]
