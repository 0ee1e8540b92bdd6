"""Show a class, in eight steps, how sound becomes a prediction."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.ui import cache, frame, markdown, song_bar, song_source
from deepmusic.ui.lesson import controls, steps
from deepmusic.ui.lesson.context import LessonContext

frame.enter("pages/lesson.py")

step = controls.choose_step()
# The figure stands above the controls of the clip, so that a projector shows all of it.
stage = st.container(key="figure")
stage.empty()  # An empty container would take no place.
left, right, last = st.columns([8, 3, 2], gap="medium", vertical_alignment="bottom")
with left:
    song = song_source.choose_clip()
if song is None:
    frame.end_page()
try:
    with stage, st.spinner("Computing the log-mel spectrogram ...", show_time=True):
        view = cache.view_song(song)
        outline, windows = cache.outline_and_windows(song)
    with left:
        knobs = st.container(horizontal=True, vertical_alignment="center", key="knobs")
        if not steps.STEPS[step].has_knobs:
            knobs.caption(song.remark, help=song.details, width="content")
        song_bar.play(song, view)
    with right:
        window = controls.choose_window(windows)
    with stage, st.spinner("Predicting ...", show_time=True):
        dark = st.context.theme.type == "dark"
        lesson = LessonContext(song, view, outline, window, dark, knobs)
        steps.show(step, lesson)
    with last:
        steps.show_playhead(step, lesson)
    steps.show_below(step, lesson)
except DeepMusicError as error:
    markdown.show_error(error, stage)
