"""Five steps from sound to verdict on one clip, for a class to watch."""

import html

import numpy as np
import streamlit as st

from deepmusic import figures, models
from deepmusic.errors import DeepMusicError
from deepmusic.lesson import Window
from deepmusic.ui import address, cache, frame, sources
from deepmusic.ui.cache import SongFile, SongView

STEPS = {
    "1": ("Sound", "What does a computer hear?"),
    "2": ("Spectrogram", "Which notes are in it, and when?"),
    "3": ("First look", "What does the first convolution see?"),
    "4": ("Memory", "What does the recurrent layer remember?"),
    "5": ("Vote", "How do many windows become one verdict?"),
}
STILL = {"displayModeBar": False}


def move(by: int) -> None:
    """Go to a neighbouring step; a callback, so that the row of steps still can be set."""
    number = int(st.session_state["step"]) + by
    st.session_state["step"] = str(min(max(number, 1), len(STEPS)))


def choose_step() -> str:
    """Show the five steps and the ways to the next one, and return the one to be shown."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        step = st.segmented_control(
            "Step",
            list(STEPS),
            required=True,
            format_func=lambda step: f"{step} {STEPS[step][0]}",
            key=address.key("step", list(STEPS)),
            label_visibility="collapsed",
            persist_state="session",
        )
        with st.container(horizontal=True, width="content"):
            st.button(
                "Back", on_click=move, args=(-1,), shortcut="PageUp", disabled=step == min(STEPS)
            )
            st.button(
                "Next",
                type="primary",
                on_click=move,
                args=(1,),
                shortcut="PageDown",
                disabled=step == max(STEPS),
            )
    address.show("step")
    return step


def choose_window(windows: list[Window]) -> Window:
    """Let the visitor choose the few seconds that the middle steps look at."""
    by_number = {str(number): window for number, window in enumerate(windows, start=1)}
    numbers = list(by_number)
    middle = numbers[len(numbers) // 2]
    number = st.select_slider(
        "The window to look into",
        numbers,
        format_func=lambda number: clock(by_number[number].start),
        key=address.key("window", [middle, *numbers]),
        persist_state="session",
    )
    address.show("window")
    return by_number[number]


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def say(step: str, first: str, second: str) -> None:
    """Write a step's question and two sentences, large enough for the last row."""
    st.subheader(f"{step}. {STEPS[step][1]}", anchor=False)
    st.html(f'<p class="lesson">{first} {second}</p>')


def show_sound(song: SongFile, view: SongView, outline, window: Window) -> None:
    say(
        "1",
        "Sound is air that swings, and the computer writes down where it stands, "
        f"<b>22,050 times a second</b>: {22_050 * view.duration:,.0f} numbers for this clip.",
        "Their outline shows where it is loud, but hardly what it is; so the next step takes "
        "the sound apart into low and high notes.",
    )
    st.plotly_chart(
        figures.waveform_chart(
            *outline, view.duration, (window.start, window.start + window.seconds)
        ),
        config=STILL,
        alt=f"Waveform of the clip: how far the air swings during {view.duration:.0f} s",
    )


def show_spectrogram(song: SongFile, view: SongView, outline, window: Window) -> None:
    say(
        "2",
        "Each column of this <b>mel-spectrogram</b> is one short moment: low notes at the bottom, "
        "high ones on top, loud ones bright, spaced as our ears space them.",
        f"A network reads it in windows of {window.seconds:.0f} s; the framed one, from "
        f"{clock(window.start)}, is the one we now look into.",
    )
    st.plotly_chart(
        figures.spectrogram_chart(
            view.spectrogram,
            view.duration,
            view.frequency_ticks,
            (window.start, window.start + window.seconds),
        ),
        config=STILL,
        alt="Mel-spectrogram: time runs to the right, pitch upwards, bright is loud; "
        f"the window from {clock(window.start)} is framed",
    )


