"""Certainty on music that is not GTZAN: what the chance and the words of an answer are worth."""

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.charts.scores import coverage_chart, reliability_chart
from deepmusic.errors import ModelError
from deepmusic.formatting import format_percent
from deepmusic.prediction.measures import shipped_measures
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.ui import markdown

_SHOWN = (models.PRETRAINED, models.ENSEMBLE)
_COLUMNS = {"sure": "Sure", "probably": "Probably", "torn": "Torn (one of two)"}


def show() -> None:
    """Show reliability, accuracy by coverage, and a table of what the words are worth."""
    try:
        measures = shipped_measures()
    except ModelError as error:
        markdown.show_error(error)
        return
    clips, answers = measures.facts["clips"], measures.facts["answers"]
    found = {name: answers[f"{DEPLOYED_PROTOCOL.name}/{name}"] for name in _SHOWN}
    lead = found[models.PRETRAINED]["reliability"]
    left, right = st.columns(2, gap="medium")
    left.markdown(
        "**Does the chance hold?**",
        help="Each mark gathers answers of about the same chance; on the dashed line, of answers "
        f"with 80 %, 80 % are right. Measured on {clips['elsewhere']} clips of music that is not "
        "GTZAN, by artists held out. The chance of an answer allows for songs of other genres, so "
        "that it is a little low for songs of the ten.",
    )
    left.plotly_chart(
        reliability_chart(
            [
                ("chance shown", models.PRETRAINED, lead["calibrated"]),
                ("the network's own", "", lead["raw"]),
            ]
        ),
        config={"displayModeBar": False},
        alt="Share of right answers by chance, before and after calibration",
    )
    right.markdown(
        "**What if only certain answers count?**",
        help="The answers, the most certain first: how many of them are right.",
    )
    right.plotly_chart(
        coverage_chart(
            [(models.title(name), name, one["coverage"]) for name, one in found.items()]
        ),
        config={"displayModeBar": False},
        alt="Share of right answers among the most certain ones",
    )
    rows = []
    for name in (*_SHOWN, *models.MODELS):
        words = measures.calibrations[f"{DEPLOYED_PROTOCOL.name}/{name}"].words
        cells = {
            title: f"{format_percent(words[word].right)} of {format_percent(words[word].share)}"
            for word, title in _COLUMNS.items()
        }
        rows.append({"Network": f"**{models.title(name)}**"} | cells)
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
    st.caption("Right, of the songs that are answered so.")
