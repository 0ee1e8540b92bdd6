"""Results of the Recommend page: songs with players and explanations, and downloads."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from deepmusic.charts.style import genre_colour
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_clock, format_genre
from deepmusic.library import embeddings, recommend
from deepmusic.library.recommend import Result
from deepmusic.library.song_index import SongIndex
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.recommend import indexes


def _help(index: SongIndex) -> str:
    """Explain the similarity, and name the network that it is of."""
    by = {
        embeddings.MUSICNN: "by the pretrained network",
        embeddings.THREE_NETWORKS: "by the paper's networks",
    }[index.space]
    return (
        f"Cosine of the embeddings of your query and this song, {by}; at 100 % they are equal. "
        f"Songs below {100 * recommend.MIN_SIMILARITY[index.space]:.0f} % are left out."
    )


def show(name: str, index: SongIndex, results: Sequence[Result]) -> None:
    """Show results of the index of this name in `deepmusic.ui.recommend.indexes`, in order."""
    for rank, result in enumerate(results, start=1):
        _show_result(name, index, rank, result)


def _show_result(name: str, index: SongIndex, rank: int, result: Result) -> None:
    entry = result.entry
    with st.container(key=f"result_{rank}", border=True, gap="small"):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            _show_cover(name, index, result)
            why = f"  \nWhy: {markdown.plain('; '.join(result.reasons))}." if result.reasons else ""
            facts = [entry.artist or "artist unknown", entry.album, format_clock(entry.duration)]
            st.markdown(
                f"**{rank}. {markdown.plain(entry.title)}**  \n"
                + " · ".join(markdown.plain(fact) for fact in facts if fact)
                + why,
                width="stretch",
            )
            st.markdown(
                f"**{100 * result.similarity:.0f} %**",
                width="content",
                help=_help(index) if rank == 1 else None,
            )
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            _show_player(name, result)
            st.button(
                "More like this",
                key=f"more_{rank}",
                width="content",
                on_click=ask_by_songs,
                args=(name, [entry.id]),
            )


def ask_by_songs(name: str, ids: Sequence[int]) -> None:
    """Query by these songs of an index in the next run; a callback."""
    query_params.select(by="songs")
    st.session_state[f"songs_of_{name}"] = list(ids)


def _show_cover(name: str, index: SongIndex, result: Result) -> None:
    path = indexes.sound_path(name, result.entry)
    if path and (image := cache.cover(path)):
        st.image(image, width=48, alt="Cover")
        return
    # Without a cover, the colour of the predicted genre; no text of others gets into the HTML.
    genre = index.genres[int(np.argmax(result.profile))]
    label = format_genre(genre)
    st.html(
        f'<div title="{label}" role="img" aria-label="{label}" '
        'style="width: 48px; height: 48px; border-radius: 6px; '
        f'background: {genre_colour(genre)}"></div>',
        width="content",
    )


def _show_player(name: str, result: Result) -> None:
    try:
        found = indexes.sound(name, result.entry)
    except DeepMusicError as error:
        st.caption(markdown.message(error))
        return
    if found:
        data, mime_type = found
        begins = int(result.segment[0]) if result.segment else 0
        st.audio(data, format=mime_type, start_time=begins, alt="Recommended song")


def offer(results: Sequence[Result]) -> None:
    """Offer the results as a playlist, if they are files, and as a table."""
    with st.container(horizontal=True):
        if any(result.entry.path for result in results):
            st.download_button(
                "Download playlist (M3U8)",
                recommend.to_m3u8(results).encode("utf-8", "surrogateescape"),
                file_name="more-like-this.m3u8",
                mime="audio/x-mpegurl",
                on_click="ignore",
            )
        st.download_button(
            "Download CSV",
            recommend.to_csv(results).encode("utf-8", "surrogateescape"),
            file_name="more-like-this.csv",
            mime="text/csv",
            on_click="ignore",
        )
