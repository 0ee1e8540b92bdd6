"""Why this genre? Evidence over the spectrogram, in a sentence, and to listen to."""

from collections.abc import Mapping

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_genre
from deepmusic.prediction import Answer, Prediction
from deepmusic.ui import cache, markdown, query_params, what_if
from deepmusic.ui.song import EvidenceView, SongFile

#: Shares of the spectrogram that may be kept for listening, in percent.
_SHARES = [10, 20, 30, 40, 50]
_HELP = (
    "Parts of the spectrogram are blanked out, one after another: the more the network's genre "
    "suffers, the more that part speaks for it. *What mattered* is the recording with everything "
    "else turned down."
)


def show(
    song: SongFile, predictions: Mapping[str, Prediction], featured: str, answer: Answer
) -> EvidenceView | None:
    """Show a switch, and behind it the question's choices and the evidence in a sentence.

    Return the evidence for the player; None where it is not asked for.
    """
    if answer.genre is None:
        return None
    if not query_params.switch("why", "**Why?** Show what mattered", help=_HELP):
        return None
    genres = predictions[featured].genres
    # A projector's letters are larger.
    width = 150 if query_params.is_on("projector") else 115
    with st.container(horizontal=True):
        genre = st.selectbox(
            "Why",
            genres,
            index=genres.index(predictions[featured].genre),
            format_func=format_genre,
            key=f"why_genre_{featured}",
            width=width,
        )
        others = [None, *(name for name in genres if name != genre)]
        against = st.selectbox(
            "and not",
            others,
            format_func=lambda name: format_genre(name) if name else "others",
            key="why_against",
            width=width,
        )
        keep = st.select_slider(
            "Keep", _SHARES, value=20, format_func=_percent, key="why_keep", width=110
        )
    try:
        with st.spinner("Blanking out parts ...", show_time=True):
            found = cache.explain_song(
                song,
                featured,
                genre,
                against,
                keep / 100,
                what_if.choose_clip(predictions[featured], "why_clip"),
            )
    except DeepMusicError as error:
        markdown.show_error(error)
        return None
    st.markdown(markdown.plain(found.sentence))
    st.caption("Bright parts speak for it, blue ones against it.")
    return found


def _percent(share: int) -> str:
    return f"{share} %"
