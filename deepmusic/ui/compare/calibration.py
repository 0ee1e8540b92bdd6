"""How far a network's percentages can be taken at their word."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.charts.scores import calibration_chart
from deepmusic.evaluation.scores import Candidate, Score, errors_at_benchmark_temperature
from deepmusic.evaluation.wording import NOTHING
from deepmusic.formatting import format_percent
from deepmusic.protocols import BENCHMARK_PROTOCOL, FAULT_FILTERED, Protocol
from deepmusic.ui import markdown
from deepmusic.ui.scores import scores_of

_READING = (
    "**How to read it.** Each mark gathers the test clips of about the same confidence: confidence "
    "to the right, accuracy upwards. On the dashed line 80 % means right in 8 of 10 cases. Above "
    "it a network is too modest, below it too sure of itself. Small marks are few clips, and jump "
    "about. The **gap** is the mean distance from the line over all clips (expected calibration "
    "error)."
)
_TEMPERATURE = (
    "**Temperature** is one number for each network, fitted on its validation clips: the "
    "logarithms of its probabilities are divided by it. Below 1 it makes a network surer, above 1 "
    "more modest. It never changes which genre comes first."
)


def show(scores: Sequence[Score], candidates: Sequence[Candidate]) -> None:
    """Draw confidence and accuracy of one protocol's networks, before and after temperature."""
    voters = [score for score in scores if score.candidate.model != models.BASELINE]
    if not voters:
        st.info("No network has been measured by this protocol yet.")
        return
    fitted = {score.candidate.name: score.candidate.temperature for score in voters}
    scaled = [score for score in voters if fitted[score.candidate.name]]
    for place, shown, at, title in zip(
        st.columns(2, gap="medium"),
        (voters, scaled),
        ({}, fitted),
        ("As they vote", "At their temperature"),
        strict=True,
    ):
        if shown:
            place.markdown(f"**{title}**")
            place.plotly_chart(
                calibration_chart(shown, at),
                config={"displayModeBar": False},
                alt=f"{title}: accuracy of each network by its confidence",
            )
    st.table(pd.DataFrame(_row(score) for score in voters), hide_index=True, border="horizontal")
    st.caption(_READING)
    st.caption(_TEMPERATURE + _why_not_applied(scores, candidates))


def _row(score: Score) -> dict[str, str]:
    temperature = score.candidate.temperature
    scaled = _points(score.calibration(temperature).error) if temperature else NOTHING
    return {
        "Network": f"**{markdown.plain(score.candidate.name)}**",
        "Confidence, on average": format_percent(score.table["confidence"].mean()),
        "Right": format_percent(score.clip.value),
        "Gap": _points(score.calibration().error),
        "Temperature": f"{temperature:.2f}" if temperature else NOTHING,
        "Gap at that temperature": scaled,
    }


def _why_not_applied(scores: Sequence[Score], candidates: Sequence[Candidate]) -> str:
    """Say why the app shows percentages as they are, where that can be measured."""
    if scores[0].candidate.protocol != BENCHMARK_PROTOCOL:
        return ""
    strict = Protocol(FAULT_FILTERED)
    others, _ = scores_of([one for one in candidates if one.shipped and one.protocol == strict])
    errors = errors_at_benchmark_temperature(scores, others)
    if not errors or errors[1] <= errors[0]:
        return ""
    return (
        " **The app leaves its percentages as they are:** these temperatures suit clips whose "
        "artists may have trained the network. For networks tested on other artists' music "
        f"(`fault_filtered`) they would widen the mean gap from {_points(errors[0])} to "
        f"{_points(errors[1])}."
    )


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f} points"
