"""Whether two networks differ by more than chance (McNemar's test)."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.evaluation.scores import Score
from deepmusic.evaluation.wording import agreement_in_words, difference_in_words
from deepmusic.ui import markdown, query_params


def show(scores: Sequence[Score]) -> None:
    """Show the difference of two chosen networks in words, with the agreement of all as help."""
    by_name = {score.candidate.name: score for score in scores}
    if len(by_name) < 2:
        return
    best = sorted(by_name, key=lambda name: -by_name[name].clip.value)
    choose = partial(
        query_params.choose, widget=st.selectbox, label_visibility="collapsed", width=125
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Better, or chance?**", width="content")
        one = choose("one", best, label="One network")
        others = [name for name in best if name != one]
        other = choose("other", others, label="Another network", default=others[-1])
    agreement = ""
    with suppress(DeepMusicError):  # Own runs may be tested on fewer clips.
        agreement = agreement_in_words(scores)
    try:
        difference = difference_in_words(by_name[one], by_name[other])
        st.markdown(markdown.message(difference), help=agreement or None)
    except DeepMusicError as error:
        markdown.show_warning(error)
