"""Controls of the lesson: its step, and the window that it looks into."""

import streamlit as st

from deepmusic.formatting import format_clock
from deepmusic.prediction.inspect_layers import Window
from deepmusic.ui import query_params, song_source
from deepmusic.ui.lesson import hour
from deepmusic.ui.lesson.steps import STEPS

_ON = "The class continues: the three networks on this clip"


def choose_step() -> str:
    """Show the steps and the buttons that move between them; return the chosen one."""
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        key="steps",
    ):
        step = query_params.choose(
            "step",
            list(STEPS),
            lambda step: f"{step} {STEPS[step].label}",
            label="Step",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, width="content"):
            if st.button("Vote", help="The class names genres before the networks do"):
                st.switch_page("pages/vote.py")
            with st.popover(":material/print:", help="Print for the class"):
                hour.show_prints()
            st.button(
                "Back", on_click=_move, args=(-1,), shortcut="PageUp", disabled=step == min(STEPS)
            )
            if step != max(STEPS):
                st.button("Next", type="primary", on_click=_move, args=(1,), shortcut="PageDown")
            elif st.button("Compare", type="primary", shortcut="PageDown", help=_ON):
                query_params.select("compare", view="duel", **song_source.choice("lesson"))
                st.switch_page("pages/compare.py")
    return step


def _move(change: int) -> None:
    number = int(query_params.chosen("step")) + change
    query_params.select(step=str(min(max(number, 1), len(STEPS))))


def choose_window(windows: list[Window]) -> Window:
    """Show the choice of the window that the steps look into."""
    by_number = {str(number): window for number, window in enumerate(windows, start=1)}
    numbers = list(by_number)
    number = query_params.choose(
        "window",
        numbers,
        lambda number: format_clock(by_number[number].start),
        label="Window, by its start",
        default=numbers[len(numbers) // 2],
        widget=st.select_slider,
    )
    return by_number[number]
