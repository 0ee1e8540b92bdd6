"""Steps 4 to 6: what the three networks compute from one window."""

import html

import numpy as np

from deepmusic import models
from deepmusic.charts.lesson import branches_chart, kernel_png, memory_chart
from deepmusic.charts.spectrogram import activation_png, data_url
from deepmusic.formatting import format_genre
from deepmusic.ui import cache
from deepmusic.ui.lesson.context import Content, LessonContext, percent


def cnn(lesson: LessonContext) -> Content:
    """Show the filters of the first convolution, and their outputs."""
    found = cache.layer_activations(lesson.song, lesson.window.start)
    filters = zip(found.filter_kinds, found.kernels, found.filter_outputs, strict=True)
    images = "".join(
        f'<figure><span class="number">{number}</span>'
        f'<img class="kernel" src="{data_url(kernel_png(kernel, dark=lesson.dark))}" '
        f'alt="Weights of filter {number}">'
        f"{_image(output, f'Output of filter {number} for the window')}"
        f"<figcaption>{kind}</figcaption></figure>"
        for number, (kind, kernel, output) in enumerate(filters, start=1)
    )
    n_silent = int((found.filter_outputs.max(axis=(1, 2)) <= 0).sum())
    silent = f" ({n_silent} find nothing here)" if n_silent else ""
    return (
        f"Of <b>{len(found.filter_kinds)} filters</b>{silent}, <b>time edges</b> show beats, "
        "<b>pitch edges</b> notes, <b>slants</b> glides.",
        '<div class="filters"><figure class="window">'
        + _image(lesson.window.log_mel.T.astype(float), "Log-mel of the window")
        + f"<figcaption>the window</figcaption></figure><div>{images}</div></div>",
        "",
    )


def _image(values: np.ndarray, alt: str) -> str:
    return f'<img src="{data_url(activation_png(values))}" alt="{alt}">'


def crnn(lesson: LessonContext) -> Content:
    """Show the states of the LSTM along the window."""
    lstm = cache.layer_activations(lesson.song, lesson.window.start).lstm
    genres = models.spec("crnn").config.genres
    first, last = (_leader(genres, row) for row in lstm.probabilities[[0, -1]])
    n_steps, n_numbers = lstm.states.shape
    seconds = lesson.window.seconds
    change = 1 + int(np.abs(np.diff(lstm.states, axis=0)).sum(axis=1).argmax())
    return (
        f"It is {n_numbers} numbers, one a row (violet above zero, orange below). After "
        f"{seconds / n_steps:.1f} s it predicts {first}; at the end, {last}. It changes most at "
        f"<b>{seconds * (change + 0.5) / n_steps:.1f} s</b>.",
        memory_chart(lstm.states, lstm.probabilities, genres, seconds, dark=lesson.dark),
        f"The LSTM's {n_numbers} numbers after each of {n_steps} steps, and its prediction so far; "
        f"the last is {format_genre(genres[lstm.probabilities[-1].argmax()])}",
    )


def cnn_gru(lesson: LessonContext) -> Content:
    """Show the GRU read forwards and backwards, and what each branch predicts alone."""
    found = cache.branch_states(lesson.song, lesson.window.start)
    genres = models.spec("cnn_gru").config.genres
    alone, gru, joined = (
        _leader(genres, row) for row in (found.convolution, found.recurrence, found.joined)
    )
    n_steps, n_units = found.forwards.shape
    return (
        f"It reads {n_steps} steps, {n_units} numbers each way. The branches are joined before the "
        f"answer: convolution alone {alone}, GRU alone {gru}, both {joined}.",
        branches_chart(found, genres, lesson.window.seconds, dark=lesson.dark),
        f"States of the GRU forwards and backwards, {n_units} numbers after each of {n_steps} "
        "steps; and the predictions of the convolution alone, the GRU alone, and both",
    )


def _leader(genres: tuple[str, ...], probabilities: np.ndarray) -> str:
    """Return the most probable genre as HTML."""
    name = html.escape(format_genre(genres[int(probabilities.argmax())]))
    return f"<b>{name}</b> ({percent(probabilities.max())})"
