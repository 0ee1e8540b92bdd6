"""Several uploads: a table with a row for each song, and a way to each of them and back."""

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from deepmusic.charts.style import genre_colour
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_percent, to_csv
from deepmusic.prediction import Answer, export
from deepmusic.ui import cache, markdown, song_source
from deepmusic.ui.song import SongFile

_ON_A_PAGE = 10


def choose(songs: Sequence[SongFile]) -> SongFile | None:
    """Return the song that is open; None where a table shows them all."""
    if len(songs) < 2:
        return songs[0] if songs else None
    number = song_source.opened()
    if number is None or song_source.is_table(songs):
        _show_table(songs)
        return None
    st.button(
        f"All {len(songs)} songs",
        icon=":material/arrow_back:",
        on_click=song_source.open_upload,
        args=(None,),
    )
    return songs[number]


def _show_table(songs: Sequence[SongFile]) -> None:
    """Show a row for each song: name, answer, chance, player, and a button that opens it."""
    st.subheader(f"What genre are these {len(songs)} songs?", anchor=False)
    n_pages = -(-len(songs) // _ON_A_PAGE)
    page = st.session_state.get("page_of_songs", 1)
    first = (min(page, n_pages) - 1) * _ON_A_PAGE
    tables = []
    for number, song in enumerate(songs):
        shown = first <= number < first + _ON_A_PAGE
        with st.container(border=True) if shown else st.empty():
            try:
                with st.spinner(f"Predicting {number + 1} of {len(songs)} ..."):
                    predictions, _ = cache.classify_by_all(song)
                    answer = cache.answer_song(song, predictions, next(iter(predictions)))
                    view = cache.view_song(song)
            except DeepMusicError as error:
                markdown.show_error(error)
                continue
            if shown:
                _show_row(number, song, view, answer)
        found = song.name, view.duration, predictions, view.notes, answer
        tables.append(export.prediction_table(*found))
    if n_pages > 1:
        st.pagination(n_pages, key="page_of_songs")
    if tables:
        import pandas as pd

        table = to_csv(pd.concat(tables, ignore_index=True))
        st.download_button(
            "Download CSV", table, file_name="genres.csv", mime="text/csv", on_click="ignore"
        )


def _show_row(number: int, song: SongFile, view: Any, answer: Answer) -> None:
    name, genre, player, button = st.columns([4, 3, 4, 1.4], vertical_alignment="center")
    chance = "" if answer.probability is None else f" {format_percent(answer.probability)}"
    name.markdown(f"**{markdown.plain(song.name)}**")
    genre.html(
        f'<div style="border-left: 0.5rem solid {genre_colour(answer.genre or "")};'
        f' padding-left: 0.6rem"><b>{escape(answer.sentence)}</b>{chance}</div>'
    )
    player.audio(view.sound or song.data, format=view.mime_type, alt=song.name)
    button.button(
        "Open",
        key=f"open_{number}",
        on_click=song_source.open_upload,
        args=(number,),
        width="stretch",
    )
