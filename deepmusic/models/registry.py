"""Networks of the paper, by name. Importing this loads no Keras; building a network does."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from deepmusic.config import (
    MUSICNN_FRONT_END,
    TRANSFERS,
    AugmentConfig,
    ModelConfig,
    TrainConfig,
)
from deepmusic.errors import ModelError

if TYPE_CHECKING:
    import keras


#: Name of the mean of all networks' probabilities, listed beside them.
ENSEMBLE = "ensemble"

#: Name of the baseline: a support vector machine (`deepmusic.evaluation.svm`).
BASELINE = "svm"

#: Name of the pretrained network with a head for genres (`deepmusic.prediction.pretrained`).
PRETRAINED = "musicnn"

#: Name of the network of FMA's genres (`deepmusic.prediction.fma`).
FMA = "fma"

#: Value of options for all networks together.
ALL = "all"

#: Recipes that trained the shipped networks; `docs/experiments.md` says how they were found.
_NOISE_AUGMENTATION = AugmentConfig(noise_db=40.0, narrow_share=0.2)
_RECIPE = TrainConfig(epochs=60, augment=_NOISE_AUGMENTATION)
_MIXUP_RECIPE = _RECIPE.changed(augment=_NOISE_AUGMENTATION.changed(mix_up=0.2))


@dataclass(frozen=True)
class ModelSpec:
    """What is known of a network without building it; the module of its name builds it."""

    title: str  #: name to show
    section: str  #: of the paper, that describes it
    summary: str  #: one sentence for a student
    config: ModelConfig  #: sizes that are shipped
    train: TrainConfig = _RECIPE  #: recipe that trained those


MODELS: dict[str, ModelSpec] = {
    "cnn": ModelSpec(
        title="CNN",
        section="4.3",
        summary="Five blocks of convolution look at the spectrogram as at a photograph.",
        config=ModelConfig(
            name="cnn",
            filters=(16, 32, 64, 128, 256),
            dense_units=256,
            block_dropout=0.1,
            norm_momentum=0.95,
        ),
        train=_MIXUP_RECIPE,
    ),
    "crnn": ModelSpec(
        title="CRNN",
        section="4.2",
        summary="Convolutions over time pick out short events; an LSTM remembers their order.",
        config=ModelConfig(
            name="crnn",
            level_window=True,
            filters=(128, 128),
            kernel_size=5,
            recurrent_units=96,
            block_dropout=0.2,
            norm_momentum=0.95,
        ),
    ),
    "cnn_gru": ModelSpec(
        title="CNN-GRU",
        section="4.1",
        summary="Convolutions and a two-way GRU read the same window side by side, then vote.",
        config=ModelConfig(
            name="cnn_gru",
            filters=(16, 32, 64, 64),
            recurrent_units=64,
            block_dropout=0.1,
            norm_momentum=0.95,
        ),
        train=_MIXUP_RECIPE,
    ),
}


#: The pretrained network, to be trained for genres.
_TRANSFER = ModelSpec(
    title="Pretrained",
    section="6",
    summary="musicnn has learnt 50 tags from 200,000 songs, and now learns genres.",
    config=ModelConfig(
        name=PRETRAINED,
        mel=MUSICNN_FRONT_END,
        window_frames=187,
        filters=(204, 51, 64),
        dense_units=200,
        head_dropout=0.3,
    ),
    train=TrainConfig(
        epochs=40, batch_size=64, learning_rate=3e-3, transfer="frozen", augment=None
    ),
)


def spec(name: str) -> ModelSpec:
    """Return the spec of a network, or of `PRETRAINED`; raise `ModelError` if there is none."""
    try:
        return _TRANSFER if name == PRETRAINED else MODELS[name]
    except KeyError:
        raise ModelError(f"Choose a network: {', '.join(MODELS)}. Received: {name!r}") from None


def build(config: ModelConfig) -> "keras.Model":
    """Return a network with fresh weights.

    Parameters
    ----------
    config : ModelConfig
        Its name, front end, window and sizes.

    Returns
    -------
    keras.Model
        From windows [batch, n_mels, window_frames] of 0 to 255 to probabilities of the genres
        [batch, n_genres]. Its layer ``embedding`` is the one before the softmax.

    Raises
    ------
    ModelError
        If the name is unknown or the window is too short for the sizes.
    """
    spec(config.name)
    module = "transfer" if config.name == PRETRAINED else config.name
    return import_module(f"deepmusic.models.{module}").build(config)


def title(name: str, transfer: str | None = None) -> str:
    """Return the name to show for a network, the ensemble, the SVM or the pretrained network.

    `transfer` is how the latter was trained, one of `deepmusic.config.TRANSFERS`.
    """
    if transfer:
        return TRANSFERS[transfer]
    others = {ENSEMBLE: "Ensemble", BASELINE: "SVM", PRETRAINED: "Pretrained", FMA: "FMA's genres"}
    return others.get(name) or spec(name).title
