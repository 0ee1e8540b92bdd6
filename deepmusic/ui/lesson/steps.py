"""The five steps of the lesson: each one figure and two sentences."""

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
    "1": ("Sound", "What is sound to a computer?"),
    "2": ("Spectrogram", "Which frequencies, and when?"),
    "3": ("Filters", "What does the first convolution detect?"),
    "4": ("Memory", "What does the recurrent layer remember?"),
    "5": ("Vote", "How do many windows make one prediction?"),
}
STILL = {"displayModeBar": False}


@dataclass(frozen=True)
class LessonContext:
    """The clip and the window that all steps show.

    Attributes
    ----------
    song, view : SongFile, SongView
        The clip.
    outline : (np.ndarray, np.ndarray)
        Its waveform, as `deepmusic.prediction.inspect_layers.envelope` returns it.
    window : Window
        The window whose layer activations are shown.
    dark : bool
        Whether the page is dark.
    """

    song: SongFile
    view: SongView
    outline: Any
    window: Window
    dark: bool


def show(step: str, lesson: LessonContext) -> None:
    """Show a step, one of `STEPS`."""
    _SHOW[step](lesson)


def _percent(fraction: float) -> str:
    return format_percent(fraction, space="\N{NO-BREAK SPACE}")


def _say(step: str, first: str, second: str) -> None:
    """Show a step's question and two sentences, large enough for a projector."""
    st.subheader(f"{step}. {STEPS[step][1]}", anchor=False)
    st.html(f'<p class="lesson">{first} {second}</p>')


def _show_sound(lesson: LessonContext) -> None:
    lowest, highest = lesson.outline
    _say(
        "1",
        "Sound is vibrating air, and a computer records its pressure <b>22,050 times a second</b>: "
        f"{22_050 * lesson.view.duration:,.0f} numbers, the samples of this clip.",
        "This waveform shows where the clip is loud, but hardly which notes sound; so the next "
        "step splits it into low and high frequencies.",
    )
    st.plotly_chart(
        waveform_chart(
            lowest,
            highest,
            lesson.view.duration,
            (lesson.window.start, lesson.window.start + lesson.window.seconds),
        ),
        config=STILL,
        alt=f"Waveform of the clip, {lesson.view.duration:.0f} s",
    )


def _show_spectrogram(lesson: LessonContext) -> None:
    _say(
        "2",
        "Each frame of this <b>log-mel spectrogram</b> is a short moment: low notes at the bottom, "
        "high ones on top, loud ones bright, spaced as our ears space them.",
        f"A network reads it in windows of {lesson.window.seconds:.0f} s; the next steps look into "
        f"the framed one, from {format_clock(lesson.window.start)}.",
    )
    st.plotly_chart(
        spectrogram_chart(
            lesson.view.spectrogram,
            lesson.view.duration,
            lesson.view.frequency_ticks,
            (lesson.window.start, lesson.window.start + lesson.window.seconds),
        ),
        config=STILL,
        alt="Log-mel spectrogram: time runs to the right, pitch upwards, bright is loud; "
        f"the window from {format_clock(lesson.window.start)} is framed",
    )


def _show_filters(lesson: LessonContext) -> None:
    found = cache.layer_activations(lesson.song, lesson.window.start)
    window = _png_url(lesson.window.log_mel.T.astype(float))
    filters = "".join(
        f'<figure><img src="{_png_url(output)}" alt="Output of filter {number} for the '
        f'window"><figcaption>{kind}</figcaption></figure>'
        for number, (kind, output) in enumerate(
            zip(found.filter_kinds, found.filter_outputs, strict=True), start=1
        )
    )
    n_silent = int((found.filter_outputs.max(axis=(1, 2)) <= 0).sum())
    silent = f"; {n_silent} of them found nothing here" if n_silent else ""
    _say(
        "3",
        f"The CNN slides <b>{len(found.filter_kinds)} small filters</b> over the window; an image "
        f"is bright where its filter finds its pattern{silent}: <b>time edges</b> are beats, "
        "<b>pitch edges</b> held notes, <b>slants</b> notes that begin, end or glide.",
        "Nobody designed these filters: the network learnt them in training.",
    )
    st.html(
        f'<div class="filters"><figure class="window"><img src="{window}" alt="Log-mel of '
        'the window"><figcaption>the window</figcaption></figure>'
        f"<div>{filters}</div></div>"
    )


def _png_url(values: np.ndarray) -> str:
    return data_url(activation_png(values))


def _show_memory(lesson: LessonContext) -> None:
    lstm = cache.layer_activations(lesson.song, lesson.window.start).lstm
    genres = models.spec("crnn").config.genres
    first, last = lstm.probabilities[0], lstm.probabilities[-1]
    step = lesson.window.seconds / len(lstm.states)
    _say(
        "4",
        f"The CRNN's <b>LSTM</b> reads the window from left to right. Its memory is "
        f"{lstm.states.shape[1]} numbers, one a row (violet above zero, orange below); each step "
        "changes them.",
        f"After the first {step:.1f} s it predicts <b>{html.escape(genres[first.argmax()])}</b> "
        f"({_percent(first.max())}); after the whole window it predicts "
        f"<b>{html.escape(genres[last.argmax()])}</b> ({_percent(last.max())}).",
    )
    st.plotly_chart(
        memory_chart(
            lstm.states, lstm.probabilities, genres, lesson.window.seconds, dark=lesson.dark
        ),
        config=STILL,
        alt=f"The LSTM's {lstm.states.shape[1]} numbers after each of {len(lstm.states)} steps, "
        f"and its prediction so far; the last is {genres[last.argmax()]}",
    )


def _show_vote(lesson: LessonContext) -> None:
    prediction = cache.classify_song(lesson.song)[models.ENSEMBLE]
    agreeing = int(np.sum(np.array(prediction.window_genres) == prediction.genre))
    n_windows = len(prediction.starts)
    alone = "All" if agreeing == n_windows else f"{agreeing} of the"
    _say(
        "5",
        f"Three networks predict each of <b>{n_windows} windows</b>, and the mean of all their "
        f"probabilities is the prediction: <b>{html.escape(prediction.genre)}</b>, "
        f"{_percent(prediction.confidence)}.",
        f"{alone} {n_windows} windows agree with it; all of them count, since three seconds of any "
        "song can sound like another genre.",
    )
    st.plotly_chart(
        vote_chart(prediction, dark=lesson.dark),
        config=STILL,
        alt=f"Probability of each genre by window, and their mean: {prediction.genre} leads with "
        f"{_percent(prediction.confidence)}",
    )


_SHOW: dict[str, Callable[[LessonContext], None]] = {
    "1": _show_sound,
    "2": _show_spectrogram,
    "3": _show_filters,
    "4": _show_memory,
    "5": _show_vote,
}
