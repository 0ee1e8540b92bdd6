"""Settings as frozen objects that travel to and from JSON, and the rights of visitors.

A run's ``config.json`` is one `RunConfig`. It is the only source of the front end at prediction, so
that training and prediction cannot drift apart. A key that these classes do not know is refused.
"""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator

from deepmusic.errors import RunError
from deepmusic.protocols import ALL_CLIPS, ARTIST_FOLDS, TOY, Protocol

GTZAN_GENRES = (
    *("blues", "classical", "country", "disco", "hiphop"),
    *("jazz", "metal", "pop", "reggae", "rock"),
)

#: A GTZAN clip of 661,794 samples gives 1293 frames, of which `compact` keeps 387.
GTZAN_FRAMES, GTZAN_COMPACT_FRAMES = 1293, 387

#: 30 s at 44.1 kHz give 2584 frames, of which FMA's log-mel archive keeps 128.
FMA_FRAMES, FMA_KEPT_FRAMES = 2584, 128

PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


class Config(BaseModel):
    """Base of all settings: frozen, strict about unknown keys, JSON both ways."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_json(self) -> str:
        """Return the settings as indented JSON."""
        try:
            return self.model_dump_json(indent=2) + "\n"
        except ValueError:  # A path among them is no UTF-8, which json can write.
            return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

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
            return cls.model_validate(json.loads(text))
        except (ValueError, RecursionError) as error:
            why = _faults(error) if isinstance(error, ValidationError) else error
            raise RunError(
                f"{source} does not fit this version of DeepMusic ({why}). "
                "Use the version that wrote it, or correct the keys named here."
            ) from error

    def changed(self, **changes: Any) -> Self:
        """Return a copy with other values, checked as a whole; raise `RunError` as `from_json`."""
        try:
            return self.model_validate(self.model_dump() | changes)
        except ValidationError as error:
            raise RunError(
                f"These settings do not fit ({_faults(error)}). Correct what is named here."
            ) from error


def _faults(error: ValidationError) -> str:
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, fault["loc"])), fault["msg"])))
        for fault in error.errors()
    )


class AudioLimits(Config):
    """Limits of the sound that `deepmusic.audio` accepts."""

    #: Largest file, in bytes. `server.maxUploadSize` in `.streamlit/config.toml` says the same.
    max_bytes: PositiveInt = 200 * 1024 * 1024
    #: Longest sound, in seconds.
    max_seconds: PositiveFloat = 3600.0
    #: Most samples over all channels: an hour of 44.1 kHz in six of them. A small file can unpack
    #: to far more.
    max_samples: PositiveInt = 2**30
    #: In Hz.
    min_sample_rate: PositiveInt = 8_000
    max_sample_rate: PositiveInt = 192_000
    #: Amplitude (half of peak to peak) below which a sound, or a 30 s clip of it, is silent: 0.0003
    #: is 70 dB below full scale.
    silence_peak: PositiveFloat = 3e-4


class MelConfig(Config):
    """Front end: how sound becomes the log-mel that a network reads (paper, section 3)."""

    #: In Hz. Every sound is resampled to it.
    sample_rate: PositiveInt = 22_050
    #: Analysis window and step, in samples (93 ms and 23 ms).
    n_fft: PositiveInt = 2048
    hop_length: PositiveInt = 512
    #: Number of mel bands.
    n_mels: PositiveInt = 128
    #: Range kept below the loudest point of a clip, in dB.
    top_db: PositiveFloat = 80.0
    #: Spacing of the frames that a network reads, in frames of the spectrogram: 1 keeps all 43 a
    #: second (`paper`), 1293 / 387.5 = 3.337 keeps 12.9 a second (`compact`).
    frame_step: Annotated[float, Field(ge=1)] = 1.0
    #: A song is cut into clips of this length, each with its own dB reference.
    clip_seconds: PositiveFloat = 30.0
    #: What the bytes of a log-mel say: dB from the clip's quietest point (0) to its loudest (255);
    #: dB from `top_db` below the loudest to it; or musicnn's ``log10(1 + 10000 * power)`` of a clip
    #: of one level, from 0 to `LARGEST_LOG_POWER`.
    scale: Literal["decibels", "fixed_decibels", "log_power"] = "decibels"

    @property
    def seconds_per_frame(self) -> float:
        """Time between two frames that a network reads, in seconds."""
        return self.frame_step * self.hop_length / self.sample_rate


#: The named front ends. `paper` keeps all frames, `compact` 3.3 times fewer; `fma`, of FMA's
#: log-mel archive, reads all of a file's 44.1 kHz, and keeps 4.3 frames a second.
FRONT_ENDS: dict[str, MelConfig] = {
    "paper": MelConfig(),
    "compact": MelConfig(frame_step=GTZAN_FRAMES / (GTZAN_COMPACT_FRAMES + 0.5)),
    "fma": MelConfig(
        sample_rate=44_100, frame_step=FMA_FRAMES / FMA_KEPT_FRAMES, scale="fixed_decibels"
    ),
}

#: Front end of the pretrained network (`deepmusic.models.musicnn`), which reads no decibels but
#: ``log10(1 + 10000 * power)``, 62.5 frames a second.
MUSICNN_FRONT_END = MelConfig(
    sample_rate=16_000, n_fft=512, hop_length=256, n_mels=96, scale="log_power"
)

#: Largest value of the scale ``log_power``; of 25 clips of GTZAN, the highest reached 6.2.
LARGEST_LOG_POWER = 6.5

#: How a training starts from the pretrained network: its trunk stays as it is; its last block
#: learns, too; or all weights are fresh. Names of such networks to show.
FROZEN, FINETUNE, SCRATCH = "frozen", "finetune", "scratch"
TRANSFERS = {
    FROZEN: "musicnn (frozen)",
    FINETUNE: "musicnn (fine-tuned)",
    SCRATCH: "musicnn (from scratch)",
}


class ModelConfig(Config):
    """One network: its front end, its window and its sizes."""

    #: A key of `deepmusic.models.MODELS`, or `deepmusic.models.PRETRAINED`.
    name: str
    #: The front end that the network was trained on.
    mel: MelConfig = FRONT_ENDS["compact"]
    #: Output classes, in the order of the softmax.
    genres: Annotated[tuple[str, ...], Field(min_length=2)] = GTZAN_GENRES
    #: Frames of a window: 39 of `compact` are 3.0 s. Runs of version 0.1 say columns.
    window_frames: PositiveInt = Field(
        default=39, validation_alias=AliasChoices("window_frames", "window_columns")
    )
    #: Whether the mean of each mel band over the window is subtracted, which removes constant
    #: spectral colouring (channel effects).
    level_window: bool = False
    #: Channels of the convolution blocks, first to last.
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    #: Width of the convolutions.
    kernel_size: PositiveInt = 3
    #: Units of the LSTM or GRU (each direction). The CNN has none and ignores it.
    recurrent_units: NonNegativeInt = 0
    #: Width of the dense layer before the softmax.
    dense_units: PositiveInt = 128
    #: Dropout rates after each block, and around the dense layer.
    block_dropout: Fraction = 0.25
    head_dropout: Fraction = 0.35
    #: Weight penalty of the dense layers.
    l2: NonNegativeFloat = 0.0
    #: Whether there is batch normalisation; without it, training is harder.
    normalize: bool = True
    #: Momentum of batch normalisation's running means; short trainings need less.
    norm_momentum: Fraction = 0.99

    @property
    def window_seconds(self) -> float:
        """Length of the window, in seconds."""
        return self.window_frames * self.mel.seconds_per_frame


class AugmentConfig(Config):
    """Augmentation of training windows.

    The paper's notebooks flip time and cut out 3 mel bands and 4 frames. Masks of random width
    (SpecAugment) and a gain do the same job without playing music backwards.
    """

    #: Number of masks along time and along frequency.
    time_masks: NonNegativeInt = 1
    mel_masks: NonNegativeInt = 2
    #: Widest mask; each width is drawn between 0 and this. Runs of version 0.1 say columns.
    time_mask_frames: NonNegativeInt = Field(
        default=6, validation_alias=AliasChoices("time_mask_frames", "time_mask_columns")
    )
    mel_mask_bands: NonNegativeInt = 16
    #: Largest gain, up or down, in dB.
    gain_db: NonNegativeFloat = 6.0
    #: Largest spectral tilt between the lowest and the highest band, either way, in dB, as of tone
    #: controls and microphones.
    tilt_db: NonNegativeFloat = 6.0
    #: Largest shift up or down, in mel bands, as a change of key makes.
    mel_shift: NonNegativeInt = 2
    #: Highest noise floor, in dB, under half of the windows.
    noise_db: Annotated[float, Field(ge=0, lt=80)] = 0.0
    #: Share of windows that lose their lowest and highest bands, as over a telephone.
    narrow_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    #: Mixup: windows and their targets are blended in pairs with weights from Beta(a, a), where a
    #: is this; 0 is none.
    mix_up: NonNegativeFloat = 0.0


class TrainConfig(Config):
    """Recipe: how a network is trained."""

    #: ``gtzan``, ``fma``, ``toy`` (synthetic bands), or the path of a dataset (see
    #: `deepmusic.data.open_dataset`).
    data: str = "gtzan"
    #: A protocol's name (see `deepmusic.protocols`); ``all_clips`` tests nothing.
    split: Literal["paper", "fault_filtered", "artist_folds", "window_leak", "own", "all_clips"] = (
        "paper"
    )
    #: Test fold of `artist_folds`; None for the others.
    fold: Literal[1, 2, 3] | None = None
    #: Most epochs, and windows per step.
    epochs: PositiveInt = 80
    batch_size: PositiveInt = 128
    #: Random windows drawn from each clip in an epoch.
    windows_per_clip: PositiveInt = 10
    #: Highest rate; it warms up over `warmup_epochs` and falls to zero along a cosine.
    learning_rate: PositiveFloat = 2e-3
    warmup_epochs: NonNegativeInt = 2
    #: AdamW's decay per step, relative to the learning rate.
    weight_decay: NonNegativeFloat = 1e-3
    #: Share of the target that is spread over all genres.
    label_smoothing: Fraction = 0.05
    #: Epochs without a better validation loss before training stops.
    patience: PositiveInt = 25
    #: None trains on the windows as they are.
    augment: AugmentConfig | None = AugmentConfig()
    #: Id of the run whose weights the network began with; empty: with fresh ones.
    init: str = ""
    #: Of the pretrained network, one of `TRANSFERS`; None for the others.
    transfer: Literal["frozen", "finetune", "scratch"] | None = None
    #: Seed of weights, windows, masks and order; Keras takes 32 bits.
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @property
    def is_tested(self) -> bool:
        """Whether the protocol holds clips back for validation and test."""
        return self.split != ALL_CLIPS

    @property
    def protocol(self) -> Protocol:
        """Split and fold together."""
        return Protocol(TOY) if self.data == TOY else Protocol(self.split, self.fold)

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.transfer in (FROZEN, FINETUNE) and self.init:
            raise ValueError(
                f"transfer={self.transfer!r} with init={self.init!r}: a network begins with the "
                "pretrained weights, or with those of a run"
            )
        return self

    @model_validator(mode="after")
    def _augmentation_reaches_the_weights(self) -> Self:
        if self.transfer in (FROZEN, FINETUNE) and self.augment:
            raise ValueError(
                f"transfer={self.transfer!r} with augmentation: the frozen layers are computed "
                "once for each window, so that it must stay as it is; train without augmentation"
            )
        return self

    @model_validator(mode="after")
    def _fold_belongs_to_artist_folds(self) -> Self:
        if (self.split == ARTIST_FOLDS) != (self.fold is not None):
            raise ValueError(
                f"fold={self.fold} with split={self.split!r}: give a fold (1, 2 or 3) with "
                "artist_folds, and none with the other splits"
            )
        return self


class RunConfig(Config):
    """Everything that made a run: the network, the recipe, and the versions that ran it."""

    model: ModelConfig
    train: TrainConfig
    #: When the run was made, UTC.
    created: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    #: Versions of Python and of the libraries at training.
    versions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _transfer_belongs_to_musicnn(self) -> Self:
        if (self.model.name == "musicnn") != (self.train.transfer is not None):
            raise ValueError(
                f"transfer={self.train.transfer!r} with the network {self.model.name}: give one of "
                f"{', '.join(TRANSFERS)} with musicnn, and none with the others"
            )
        return self

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


# === Deployment ===

#: Environment variable that says whether the app runs on a public server.
PUBLIC_VARIABLE = "DEEPMUSIC_PUBLIC"

#: An absolute path: its folders, each with a slash behind it.
_FOLDERS = re.compile(r"(?<![\w./:])/(?:[^\s/:;,()'\"]+/)+")


class Deployment(Config):
    """Rights of whoever reaches the app or starts a command; all of them at home."""

    #: Whether anyone on the web reaches the app, so that it names no folder.
    is_public: bool = False
    #: How large and how long a song may be.
    audio_limits: AudioLimits = AudioLimits()
    #: Whether to train networks, and to delete or rename runs.
    may_train: bool = True
    #: Whether folders of this machine may be indexed and read.
    may_index: bool = True
    #: Whether recordings of a dataset are played.
    plays_dataset: bool = True


_HOME = Deployment()

_PUBLIC = Deployment(
    is_public=True,
    audio_limits=AudioLimits(max_bytes=20 * 2**20, max_seconds=600),
    may_train=False,
    may_index=False,
    plays_dataset=False,
)


def current_deployment() -> Deployment:
    """Return the rights here; any value but ``0``, ``no``, ``false`` or nothing means public."""
    value = os.environ.get(PUBLIC_VARIABLE, "").strip().lower()
    return _HOME if value in ("", "0", "no", "false") else _PUBLIC


def without_folders(text: str) -> str:
    """Return a text with absolute paths cut to their last name, on a public server alone."""
    return _FOLDERS.sub("", text) if current_deployment().is_public else text
