"""Five steps from sound to verdict on one clip, for a class to watch."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.lesson import Window
from deepmusic.ui import address, cache, frame, lesson_steps, markdown, sources
from deepmusic.ui.lesson_steps import STEPS, Scene, clock


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


frame.enter("pages/lesson.py")

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
        dark = st.context.theme.type == "dark"
        lesson_steps.show(step, Scene(song, view, outline, window, dark))
except DeepMusicError as error:
    stage.error(markdown.message(error))
