"""One clip: hear it, see it, and go on with it."""

import streamlit as st

from deepmusic.ui import sources
from deepmusic.ui.dataset import shelf as shelves
from deepmusic.ui.dataset.shelf import Shelf
from deepmusic.ui.markdown import plain as escape

_PART_WORDS = {
    "train": "trains",
    "valid": "chooses the epoch",
    "test": "tests",
    "unused": "is left out",
}


def show(shelf: Shelf, track: str, split: str, place: str) -> None:
    """Show a clip with its sound; `place` tells its buttons from those of other places."""
    facts = shelf.dataset.tracks[track]
    row = shelves.table_of(shelf.key, split, shelves.default_fold(split), shelf.dataset).loc[track]
    who = ", ".join(escape(name) for name in (facts.artist, facts.title) if name)
    with st.container(border=True):
        st.markdown(f"**{escape(track)}**, {escape(facts.genre)}" + (f" · {who}" if who else ""))
        picture = shelves.drawn(shelf, track, wide=True) if shelf.at_hand else ""
        if isinstance(picture, bytes):
            st.image(picture, width="stretch", alt=f"Mel-spectrogram of {track}")
        elif picture:
            st.caption(f"No picture: {escape(picture)}")
        _play(shelf, track, place)
        words = f"Under *{split}*, this clip {_PART_WORDS[row['part']]}."
        st.caption(words + (f" **Known fault:** {escape(row['fault'])}." if row["fault"] else ""))


def _play(shelf: Shelf, track: str, place: str) -> None:
    heard = shelves.sound(shelf, track)
    if heard is None:
        if not shelf.at_hand or shelf.dataset.audio_path(track) is None:
            st.caption("Its sound is not at hand here.")
        return
    sound, button = st.columns([6, 1], vertical_alignment="center")
    sound.audio(heard[0], format=heard[1], alt=f"The clip {track}")
    path = shelf.dataset.audio_path(track)
    if button.button("Open in Classify", key=f"classify_{place}", width="stretch"):
        if path is None:
            genre = shelf.dataset.tracks[track].genre
            wanted = {"source": sources.DEMO, "demo": genre}
            st.session_state.update(wanted)
            st.switch_page("pages/classify.py", query_params=wanted)
        sources.open_in_classify(shelf.data, track, path)
