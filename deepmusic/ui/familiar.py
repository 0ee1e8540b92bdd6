"""Heard this before? Warns when a song is among the clips that the networks learnt from."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.protocols import DEPLOYED_PROTOCOL, Protocol
from deepmusic.ui import collections, markdown
from deepmusic.ui.cache import SongFile

_PARTS = {
    "train": "The networks **learnt from it**, so a right answer proves little.",
    "valid": "It **chose when training stopped**, so a right answer proves little.",
    "test": "It is a **test clip**, which the networks never learnt from.",
}


def show(song: SongFile, protocol: Protocol) -> None:
    """Say so if a visitor's song, or another rip of it, is in GTZAN.

    Parameters
    ----------
    song : SongFile
        What was given.
    protocol : str
        By which the networks learnt that were asked about it.
    """
    if song.remark:
        return  # Where it comes from is known, and stands beside it.
    try:
        _, matches = collections.hear(song)
    except DeepMusicError:
        return  # The page has said what is wrong with it.
    for match in matches[:2]:
        part = "train" if protocol == DEPLOYED_PROTOCOL else match.part
        (st.info if part == "test" else st.warning)(
            f"**Heard this before?** This sounds like GTZAN's clip `{match.track}`"
            f"{_names(match)}. {_PARTS[part]}"
        )


def _names(match) -> str:
    named = " - ".join(filter(None, (match.artist, match.title)))
    return f" ({markdown.plain(named)})" if named else ""
