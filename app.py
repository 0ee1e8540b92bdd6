"""DeepMusic: what genre is this, and why? Run with ``streamlit run app.py``."""

import streamlit as st

from deepmusic.config import current_deployment
from deepmusic.ui import frame, query_params, song_bar

frame.open_frame()
pages = [
    # It stands at "/"; a path of another name leaves "/classify" to the page below.
    st.Page("pages/classify.py", title="Classify", url_path="start", default=True),
    st.Page("pages/listen.py", title="Listen"),
    st.Page("pages/lesson.py", title="Lesson"),
    st.Page("pages/compare.py", title="Compare"),
    st.Page("pages/curves.py", title="Curves"),
    st.Page("pages/confusion.py", title="Confusion"),
]
pages.append(st.Page("pages/vote.py", title="Vote", visibility="hidden"))
if current_deployment().may_train:
    pages.append(st.Page("pages/train.py", title="Train"))
pages.append(st.Page("pages/teach.py", title="Teach"))
pages.append(st.Page("pages/dataset.py", title="Dataset"))
pages.append(st.Page("pages/recommend.py", title="Recommend"))
# Whoever guesses the first page's address finds it, too, as does who guesses wrongly.
elsewhere = frame.unknown_path({page.url_path for page in pages}) or "classify"
pages.append(st.Page(frame.go_to_classify, url_path=elsewhere, visibility="hidden"))
page = st.navigation(pages, position="top")
frame.follow_deep_link()
with query_params.one_step(), frame.switches(), song_bar.above(page.title.lower()):
    page.run()
