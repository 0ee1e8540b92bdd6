"""What sounds like the query: songs with players and reasons, a map, and files to take home."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from deepmusic import recommend
from deepmusic.charts.library import MapPoint, song_map
from deepmusic.charts.style import genre_colour
from deepmusic.errors import DeepMusicError
from deepmusic.library import Collection
from deepmusic.recommend import Query, Result, clock
from deepmusic.ui import collections, markdown

#: Songs on a map; more would only cover each other.
_ON_MAP = 2000


def show(name: str, collection: Collection, query: Query | None, results: Sequence[Result]) -> None:
    """Show the results in order.

    Parameters
    ----------
    name : str
        Of the collection, one of `collections`'.
    collection, query, results
        What was asked, where, and what came out.
    """
    for rank, result in enumerate(results, start=1):
        _show_one(name, collection, query, rank, result)


def _show_one(name: str, collection: Collection, query: Query, rank: int, result: Result) -> None:
    entry = result.entry
    with st.container(key=f"result_{rank}", border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _show_cover(name, collection, result)
            album = f" :small[:gray[{markdown.plain(entry.album)}]]" if entry.album else ""
            st.markdown(
                f"**{rank}. {markdown.plain(entry.title)}**{album}  \n"
                f"{markdown.plain(entry.artist) or 'artist unknown'} · {_length(entry.duration)}",
                width="stretch",
            )
            st.markdown(
                f"**{100 * result.similarity:.0f} %**",
                width="content",
                help="Cosine of the two embeddings; 100 % is the same to the networks."
                if query.embedding is not None
                else "Affinity of the two mixes of genres; 100 % is the very mix.",
            )
            st.button(
                "More like this",
                key=f"more_{rank}",
                on_click=ask_by_songs,
                args=(name, [entry.row]),
            )
        _show_player(name, result)
        st.caption("Why: " + markdown.plain("; ".join(result.reasons)) + ".")


def ask_by_songs(name: str, rows: Sequence[int]) -> None:
    """Ask by these songs of a collection next; a callback."""
    st.session_state.update({"by": "songs", f"songs_of_{name}": list(rows)})


def _show_cover(name: str, collection: Collection, result: Result) -> None:
    path = collections.sound_path(name, result.entry)
    picture = None
    if path is not None and path.exists():
        picture = collections.cover(str(path), path.stat().st_mtime_ns)
    if picture:
        st.image(picture, width=48, alt="Cover")
        return
    # Without a cover, the colour of the genre that is heard; our own words alone.
    genre = collection.genres[int(np.argmax(result.profile))]
    st.html(
        f'<div title="{genre}" role="img" aria-label="{genre}" '
        'style="width: 48px; height: 48px; border-radius: 6px; '
        f'background: {genre_colour(genre)}"></div>',
        width="content",
    )


def _show_player(name: str, result: Result) -> None:
    try:
        found = collections.sound(name, result.entry)
    except DeepMusicError as error:
        st.caption(markdown.message(error))
        return
    if found:
        data, mime_type = found
        begins = int(result.passage[0]) if result.passage else 0
        st.audio(data, format=mime_type, start_time=begins, alt="The song found")


def _length(seconds: float) -> str:
    return clock(seconds)


def show_map(collection: Collection, query: Query, results: Sequence[Result], *, key: str) -> None:
    """Show the collection as a map with the query in it, where there is one."""
    if len(collection) < 3:
        return
    ranks = {result.entry.row: rank for rank, result in enumerate(results, start=1)}
    step = -(-len(collection) // _ON_MAP)
    rows = np.unique(np.concatenate([collection.rows[::step], np.array(list(ranks), int)]))
    others = [] if query is None or query.embedding is None else [query.embedding[None]]
    laid, *asked = recommend.project(np.asarray(collection.embeddings[rows]), others)
    heard = collection.profiles[rows].argmax(axis=1)
    points = [
        MapPoint(
            x=float(x),
            y=float(y),
            name=entry.name,
            genre=collection.genres[int(genre)],
            rank=ranks.get(entry.row),
        )
        for (x, y), genre, entry in zip(
            laid, heard, collection.fetch([int(row) for row in rows]), strict=True
        )
    ]
    where = tuple(float(value) for value in asked[0][0]) if asked else None
    st.plotly_chart(
        song_map(points, where, collection.genres),
        key=key,
        config={"displayModeBar": False},
        alt="Map of the collection: songs that sound alike lie near each other",
    )
    sampled = f" {len(rows):,} of {len(collection):,} songs are drawn." if step > 1 else ""
    star = "The star is your query. " if where else ""
    numbers = "Numbers are the results. " if ranks else ""
    st.caption(
        f"Each point is a song, in the colour of the genre that is heard in it; those that sound "
        f"alike lie near each other. {star}{numbers}Two of "
        f"{collection.embeddings.shape[1]} directions are drawn, so that some neighbours lie "
        f"farther apart here than they are.{sampled}"
    )


def offer(results: Sequence[Result]) -> None:
    """Offer the results as a playlist, where they are files, and as a table."""
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
