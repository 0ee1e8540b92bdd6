"""Predict the genre of a song with neural networks, and show why."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.ui import cache, frame, known_clips, markdown, player, song_bar, song_source
from deepmusic.ui.classify import downloads, result, several, sounds_like, welcome, why
from deepmusic.ui.what_if import show as show_what_if

frame.enter("pages/classify.py")

head = st.container()
songs = song_source.choose_several()
song = several.choose(songs)
if song is None:
    if not songs:
        welcome.show(head)
    frame.end_page()

try:
    with st.spinner("Computing the log-mel spectrogram ...", show_time=True):
        view = cache.view_song(song)
except DeepMusicError as error:
    markdown.show_error(error)
    welcome.show(head)
    frame.end_page()

welcome.facts_line(song, view)
with st.container(key="result"):
    left, right = st.columns([9, 5], gap="medium")
with left:
    song_bar.play(song, view)
    stage = st.container(key="player_place").empty()
    if not cache.networks_ready(song.protocol):
        with stage:
            player.show(view, None, featured="", key="player_waiting")
    st.caption(player.HINT, help=player.LEGEND)
    beside = st.container()

with right:
    featured = result.choose_network(song)
    result.show_own_runs()
    try:
        with st.spinner("Predicting ...", show_time=True):
            predictions, tags = cache.classify_by_all(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        frame.end_page()
    featured, answer = result.show(predictions, featured, song, tags)
    evidence = why.show(song, predictions, featured, answer)
    show_what_if(song, predictions, featured)
    shown = result.show_networks(predictions, featured, answer, song)

with stage:
    player.show(
        view, shown, featured=featured, key="player", content=answer.content, evidence=evidence
    )
sounds_like.show(beside, song, evidence)
known_clips.show(song, song.protocol)
downloads.show(song, view, predictions, answer)
