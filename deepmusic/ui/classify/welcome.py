"""The Classify page without a song, and the title line above one."""

from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.charts.style import genre_colour, ink_on
from deepmusic.config import GTZAN_GENRES
from deepmusic.formatting import format_clock, format_genre, format_percent
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.song import SongFile, SongView

#: In the session: the demo that was started by a button, and shall play.
_STARTED = "started_demo"


def show(head: Any) -> None:
    """Show what the page asks, a button for each genre's demo, and the networks' accuracy.

    Parameters
    ----------
    head : container
        For the question, above the choice of a song.
    """
    with head:
        st.header("What genre is this, and why?", anchor=False)
        st.markdown(
            "Give neural networks a song. They name its genre, and show where they find it."
        )
    st.markdown("No song at hand? **Press a band**: each is synthetic, and plays at once.")
    colours = "".join(
        f".st-key-band_{genre} button {{ background: {genre_colour(genre)}; }}"
        f".st-key-band_{genre} button p {{ color: {ink_on(genre_colour(genre))}; }}"
        f".st-key-band_{genre} button span {{ color: {ink_on(genre_colour(genre))}; }}"
        for genre in GTZAN_GENRES
    )
    st.html(f"<style>{colours}</style>")
    with st.container(key="bands", horizontal=True):
        for genre in GTZAN_GENRES:
            st.button(
                format_genre(genre),
                key=f"band_{genre}",
                icon=":material/play_arrow:",
                on_click=_start_demo,
                args=(genre,),
                width="stretch",
            )
    cache.networks_ready()  # Starts loading them, for the song to come.
    _show_accuracies()


def _show_accuracies() -> None:
    """Show the accuracy of each network, and what it is."""
    results = {name: cache.shipped_evaluation(name) for name in [models.ENSEMBLE, *models.MODELS]}
    lead = results[models.ENSEMBLE]
    st.markdown(
        f"**Accuracy on {lead['clips']} test clips**",
        help="Clips of the dataset GTZAN that were not used in training (protocol "
        f"{lead['protocol']}: 70 % of the clips for training and validation, 30 % for testing, "
        "drawn at random). Artists occur in both and some labels are wrong, so expect less on your "
        "own music.",
    )
    columns = st.columns(len(results))
    for column, (name, result) in zip(columns, results.items(), strict=True):
        summary = (
            "The mean of the three networks' probabilities."
            if name == models.ENSEMBLE
            else models.spec(name).summary
        )
        percent = format_percent(result["clip_accuracy"])
        column.metric(models.title(name), percent, help=summary)


def _start_demo(genre: str) -> None:
    query_params.select(source="demo", demo=genre)
    st.session_state[_STARTED] = f"synthetic-{genre}.wav"


def plays_at_once(song: SongFile) -> bool:
    """Return whether a button started this demo."""
    return st.session_state.get(_STARTED) == song.name


def title_line(song: SongFile, view: SongView) -> None:
    """Show a song's name, length, format, remark and faults."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(markdown.plain(song.name), anchor=False, width="content")
        facts = f"{format_clock(view.duration)} · {view.source}"
        if song.remark:
            facts += f" · {song.remark}"
        st.caption(facts, width="content", help=song.details)
    if view.notes:
        markdown.show_warning(" ".join(view.notes))
