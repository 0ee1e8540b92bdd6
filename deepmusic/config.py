"""Settings of DeepMusic as frozen objects that travel to and from JSON, and the rights of visitors.

A run's ``config.json`` is one `RunConfig`. It is the only source of the front end at prediction, so
that training and prediction cannot drift apart. A key that these classes do not know is refused.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator

from deepmusic.errors import RunError
from deepmusic.protocols import ALL_CLIPS, ARTIST_FOLDS, TOY, Protocol

GTZAN_GENRES = (
    "blues",
    "classical",
    "country",
    "disco",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
)

#: A GTZAN clip of 661,794 samples gives 1293 frames, of which `compact` keeps 387.
GTZAN_FRAMES = 1293

GTZAN_COMPACT_FRAMES = 387

PositiveInt = Annotated[int, Field(gt=0)]

PositiveFloat = Annotated[float, Field(gt=0)]

Fraction = Annotated[float, Field(ge=0, lt=1)]


class Config(BaseModel):
    """Base of all settings: frozen, strict about unknown keys, JSON both ways."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_json(self) -> str:
        """Return the settings as indented JSON."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, source: str = "the settings") -> Self:
        """Read settings from JSON.

        Parameters
        ----------
        text : str or bytes
            What `to_json` wrote.
        source : str
            Where the text came from, for the error message.

        Raises
        ------
        RunError
            If a key is unknown or missing, or a value is out of its range.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise RunError(
                f"{source} does not fit this version of DeepMusic ({_faults(error)}). "
                "Use the version that wrote it, or correct the keys named here."
            ) from error

    def changed(self, **changes: Any) -> Self:
        """Return a copy with other values, checked as a whole.

        Raises
        ------
        RunError
            If a key is unknown, a value is out of its range, or values do not fit together.
        """
        try:
            return self.model_validate(self.model_dump() | changes)
        except ValidationError as error:
            raise RunError(
                f"These settings do not fit ({_faults(error)}). Correct what is named here."
            ) from error


def _faults(error: ValidationError) -> str:
    """Say in one line which keys are at fault, and why."""
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, fault["loc"])), fault["msg"])))
        for fault in error.errors()
    )


class AudioLimits(Config):
    """What `deepmusic.audio` accepts.

    Attributes
    ----------
    max_bytes : int
        Largest file, in bytes. `server.maxUploadSize` in `.streamlit/config.toml` says the same.
    max_seconds : float
        Longest sound, in seconds.
    max_samples : int
        Most samples over all channels: an hour of 44.1 kHz in six of them. A small file can unpack
        to far more.
    min_sample_rate, max_sample_rate : int
        In Hz.
    silence_peak : float
        A sound (or a 30 s clip of it) that swings by less than this is silent: 0.0003 is
        70 dB below full scale.
    """

    max_bytes: PositiveInt = 200 * 1024 * 1024
    max_seconds: PositiveFloat = 3600.0
    max_samples: PositiveInt = 2**30
    min_sample_rate: PositiveInt = 8_000
    max_sample_rate: PositiveInt = 192_000
    silence_peak: PositiveFloat = 3e-4


class MelConfig(Config):
    """The front end: how sound becomes the picture that a network reads (paper, section 3).

    Attributes
    ----------
    sample_rate : int
        In Hz. Every sound is resampled to it.
    n_fft, hop_length : int
        Analysis window and step, in samples (93 ms and 23 ms).
    n_mels : int
        Number of mel bands.
    top_db : float
        Range kept below the loudest point of a clip, in dB.
    frame_step : float
        Spacing of the frames that a network reads, in frames of the spectrogram: 1 keeps all 43 a
        second (`paper`), 1293 / 387.5 = 3.337 keeps 12.9 a second (`compact`).
    clip_seconds : float
        A long song is cut into clips of this length, each with its own dB reference.
    """

    sample_rate: PositiveInt = 22_050
    n_fft: PositiveInt = 2048
    hop_length: PositiveInt = 512
    n_mels: PositiveInt = 128
    top_db: PositiveFloat = 80.0
    frame_step: Annotated[float, Field(ge=1)] = 1.0
    clip_seconds: PositiveFloat = 30.0

    @property
    def seconds_per_frame(self) -> float:
        """Time between two frames that a network reads, in seconds."""
        return self.frame_step * self.hop_length / self.sample_rate


