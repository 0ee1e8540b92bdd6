"""The demo music: ten pieces of 30 s, one a genre, in ``assets/demo_music``."""

import streamlit as st

from deepmusic.files import ASSETS
from deepmusic.formatting import format_genre
from deepmusic.ui.song import SongFile

TITLES = {
    "blues": "Last Train, Slow Rain",
    "classical": "Andante for an Empty Hall",
    "country": "Gate Left Open",
    "disco": "Mirror Ball Avenue",
    "hiphop": "Palm Shadow Cruise",
    "jazz": "Second Set",
    "metal": "Iron Meridian",
    "pop": "Say It Like Summer",
    "reggae": "Harbour Road",
    "rock": "Gravel Road Engine",
}

#: Those whose genre the answer names as sure or probable, which stand first; a test holds it.
NAMED_RIGHT = ("jazz", "blues", "country", "classical", "disco", "rock")

MEDIA_TYPE = "audio/ogg"


def file_name(genre: str) -> str:
    """Return the name of a genre's piece, as pages show it."""
    return f"demo-{genre}.opus"


def read(genre: str) -> bytes:
    """Return a genre's piece, as Ogg Opus; raise `OSError` if it is not shipped."""
    return (ASSETS / "demo_music" / f"{genre}.opus").read_bytes()


def song(genre: str) -> SongFile:
    """Return the demo piece of a genre."""
    return SongFile(
        file_name(genre),
        read(genre),
        "Demo music",
        "Written for this app and chosen so that the networks know it; played by sampled "
        "instruments.",
        title=TITLES[genre],
    )


def play_instead(genre: str, *, of_gtzan: bool) -> None:
    """Play a genre's piece, and say that it stands in for a clip whose sound is not here."""
    why = "GTZAN's recordings may not be passed on" if of_gtzan else "The sound is not here"
    if genre not in TITLES:
        st.caption(f"{why}.")
        return
    st.caption(f"{why}. In its place: **{TITLES[genre]}**, this app's own {format_genre(genre)}.")
    st.audio(read(genre), format=MEDIA_TYPE, alt=f"Demo music, {format_genre(genre)}")
