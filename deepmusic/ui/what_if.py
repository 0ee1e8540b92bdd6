"""What if the song were faster, higher, backwards? Its sound, and what the networks say."""

import html
from collections.abc import Mapping

import streamlit as st

from deepmusic import models
from deepmusic.audio import CHANGES, PRESETS
from deepmusic.charts.what_if import what_if_chart
from deepmusic.errors import AudioError
from deepmusic.formatting import format_clock, format_genre, format_percent
from deepmusic.prediction import Prediction
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.song import SongFile

_HELP = (
    "Change the sound and see whether the networks stay with their genre. Tempo and pitch change "
    "without each other; what is too loud is clipped. Lines are the genres of the network in bold."
)
#: Width of the strip on a wide page, in pixels.
_WIDTH = 800
_ARROW = "\N{RIGHTWARDS ARROW}"


def show(song: SongFile, predictions: Mapping[str, Prediction], featured: str) -> None:
    """Show a switch, and behind it a change to choose, its sound and what becomes of the answer."""
    if query_params.switch("what_if", "**What if?** Change the sound", help=_HELP):
        clip = choose_clip(predictions[featured], "what_if_clip")
        with st.container(width=_WIDTH):
            _show_change(song, featured, clip)


def choose_clip(prediction: Prediction, key: str) -> int:
    """Show a choice among the clips of 30 s of a longer song; return its number."""
    clips = sorted(set(prediction.clip_index.tolist()))
    if len(clips) == 1:
        return int(clips[0])
    starts = {int(one): prediction.starts[prediction.clip_index == one][0] for one in clips}
    return st.select_slider(
        "From", list(starts), format_func=lambda one: format_clock(starts[one]), key=key
    )


@st.fragment
def _show_change(song: SongFile, featured: str, clip: int) -> None:
    name, value = _choose_change()
    change = CHANGES[name]
    try:
        with st.spinner("Changing ...", show_time=True):
            before = cache.what_if(song, clip)
        if value != change.neutral:
            _show_changed(song, featured, clip, name, value, before)
    except AudioError as error:
        markdown.show_error(error)
        return
    _offer_presets(song, featured, clip, before[featured].genre)
    if not change.is_switch:
        place = st.empty()
        with place, st.spinner("Trying the other values ...", show_time=True):
            found = {one: _try(song, featured, clip, name, one) for one in change.steps}
        place.plotly_chart(
            what_if_chart(change, found, value),
            config={"displayModeBar": False},
            alt=f"Probability of the genres by {change.title}",
        )


def _show_changed(
    song: SongFile,
    featured: str,
    clip: int,
    name: str,
    value: float,
    before: Mapping[str, Prediction],
) -> None:
    """Play the changed song, and show what becomes of the answer."""
    with st.spinner("Changing ...", show_time=True):
        # `frame.js` starts it by its key; what plays elsewhere on the page stops.
        sound = cache.changed_sound(song, clip, name, value)
        place = st.container(key="changed_at_once")
        place.audio(sound, format="audio/flac", alt="The changed song")
        after = cache.what_if(song, clip, **{name: value})
        sentence = cache.what_if_answer(song, featured, clip, **{name: value})
    st.html(_table(before, after, featured))
    st.markdown(f"The answer is now: **{markdown.plain(sentence)}**")


def _choose_change() -> tuple[str, float]:
    """Show the choice of a change and of its value; return both."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Change",
            list(CHANGES),
            format_func=lambda one: CHANGES[one].heading,
            key="what_if_change",
            width=130,
        )
        change = CHANGES[name]
        if change.is_switch:
            return name, change.steps[-1]
        value = st.select_slider(
            change.unit.capitalize(),
            change.steps,
            value=change.neutral,
            format_func=lambda one: f"{one:g}",
            key=f"what_if_{name}",
            width=210,
        )
    return name, value


def _offer_presets(song: SongFile, featured: str, clip: int, genre: str) -> None:
    """Show a button for each preset that turns the genre of this song."""
    place = st.empty()
    with place, st.spinner("Looking for changes that turn it ...", show_time=True):
        turned = {
            words: found.genre
            for words, (name, value) in PRESETS.items()
            if (found := _try(song, featured, clip, name, value)) and found.genre != genre
        }
    if not turned:
        place.caption(f"None of {len(PRESETS)} changes turns it: it stays {format_genre(genre)}.")
        return
    with place.container(horizontal=True):
        for words, other in turned.items():
            st.button(
                f"{words.capitalize()}: {markdown.plain(format_genre(other))}",
                key=f"what_if_preset_{words}",
                on_click=_choose_preset,
                args=PRESETS[words],
            )


def _choose_preset(name: str, value: float) -> None:
    st.session_state["what_if_change"] = name
    if not CHANGES[name].is_switch:
        st.session_state[f"what_if_{name}"] = value


def _try(song: SongFile, featured: str, clip: int, name: str, value: float) -> Prediction | None:
    """Return the featured network's prediction; None where nothing is left to predict."""
    try:
        return cache.what_if_by(song, featured, clip, **{name: value})
    except AudioError:
        return None


def _table(before: Mapping[str, Prediction], after: Mapping[str, Prediction], featured: str) -> str:
    """Return a row for each network: genre and probability before and after."""
    rows = []
    for name, one in before.items():
        cells = [
            f"{format_genre(p.genre)} {format_percent(p.confidence)}" for p in (one, after[name])
        ]
        weight = 700 if name == featured else 400
        mark = "border-left: 0.3rem solid #ff2d78" if one.genre != after[name].genre else ""
        rows.append(
            f'<tr style="font-weight: {weight}"><th style="text-align: left; font-weight: inherit">'
            f"{html.escape(models.title(name))}</th><td>{html.escape(cells[0])}</td>"
            f'<td>{_ARROW}</td><td style="{mark}; padding-left: 0.5rem">{html.escape(cells[1])}'
            "</td></tr>"
        )
    style = 'style="width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums"'
    return f"<table {style}>{''.join(rows)}</table>"
