"""Warning that GTZAN contains a visitor's song, so that the networks may know it."""

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.protocols import DEPLOYED_PROTOCOL, Protocol
from deepmusic.ui import cache, markdown
from deepmusic.ui.song import SongFile

_PARTS = {
    "train": "It is among the **training clips**, so a correct prediction proves little.",
    "valid": "It is among the **validation clips**, so a correct prediction proves little.",
    "test": "It is a **test clip**: the networks were not trained on it.",
}


def show(song: SongFile, protocol: Protocol) -> None:
    """Show which clips of GTZAN a song contains, and their part for the networks of a protocol."""
    if song.remark:
        return  # Where it comes from is known, and stands beside it.
    try:
        matches = cache.find_known_clips(song)
    except DeepMusicError:
        return  # The page has shown the error.
    for match in matches[:2]:
        part = "train" if protocol == DEPLOYED_PROTOCOL else match.part
        named = " - ".join(filter(None, (match.artist, match.title)))
        (st.info if part == "test" else st.warning)(
            f"**Known recording.** This sounds like GTZAN's clip `{match.track}`"
            f"{f' ({markdown.plain(named)})' if named else ''}. {_PARTS[part]}"
        )
