"""The layers of a network as a table, read from the Keras model."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import pandas as pd


#: Purpose of a layer in a phrase: by its name where that says more than its kind.
_PURPOSES = {
    "window": "takes in 3 s of sound as a mel-spectrogram",
    "unit_range": "brings levels of 0 to 255 to 0 to 1",
    "time_first": "transposes the log-mel, so that time comes first",
    "subtract_band_means": "subtracts every band's mean: changes stay, the spectral envelope goes",
    "log_power": "brings bytes to musicnn's logarithm of power",
    "level_bands": "brings every mel band to a common level",
    "one_channel": "adds a channel, as for a grey image",
    "halve": "halves the resolution, so that the GRU has less to read",
    "drop_channel": "drops the channel: steps in time again",
    "both_branches": "concatenates the features of both branches",
    "embedding": "sums the window up in a few numbers",
    "genres": "one probability for each genre; all sum to 1",
    "Conv2D": "slides small filters over time and pitch, looking for patterns",
    "Conv1D": "slides filters along time, looking for short events",
    "MaxPooling2D": "keeps the strongest of every 2 x 2 values",
    "MaxPooling1D": "keeps the stronger of every two steps",
    "BatchNormalization": "keeps values in a common range, so that training goes on steadily",
    "ReLU": "drops what is negative, so that layers can add up to more than one",
    "PadTime": "adds silent frames on both sides, so that filters reach the edges",
    "MaxOverBands": "keeps the strongest band, wherever in pitch it is",
    "PoolTime": "keeps the maximum and the mean over the 3 s",
    "Dropout": "in training, drops values at random, against overfitting",
    "Flatten": "lays all values out as one long row of numbers",
    "LSTM": "reads the steps in order and remembers what mattered",
    "GRU": "reads the steps in order and remembers what mattered",
    "Bidirectional": "reads the steps forwards and backwards, and remembers what mattered",
    "Dense": "weighs all values against each other",
}


def list_layers(network: "keras.Model") -> list[dict[str, Any]]:
    """Return the layers of a functional Keras model, from the input on.

    Returns
    -------
    list of dict
        ``Layer`` (its name), ``Kind``, ``Reads`` (layers other than the one in the row above),
        ``Output`` (shape for one window) and ``Parameters`` (learnt or, in batch normalisation,
        kept).
    """
    name_of = {id(layer.output): layer.name for layer in network.layers}
    rows, above = [], None
    for layer in network.layers:
        kind = type(layer).__name__
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        read = [name_of[id(tensor)] for tensor in inputs if kind != "InputLayer"]
        inner = f" {type(layer.forward_layer).__name__}" if kind == "Bidirectional" else ""
        rows.append(
            {
                "Layer": layer.name,
                "Kind": kind + inner,
                "Reads": "" if read == [above] else ", ".join(read),
                "Output": " \N{MULTIPLICATION SIGN} ".join(map(str, layer.output.shape[1:])),
                "Parameters": layer.count_params(),
            }
        )
        above = layer.name
    return rows


def layer_table(layers: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """Return the rows of `list_layers` as a table, with ``What it is for``, in a phrase."""
    import pandas as pd

    table = pd.DataFrame(layers)
    table["What it is for"] = [
        _PURPOSES.get(row["Layer"]) or _PURPOSES.get(row["Kind"].split()[0], "") for row in layers
    ]
    return table
