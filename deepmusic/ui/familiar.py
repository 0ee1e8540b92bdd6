"""Heard this before? Warns when a song is among the clips that the networks learnt from."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.ui import collections, markdown
from deepmusic.ui.cache import SongFile

_PARTS = {
    "train": "the networks were **trained on it**, so a right answer proves little",
    "valid": "it **chose when training stopped**, so a right answer proves little",
    "test": "it is a **test clip**, which the networks never learnt from",
}


def show(song: SongFile) -> None:
    """Say so if a visitor's song, or another rip of it, is in GTZAN."""
    if song.remark:
        return  # Where it comes from is known, and stands beside it.
    try:
        _, matches = collections.hear(song)
    except DeepMusicError:
        return  # The page has said what is wrong with it.
    for match in matches[:2]:
        words = (
            f"**Heard this before?** This sounds like GTZAN's clip `{match.track}`"
            f"{_names(match)}: {_PARTS.get(match.part, 'the networks never met it')}."
        )
        (st.warning if match.part in ("train", "valid") else st.info)(words)


def _names(match) -> str:
    named = " - ".join(filter(None, (match.artist, match.title)))
    return f" ({markdown.plain(named)})" if named else ""
