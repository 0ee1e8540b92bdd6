"""The rooms for votes, one set for all visitors of a server."""

import streamlit as st

from deepmusic.ui.rooms import Rooms


@st.cache_resource(show_spinner=False)
def all_rooms() -> Rooms:
    """Return the rooms of this server."""
    return Rooms()