#: The two named front ends. `paper` keeps all frames, `compact` 3.3 times fewer.
FRONT_ENDS: dict[str, MelConfig] = {
    "paper": MelConfig(),
    "compact": MelConfig(frame_step=GTZAN_FRAMES / (GTZAN_COMPACT_FRAMES + 0.5)),
}


class ModelConfig(Config):
    """One network: its front end, its window and its sizes.

    Attributes
    ----------
    name : str
        A key of `deepmusic.models.MODELS`.
    mel : MelConfig
        The front end that the network was trained on.
    genres : tuple of str
        Output classes, in the order of the softmax.
    window_frames : int
        Columns that the network reads at once: 39 of `compact` are 3.0 s.
    level_window : bool
        Subtract from every mel band its mean over the window, so that the network hears how the
        sound changes and not what colours the whole recording.
    filters : tuple of int
        Channels of the convolution blocks, first to last.
    kernel_size : int
        Width of the convolutions.
    recurrent_units : int
        Units of the LSTM or GRU (each direction). The CNN has none and ignores it.
    dense_units : int
        Width of the dense layer before the softmax.
    block_dropout, head_dropout : float
        Share of values dropped after each block, and around the dense layer.
    l2 : float
        Weight penalty of the dense layers.
    norm_momentum : float
        How slowly batch normalisation's running means follow; short trainings need less.
    """

    name: str
    mel: MelConfig = FRONT_ENDS["compact"]
    genres: Annotated[tuple[str, ...], Field(min_length=2)] = GTZAN_GENRES
    # Runs of version 0.1 say columns.
    window_frames: Annotated[
        int, Field(gt=0, validation_alias=AliasChoices("window_frames", "window_columns"))
    ] = 39
    level_window: bool = False
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    kernel_size: PositiveInt = 3
    recurrent_units: Annotated[int, Field(ge=0)] = 0
    dense_units: PositiveInt = 128
    block_dropout: Fraction = 0.25
    head_dropout: Fraction = 0.35
    l2: Annotated[float, Field(ge=0)] = 0.0
    norm_momentum: Fraction = 0.99

    @property
    def window_seconds(self) -> float:
        """Length of the window, in seconds."""
        return self.window_frames * self.mel.seconds_per_frame


class AugmentConfig(Config):
    """What happens to a training window before the network sees it.

    The paper's notebooks flip time and cut out 3 mel rows and 4 frames. Masks of random width
    (SpecAugment) and a gain do the same job without playing music backwards.

    Attributes
    ----------
    time_masks, mel_masks : int
        Number of masks along time and along frequency.
    time_mask_frames, mel_mask_bands : int
        Widest mask; each is drawn between 0 and this.
    gain_db : float
        Loudness is shifted by up to this, either way, in dB.
    tilt_db : float
        The spectrum is tilted by up to this between its lowest and highest band, either way, in
        dB, as tone controls and microphones do.
    mel_shift : int
        The picture is moved up or down by up to this many mel bands, as a change of key does.
    noise_db : float
        Half of the windows have their floor raised by up to this, in dB, as noise does.
    narrow_share : float
        Share of windows that lose their lowest and highest bands, as over a telephone.
    mix_up : float
        Windows, and their genres with them, are blended in pairs by shares from Beta(a, a), where a
        is this; 0 leaves them apart.
    """

    time_masks: Annotated[int, Field(ge=0)] = 1
    mel_masks: Annotated[int, Field(ge=0)] = 2
    time_mask_frames: Annotated[
        int, Field(ge=0, validation_alias=AliasChoices("time_mask_frames", "time_mask_columns"))
    ] = 6
    mel_mask_bands: Annotated[int, Field(ge=0)] = 16
    gain_db: Annotated[float, Field(ge=0)] = 6.0
    tilt_db: Annotated[float, Field(ge=0)] = 6.0
    mel_shift: Annotated[int, Field(ge=0)] = 2
    noise_db: Annotated[float, Field(ge=0, lt=80)] = 0.0
    narrow_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    mix_up: Annotated[float, Field(ge=0)] = 0.0


