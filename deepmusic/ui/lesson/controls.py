"""What chooses the step of the lesson, and the window that it looks into."""

import streamlit as st

from deepmusic.formatting import format_clock
from deepmusic.prediction.inspect_layers import Window
from deepmusic.ui import query_params
from deepmusic.ui.lesson.steps import STEPS


def choose_step() -> str:
    """Show the five steps and the ways to the next one, and return the one to be shown."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        step = query_params.choose(
            "step",
            list(STEPS),
            lambda step: f"{step} {STEPS[step][0]}",
            label="Step",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, width="content"):
            st.button(
                "Back", on_click=_move, args=(-1,), shortcut="PageUp", disabled=step == min(STEPS)
            )
            st.button(
                "Next",
                type="primary",
                on_click=_move,
                args=(1,),
                shortcut="PageDown",
                disabled=step == max(STEPS),
            )
    return step


def _move(by: int) -> None:
    number = int(query_params.chosen("step")) + by
    query_params.select(step=str(min(max(number, 1), len(STEPS))))


def choose_window(windows: list[Window]) -> Window:
    """Let the visitor choose the few seconds that the middle steps look at."""
    by_number = {str(number): window for number, window in enumerate(windows, start=1)}
    numbers = list(by_number)
    number = query_params.choose(
        "window",
        numbers,
        lambda number: format_clock(by_number[number].start),
        label="The window to look into",
        default=numbers[len(numbers) // 2],
        widget=st.select_slider,
    )
    return by_number[number]
