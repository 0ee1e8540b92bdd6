"""Train networks, watch them learn, and compare all runs so far."""

import streamlit as st

from deepmusic.config import current_deployment
from deepmusic.ui import frame
from deepmusic.ui.train import form, history, live, owners

frame.enter("pages/train.py")

if not current_deployment().may_train:
    st.info("Training is switched off here. Run DeepMusic on your own machine to train.")
    frame.end_page()

with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader("How does a network learn?", anchor=False, width="stretch")
    owners.show()
if live.is_training():
    live.show()
    with st.expander("Train another network"):
        form.show()
else:
    left, right = st.columns([5, 8], gap="large")
    with left:
        form.show()
    with right:
        live.show()
history.show()
