"""Segments of one song for which the networks predict different genres."""

from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.errors import DeepMusicError
from deepmusic.prediction import disagreement
from deepmusic.ui import cache, markdown, player, song_source


def show() -> None:
    """Show a song in the player, with the segments on which the networks disagree."""
    song = song_source.choose()
    if song is None:
        st.info("Choose a song above, and see where the three networks disagree about it.")
        return
    try:
        with st.spinner("Predicting ...", show_time=True):
            view = cache.view_song(song)
            predictions = cache.classify_song(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    segments: list[dict[str, Any]] = list(disagreement.disagreements(predictions))
    total = sum(segment["end"] - segment["start"] for segment in segments)
    answer = cache.answer_song(song, predictions, models.ENSEMBLE)
    where = (
        f"They disagree during **{total:.0f} of {view.duration:.0f} s**: click a mark in the first "
        "lane to play it."
        if segments
        else "All three predict the same genre throughout."
    )
    stop = "" if answer.sentence.endswith("?") else "."
    said = f"Together the networks say: **{answer.sentence}**{stop} {where}"
    st.markdown(said, help=answer.meaning or None)
    st.audio(view.sound or song.data, format=view.mime_type, alt="The song")
    player.show(
        view,
        predictions,
        featured=models.ENSEMBLE,
        key="duel_player",
        disagreements=segments,
        content=answer.content,
    )
