"""The lesson's five steps: each one figure and two sentences, for a class to watch."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from deepmusic import models
from deepmusic.charts.lesson import memory_chart, spectrogram_chart, waveform_chart
from deepmusic.charts.song import vote_chart
from deepmusic.charts.spectrogram import activation_png, data_url
from deepmusic.formatting import format_clock, format_percent
from deepmusic.prediction.inspect_layers import Window
from deepmusic.ui import cache
from deepmusic.ui.song import SongFile, SongView

STEPS = {
    "1": ("Sound", "What does a computer hear?"),
    "2": ("Spectrogram", "Which notes are in it, and when?"),
    "3": ("First look", "What does the first convolution see?"),
    "4": ("Memory", "What does the recurrent layer remember?"),
    "5": ("Vote", "How do many windows become one prediction?"),
}
STILL = {"displayModeBar": False}


@dataclass(frozen=True)
class Scene:
    """What all steps look at.

    Attributes
    ----------
    song, view : SongFile, SongView
        The clip.
    outline : array
        Of its waveform, as `deepmusic.prediction.inspect_layers.envelope` returned it.
    window : Window
        The few seconds that the middle steps look into.
    dark : bool
        Whether the page is dark.
    """

    song: SongFile
    view: SongView
    outline: Any
    window: Window
    dark: bool


def show(step: str, scene: Scene) -> None:
    """Show a step, one of `STEPS`."""
    _SHOW[step](scene)


def _percent(share: float) -> str:
    return format_percent(share, space="\N{NO-BREAK SPACE}")


def _say(step: str, first: str, second: str) -> None:
    """Write a step's question and two sentences, large enough for the last row."""
    st.subheader(f"{step}. {STEPS[step][1]}", anchor=False)
    st.html(f'<p class="lesson">{first} {second}</p>')


def _show_sound(scene: Scene) -> None:
    _say(
        "1",
        "Sound is air that swings, and the computer writes down where it stands, "
        f"<b>22,050 times a second</b>: {22_050 * scene.view.duration:,.0f} numbers for this clip.",
        "Their outline shows where it is loud, but hardly what it is; so the next step takes "
        "the sound apart into low and high notes.",
    )
    st.plotly_chart(
        waveform_chart(
            *scene.outline,
            scene.view.duration,
            (scene.window.start, scene.window.start + scene.window.seconds),
        ),
        config=STILL,
        alt=f"Waveform of the clip: how far the air swings during {scene.view.duration:.0f} s",
    )


def _show_spectrogram(scene: Scene) -> None:
    _say(
        "2",
        "Each frame of this <b>mel-spectrogram</b> is one short moment: low notes at the bottom, "
        "high ones on top, loud ones bright, spaced as our ears space them.",
        f"A network reads it in windows of {scene.window.seconds:.0f} s; the framed one, from "
        f"{format_clock(scene.window.start)}, is the one we now look into.",
    )
    st.plotly_chart(
        spectrogram_chart(
            scene.view.spectrogram,
            scene.view.duration,
            scene.view.frequency_ticks,
            (scene.window.start, scene.window.start + scene.window.seconds),
        ),
        config=STILL,
        alt="Mel-spectrogram: time runs to the right, pitch upwards, bright is loud; "
        f"the window from {format_clock(scene.window.start)} is framed",
    )


def _show_first_look(scene: Scene) -> None:
    found = cache.layer_activations(scene.song, scene.window.start)
    read = _png_url(scene.window.log_mel.T.astype(float))
    filters = "".join(
        f'<figure><img src="{_png_url(output)}" alt="What filter {number} sees in the '
        f'window"><figcaption>{kind}</figcaption></figure>'
        for number, (kind, output) in enumerate(
            zip(found.filter_kinds, found.filter_outputs, strict=True), start=1
        )
    )
    n_silent = int((found.filter_outputs.max(axis=(1, 2)) <= 0).sum())
    silent = f"; {n_silent} of them found nothing here" if n_silent else ""
    _say(
        "3",
        f"The CNN slides <b>{len(found.filter_kinds)} small filters</b> over the window, and each "
        f"picture is bright where one of them finds its own pattern{silent}: <b>time edges</b> are "
        "beats, <b>pitch edges</b> held notes, <b>slants</b> notes that begin, end or glide.",
        "Nobody drew these filters; the network found them while it learnt, and its next layers "
        "put what they find together, layer by layer.",
    )
    st.html(
        f'<div class="filters"><figure class="window"><img src="{read}" alt="The window as the '
        'networks read it"><figcaption>the window</figcaption></figure>'
        f"<div>{filters}</div></div>"
    )


def _png_url(values: np.ndarray) -> str:
    return data_url(activation_png(values))


def _show_memory(scene: Scene) -> None:
    lstm = cache.layer_activations(scene.song, scene.window.start).lstm
    genres = models.spec("crnn").config.genres
    first, last = lstm.probabilities[0], lstm.probabilities[-1]
    step = scene.window.seconds / len(lstm.states)
    _say(
        "4",
        f"The CRNN's <b>LSTM</b> reads the window from left to right and keeps "
        f"{lstm.states.shape[1]} numbers in mind, one a row (violet above zero, orange below), "
        "which each moment may change.",
        f"If the sound broke off after {step:.1f} s it would predict "
        f"<b>{html.escape(genres[first.argmax()])}</b> ({_percent(first.max())}); having read it "
        f"all, it predicts <b>{html.escape(genres[last.argmax()])}</b> ({_percent(last.max())}).",
    )
    st.plotly_chart(
        memory_chart(
            lstm.states, lstm.probabilities, genres, scene.window.seconds, dark=scene.dark
        ),
        config=STILL,
        alt=f"The LSTM's {lstm.states.shape[1]} numbers after each of {len(lstm.states)} steps, "
        f"and its prediction so far, at the end {genres[last.argmax()]}",
    )


def _show_vote(scene: Scene) -> None:
    prediction = cache.classify_song(scene.song)[models.ENSEMBLE]
    agreeing = int(np.sum(np.array(prediction.window_genres) == prediction.genre))
    n_windows = len(prediction.starts)
    alone = "All" if agreeing == n_windows else f"{agreeing} of the"
    _say(
        "5",
        f"Three networks answer for each of <b>{n_windows} windows</b>, and the mean of all these "
        f"answers is the prediction: <b>{html.escape(prediction.genre)}</b>, "
        f"{_percent(prediction.confidence)}.",
        f"{alone} {n_windows} windows say so on their own; a song is judged by all of them, since "
        "three seconds of any song can sound like something else.",
    )
    st.plotly_chart(
        vote_chart(prediction, dark=scene.dark),
        config=STILL,
        alt=f"Probability of each genre by window, and their mean: {prediction.genre} leads with "
        f"{_percent(prediction.confidence)}",
    )


_SHOW: dict[str, Callable[[Scene], None]] = {
    "1": _show_sound,
    "2": _show_spectrogram,
    "3": _show_first_look,
    "4": _show_memory,
    "5": _show_vote,
}
