"""What a song sounds like: the clips of GTZAN that are nearest to it, to compare by ear."""

from typing import Any

import streamlit as st

from deepmusic.data.gtzan import read_facts
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_genre, format_percent
from deepmusic.library.song_index import Entry
from deepmusic.ui import cache, demos, markdown
from deepmusic.ui.song import EvidenceView, SongFile

_HELP = (
    "Clips of GTZAN whose embeddings, by the paper's three networks, are nearest to this song's, "
    "by different artists. Of genres whose clips are not at hand, the demo music plays."
)


def show(place: Any, song: SongFile, evidence: EvidenceView | None) -> None:
    """Show the nearest clips beside evidence, with players, in a container."""
    if not evidence:
        return
    try:
        with place, st.spinner("Looking for what sounds like it ...", show_time=True):
            found = cache.find_similar_clips(song)
    except DeepMusicError:
        return  # The page has shown the error.
    with place:
        if not found:
            st.caption("No clip of GTZAN sounds much like it.", help=_HELP)
            return
        st.markdown("**Sounds like**", help=_HELP)
        missing = []
        for result in found:
            sound = _sound(result.entry)
            if not sound:
                missing.append(result.entry.genre)
            named = " - ".join(filter(None, (result.entry.artist, result.entry.title)))
            genre = format_genre(result.entry.genre)
            alike = format_percent(result.similarity)
            _show_line(f"{markdown.plain(named)}: **{genre}**, {alike} alike", sound, genre)
        for genre in dict.fromkeys(missing):
            if demos.file_name(genre) != song.name:
                sound = demos.read(genre), demos.MEDIA_TYPE
                _show_line(f"Demo music of {format_genre(genre)}", sound, format_genre(genre))


def _show_line(words: str, sound: tuple[bytes, str] | None, genre: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(words, width=320 if sound else "stretch")
        if sound:
            st.audio(sound[0], format=sound[1], alt=f"Similar: {genre}", width=320)


def _sound(entry: Entry) -> tuple[bytes, str] | None:
    """Return a clip's bytes and media type; None where its sound is not at hand."""
    try:
        dataset = cache.gtzan()
        path = dataset.audio_path(read_facts()[entry.id]["track"]) if dataset else None
        return cache.play_file(path) if path else None
    except (DeepMusicError, OSError):
        return None
