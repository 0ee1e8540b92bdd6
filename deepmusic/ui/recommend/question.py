"""The query on the Recommend page: the index to search, and the song, passage or songs."""

import streamlit as st

from deepmusic.formatting import format_clock
from deepmusic.library import recommend
from deepmusic.library.recommend import Query
from deepmusic.library.song_index import SongIndex
from deepmusic.protocols import BENCHMARK_PROTOCOL
from deepmusic.ui import cache, known_clips, markdown, query_params, song_bar, song_source
from deepmusic.ui.recommend import indexes
from deepmusic.ui.song import SongFile

SONG, SONGS = "song", "songs"
_WAYS = {SONG: "A song", SONGS: "From the list"}
#: Seconds of a song from which on a passage of it can be chosen.
_SHORTEST = 6

#: Songs that a list can offer without a search.
_MOST_LISTED = 1000


def choose_index() -> str:
    """Let the visitor choose an index; the library comes first, where there is one."""
    names = {indexes.DEMO: "Demo music", indexes.GTZAN: "GTZAN"}
    if indexes.library() is not None:
        count = indexes.library_count()
        mine = {indexes.LIBRARY: f"My library ({count:,})" if count else "My library"}
        # An empty library comes last.
        names = mine | names if count else names | mine
    return query_params.choose("in", list(names), names, label="Look in")


def choose_way() -> str:
    """Let the visitor choose what to query by: `SONG` or `SONGS`."""
    return query_params.choose("by", list(_WAYS), _WAYS, label="Ask by")


def choose_options() -> dict[str, int]:
    """Let the visitor choose how many results there are at most, and by one artist."""
    with st.popover("Options"):
        limit = st.select_slider(
            "Results", [3, 5, 10, 20, 50], 5, persist_state="session", key="most"
        )
        per_artist = st.slider(
            "Most of one artist", 1, 10, 2, persist_state="session", key="per_artist"
        )
    return {"limit": limit, "per_artist": per_artist}


def invite(way: str) -> None:
    """Show how to begin, where there is no query yet."""
    if way == SONG:
        st.button("Try the demo jazz", type="primary", icon=":material/play_arrow:", on_click=_try)


def _try() -> None:
    query_params.select(source="demo", demo="jazz")


def choose_song() -> SongFile | None:
    """Let the visitor choose a song to query by."""
    return song_source.choose()


def ask_by_song(song: SongFile, space: str) -> Query:
    """Return the query of a visitor's song, or of the passage that they choose, in a space."""
    view = cache.view_song(song)
    with st.spinner("Embedding the song ...", show_time=True):
        analyzed = cache.analyze_song(song, space)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Like **{markdown.plain(song_source.name_of(song))}**", width="content")
        song_bar.play(song, view)
        with st.popover("Passage", disabled=view.duration < _SHORTEST):
            passage = _choose_passage(view.duration, song.digest)
    query = recommend.query_by_song(analyzed, passage)
    if passage:
        start, end = map(format_clock, passage)
        st.caption(f"Searching by {start} to {end}.")
    known_clips.show(song, BENCHMARK_PROTOCOL)
    return query


def _choose_passage(duration: float, digest: str) -> tuple[float, float] | None:
    """Let the visitor choose a passage in s; None is the whole song."""
    last = float(int(duration))
    if last < _SHORTEST:
        return None
    start, end = st.slider(
        "More like which passage? Drag the ends.",
        0.0,
        last,
        (0.0, last),
        step=1.0,
        format="%d s",
        key=f"passage_{digest}",
    )
    if (start, end) == (0.0, last) or end - start < 1:
        return None
    return start, end


def ask_by_songs(name: str, index: SongIndex) -> Query | None:
    """Let the visitor choose songs of an index, and return their query."""
    key = f"songs_of_{name}"
    chosen = [song for song in st.session_state.get(key, []) if song in index.rows]
    st.session_state[key] = chosen
    entries = index.entries
    if len(index) > _MOST_LISTED:
        words = st.text_input("Find songs by title, artist or album", key="words")
        kept = [index.entries[index.rows[song]] for song in chosen]
        entries = kept + [one for one in index.search(words) if one not in kept] if words else kept
    labels = {entry.id: f"{entry.name}, {format_clock(entry.duration)}" for entry in entries}
    ids = st.multiselect(
        "One song or several",
        list(labels),
        format_func=lambda song: labels[song],
        key=key,
        placeholder="Choose songs",
        select_all=False,
    )
    if not ids:
        return None
    with st.expander("Play these songs") if len(ids) > 1 else st.container():
        for entry in (index.entries[index.rows[song]] for song in ids[:3]):
            if found := indexes.sound(name, entry):
                if len(ids) > 1:
                    st.caption(markdown.plain(entry.name))
                st.audio(found[0], format=found[1], alt="A song of the query")
    return recommend.query_by_ids(index, ids)
