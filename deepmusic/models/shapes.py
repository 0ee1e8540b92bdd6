"""Layers, shapes and parameters of the paper's networks, computed without building them.

A form can show them at each change of a setting, while TensorFlow alone would take seconds to
import. Tests hold this to Keras.
"""

from dataclasses import dataclass, field
from math import prod
from typing import Any

from deepmusic.audio import features
from deepmusic.config import ModelConfig
from deepmusic.errors import ModelError
from deepmusic.models.registry import MODELS, title

Shape = tuple[int, ...]

#: Largest network that is trained here: 50 million parameters and their optimiser are 600 MB.
MOST_PARAMETERS = 50_000_000


@dataclass
class _Layers:
    """Rows of a table of layers, and the shape that the next one reads."""

    config: ModelConfig
    shape: Shape
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, kind: str, shape: Shape | None = None, parameters: int = 0) -> None:
        self.shape = shape or self.shape
        text = " \N{MULTIPLICATION SIGN} ".join(map(str, self.shape))
        self.rows.append({"Layer": name, "Kind": kind, "Output": text, "Parameters": parameters})

    def normalize(self, name: str) -> None:
        if self.config.normalize:
            self.add(name, "BatchNormalization", parameters=4 * self.shape[-1])

    def pool(self, name: str, kind: str) -> None:
        halved = tuple(size // 2 for size in self.shape[:-1])
        if not all(halved):
            raise ModelError(
                f"Each layer halves its input, and {len(self.config.filters)} layers leave nothing "
                f"of {self.config.window_frames} frames and {self.config.mel.n_mels} bands. Use "
                "fewer layers or more bands."
            )
        self.add(name, kind, (*halved, self.shape[-1]))

    def dense(self, name: str, units: int) -> None:
        self.add(name, "Dense", (units,), (self.shape[-1] + 1) * units)


def list_shapes(config: ModelConfig) -> list[dict[str, Any]]:
    """Return the layers of one of `deepmusic.models.MODELS`, from the input on.

    Returns
    -------
    list of dict
        ``Layer``, ``Kind``, ``Output`` and ``Parameters``, as of
        `deepmusic.models.describe.list_layers`; branches stand one after the other.

    Raises
    ------
    ModelError
        If the network is another one, or cannot be built or trained with these settings.
    """
    if config.name not in MODELS:
        raise ModelError(f"Choose a network: {', '.join(MODELS)}. Received: {config.name!r}")
    _refuse_impossible(config)
    frames, bands = config.window_frames, config.mel.n_mels
    table = _Layers(config, (bands, frames))
    table.add("window", "InputLayer")
    table.add("unit_range", "Rescaling")
    table.add("time_first", "Permute", (frames, bands))
    if config.level_window:
        table.add("subtract_band_means", "SubtractMean")
    table.normalize("level_bands")
    (_add_crnn if config.name == "crnn" else _add_images)(table)
    table.add("dropout_features", "Dropout")
    table.dense("embedding", config.dense_units)
    table.add("dropout_embedding", "Dropout")
    table.dense("genres", len(config.genres))
    if (total := count_parameters(table.rows)) > MOST_PARAMETERS:
        raise ModelError(
            f"The {title(config.name)} would have {total:,} parameters; {MOST_PARAMETERS:,} are "
            "the most here. Use fewer filters or units."
        )
    return table.rows


def count_parameters(rows: list[dict[str, Any]]) -> int:
    """Return the number of parameters of all layers of a table."""
    return sum(row["Parameters"] for row in rows)


def _add_crnn(table: _Layers) -> None:
    config = table.config
    for index, filters in enumerate(config.filters, start=1):
        steps, channels = table.shape
        table.add(
            f"conv_{index}", "Conv1D", (steps, filters), config.kernel_size * channels * filters
        )
        table.normalize(f"norm_{index}")
        table.add(f"relu_{index}", "ReLU")
        table.pool(f"pool_{index}", "MaxPooling1D")
        table.add(f"dropout_{index}", "Dropout")
    units = config.recurrent_units
    weights = 4 * units * (table.shape[-1] + units + 1)
    table.add("lstm", "LSTM", (units,), weights)


def _add_images(table: _Layers) -> None:
    """Add the blocks of the CNN, and the CNN-GRU's second branch."""
    config = table.config
    table.add("one_channel", "Reshape", (*table.shape, 1))
    image = table.shape
    for index, filters in enumerate(config.filters, start=1):
        weights = (config.kernel_size**2 * table.shape[-1] + 1) * filters
        table.add(f"conv_{index}", "Conv2D", (*table.shape[:-1], filters), weights)
        table.pool(f"pool_{index}", "MaxPooling2D")
        table.normalize(f"norm_{index}")
        table.add(f"dropout_{index}", "Dropout")
    table.add("flatten", "Flatten", (prod(table.shape),))
    if config.name != "cnn_gru":
        return
    convolved = table.shape[0]
    table.shape = image
    table.pool("halve", "MaxPooling2D")
    table.add("drop_channel", "Reshape", table.shape[:-1])
    units = config.recurrent_units
    weights = 2 * 3 * units * (table.shape[-1] + units + 2)
    table.add("both_ways", "Bidirectional GRU", (2 * units,), weights)
    table.add("both_branches", "Concatenate", (convolved + 2 * units,))


def _refuse_impossible(config: ModelConfig) -> None:
    """Raise `ModelError` for settings that a network or its front end cannot have."""
    mel = config.mel
    if config.name != "cnn" and not config.recurrent_units:
        raise ModelError(
            f"The {title(config.name)} needs recurrent units, at least one. Received: 0"
        )
    if mel.n_fft < mel.hop_length:
        raise ModelError(
            f"n_fft must be at least the hop of {mel.hop_length} samples, or sound falls between "
            f"two frames. Received: {mel.n_fft}"
        )
    if empty := features.empty_bands(mel):
        raise ModelError(
            f"{empty} of {mel.n_mels} mel bands are too narrow for n_fft={mel.n_fft}, and would be "
            "empty. Use fewer bands, or a longer n_fft."
        )
