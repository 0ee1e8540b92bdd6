"""Settings: strict, frozen, and the same after a journey through JSON."""

import json
import os

import pytest
from pydantic import ValidationError

from deepmusic.config import (
    FRONT_ENDS,
    PUBLIC_VARIABLE,
    AudioLimits,
    AugmentConfig,
    Deployment,
    MelConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    current_deployment,
    without_folders,
)
from deepmusic.errors import RunError

MODEL = ModelConfig(name="cnn", filters=(16, 32))
CONFIGS = [
    AudioLimits(max_bytes=10, max_seconds=1.5, silence_peak=0.1),
    FRONT_ENDS["paper"],
    FRONT_ENDS["compact"],
    MelConfig(n_mels=64, top_db=60, clip_seconds=10),
    MODEL,
    ModelConfig(name="x", genres=("a", "b"), filters=(1,), recurrent_units=3, l2=1e-4),
    AugmentConfig(time_masks=0, gain_db=1.25),
    TrainConfig(),
    TrainConfig(augment=None, split="artist_folds", fold=2, learning_rate=1 / 3),
    RunConfig(model=MODEL, train=TrainConfig(seed=7), versions={"python": "3.11"}),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_json_round_trip(config):
    text = config.to_json()
    assert type(config).from_json(text) == config
    assert type(config).from_json(text.encode()) == config
    assert type(config).from_json(text).to_json() == text


def test_a_path_may_be_no_text():
    run = CONFIGS[-1]
    data = os.fsdecode(b"/music/\xff\x1b[2J\n")
    config = run.changed(train=run.train.changed(data=data).model_dump())
    text = config.to_json()
    assert text.encode().isascii()
    assert type(config).from_json(text) == config


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_an_unknown_key_is_refused_by_name(config):
    changed = json.loads(config.to_json()) | {"bogus_key": 1}
    with pytest.raises(RunError, match=r"my file.*bogus_key"):
        type(config).from_json(json.dumps(changed), source="my file")


def test_an_unknown_nested_key_is_refused_with_its_place():
    changed = json.loads(CONFIGS[-1].to_json())
    changed["model"]["mel"]["n_mel"] = 64
    with pytest.raises(RunError, match=r"model\.mel\.n_mel"):
        RunConfig.from_json(json.dumps(changed))


@pytest.mark.parametrize(
    ("config", "key", "value"),
    [
        (AudioLimits, "max_seconds", 0),
        (MelConfig, "sample_rate", -1),
        (MelConfig, "frame_step", 0.5),
        (MelConfig, "top_db", "NaN"),
        (AugmentConfig, "gain_db", -1),
        (AugmentConfig, "time_masks", -1),
        (TrainConfig, "epochs", 0),
        (TrainConfig, "epochs", 2.5),
        (TrainConfig, "label_smoothing", 1.0),
        (TrainConfig, "learning_rate", 0),
        (TrainConfig, "split", "random"),
        (TrainConfig, "seed", "seven"),
        (TrainConfig, "seed", 2**32),
        (TrainConfig, "seed", -1),
    ],
)
def test_a_value_out_of_range_is_refused_by_key(config, key, value):
    with pytest.raises(RunError, match=key):
        config.from_json(json.dumps({key: value}))


@pytest.mark.parametrize(
    "changes",
    [{"filters": ()}, {"filters": (0,)}, {"genres": ("rock",)}, {"head_dropout": 1.0}],
)
def test_a_network_out_of_range_is_refused(changes):
    with pytest.raises(ValidationError, match=next(iter(changes))):
        ModelConfig(**{"name": "cnn", "filters": (16,)} | changes)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(RunError, match="does not fit"):
        TrainConfig.from_json(text)


def test_a_missing_key_is_refused_by_name():
    with pytest.raises(RunError, match="filters"):
        ModelConfig.from_json('{"name": "cnn"}')


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_configs_are_frozen(config):
    key = next(iter(type(config).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(config, key, getattr(config, key))


@pytest.mark.parametrize("fold", [1, 2, 3])
def test_artist_folds_take_a_fold(fold):
    assert TrainConfig(split="artist_folds", fold=fold).fold == fold


@pytest.mark.parametrize(
    ("split", "fold"),
    [
        ("paper", 1),
        ("fault_filtered", 3),
        ("artist_folds", None),
        ("artist_folds", 0),
        ("artist_folds", 4),
    ],
)
def test_a_fold_belongs_to_artist_folds_only(split, fold):
    with pytest.raises(RunError, match="fold"):
        TrainConfig.from_json(json.dumps({"split": split, "fold": fold}))


def test_front_ends():
    assert FRONT_ENDS["paper"].seconds_per_frame == pytest.approx(512 / 22_050)
    assert FRONT_ENDS["compact"].seconds_per_frame == pytest.approx(0.0775, abs=1e-4)
    assert MODEL.window_seconds == pytest.approx(3.02, abs=0.01)


def test_a_run_loads_what_it_wrote(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(CONFIGS[-1].to_json())
    assert RunConfig.load(path) == CONFIGS[-1]


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(CONFIGS[-1].to_json()[:100])
    with pytest.raises(RunError, match=r"config\.json does not fit"):
        RunConfig.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RunError, match=r"config\.json cannot be read \(No such file"):
        RunConfig.load(tmp_path / "config.json")


def test_a_run_of_version_0_1_says_columns_where_we_say_frames():
    old = json.loads(CONFIGS[-1].to_json())
    old["model"]["window_columns"] = old["model"].pop("window_frames") + 1
    old["train"]["augment"]["time_mask_columns"] = old["train"]["augment"].pop("time_mask_frames")
    old["train"]["augment"]["time_mask_columns"] += 1
    read = RunConfig.from_json(json.dumps(old))
    assert (read.model.window_frames, read.train.augment.time_mask_frames) == (40, 7)
    assert "columns" not in read.to_json()
    assert read.changed(versions={}).model == read.model


def test_a_public_server_has_fewer_rights(monkeypatch):
    path = "cannot read /home/me/music/song.mp3: no such file"
    monkeypatch.delenv(PUBLIC_VARIABLE, raising=False)
    assert current_deployment() == Deployment()
    assert without_folders(path) == path
    monkeypatch.setenv(PUBLIC_VARIABLE, "1")
    rights = current_deployment()
    assert rights.is_public
    assert not (rights.may_train or rights.may_index or rights.plays_dataset)
    assert rights.audio_limits.max_bytes < Deployment().audio_limits.max_bytes
    assert without_folders(path) == "cannot read song.mp3: no such file"
