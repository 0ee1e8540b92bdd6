"""Steps 7 and 8: how many windows make one answer, and why that one."""

import html

import numpy as np
import streamlit as st

from deepmusic import models
from deepmusic.charts.lesson import spectrogram_chart
from deepmusic.charts.song import vote_chart
from deepmusic.formatting import format_genre
from deepmusic.prediction import Prediction
from deepmusic.ui import cache, query_params, what_if
from deepmusic.ui.lesson.context import Content, LessonContext, percent

_KEPT = 0.2


def windows(lesson: LessonContext) -> Content:
    """Show the probabilities of every window, and their mean."""
    prediction = cache.classify_song(lesson.song)[models.ENSEMBLE]
    agreeing = int(np.sum(np.array(prediction.window_genres) == prediction.genre))
    n_windows = len(prediction.starts)
    agreed = "All" if agreeing == n_windows else f"{agreeing} of the"
    genre = format_genre(prediction.genre)
    decisive = decisive_windows(prediction)
    without = "no answer" if not decisive else f"{decisive} of {n_windows} answers"
    return (
        f"Of <b>{n_windows} windows</b> here it is <b>{html.escape(genre)}</b>, "
        f"{percent(prediction.confidence)}. "
        f"{agreed} {n_windows} windows agree with it. Leave out any one window, and <b>{without} "
        "changes</b>.",
        vote_chart(prediction, dark=lesson.dark),
        f"Probability of each genre by window, and their mean: {genre} leads with "
        f"{percent(prediction.confidence)}",
    )


def decisive_windows(prediction: Prediction) -> int:
    """Return of how many windows each alone, left out, would change the answer."""
    probabilities = prediction.window_probabilities
    if len(probabilities) < 2:
        return 0
    others = probabilities.sum(axis=0) - probabilities
    return int(np.sum(others.argmax(axis=1) != probabilities.sum(axis=0).argmax()))


def evidence(lesson: LessonContext) -> Content:
    """Show what speaks for the answer of a network."""
    with lesson.knobs:
        network = query_params.choose(
            "network", list(models.MODELS), models.title, label="Network", width=240
        )
    prediction = cache.classify_song(lesson.song)[network]
    clip = int(np.searchsorted(prediction.starts, lesson.window.start, side="right")) - 1
    number = int(prediction.clip_index[max(clip, 0)])
    found = cache.explain_song(lesson.song, network, prediction.genre, None, _KEPT, number)
    with lesson.knobs:
        for title, sound in (("What mattered", found.kept), ("The rest", found.rest)):
            with st.container(width=165, gap=None):
                st.markdown(title)
                st.audio(sound, format="audio/flac", alt=f"{title}, of the clip")
    view = lesson.view
    return (
        f"{html.escape(found.sentence)} Bright is for {_bold(prediction.genre)}, blue against it.",
        spectrogram_chart(
            view.spectrogram,
            view.duration,
            view.frequency_ticks,
            (found.start, found.end),
            found.overlay,
        ),
        f"Spectrogram of the clip, with what speaks for {format_genre(prediction.genre)}",
    )


def change(lesson: LessonContext) -> None:
    """Show what becomes of the answer of the same network when the clip's sound is changed."""
    network = query_params.chosen("network")
    what_if.show(lesson.song, cache.classify_song(lesson.song), network)


def _bold(genre: str) -> str:
    return f"<b>{html.escape(format_genre(genre))}</b>"
