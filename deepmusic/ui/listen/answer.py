"""The answer so far, and the way on with the recording."""

import streamlit as st

from deepmusic import models, prediction
from deepmusic.ui import answers, markdown, song_source
from deepmusic.ui.listen.hearing import Hearing

HELP = (
    "Press Start and let music play. Each half second, the networks answer about the last 3 s, and "
    "the answer about all so far settles. The sound goes to this app's server, and stays there "
    "until you leave. Afterwards, the recording opens on every page."
)
_MOST_TAGS = 5


def show(hearing: Hearing | None) -> None:
    """Show the answer to what was heard so far, and what to do with it once that is ended."""
    predictions = hearing.listener.predictions() if hearing else {}
    if not hearing or not predictions:
        st.markdown("Press **Start**, and let music play for 3 s or more.")
        return
    featured = next(iter(predictions))
    featured = featured if featured == models.PRETRAINED else models.ENSEMBLE
    found = prediction.answer(predictions[featured], None)
    st.html(answers.headline(found))
    st.markdown(answers.certainty(found))
    if found.genre:
        st.markdown(answers.agreement(predictions))
        tags = hearing.listener.tags[:_MOST_TAGS]
        st.markdown(" ".join(f":gray-badge[{markdown.plain(tag)}]" for tag in tags))
    if hearing.is_ended and st.button("Open in Classify", type="primary"):
        song_source.open_recording(hearing.song())
