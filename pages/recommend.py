"""More like this: what else sounds like a song, in one's own library."""

import streamlit as st

from deepmusic import recommend
from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import DeepMusicError
from deepmusic.library import Collection
from deepmusic.protocols import BENCHMARK_PROTOCOL
from deepmusic.recommend import Query, clock
from deepmusic.ui import (
    address,
    cache,
    collections,
    familiar,
    frame,
    indexer,
    markdown,
    results,
    sources,
)
from deepmusic.ui.cache import SongFile

SONG, SONGS, MIX = "song", "songs", "mix"
WAYS = {SONG: "A song or a passage", SONGS: "Songs of the collection", MIX: "A mix of genres"}
INVITATIONS = {
    SONG: "Drop a song above, record one, or take a demo clip, and hear what else sounds like it.",
    SONGS: "Choose a song of the collection, and see what is like it. Several ask for what lies "
    "between them.",
    MIX: "Give a genre or more a share above zero.",
}
LIBRARY_WORDS = (
    "**Point DeepMusic at your music**, and it finds, for any song, what else you own that sounds "
    "like it, and says why. To see how that looks, choose *Demo bands* above."
)
#: Songs that a list can offer without a search.
MOST_LISTED = 1000


def choose_collection() -> str:
    """Let the visitor say where to look; the library first, where there is one."""
    names = {collections.DEMO: "Demo bands", collections.GTZAN: "GTZAN"}
    if collections.library() is not None:
        count = collections.library_count()
        mine = {collections.LIBRARY: f"My library ({count:,})" if count else "My library"}
        # An empty library is no place to begin.
        names = mine | names if count else names | mine
    options = list(names)
    chosen = st.segmented_control(
        "Look in",
        options,
        required=True,
        format_func=names.get,
        key=address.key("in", options),
        persist_state="session",
    )
    address.show("in")
    return chosen


def choose_way() -> str:
    """Let the visitor say how to ask."""
    way = st.segmented_control(
        "Ask by",
        list(WAYS),
        required=True,
        format_func=WAYS.get,
        key=address.key("by", list(WAYS)),
        persist_state="session",
    )
    address.show("by")
    return way


def ask_by_song(song: SongFile) -> Query:
    view = cache.view_song(song.digest, song.data, song.name)
    st.audio(view.sound or song.data, format=view.mime_type, alt="The song asked about")
    with st.spinner("The networks are listening ...", show_time=True):
        heard, _ = collections.hear(song)
    query = heard.query(choose_passage(view.duration, song.digest))
    familiar.show(song, BENCHMARK_PROTOCOL)
    return query


def try_demo() -> None:
    st.session_state.update(source="demo", demo="jazz")


def choose_passage(duration: float, digest: str) -> tuple[float, float] | None:
    """Let the visitor ask by a part of the song; None is the whole of it."""
    last = float(int(duration))
    if last < 6:
        return None
    start, end = st.slider(
        "More like which part of it? The whole counts unless you drag the ends.",
        0.0,
        last,
        (0.0, last),
        step=1.0,
        format="%d s",
        key=f"passage_{digest}",
    )
    if (start, end) == (0.0, last) or end - start < 1:
        return None
    st.caption(f"Asking by {clock(start)} to {clock(end)}.")
    return start, end


def ask_by_songs(name: str, collection: Collection) -> Query | None:
    key = f"songs_of_{name}"
    chosen = [row for row in st.session_state.get(key, []) if row in set(collection.rows.tolist())]
    st.session_state[key] = chosen
    if len(collection) <= MOST_LISTED:
        entries = collection.fetch(collection.rows.tolist())
    else:
        words = st.text_input("Find songs by title, artist or album", key="words")
        entries = collections.library().search(words) if words else []
        entries += [one for one in collection.fetch(chosen) if one not in entries]
    labels = {entry.row: f"{entry.name}, {clock(entry.duration)}" for entry in entries}
    rows = st.multiselect(
        "One song or several",
        list(labels),
        format_func=labels.get,
        key=key,
        placeholder="Choose songs",
    )
    if not rows:
        return None
    for entry in collection.fetch(rows[:3]):
        if found := collections.sound(name, entry):
            st.caption(markdown.plain(entry.name))
            st.audio(found[0], format=found[1], alt="A song asked about")
    return recommend.like_songs(collection, rows)


def ask_by_mix(collection: Collection) -> Query | None:
    shares = {}
    columns = st.columns(5)
    for index, genre in enumerate(collection.genres):
        with columns[index % 5]:
            shares[genre] = st.slider(
                genre,
                0,
                10,
                {"jazz": 6, "hiphop": 4}.get(genre, 0),
                key=f"mix_{genre}",
                persist_state="session",
            )
    if not any(shares.values()):
        return None
    query = recommend.like_genres(shares, GTZAN_GENRES)
    st.caption(f"Asking for {query.title}.")
    return query


def choose_options() -> dict[str, float]:
    """Let the visitor say how many results, and how varied."""
    with st.popover("Options"):
        most = st.select_slider(
            "Results", [3, 5, 10, 20, 50], 5, persist_state="session", key="most"
        )
        per_artist = st.slider(
            "Most of one artist", 1, 10, 2, persist_state="session", key="per_artist"
        )
        variety = st.slider(
            "Nearest, or more varied?",
            0.0,
            0.9,
            0.0,
            persist_state="session",
            key="variety",
            help="0 ranks by nearness alone. Above, each result is also to be unlike those before.",
        )
    return {"most": most, "per_artist": per_artist, "variety": variety}


frame.enter("pages/recommend.py")

st.subheader("What else sounds like this?", anchor=False)
library = collections.library()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    name = choose_collection()
    way = choose_way()
    options = choose_options()
    if name == collections.LIBRARY and collections.library_count():
        with st.popover("Add music"):
            indexer.show(library)
            indexer.show_genres(library)
if library is None:
    st.caption("Libraries of one's own are switched off on this public server.")
elif name == collections.LIBRARY and not collections.library_count():
    st.markdown(LIBRARY_WORDS)
    indexer.show(library)
    st.stop()

song = sources.choose() if way == SONG else None
left, right = st.columns([7, 5], gap="medium")
try:
    with left:
        with st.spinner("Opening the collection ...", show_time=True):
            collection = collections.open_collection(name)
        if way == SONG:
            query = song and ask_by_song(song)
        elif way == SONGS:
            query = ask_by_songs(name, collection)
        else:
            query = ask_by_mix(collection)
        found = recommend.recommend(collection, query, **options) if query else []
        if query is None:
            st.info(INVITATIONS[way])
            if way == SONG:
                st.button("Try the demo jazz", type="primary", on_click=try_demo)
        elif not found:
            st.info("Nothing else is in this collection. Index more music, or look elsewhere.")
        results.show(name, collection, query, found)
    with right:
        results.show_map(collection, query, found, key=f"map_{name}")
        if found:
            results.offer(found)
        if name == collections.GTZAN and cache.gtzan() is None:
            st.caption("GTZAN's recordings may not be passed on: these are facts without sound.")
except DeepMusicError as error:
    left.error(markdown.message(error))
