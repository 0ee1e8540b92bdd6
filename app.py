"""DeepMusic: what genre is this, and why? Run with ``streamlit run app.py``."""

import streamlit as st

from deepmusic.ui import frame

frame.open_frame()
page = st.navigation(
    [st.Page("pages/classify.py", title="Classify", default=True)],
    position="top",
)
frame.follow_deep_link()
page.run()
