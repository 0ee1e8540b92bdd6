"""The five steps of the lesson: each one figure and a few sentences."""

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
from deepmusic.formatting import format_clock, format_genre, format_percent
from deepmusic.prediction.inspect_layers import Window
from deepmusic.ui import cache
from deepmusic.ui.lesson import playhead
from deepmusic.ui.song import SongFile, SongView

_SAMPLE_RATE = 22_050


@dataclass(frozen=True)
class LessonContext:
    """The clip, its waveform, the window whose activations are shown, and whether it is dark."""

    song: SongFile
    view: SongView
    outline: tuple[np.ndarray, np.ndarray]
    window: Window
    dark: bool

    @property
    def span(self) -> tuple[float, float]:
        """Start and end of the window, in s."""
        return self.window.start, self.window.start + self.window.seconds


#: Sentences as HTML, a figure or HTML, and a text alternative of the figure.
_Content = tuple[str, Any, str]


def show(step: str, lesson: LessonContext) -> None:
    """Show a step, one of `STEPS`, large enough for a projector."""
    _, question, build = STEPS[step]
    sentences, figure, alt = build(lesson)
    st.subheader(f"{step}. {question}", anchor=False)
    st.html(f'<p class="lesson">{sentences}</p>')
    if isinstance(figure, str):
        st.html(figure)
    else:
        st.plotly_chart(figure, config={"displayModeBar": False}, alt=alt)


def show_playhead(step: str, lesson: LessonContext) -> None:
    """Show the button that plays the window alone; a playhead runs through the step's pictures."""
    pictures, window_alone = PICTURES[step]
    shown = lesson.span if window_alone else (0.0, lesson.view.duration)
    playhead.show(pictures, shown, lesson.span)


def _percent(fraction: float) -> str:
    return format_percent(fraction, space="\N{NO-BREAK SPACE}")


def _sound(lesson: LessonContext) -> _Content:
    lowest, highest = lesson.outline
    seconds = lesson.view.duration
    return (
        f"A computer records the pressure of the air <b>{_SAMPLE_RATE:,} times a second</b>: "
        f"{_SAMPLE_RATE * seconds:,.0f} numbers, the samples of this clip. They show where it is "
        "loud, but hardly which notes sound.",
        waveform_chart(lowest, highest, seconds, lesson.span),
        f"Waveform of the clip, {seconds:.0f} s",
    )


def _spectrogram(lesson: LessonContext) -> _Content:
    view, start = lesson.view, format_clock(lesson.window.start)
    return (
        "In a <b>log-mel spectrogram</b>, low notes are at the bottom, high ones on top, loud ones "
        f"bright. A network reads windows of {lesson.window.seconds:.0f} s; the next steps look "
        f"into the framed one, from {start}.",
        spectrogram_chart(view.spectrogram, view.duration, view.frequency_ticks, lesson.span),
        "Log-mel spectrogram: time runs to the right, pitch upwards, bright is loud; the window "
        f"from {start} is framed",
    )


def _filters(lesson: LessonContext) -> _Content:
    found = cache.layer_activations(lesson.song, lesson.window.start)
    outputs = zip(found.filter_kinds, found.filter_outputs, strict=True)
    images = "".join(
        f"<figure>{_image(output, f'Output of filter {number} for the window')}"
        f"<figcaption>{kind}</figcaption></figure>"
        for number, (kind, output) in enumerate(outputs, start=1)
    )
    n_silent = int((found.filter_outputs.max(axis=(1, 2)) <= 0).sum())
    silent = f" ({n_silent} find nothing here)" if n_silent else ""
    return (
        f"The CNN slides <b>{len(found.filter_kinds)} small filters</b> over the window; bright is "
        f"where one finds its pattern{silent}: <b>time edges</b> are beats, <b>pitch edges</b> "
        "held notes, <b>slants</b> notes that begin, end or glide. Training made them.",
        '<div class="filters"><figure class="window">'
        + _image(lesson.window.log_mel.T.astype(float), "Log-mel of the window")
        + f"<figcaption>the window</figcaption></figure><div>{images}</div></div>",
        "",
    )


def _image(values: np.ndarray, alt: str) -> str:
    return f'<img src="{data_url(activation_png(values))}" alt="{alt}">'


def _memory(lesson: LessonContext) -> _Content:
    lstm = cache.layer_activations(lesson.song, lesson.window.start).lstm
    genres = models.spec("crnn").config.genres
    first, last = (
        f"<b>{html.escape(format_genre(genres[row.argmax()]))}</b> ({_percent(row.max())})"
        for row in lstm.probabilities[[0, -1]]
    )
    n_steps, n_numbers = lstm.states.shape
    seconds = lesson.window.seconds
    return (
        "The CRNN's <b>LSTM</b> reads the window from left to right. Its memory is "
        f"{n_numbers} numbers, one a row (violet above zero, orange below). After "
        f"{seconds / n_steps:.1f} s it predicts {first}; at the end, {last}.",
        memory_chart(lstm.states, lstm.probabilities, genres, seconds, dark=lesson.dark),
        f"The LSTM's {n_numbers} numbers after each of {n_steps} steps, and its prediction so far; "
        f"the last is {format_genre(genres[lstm.probabilities[-1].argmax()])}",
    )


def _vote(lesson: LessonContext) -> _Content:
    prediction = cache.classify_song(lesson.song)[models.ENSEMBLE]
    agreeing = int(np.sum(np.array(prediction.window_genres) == prediction.genre))
    n_windows = len(prediction.starts)
    agreed = "All" if agreeing == n_windows else f"{agreeing} of the"
    genre, percent = format_genre(prediction.genre), _percent(prediction.confidence)
    return (
        f"Three networks predict each of <b>{n_windows} windows</b>; the mean of all probabilities "
        f"is the prediction: <b>{html.escape(genre)}</b>, {percent}. {agreed} {n_windows} windows "
        "agree with it.",
        vote_chart(prediction, dark=lesson.dark),
        f"Probability of each genre by window, and their mean: {genre} leads with {percent}",
    )


#: Of each step, the CSS selector of its pictures, and whether they show the window alone.
PICTURES = {
    "1": (".nsewdrag", False),
    "2": (".nsewdrag", False),
    "3": (".filters img", True),
    "4": (".nsewdrag", True),
    "5": ('.nsewdrag[data-subplot="xy"]', False),
}

#: Label, question and content of each step.
STEPS: dict[str, tuple[str, str, Callable[[LessonContext], _Content]]] = {
    "1": ("Sound", "What is sound to a computer?", _sound),
    "2": ("Spectrogram", "Which frequencies, and when?", _spectrogram),
    "3": ("Filters", "What does the first convolution detect?", _filters),
    "4": ("Memory", "What does the recurrent layer remember?", _memory),
    "5": ("Vote", "How do many windows make one prediction?", _vote),
}
