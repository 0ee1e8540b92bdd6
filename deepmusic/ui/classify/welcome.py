"""What stands on the Classify page before a song is there, and the line above one."""

import streamlit as st

from deepmusic import models
from deepmusic.charts.style import genre_colour
from deepmusic.config import GTZAN_GENRES
from deepmusic.formatting import format_clock, format_percent
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.song import SongFile, SongView


def show() -> None:
    """Invite a newcomer to try a song."""
    st.header("What genre is this, and why?", anchor=False)
    st.markdown(
        "Drop a song above, record some music, or pick a clip. Three neural networks read it "
        "in windows of 3 s, and each predicts one of ten genres:"
    )
    st.html(_genre_chips())
    st.button("Try the demo blues", type="primary", on_click=_try_demo)
    _networks_state()
    st.divider()
    _show_records()


def _genre_chips() -> str:
    """Return the ten genres, each with its colour, as HTML of our own words alone."""
    chips = (
        f'<span style="white-space: nowrap"><span style="display: inline-block; width: 0.9em;'
        f' height: 0.9em; border-radius: 3px; background: {genre_colour(genre)}"></span>'
        f" {genre}</span>"
        for genre in GTZAN_GENRES
    )
    return f'<div style="display: flex; flex-wrap: wrap; gap: 0.2rem 1.3rem">{"".join(chips)}</div>'


def _show_records() -> None:
    """Show how often each network is right, beside what it is."""
    results = {name: cache.shipped_evaluation(name) for name in [*models.MODELS, models.ENSEMBLE]}
    columns = st.columns(len(results))
    for column, (name, result) in zip(columns, results.items(), strict=True):
        summary = (
            "The mean of all three networks' probabilities, window by window."
            if name == models.ENSEMBLE
            else models.spec(name).summary
        )
        with column:
            st.metric(models.title(name), f"{format_percent(result['clip_accuracy'])} right")
            st.caption(summary)
    st.caption(
        f"Share of {result['clips']} test clips of the dataset GTZAN, none of them used in "
        "training, whose labelled genre each network named "
        f"(protocol {result['protocol']}: 70 % of the clips train and choose, 30 % test, drawn at "
        "random). Artists occur on both sides and some labels are wrong, so expect less from your "
        "own music."
    )


def _try_demo() -> None:
    query_params.select(source="demo", demo="blues")


def _networks_state() -> None:
    """Say whether the networks are ready; look again each second until they are."""
    if cache.networks_ready():
        st.caption("The networks are ready.")
    else:
        _wait_for_networks()


@st.fragment(run_every=1.0)
def _wait_for_networks() -> None:
    if cache.networks_ready():
        st.rerun()
    st.caption("The networks are warming up; you can choose a song meanwhile.")


def title_line(song: SongFile, view: SongView) -> None:
    """Show the song's name, length and format, and what is to be said of it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(markdown.plain(song.name), anchor=False, width="content")
        st.caption(f"{format_clock(view.duration)} · {view.source}", width="content")
    if song.remark:
        st.caption(song.remark)
    if view.note:
        markdown.show_warning(view.note)
