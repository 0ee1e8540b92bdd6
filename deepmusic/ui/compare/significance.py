"""Whether one network is better than another, or lucky."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.evaluation.scores import Score
from deepmusic.evaluation.wording import agreement_in_words, difference_in_words
from deepmusic.ui import markdown, query_params


def show(scores: Sequence[Score]) -> None:
    """Let a visitor choose two scores, and say in words whether they differ by more than luck."""
    by_name = {score.candidate.name: score for score in scores}
    if len(by_name) < 2:
        return
    best = sorted(by_name, key=lambda name: -by_name[name].clip.value)
    look = {"widget": st.selectbox, "label_visibility": "collapsed", "width": 210}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Luck or better?**", width="content")
        one = query_params.choose("one", best, label="One network", **look)
        others = [name for name in best if name != one]
        other = query_params.choose(
            "other", others, label="Another network", default=others[-1], **look
        )
    try:
        words = difference_in_words(by_name[one], by_name[other])
    except DeepMusicError as error:
        words = str(error)
    st.markdown(markdown.message(words))
    with suppress(DeepMusicError):  # Own runs may be tested on fewer clips.
        st.markdown(agreement_in_words(scores))
