"""Heard this before? Warns when a song is among the clips that the networks learnt from."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.ui import collections, markdown
from deepmusic.ui.cache import SongFile


def show(song: SongFile) -> None:
    """Say so if a visitor's song, or another rip of it, is in GTZAN."""
    if song.remark:
        return  # Where it comes from is known, and stands beside it.
    try:
        _, matches = collections.hear(song)
    except DeepMusicError:
        return  # The page has said what is wrong with it.
    for match in matches[:2]:
        st.warning(
            f"**Heard this before?** This sounds like GTZAN's clip `{match.track}`"
            f"{_names(match)}. The networks **learnt from it**, so a right answer proves little."
        )


def _names(match) -> str:
    named = " - ".join(filter(None, (match.artist, match.title)))
    return f" ({markdown.plain(named)})" if named else ""