def show_first_look(song: SongFile, view: SongView, outline, window: Window) -> None:
    look = cache.look_inside(song, window.start)
    read = figures.data_url(figures.filter_picture(window.picture.T.astype(float)))
    pictures = "".join(
        f'<figure><img src="{figures.data_url(png)}" alt="What filter {number} sees in the '
        f'window"><figcaption>{kind}</figcaption></figure>'
        for number, (kind, png) in enumerate(look.maps, start=1)
    )
    silent = f"; {look.n_silent} of them found nothing here" if look.n_silent else ""
    say(
        "3",
        f"The CNN slides <b>{len(look.maps)} small filters</b> over the window, and each picture "
        f"is bright where one of them finds its own pattern{silent}: <b>time edges</b> are beats, "
        "<b>pitch edges</b> held notes, <b>slants</b> notes that begin, end or glide.",
        "Nobody drew these filters; the network found them while it learnt, and its next layers "
        "put what they find together, layer by layer.",
    )
    st.html(
        f'<div class="filters"><figure class="window"><img src="{read}" alt="The window as the '
        'networks read it"><figcaption>the window</figcaption></figure>'
        f"<div>{pictures}</div></div>"
    )


def show_memory(song: SongFile, view: SongView, outline, window: Window) -> None:
    look = cache.look_inside(song, window.start)
    genres = models.spec("crnn").config.genres
    first, last = look.guesses[0], look.guesses[-1]
    say(
        "4",
        f"The CRNN's <b>LSTM</b> reads the window from left to right and keeps "
        f"{look.states.shape[1]} numbers in mind, one a row (violet above zero, orange below), "
        "which each moment may change.",
        f"If the sound broke off after {window.seconds / len(look.states):.1f} s it would guess "
        f"<b>{html.escape(genres[first.argmax()])}</b> ({percent(first.max())}); having heard it "
        f"all, it says <b>{html.escape(genres[last.argmax()])}</b> ({percent(last.max())}).",
    )
    st.plotly_chart(
        figures.memory_chart(look.states, look.guesses, genres, window.seconds, dark=dark),
        config=STILL,
        alt=f"The LSTM's {look.states.shape[1]} numbers after each of {len(look.states)} steps, "
        f"and its guess so far, at the end {genres[last.argmax()]}",
    )


def show_vote(song: SongFile, view: SongView, outline, window: Window) -> None:
    prediction = cache.classify_song(song)[models.ENSEMBLE]
    agreeing = int(np.sum(np.array(prediction.window_genres) == prediction.genre))
    n_windows = len(prediction.starts)
    alone = "All" if agreeing == n_windows else f"{agreeing} of the"
    say(
        "5",
        f"Three networks answer for each of <b>{n_windows} windows</b>, and the mean of all these "
        f"answers is the verdict: <b>{html.escape(prediction.genre)}</b>, "
        f"{percent(prediction.confidence)}.",
        f"{alone} {n_windows} windows say so on their own; a song is judged by all of them, since "
        "three seconds of any song can sound like something else.",
    )
    st.plotly_chart(
        figures.vote_chart(prediction, dark=dark),
        config=STILL,
        alt=f"Probability of each genre by window, and their mean: {prediction.genre} leads with "
        f"{percent(prediction.confidence)}",
    )


SHOW = {
    "1": show_sound,
    "2": show_spectrogram,
    "3": show_first_look,
    "4": show_memory,
    "5": show_vote,
}

frame.enter("pages/lesson.py")
dark = st.context.theme.type == "dark"

step = choose_step()
# The figure stands above what chooses the clip, so that a projector shows all of it.
stage = st.container()
left, middle, right = st.columns([4, 5, 3], gap="medium", vertical_alignment="center")
with left:
    song = sources.choose_clip()
if song is None:
    st.stop()
st.caption(song.remark)
try:
    with stage, st.spinner("From sound to mel-spectrogram ...", show_time=True):
        view = cache.view_song(song.digest, song.data, song.name)
        outline, windows = cache.lesson_sound(song.digest, song.data, song.name)
    with middle:
        st.audio(view.sound or song.data, format=view.mime_type, alt=f"The clip {song.name}")
    with right:
        window = choose_window(windows)
    with stage, st.spinner("The networks are at it ...", show_time=True):
        SHOW[step](song, view, outline, window)
except DeepMusicError as error:
    stage.error(str(error))
