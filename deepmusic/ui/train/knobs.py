"""Knobs of the Train page: sizes of the networks, their front end, and mistakes to learn from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.config import ModelConfig
from deepmusic.errors import ModelError
from deepmusic.models import shapes
from deepmusic.training.recipes import MISTAKES
from deepmusic.ui import markdown

_N_FFT = (512, 1024, 2048, 4096)
_N_MELS = (32, 64, 96, 128, 192)

#: Most layers, and filters of one.
_MOST_LAYERS, _MOST_FILTERS = 8, 1024


def choose_mistake() -> str | None:
    """Return the mistake to make on purpose, if any, and say what to look for."""
    mistake = st.selectbox(
        "A mistake to learn from",
        list(MISTAKES),
        index=None,
        placeholder="none",
        format_func=lambda name: MISTAKES[name].title,
        key="mistake",
        persist_state="session",
        help="On purpose, on top of the recipe. Train the network without it, too, and compare.",
    )
    if mistake:
        st.info(MISTAKES[mistake].look_for, icon=":material/visibility:")
    return mistake


def choose(preset: str, usual: Sequence[ModelConfig]) -> Callable[[ModelConfig], ModelConfig]:
    """Show the sizes of some networks, and return what the typed ones make of a network's settings.

    Raises `ModelError` if what was typed is no list of filters.
    """

    def placeholder(read: Callable[[ModelConfig], object]) -> str:
        values = [str(read(config)) for config in usual]
        return " | ".join(values if len(set(values)) > 1 else values[:1])

    filters = st.text_input(
        "Filters, layer by layer",
        placeholder=placeholder(lambda config: ", ".join(map(str, config.filters))),
        key=f"filters_{preset}",
        help="One number for each layer: `16, 32, 64` is three layers. Each halves its input.",
    )
    left, right = st.columns(2)

    def number(place: Any, label: str, name: str, low: float, high: float, **more: Any) -> Any:
        return place.number_input(
            label,
            min_value=low,
            max_value=high,
            value=None,
            placeholder=placeholder(lambda config: getattr(config, name)),
            key=f"{name}_{preset}",
            **more,
        )

    sizes = {
        "kernel_size": number(left, "Kernel", "kernel_size", 1, 15),
        "recurrent_units": number(
            right, "Recurrent units", "recurrent_units", 1, 512, help="Of LSTM and GRU."
        ),
        "block_dropout": number(
            left, "Dropout after each layer", "block_dropout", 0.0, 0.9, step=0.05
        ),
        "head_dropout": number(right, "Dropout at the end", "head_dropout", 0.0, 0.9, step=0.05),
    }
    front_end = {
        name: place.selectbox(
            name,
            options,
            index=None,
            placeholder=placeholder(lambda config, name=name: getattr(config.mel, name)),  # type: ignore[misc]
            key=f"{name}_{preset}",
            help=help_,
        )
        for place, name, options, help_ in (
            (left, "n_fft", _N_FFT, "Samples of the STFT's window. Needs the clips' sound."),
            (right, "n_mels", _N_MELS, "Mel bands. Needs the clips' sound."),
        )
    }
    changes: dict[str, Any] = {name: one for name, one in sizes.items() if one is not None}
    if filters.strip():
        changes["filters"] = parse_filters(filters)
    mel = {name: one for name, one in front_end.items() if one is not None}

    def changed(config: ModelConfig) -> ModelConfig:
        if config.name == models.PRETRAINED:
            return config
        return config.changed(**changes, mel=config.mel.changed(**mel))

    return changed


def parse_filters(text: str) -> tuple[int, ...]:
    """Return the numbers of filters in a text such as ``16, 32, 64``; raise `ModelError`."""
    parts = text.replace(",", " ").split()
    if (
        len(parts) > _MOST_LAYERS
        or not all(part.isascii() and part.isdecimal() for part in parts)
        or not all(1 <= int(part[:6]) <= _MOST_FILTERS for part in parts)
    ):
        raise ModelError(
            f"Filters are up to {_MOST_LAYERS} numbers from 1 to {_MOST_FILTERS}, such as 16, 32, "
            f"64. Received: {text[:40]!r}"
        )
    return tuple(map(int, parts))


def show_shapes(configs: Mapping[str, ModelConfig]) -> None:
    """Show the parameters and layers of networks by title; raise `ModelError` if one cannot be."""
    tables = {
        title: shapes.list_shapes(config)
        for title, config in configs.items()
        if config.name != models.PRETRAINED
    }
    if not tables:
        return
    sums = (f"{title} **{shapes.count_parameters(rows):,}**" for title, rows in tables.items())
    st.markdown(f"Parameters: {markdown.plain(', ').join(sums)}")
    with st.popover("Layers and shapes"):
        for tab, rows in zip(st.tabs(list(tables)), tables.values(), strict=True):
            tab.table(pd.DataFrame(rows).set_index("Layer"))
