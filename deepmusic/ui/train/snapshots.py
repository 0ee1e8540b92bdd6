"""The validation clips after each epoch: confusion matrix, one clip, filters and map."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from deepmusic.charts.filters import data_address, filters_image
from deepmusic.charts.style import MATRIX_COLOURS, genre_colours
from deepmusic.formatting import format_genre, format_percent
from deepmusic.runs import ALIVE, Run, Snapshot, read_snapshot, snapshot_epochs
from deepmusic.ui import markdown

#: Height of a chart, in pixels: two rows fit on a screen of 720.
HEIGHT = 165

#: In the session: whether the visitor chose the run to look into. A new run is followed again.
CHOSEN = "watched_by_choice"

_FONT_SIZE = 13

Spec = dict[str, Any]


class Moment(NamedTuple):
    """A run after an epoch."""

    run: Run
    epoch: int
    snapshot: Snapshot

    @property
    def genres(self) -> tuple[str, ...]:
        return self.run.config.model.genres


def choose(runs: Mapping[Run, str]) -> Moment | None:
    """Return the chosen epoch of the chosen one of named runs; None if none has snapshots."""
    by_id = {run.id: run for run in runs if snapshot_epochs(run)}
    if not by_id:
        return None
    names = {run.id: name for run, name in runs.items()}
    _choose_run(list(by_id), names)
    run = by_id[st.session_state["watched_run"]]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        epoch = _choose_epoch(run)
        snapshot = read_snapshot(run, epoch)
        if snapshot is not None and len(snapshot.tracks):
            st.selectbox(
                "Clip",
                [str(track) for track in snapshot.tracks],
                key="watched_clip",
                width=190,
                help="A validation clip: the network never trains on it.",
            )
    return None if snapshot is None else Moment(run, epoch, snapshot)


def _choose_run(ids: Sequence[str], names: Mapping[str, str]) -> None:
    """Let choose the run to look into; the first, which trains, until another was chosen."""
    if st.session_state.get("watched_run") not in ids or not st.session_state.get(CHOSEN):
        st.session_state["watched_run"], st.session_state[CHOSEN] = ids[0], False
    if len(ids) > 1:
        st.pills(
            "Look into",
            ids,
            format_func=lambda name: markdown.plain(names[name]),
            key="watched_run",
            required=True,
            label_visibility="collapsed",
            on_change=st.session_state.__setitem__,
            args=(CHOSEN, True),
        )


def _choose_epoch(run: Run) -> int:
    """Return the newest epoch of a run that trains; of one that has ended, the one chosen."""
    epochs = snapshot_epochs(run)
    if run.state in ALIVE or len(epochs) < 2:
        return epochs[-1]
    return st.select_slider(
        "Epoch",
        epochs,
        value=epochs[-1],
        key=f"watched_epoch_{run.id}",
        help="0 is before the training. Drag to see it learn again.",
        width=220,
    )


def show_confusion(moment: Moment) -> None:
    """Show the confusion matrix of the validation clips."""
    snapshot, genres = moment.snapshot, moment.genres
    counts = snapshot.confusion
    rows = pd.DataFrame(
        [
            {
                "genre": format_genre(genre),
                "predicted": format_genre(other),
                "clips": int(counts[row, column]),
            }
            for row, genre in enumerate(genres)
            for column, other in enumerate(genres)
        ]
    )
    most = int(counts.sum(axis=1).max())
    names = tuple(map(format_genre, genres))
    accuracy = format_percent(snapshot.accuracy)
    st.caption(
        f"{len(snapshot.labels)} validation clips after epoch {moment.epoch}: **{accuracy}** right",
        help="Rows: the genre. Columns: what the network says. Right is on the diagonal.",
    )
    _draw(rows, _matrix(names, most, _is_dark()), "confusion", f"Confusion matrix, {accuracy}")


def show_clip(moment: Moment) -> None:
    """Show what the network says to the chosen clip."""
    snapshot, genres = moment.snapshot, moment.genres
    tracks = [str(track) for track in snapshot.tracks]
    index = tracks.index(chosen) if (chosen := _watched_clip()) in tracks else 0
    rows = pd.DataFrame(
        {
            "genre": list(map(format_genre, genres)),
            "probability": 100 * snapshot.probabilities[index].astype(float),
        }
    )
    truth = format_genre(genres[snapshot.labels[index]])
    st.caption(f"{markdown.plain(tracks[index])}, which is **{markdown.plain(truth)}**")
    colours = tuple(genre_colours(genres).values())
    _draw(rows, _bars(tuple(rows["genre"]), colours, truth, _is_dark()), "bars", "Probabilities")


def show_filters(moment: Moment) -> None:
    """Show the first filters of the first convolution, if there is one."""
    filters = moment.snapshot.filters
    if not filters.size:
        return
    n_filters, n_bands, n_frames = filters.shape
    st.caption(
        f"First layer: {n_filters} filters, {n_bands} bands by {n_frames} frames",
        help="Time runs to the right, low bands are below. Violet weights answer to energy, brown "
        "ones to its absence. From noise at epoch 0, patterns form.",
    )
    st.image(data_address(filters_image(filters, dark=_is_dark())), alt="First layer's filters")


def show_map(moment: Moment) -> None:
    """Show the map of the validation clips."""
    snapshot, genres = moment.snapshot, moment.genres
    predicted = snapshot.probabilities.argmax(axis=1)
    colours = genre_colours(genres)
    rows = pd.DataFrame(
        {
            "x": snapshot.positions[:, 0].astype(float),
            "y": snapshot.positions[:, 1].astype(float),
            "clip": [str(track) for track in snapshot.tracks],
            "genre": [format_genre(genres[label]) for label in snapshot.labels],
            "predicted": [format_genre(genres[index]) for index in predicted],
        }
    )
    rows["letters"] = rows["genre"].str[:3]
    rows["chosen"] = rows["clip"] == _watched_clip()
    st.caption(
        "Map: near is alike to the network",
        help="The two main directions (PCA) of the layer before the genres; each epoch's map is "
        "turned onto the one before. Letters are the clip's genre.",
    )
    names = tuple(map(format_genre, genres))
    _draw(rows, _map(names, tuple(colours.values()), _is_dark()), "map", "Map of validation clips")


def _watched_clip() -> str | None:
    return st.session_state.get("watched_clip")


def _is_dark() -> bool:
    return st.context.theme.type == "dark"


def _draw(rows: pd.DataFrame, spec: Spec, name: str, alt: str) -> None:
    st.vega_lite_chart(rows, spec, key=f"live_{name}", alt=alt)


# === Vega-Lite, without data, so that a new epoch moves what is drawn and draws nothing anew ===


@lru_cache(maxsize=16)
def _matrix(names: tuple[str, ...], most: int, dark: bool) -> Spec:
    colours = MATRIX_COLOURS[dark]
    scale = {
        "domain": [stop * most for stop, _ in colours],
        "range": [colour for _, colour in colours],
    }
    y = {
        **{"field": "genre", "type": "nominal", "sort": names, "title": None},
        "axis": {"labelOverlap": False, "labelFlush": False},
    }
    x = {
        **{"field": "predicted", "type": "nominal", "sort": names, "title": None},
        "axis": {
            "labelAngle": 0,
            "labelExpr": "slice(datum.label, 0, 3)",
            "labelOverlap": False,
            "labelFlush": False,
        },
    }
    shown = {"condition": {"test": "datum.clips == 0", "value": 0}, "value": 1}
    bright = f"datum.clips > {0.3 * most}"
    ink = {"condition": {"test": bright, "value": "#ffffff"}, "value": _ink(dark)}
    return _styled(dark) | {
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "rect", "tooltip": True},
                "encoding": {
                    "color": {
                        **{"field": "clips", "type": "quantitative"},
                        **{"scale": scale, "legend": None},
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": _FONT_SIZE - 2},
                "encoding": {
                    "text": {"field": "clips", "type": "quantitative"},
                    "opacity": shown,
                    "color": ink,
                },
            },
        ],
    }


@lru_cache(maxsize=64)
def _bars(names: tuple[str, ...], colours: tuple[str, ...], truth: str, dark: bool) -> Spec:
    label = {"condition": {"test": f"datum.value == {truth!r}", "value": "bold"}, "value": "normal"}
    return _styled(dark) | {
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "y": {
                **{"field": "genre", "type": "nominal", "sort": names, "title": None},
                "axis": {"labelFontWeight": label, "labelOverlap": False, "labelFlush": False},
            },
            "x": {
                **{"field": "probability", "type": "quantitative", "title": None},
                "scale": {"domain": [0, 100]},
                "axis": {"labelExpr": "datum.label + ' %'", "tickCount": 4},
            },
            "color": _coloured(names, colours),
        },
    }


@lru_cache(maxsize=16)
def _map(names: tuple[str, ...], colours: tuple[str, ...], dark: bool) -> Spec:
    place = {"type": "quantitative", "scale": {"domain": [-1.1, 1.1]}, "axis": None}
    encoding = {"x": {"field": "x"} | place, "y": {"field": "y"} | place}
    tooltip = [{"field": name} for name in ("clip", "genre", "predicted")]
    circle = {"type": "point", "size": 500, "strokeWidth": 2, "color": _ink(dark)}
    return _styled(dark) | {
        "encoding": encoding,
        "layer": [
            {"transform": [{"filter": "datum.chosen"}], "mark": circle},
            {
                "mark": {"type": "text", "fontSize": _FONT_SIZE, "fontWeight": "bold"},
                "encoding": {
                    "text": {"field": "letters"},
                    "color": _coloured(names, colours),
                    "tooltip": tooltip,
                },
            },
        ],
    }


def _coloured(names: Sequence[str], colours: Sequence[str]) -> Spec:
    scale = {"domain": names, "range": colours}
    return {"field": "genre", "type": "nominal", "scale": scale, "legend": None}


def _styled(dark: bool) -> Spec:
    axis = {"labelFontSize": _FONT_SIZE - 2, "labelColor": _ink(dark), "labelLimit": 80}
    return {"height": HEIGHT, "config": {"axis": axis, "view": {"stroke": None}}}


def _ink(dark: bool) -> str:
    return "#fafafa" if dark else "#1c1b29"
