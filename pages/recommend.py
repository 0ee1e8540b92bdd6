"""More like this: what else sounds like a song, in one's own library."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.library import recommend
from deepmusic.ui import cache, frame, markdown
from deepmusic.ui.recommend import indexer, indexes, question, results, song_map

frame.enter("pages/recommend.py")

st.subheader("What else sounds like this?", anchor=False)
library = indexes.library()
with st.container(key="question", horizontal=True, vertical_alignment="bottom"):
    name = question.choose_index()
    way = question.choose_way()
    options = question.choose_options()
    if name == indexes.LIBRARY and indexes.library_count():
        with st.popover("Add music"):
            indexer.show(library)
if library is None:
    st.caption("Music libraries are switched off on this public server.")
elif name == indexes.LIBRARY and not indexes.library_count():
    st.markdown(
        "**Point DeepMusic at your music**, and it finds what else you own that sounds like a song."
    )
    indexer.show(library)
    frame.end_page()

song = question.choose_song() if way == question.SONG else None
left, right = st.columns([7, 5], gap="medium")
try:
    with left:
        with st.spinner("Opening the songs ...", show_time=True):
            index = indexes.open_index(name)
        indexes.explain_fallback(name)
        if way == question.SONG:
            query = question.ask_by_song(song, index.space) if song else None
        else:
            query = question.ask_by_songs(name, index)
        found = recommend.recommend(index, query, **options) if query else []
        if query is None:
            question.invite(way)
        elif not found:
            st.info("Nothing in here sounds like it. Add more music, or look elsewhere.")
        results.show(name, index, found)
    with right:
        song_map.show(index, query, found, key=f"map_{name}")
        if found:
            results.offer(found)
        if name == indexes.GTZAN and cache.gtzan() is None:
            st.caption("GTZAN's recordings may not be passed on: these are facts without sound.")
except DeepMusicError as error:
    markdown.show_error(error, left)
