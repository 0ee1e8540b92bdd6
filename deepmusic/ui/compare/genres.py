"""Recall, precision and F1 of each network, genre by genre."""

from collections.abc import Sequence

import streamlit as st

from deepmusic import models
from deepmusic.charts.scores import measure_chart
from deepmusic.evaluation.scores import Score
from deepmusic.ui import query_params

_MEASURES = {
    "recall": "**Recall:** of the test clips with this label, the share that was predicted so.",
    "precision": "**Precision:** of the test clips predicted as this genre, the share that is "
    "labelled so.",
    "f1": "**F1:** the harmonic mean of recall and precision, which is high only where both are.",
}


def show(scores: Sequence[Score]) -> None:
    """Show a measure of the networks by genre."""
    shown = [score for score in scores if score.candidate.model != models.ENSEMBLE]
    fewest = min(int(n) for score in shown for n in score.table["genre"].value_counts())
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        measure = query_params.choose(
            "bars", list(_MEASURES), str.capitalize, label="Measure", label_visibility="collapsed"
        )
        st.markdown(
            _MEASURES[measure],
            help=f"A genre has as few as {fewest} test clips here: one clip moves a bar by about "
            f"{100 / fewest:.2g} points. Genres that are easy for all stand left.",
            width="stretch",
        )
    st.plotly_chart(
        measure_chart(shown, measure),
        config={"displayModeBar": False},
        alt=f"{measure.capitalize()} of each network, genre by genre",
    )
