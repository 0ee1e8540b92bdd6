"""Predict the genre of a song with three networks, and show why."""

import streamlit as st

from deepmusic.charts.song import genre_chart
from deepmusic.errors import DeepMusicError
from deepmusic.ui import cache, frame, known_clips, markdown, player, song_source
from deepmusic.ui.classify import downloads, result, welcome

frame.enter("pages/classify.py")

song = song_source.choose()
if song is None:
    welcome.show()
    st.stop()

try:
    with st.spinner("Computing the log-mel spectrogram ...", show_time=True):
        view = cache.view_song(song)
except DeepMusicError as error:
    markdown.show_error(error)
    welcome.show()
    st.stop()

welcome.title_line(song, view)
with st.container(key="result"):
    left, right = st.columns([9, 4], gap="medium")
with left:
    st.audio(view.sound or song.data, format=view.mime_type, alt="The song")
    stage = st.empty()
    if not cache.networks_ready(song.protocol):
        with stage:
            player.show(view, None, featured="", key="player_waiting")
    st.caption(player.LEGEND)

with right:
    featured = result.choose_network()
    result.show_own_runs()
    try:
        with st.spinner("Predicting ...", show_time=True):
            predictions = cache.classify_song(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        st.stop()
    result.show(predictions, featured)
    st.plotly_chart(
        genre_chart(predictions, featured),
        config={"displayModeBar": False},
        alt="Probability of each genre, by network",
    )

with stage:
    player.show(view, predictions, featured=featured, key="player")
known_clips.show(song, song.protocol)
result.show_accuracy(featured, song)
downloads.show(song, view, predictions)
