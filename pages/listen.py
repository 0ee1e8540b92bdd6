"""Predict the genre of what is playing, while it plays."""

import streamlit as st

from deepmusic.ui import frame
from deepmusic.ui.listen import answer, hearing

frame.enter("pages/listen.py")

st.subheader("What is playing?", anchor=False, help=answer.HELP)


@st.fragment
def listen() -> None:
    """Show the microphone and the answer; every half second of sound runs it again."""
    left, right = st.columns([9, 5], gap="medium")
    with left:
        hearing.show_microphone()
    with right:
        answer.show(hearing.current())


listen()
