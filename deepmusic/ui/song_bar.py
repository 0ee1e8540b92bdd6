"""The bar on top of every page: names the song at hand, plays it, and leads on to other pages."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import streamlit as st

from deepmusic.audio import encode
from deepmusic.errors import DeepMusicError
from deepmusic.ui import cache, query_params, song_source
from deepmusic.ui.song import SongFile, SongView


class _Way(NamedTuple):
    """A way on from the bar: its label, its page, and what is chosen there."""

    label: str
    page: str
    choices: dict[str, Any]


#: By key of their buttons.
WAYS = {
    "why": _Way("Why?", "classify", {"why": True}),
    "more": _Way("More like this", "recommend", {"by": "song"}),
    "map": _Way("On the map", "dataset", {"dataset": "gtzan", "view": "map"}),
    "lesson": _Way("In the lesson", "lesson", {}),
    "duel": _Way("Duel", "compare", {"view": "duel"}),
    "what_if": _Way("What if?", "classify", {"what_if": True}),
}


class _Bar(NamedTuple):
    """The bar of a run: its song, and where it plays that and lets another be chosen."""

    song: SongFile
    sound: Any
    change: Any


_bar: ContextVar[_Bar | None] = ContextVar("bar", default=None)


@contextmanager
def above(page: str) -> Iterator[None]:
    """Show the bar above a page, named such as ``classify``, where there is a song at hand."""
    query_params.enter_page(page)
    song = song_source.at_hand(page)
    if song is None:
        if page not in song_source.CHOOSING:
            song_source.tell_what_is_not_here()
        yield
        return
    with st.container(key="song_bar", horizontal=True, vertical_alignment="center", gap="small"):
        name = html.escape(song_source.name_of(song))
        st.html(f'<h2 class="song" title="{name}">{name}</h2>', width="content")
        # `frame.js` starts it by its key.
        key = "song_sound_at_once" if song_source.plays_at_once(song) else "song_sound"
        sound = _play(st.container(key=key, width=230), song)
        change = st.container(width="content")
        with st.container(key="song_ways", horizontal=True, gap="small", width="stretch"):
            _lead_on(page)
    token = _bar.set(_Bar(song, sound, change))
    try:
        yield
    finally:
        _bar.reset(token)
        song_source.be_chosen(None)


def enter(page: str) -> None:
    """Let another song be chosen in the bar; `deepmusic.ui.frame.enter` calls this.

    A widget of the frame and one of a page are not the same to Streamlit, though of one key.
    """
    bar = _bar.get()
    if bar is None:
        return
    with bar.change.popover("Change", help="Another song, or another name for it"):
        songs = song_source.choose_several(page)
        song_source.rename(bar.song)
    if not songs:  # The address, too, names the song that stays.
        query_params.carry(**song_source.choice(page))
    song_source.be_chosen(songs or [bar.song])


def at_hand() -> SongFile | None:
    """Return the song that the bar of this run shows."""
    bar = _bar.get()
    return bar.song if bar else None


def _play(place: Any, song: SongFile) -> Any:
    """Play a song as its file, if a browser can, since that needs no decoding.

    The player itself is returned, to be replaced: an `empty` around it would be drawn for a
    moment on a slow machine, and end the song that plays on from page to page.
    """
    mime_type, sound = encode.browser_mime_type(song.data), song.data
    if mime_type is None:
        try:
            view = cache.view_song(song)
        except DeepMusicError:
            return place  # The page says why.
        mime_type, sound = view.mime_type, view.sound or song.data
    return place.audio(sound, format=mime_type, alt="The song at hand")


def _lead_on(page: str) -> None:
    for key, way in WAYS.items():
        if way.page == page and not way.choices:
            continue
        if st.button(way.label, key=f"way_{key}", type="tertiary"):
            query_params.select(way.page, **way.choices)
            if way.page != page:
                query_params.select(way.page, **song_source.choice(page))
                st.switch_page(f"pages/{way.page}.py")


def play(song: SongFile, view: SongView) -> None:
    """Play the song of a page, unless the bar does; in full, where its file is damaged."""
    bar = _bar.get()
    if bar is None:
        st.audio(view.sound or song.data, format=view.mime_type, alt="The song")
    elif view.notes and view.sound:
        bar.sound.audio(view.sound, format=view.mime_type, alt="The song at hand")
