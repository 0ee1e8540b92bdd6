"""The same song by FMA's eight genres, another taxonomy."""

import streamlit as st

from deepmusic import models
from deepmusic.charts.song import genre_chart
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_genre, format_percent
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.song import SongFile

_HELP = (
    "The Free Music Archive sorts music into other genres than GTZAN: Electronic, Folk, "
    "Instrumental ... A network that learnt these is asked, on its own."
)


def show(song: SongFile) -> None:
    """Show a switch, and behind it what the network of FMA's genres predicts."""
    if not query_params.switch("fma", "By the eight genres of FMA", help=_HELP):
        return
    try:
        with st.spinner("Predicting ...", show_time=True):
            prediction, note = cache.classify_by_fma(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    genre, chance = format_genre(prediction.genre), format_percent(prediction.confidence)
    st.markdown(f"**{markdown.plain(genre)}**, {chance}, says the network", help=note)
    st.plotly_chart(
        genre_chart({models.FMA: prediction}, models.FMA),
        config={"displayModeBar": False},
        alt="Probability of each genre of FMA",
        key="fma_chart",
    )
    st.caption(note)
