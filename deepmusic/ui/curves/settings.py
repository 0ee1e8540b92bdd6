"""Comparison of trainings by their settings: results, and only the settings that differ."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.charts.training import Curve
from deepmusic.config import TRANSFERS, Config, RunConfig
from deepmusic.formatting import format_duration, format_percent, format_plain
from deepmusic.ui import markdown

_NONE = "\N{EN DASH}"

#: Settings by their place, where the name alone would not do.
_TITLES = {
    "model.name": "Network",
    "model.filters": "Filters",
    "model.kernel_size": "Kernel",
    "model.level_window": "Band means subtracted",
    "model.block_dropout": "Dropout after each layer",
    "model.head_dropout": "Dropout at the end",
    "model.l2": "L2 penalty",
    "model.normalize": "Batch normalisation",
    "model.norm_momentum": "Its momentum",
    "model.mel.n_fft": "n_fft",
    "model.mel.n_mels": "n_mels",
    "train.split": "Protocol",
    "train.epochs": "Most epochs",
    "train.augment": "Augmentation",
    "train.init": "Begun with",
}


def show(curves: Sequence[Curve]) -> None:
    """Show what differs between own and shipped trainings, where there are several."""
    compared = [curve for curve in curves if curve.config]
    if len(compared) < 2:
        return
    st.subheader(
        "What differs?", anchor=False, help="Settings that all of them share are left out."
    )
    st.table(_table(compared), border="horizontal")


def _table(curves: Sequence[Curve]) -> pd.DataFrame:
    """Return a row for each result and each setting that differs, and a column for each run."""
    accuracies = [max(_finite(curve, "val_accuracy"), default=None) for curve in curves]
    rows = {
        "Best validation accuracy": _in_bold(accuracies),
        "Parameters": [f"{curve.parameters:,}" if curve.parameters else _NONE for curve in curves],
        "Epochs": [str(curve.n_epochs) for curve in curves],
        "Time": [
            format_duration(sum(seconds)) if (seconds := _finite(curve, "seconds")) else _NONE
            for curve in curves
        ],
    }
    rows |= differing_settings([curve.config for curve in curves if curve.config])
    names = [markdown.plain(curve.name) for curve in curves]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names)


def _finite(curve: Curve, column: str) -> list[float]:
    """Return the numbers of a column of a history that are there."""
    values = pd.Series([row.get(column) for row in curve.history], dtype=float)
    return [float(value) for value in values[values.abs() < float("inf")]]


def _in_bold(shares: Sequence[float | None]) -> list[str]:
    """Return shares as percent, the highest in bold."""
    highest = max((share for share in shares if share is not None), default=None)
    texts = [_NONE if share is None else format_percent(share, 1) for share in shares]
    return [
        f"**{text}**" if share is not None and share == highest else text
        for share, text in zip(shares, texts, strict=True)
    ]


def differing_settings(configs: Sequence[RunConfig]) -> dict[str, list[str]]:
    """Return the settings that are not the same in all runs, by title, one text for each run."""
    flat = [_flatten("model", one.model) | _flatten("train", one.train) for one in configs]
    places = list(dict.fromkeys(place for settings in flat for place in settings))
    if not all(settings["train.augment"] for settings in flat):
        places = [place for place in places if not place.startswith("train.augment.")]
    rows = {}
    for place in places:
        values = [settings.get(place) for settings in flat]
        if any(value != values[0] for value in values):
            rows[_title(place)] = [_text(place, value) for value in values]
    return rows


def _flatten(place: str, config: Config) -> dict[str, Any]:
    """Return the settings of a configuration, and of those in it, by place."""
    found: dict[str, Any] = {}
    for name, value in config:
        within = f"{place}.{name}"
        if isinstance(value, Config):
            found |= _flatten(within, value)
        elif within != "train.augment":
            found[within] = value
    if place == "train":
        found["train.augment"] = config.augment is not None  # type: ignore[attr-defined]
    return found


def _title(place: str) -> str:
    """Return what a setting is called; those of augmentation and front end say so."""
    name = place.rpartition(".")[2].replace("_", " ")
    if place.startswith("train.augment."):
        return f"Augmentation: {name}"
    return _TITLES.get(place) or name.capitalize()


def _text(place: str, value: Any) -> str:
    """Return the value of a setting for people, as Markdown."""
    if value is None or value == "" or (place == "model.recurrent_units" and not value):
        return _NONE
    if place == "model.name":
        return models.title(value)
    if place == "train.transfer":
        value = TRANSFERS[value]
    elif isinstance(value, bool):
        return "yes" if value else "no"
    elif isinstance(value, tuple):
        value = ", ".join(map(str, value))
    elif place == "train.data":
        value = Path(value).name
    elif isinstance(value, float):
        value = f"{value:g}"
    return markdown.plain(format_plain(value))
