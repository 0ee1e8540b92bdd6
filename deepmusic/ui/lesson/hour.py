"""The hour with a class: the lesson's steps, then what follows on other pages, and its prints."""

from dataclasses import replace

import streamlit as st

from deepmusic.charts.class_hour import Part, students_sheet, teachers_notes
from deepmusic.ui.lesson.steps import STEPS

#: What follows the steps.
_PAGES = (
    Part(
        label="Vote",
        question="You vote first",
        minutes=7,
        say="You name the genre <b>before the networks</b> do: one vote a device, ten clips.",
        try_this="Open a room, let all join by the code, and play each clip before its answers.",
        ask="Which two genres will be mixed up most?",
        answer="The networks take rock for country, and disco for pop. A class has favourites of "
        "its own: compare.",
    ),
    Part(
        label="Compare",
        question="Which network predicts genres best?",
        minutes=4,
        say="An accuracy is measured on some clips; with others it would be <b>another one</b>, "
        "mostly within the bar.",
        try_this="See whose bars overlap. Then open Blind to what?",
        ask="Better, or chance? Which would you take, and when?",
        answer="CNN and CNN-GRU are even; the CRNN is less accurate, by more than chance, and "
        "lives on the order in time. Small or fast may still be right.",
    ),
    Part(
        label="Train",
        question="How does a network learn?",
        minutes=6,
        say="Training turns the weights, little by little, until the labels come out; the "
        "<b>validation clips</b> it never sees.",
        try_this="Press Train. Choose a clip, and watch its bars, the filters and the map.",
        ask="How would you see that it only learns by heart?",
        answer="The training curve goes on rising, the validation curve stays, and its loss rises.",
    ),
    Part(
        label="Confusion",
        question="Which genres do the networks confuse?",
        minutes=3,
        say="Rows are labels, columns predictions: <b>off the diagonal</b> stand the mistakes.",
        try_this="Click the largest mistake, and play its clips.",
        ask="Is the network wrong, or the label?",
        answer="Both occur: genres overlap, and GTZAN is known for wrong labels. Listen, then "
        "decide.",
    ),
    Part(
        label="Hand-out",
        question="What is left to do?",
        minutes=1,
        say="The <b>hand-out</b> has the networks, their results and one more question.",
        try_this="Press Hand-out on Compare, and print it.",
        ask="What would you measure next?",
        answer="Anything that could come out either way.",
    ),
)


def parts() -> list[Part]:
    """Return the parts of the hour in order, each named as the app names it."""
    steps = [replace(step, label=f"{number} {step.label}") for number, step in STEPS.items()]
    return [*steps, *_PAGES]


def show_prints() -> None:
    """Show what can be printed for the hour."""
    st.download_button(
        "Teacher's notes",
        lambda: teachers_notes(parts()),
        file_name="deepmusic-notes.html",
        help="Two pages: the hour minute by minute, with what to say, to try and to ask.",
        mime="text/html",
        on_click="ignore",
        width="stretch",
    )
    st.download_button(
        "Student's sheet",
        lambda: students_sheet(parts()[:-1]),
        file_name="deepmusic-sheet.html",
        help="Two pages: the questions with room for answers, and tables to fill.",
        mime="text/html",
        on_click="ignore",
        width="stretch",
    )
