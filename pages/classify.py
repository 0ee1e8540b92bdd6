"""The main job: a song in, what three networks hear out."""

import streamlit as st

from deepmusic.charts.song import genre_chart
from deepmusic.errors import DeepMusicError
from deepmusic.ui import (
    cache,
    downloads,
    frame,
    known_clips,
    markdown,
    player,
    sources,
    verdict,
    welcome,
)

frame.enter("pages/classify.py")

song = sources.choose()
if song is None:
    welcome.show()
    st.stop()

try:
    with st.spinner("From sound to mel-spectrogram ...", show_time=True):
        view = cache.view_song(song.digest, song.data, song.name)
except DeepMusicError as error:
    st.error(markdown.message(error))
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
    st.caption(
        "Time runs to the right, pitch upwards, bright is loud. Each lane shows the genre that a "
        "network hears in every 3 s window; the bar is as high as it is sure. Click anywhere to "
        "hear that moment. By keyboard: arrow keys seek, space plays."
    )

with right:
    featured = sources.feature_model()
    verdict.show_own_runs()
    try:
        with st.spinner("The networks are listening ...", show_time=True):
            predictions = cache.classify_song(song)
    except DeepMusicError as error:
        st.error(markdown.message(error))
        st.stop()
    verdict.show(predictions, featured)
    st.plotly_chart(
        genre_chart(predictions, featured),
        config={"displayModeBar": False},
        alt="Probability of each genre, by network",
    )

with stage:
    player.show(view, predictions, featured=featured, key="player")
known_clips.show(song, song.protocol)
verdict.show_record(featured, song)
downloads.show(song, view, predictions)
