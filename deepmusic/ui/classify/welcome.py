"""The Classify page without a song, and the title line above one."""

import streamlit as st

from deepmusic import models
from deepmusic.charts.style import genre_colour
from deepmusic.config import GTZAN_GENRES
from deepmusic.formatting import format_clock, format_genre, format_percent
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.song import SongFile, SongView


def show() -> None:
    """Show the welcome: what to do, the genres, and the accuracy of the networks."""
    st.header("What genre is this, and why?", anchor=False)
    st.markdown(
        "Upload a song, record some music, or choose a clip. Three neural networks read it in "
        "windows of 3 s and predict one of ten genres:"
    )
    st.html(_genre_chips())
    st.button("Try the demo blues", type="primary", on_click=_try_demo)
    cache.networks_ready()  # Starts loading them, for the song to come.
    _show_accuracies()


def _genre_chips() -> str:
    """Return the ten genres with their colours as HTML."""
    chips = (
        f'<span style="white-space: nowrap"><span style="display: inline-block; width: 0.9em;'
        f' height: 0.9em; border-radius: 3px; background: {genre_colour(genre)}"></span>'
        f" {format_genre(genre)}</span>"
        for genre in GTZAN_GENRES
    )
    return f'<div style="display: flex; flex-wrap: wrap; gap: 0.2rem 1.3rem">{"".join(chips)}</div>'


def _show_accuracies() -> None:
    """Show the accuracy of each network, and what it is."""
    results = {name: cache.shipped_evaluation(name) for name in [*models.MODELS, models.ENSEMBLE]}
    n_clips = results[models.ENSEMBLE]["clips"]
    st.markdown(f"**Accuracy on {n_clips} test clips**")
    columns = st.columns(len(results))
    for column, (name, result) in zip(columns, results.items(), strict=True):
        summary = (
            "The mean of the three networks' probabilities."
            if name == models.ENSEMBLE
            else models.spec(name).summary
        )
        with column:
            st.metric(models.title(name), format_percent(result["clip_accuracy"]))
            st.caption(summary)
    st.caption(
        "Clips of the dataset GTZAN that were not used in training (protocol "
        f"{results[models.ENSEMBLE]['protocol']}: 70 % of the clips for training and validation, "
        "30 % for testing, drawn at random). Artists occur in both and some labels are wrong, so "
        "expect less on your own music."
    )


def _try_demo() -> None:
    query_params.select(source="demo", demo="blues")


def title_line(song: SongFile, view: SongView) -> None:
    """Show a song's name, length, format, remark and faults."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(markdown.plain(song.name), anchor=False, width="content")
        st.caption(f"{format_clock(view.duration)} · {view.source}", width="content")
    if song.remark:
        st.caption(song.remark)
    if view.notes:
        markdown.show_warning(" ".join(view.notes))