class TrainConfig(Config):
    """How a network is trained.

    Attributes
    ----------
    data : str
        ``gtzan``, ``fma``, ``toy`` (synthetic bands), or the path of a collection (see
        `deepmusic.data.open_dataset`).
    split : str
        A protocol's name (see `deepmusic.data.splits`); ``all_clips`` tests nothing.
    fold : int or None
        Test fold of `artist_folds`, 1 to 3; None for the others.
    epochs, batch_size : int
        Most epochs, and windows per step.
    windows_per_clip : int
        Random windows drawn from each clip in an epoch.
    learning_rate : float
        Highest rate; it warms up over `warmup_epochs` and falls to zero along a cosine.
    weight_decay : float
        AdamW's decay per step, relative to the learning rate.
    label_smoothing : float
        Share of the target that is spread over all genres.
    patience : int
        Epochs without a better validation loss before training stops.
    augment : AugmentConfig or None
        None trains on the windows as they are.
    seed : int
        Seed of weights, windows, masks and order.
    """

    data: str = "gtzan"
    split: Literal["paper", "fault_filtered", "artist_folds", "window_leak", "own", "all_clips"] = (
        "paper"
    )
    fold: Literal[1, 2, 3] | None = None
    epochs: PositiveInt = 80
    batch_size: PositiveInt = 128
    windows_per_clip: PositiveInt = 10
    learning_rate: PositiveFloat = 2e-3
    warmup_epochs: Annotated[int, Field(ge=0)] = 2
    weight_decay: Annotated[float, Field(ge=0)] = 1e-3
    label_smoothing: Fraction = 0.05
    patience: PositiveInt = 25
    augment: AugmentConfig | None = AugmentConfig()
    seed: int = 0

    @property
    def is_tested(self) -> bool:
        """Whether the protocol holds clips back, to choose an epoch by and to test."""
        return self.split != ALL_CLIPS

    @property
    def protocol(self) -> Protocol:
        """Split and fold together."""
        return Protocol(TOY) if self.data == TOY else Protocol(self.split, self.fold)

    @model_validator(mode="after")
    def _fold_belongs_to_artist_folds(self) -> Self:
        if (self.split == ARTIST_FOLDS) != (self.fold is not None):
            raise ValueError(
                f"fold={self.fold} with split={self.split!r}: give a fold (1, 2 or 3) with "
                "artist_folds, and none with the other splits"
            )
        return self


class RunConfig(Config):
    """Everything that made a run: the network, the recipe, and the versions that ran it.

    Attributes
    ----------
    model : ModelConfig
        The network and its front end.
    train : TrainConfig
        The recipe.
    created : datetime
        When the run was made, UTC.
    versions : dict
        Python and library versions at training.
    """

    model: ModelConfig
    train: TrainConfig
    created: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    versions: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a run's ``config.json``; raise `RunError` if it is missing or does not fit."""
        try:
            text = path.read_bytes()
        except OSError as error:
            raise RunError(
                f"{path} cannot be read ({error.strerror}). A run directory holds a config.json; "
                "check the path."
            ) from error
        return cls.from_json(text, source=str(path))


PUBLIC_VARIABLE = "DEEPMUSIC_PUBLIC"

#: An absolute path: its folders, each with a slash behind it.
_FOLDERS = re.compile(r"(?<![\w./:])/(?:[^\s/:;,()'\"]+/)+")


@dataclass(frozen=True)
class Deployment:
    """Rights of whoever reaches the app, or starts a command.

    Attributes
    ----------
    is_public : bool
        Whether strangers reach it, so that no folder's name is shown.
    audio_limits : AudioLimits
        How large and how long a song may be.
    may_train : bool
        Whether to train networks, and to delete or rename runs.
    may_index : bool
        Whether folders of this machine may be indexed and read.
    plays_dataset : bool
        Whether recordings of a dataset are played.
    """

    is_public: bool
    audio_limits: AudioLimits
    may_train: bool
    may_index: bool
    plays_dataset: bool


_AT_HOME = Deployment(
    is_public=False, audio_limits=AudioLimits(), may_train=True, may_index=True, plays_dataset=True
)

_IN_PUBLIC = Deployment(
    is_public=True,
    audio_limits=AudioLimits(max_bytes=20 * 2**20, max_seconds=600),
    may_train=False,
    may_index=False,
    plays_dataset=False,
)


def current_deployment() -> Deployment:
    """Return the rights here; any value but ``0``, ``no``, ``false`` or nothing means public."""
    value = os.environ.get(PUBLIC_VARIABLE, "").strip().lower()
    return _AT_HOME if value in ("", "0", "no", "false") else _IN_PUBLIC


def without_folders(text: str) -> str:
    """Cut absolute paths down to the last name where the public reads along."""
    return _FOLDERS.sub("", text) if current_deployment().is_public else text
