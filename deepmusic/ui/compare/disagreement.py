"""Segments of one song for which the networks predict different genres."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_clock
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
    if song.remark:
        st.caption(song.remark)
    sound = st.empty()
    segments: list[dict[str, Any]] = list(disagreement.disagreements(predictions))
    player.show(
        view, predictions, featured=models.ENSEMBLE, key="duel_player", disagreements=segments
    )
    start = None
    if segments:
        total = sum(segment["end"] - segment["start"] for segment in segments)
        st.markdown(
            f"They disagree during **{total:.0f} of {view.duration:.0f} s**, marked in the lane "
            "below the spectrogram: click a mark, or choose a line here, to play that segment."
        )
        chosen = st.dataframe(
            pd.DataFrame(map(_row, segments)),
            hide_index=True,
            height=min(38 + 36 * len(segments), 330),
            on_select="rerun",
            selection_mode="single-row",
            key=f"segments_{song.digest}",
            alt="Where the three networks disagree, and what each predicts there",
        )
        start = next((int(segments[row]["start"]) for row in chosen.selection.rows), None)
    else:
        st.success("All three networks predict the same genre throughout.")
    sound.audio(
        view.sound or song.data,
        format=view.mime_type,
        start_time=start or 0,
        autoplay=start is not None,
        alt="The song",
    )


def _row(segment: Mapping[str, Any]) -> dict[str, str]:
    start, end = (format_clock(segment[name], digits=1) for name in ("start", "end"))
    genres = {models.title(name): segment.get(name, "") for name in models.MODELS}
    return {"Time": f"{start} to {end}"} | genres
