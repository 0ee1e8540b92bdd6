"""Recipes: presets for a class, of the paper and of the shipped networks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepmusic import models
from deepmusic.config import (
    FINETUNE,
    FROZEN,
    SCRATCH,
    AugmentConfig,
    ModelConfig,
    TrainConfig,
)
from deepmusic.errors import RunError
from deepmusic.protocols import WINDOW_LEAK

if TYPE_CHECKING:
    from deepmusic.data import Dataset


@dataclass(frozen=True)
class Preset:
    """A named recipe: its title, and what it does and how long it takes."""

    title: str
    summary: str


PRESETS: dict[str, Preset] = {
    "class": Preset(
        "In class: 2 minutes",
        "Few epochs of few windows: on the toy dataset, all three networks take about two minutes "
        "on two cores.",
    ),
    "paper": Preset(
        "The paper's",
        "Sizes, epochs, batches and learning rate of the paper's notebooks. Hours without a GPU.",
    ),
    "best": Preset(
        "Our best",
        "The recipe of the shipped networks: on GTZAN, CNN, CRNN and CNN-GRU took 17, 5 and 15 "
        "minutes on two cores.",
    ),
}


@dataclass(frozen=True)
class Mistake:
    """A setting that is wrong on purpose: its title, what to look for, and what it changes."""

    title: str
    look_for: str
    model: dict[str, Any]
    train: dict[str, Any]


#: Mistakes to learn from, each on top of any preset.
MISTAKES: dict[str, Mistake] = {
    "overfit": Mistake(
        "Overfit",
        "Training reaches 100 % and its loss falls to nothing; validation stays behind, and its "
        "loss stops falling, or rises.",
        {"block_dropout": 0.0, "head_dropout": 0.0, "l2": 0.0},
        {
            **{"augment": None, "weight_decay": 0.0, "label_smoothing": 0.0},
            **{"learning_rate": 5e-3, "patience": 500},
        },
    ),
    "too_small": Mistake(
        "Too small",
        "Both curves flatten far below 100 %, close together: there is no room for ten genres.",
        {
            **{"filters": (4,), "recurrent_units": 8, "dense_units": 8},
            **{"block_dropout": 0.0, "head_dropout": 0.0},
        },
        {"patience": 500},
    ),
    "rate_too_high": Mistake(
        "Learning rate too high",
        "The first loss is enormous, then nothing moves: the first steps overshot, and validation "
        "stays at chance.",
        {},
        {"learning_rate": 0.5, "warmup_epochs": 0, "patience": 500},
    ),
    "no_normalisation": Mistake(
        "No normalisation",
        "The same network starts later and climbs more slowly, or not at all.",
        {"normalize": False, "level_window": False},
        {"patience": 500},
    ),
}

#: Sizes of the paper's notebooks (PAPER: sections 4.1 to 4.3 and Table 1).
_PAPER_MODEL: dict[str, dict[str, Any]] = {
    "cnn": dict(
        filters=(16, 32, 64, 128, 256), dense_units=512,
        block_dropout=0.25, head_dropout=0.25, l2=0.02,
    ),
    "crnn": dict(
        filters=(16, 32), recurrent_units=64, dense_units=128,
        block_dropout=0.35, head_dropout=0.35, l2=0.001, norm_momentum=0.9,
    ),
    "cnn_gru": dict(
        filters=(16, 32, 32, 64), recurrent_units=64, dense_units=64,
        block_dropout=0.25, head_dropout=0.25, l2=0.02,
    ),
}  # fmt: skip

#: Keras' defaults, which the notebooks keep and our sizes change.
_KERAS_DEFAULTS = {"level_window": False, "norm_momentum": 0.99}

_CUT_OUT = AugmentConfig(
    **dict(time_masks=1, mel_masks=1, time_mask_frames=4, mel_mask_bands=3),
    **dict(gain_db=0, tilt_db=0, mel_shift=0),
)

_PAPER_TRAIN: dict[str, dict[str, Any]] = {
    "cnn": {"epochs": 150, "batch_size": 128, "augment": _CUT_OUT},
    "crnn": {"epochs": 80, "batch_size": 32, "augment": None},
    "cnn_gru": {"epochs": 100, "batch_size": 256, "augment": None},
}


#: Recipes of the pretrained network: where all of it learns, an epoch takes minutes.
_TRANSFER_TRAIN: dict[str, dict[str, dict[str, Any]]] = {
    "class": {
        FROZEN: {"epochs": 15},
        FINETUNE: {"epochs": 15, "learning_rate": 1e-3},
        SCRATCH: {
            **dict(epochs=4, windows_per_clip=1, batch_size=16, warmup_epochs=1),
            **dict(learning_rate=1e-3, augment=AugmentConfig()),
        },
    },
    "best": {
        FROZEN: {},
        FINETUNE: {"learning_rate": 1e-3},
        SCRATCH: {"learning_rate": 1e-3, "batch_size": 32, "augment": AugmentConfig()},
    },
}


def with_mistake(
    model: ModelConfig, train: TrainConfig, mistake: str
) -> tuple[ModelConfig, TrainConfig]:
    """Return settings with one of `MISTAKES`; those of the pretrained network keep its layers."""
    chosen = MISTAKES[mistake]
    if model.name == models.PRETRAINED:
        return model, train.changed(**chosen.train)
    return model.changed(**chosen.model), train.changed(**chosen.train)


def under_protocol(split: str, fold: int | None = None) -> dict[str, Any]:
    """Return the settings that belong to a protocol.

    The segments of `window_leak` are nine times as many as clips, and hold one window each.
    """
    per_clip = {"windows_per_clip": 1} if split == WINDOW_LEAK else {}
    return {"split": split, "fold": fold} | per_clip


def for_dataset(
    model: ModelConfig, train: TrainConfig, dataset: "Dataset"
) -> tuple[ModelConfig, TrainConfig]:
    """Return the settings of a network and its recipe for a dataset's genres and front end.

    The pretrained network keeps its own front end.
    """
    sizes: dict[str, Any] = {"genres": dataset.genres}
    if model.name != models.PRETRAINED and dataset.mel != model.mel:
        sizes |= {"mel": dataset.mel, "window_frames": dataset.window_frames}
    if dataset.windows_per_clip:
        train = train.changed(windows_per_clip=dataset.windows_per_clip)
    return model.changed(**sizes), train


def default_split(data: str) -> str:
    """Return the first protocol of a dataset; raise `DatasetError` if it is missing."""
    from deepmusic.data import open_dataset

    return "paper" if data in ("gtzan", "toy") else open_dataset(data).splits[0]


def recipe(name: str, preset: str, transfer: str = FROZEN) -> tuple[ModelConfig, TrainConfig]:
    """Return the settings of a network under a preset.

    Parameters
    ----------
    name : str
        A key of `deepmusic.models.MODELS`, or `deepmusic.models.PRETRAINED`.
    preset : str
        A key of `PRESETS`.
    transfer : str
        Of the pretrained network, one of `deepmusic.config.TRANSFERS`.

    Raises
    ------
    ModelError, RunError
        If the network or the preset is unknown.
    """
    spec = models.spec(name)
    if name == models.PRETRAINED:
        if preset not in _TRANSFER_TRAIN:
            raise RunError(
                f"The paper trains no pretrained network. Choose the recipe "
                f"{' or '.join(_TRANSFER_TRAIN)}. Received: {preset!r}."
            )
        changes = {"transfer": transfer} | _TRANSFER_TRAIN[preset][transfer]
        return spec.config, spec.train.changed(**changes)
    if preset == "best":
        return spec.config, spec.train
    if preset == "class":
        # Mixup and noise pay off over many epochs; in a few, they only hold the curve back.
        quick = spec.train.changed(
            epochs=15, windows_per_clip=6, batch_size=64, warmup_epochs=1, augment=AugmentConfig()
        )
        return spec.config.changed(norm_momentum=0.9), quick
    if preset == "paper":
        schedule = {"learning_rate": 1e-3, "weight_decay": 0, "label_smoothing": 0}
        schedule |= _PAPER_TRAIN[name] | {"patience": _PAPER_TRAIN[name]["epochs"]}
        sizes = spec.config.changed(**_KERAS_DEFAULTS | _PAPER_MODEL[name])
        return sizes, spec.train.changed(**schedule)
    raise RunError(f"The preset must be one of {', '.join(PRESETS)}. Received: {preset!r}.")
