"""Teach classes of one's own, see how well they are told apart, and try them."""

import streamlit as st

from deepmusic.ui import frame
from deepmusic.ui.teach import learning, session, sounds, trial

frame.enter("pages/teach.py")

st.subheader("Can you teach it your own sounds?", anchor=False)
learnt = session.learnt()
if learnt is None:
    st.markdown(
        "**Name two classes, give each some sounds, press Learn**: guitar or piano, voice or not.",
        help="A small head learns on what the pretrained network makes of each 3 s. The sounds "
        "stay in this session of your browser.",
    )
sounds.show_start()
if learnt is None:
    sounds.show_classes()
    learning.show_button()
    trial.show_saved()
    frame.end_page()

left, right = st.columns(2, gap="large")
with left:
    learning.show(learnt)
with right:
    trial.show(learnt)
    trial.show_keeping(learnt)
if learnt.taught is not None:
    with st.expander("The classes and their sounds"):
        sounds.show_classes()
        learning.show_button()
trial.show_saved()
