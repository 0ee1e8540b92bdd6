"""Press a button and watch three networks learn."""

import streamlit as st

from deepmusic.config import current_deployment
from deepmusic.ui import frame, history, live, recipe_form

frame.enter("pages/train.py")

if not current_deployment().may_train:
    st.info("Training is switched off here. Run DeepMusic on your own machine to train.")
    st.stop()

form, watch = st.columns([5, 8], gap="large")
with form:
    recipe_form.show()
with watch:
    live.show()
history.show()
