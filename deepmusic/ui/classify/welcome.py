"""The Classify page without a song, and the line of facts above one."""

from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.charts.style import genre_colour, ink_on
from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import ModelError
from deepmusic.formatting import format_clock, format_genre, format_percent
from deepmusic.prediction.measures import shipped_measures
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.ui import cache, demos, markdown, song_source
from deepmusic.ui.song import SongFile, SongView


def show(head: Any) -> None:
    """Show what the page asks, a button for each genre's demo, and what an answer is worth.

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
    st.markdown(
        "No song at hand? **Press a genre**: its demo plays at once.",
        help="Ten pieces, written for this app and chosen so that the networks know them.",
    )
    colours = "".join(
        f".st-key-band_{genre} button {{ background: {genre_colour(genre)}; }}"
        f".st-key-band_{genre} button p {{ color: {ink_on(genre_colour(genre))}; }}"
        f".st-key-band_{genre} button span {{ color: {ink_on(genre_colour(genre))}; }}"
        for genre in GTZAN_GENRES
    )
    st.html(f"<style>{colours}</style>")
    with st.container(key="bands", horizontal=True):
        for genre in sorted(GTZAN_GENRES, key=_rank):
            st.button(
                format_genre(genre),
                key=f"band_{genre}",
                icon=":material/play_arrow:",
                on_click=song_source.start_demo,
                args=(genre,),
                width="stretch",
            )
    cache.networks_ready()  # Starts loading them, for the song to come.
    _show_accuracies()


def _show_accuracies() -> None:
    """Show what each word of certainty is worth."""
    try:
        measures = shipped_measures()
    except ModelError as error:
        markdown.show_error(error)
        return
    words = measures.calibrations[f"{DEPLOYED_PROTOCOL.name}/{models.PRETRAINED}"].words
    st.markdown(
        "**How often is the answer right?** It says how sure it is:",
        help=f"Measured on {measures.facts['clips']['elsewhere']} clips of music that is not "
        "GTZAN, by artists that were held out. What is no music, or of none of the ten genres, "
        "gets an answer of its own.",
    )
    columns = st.columns(4)
    for column, word in zip(columns, ("sure", "probably", "torn", "not_sure"), strict=True):
        found = words[word]
        what = "One of the two it names was right" if word == "torn" else "Right"
        column.metric(
            word.replace("_", " ").capitalize(),
            format_percent(found.right),
            help=f"{what}: {format_percent(found.low)} to {format_percent(found.high)}. "
            f"{format_percent(found.share)} of such songs are answered so.",
        )


def _rank(genre: str) -> int:
    right = demos.NAMED_RIGHT
    return right.index(genre) if genre in right else len(right)


def facts_line(song: SongFile, view: SongView) -> None:
    """Show a song's file, length, format, remark and faults."""
    facts = [markdown.plain(song.name), format_clock(view.duration), view.source, song.remark]
    st.caption(" · ".join(filter(None, facts)), help=song.details)
    if view.notes:
        markdown.show_warning(" ".join(view.notes))
