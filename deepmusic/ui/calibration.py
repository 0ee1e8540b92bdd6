"""The part of Compare on how far a network's percentages can be taken at their word."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.charts.scores import reliability_chart
from deepmusic.scores import Score, errors_at_benchmark_temperature
from deepmusic.ui import markdown
from deepmusic.ui.compared import NOTHING

_READING = (
    "**How to read it.** Each mark gathers the test clips of which a network was about equally "
    "sure: how sure to the right, how often it was right upwards. On the dashed line 80 % means "
    "right in 8 of 10 cases. Above it a network is too modest, below it too sure of itself. Small "
    "marks are few clips, and jump about. The **gap** is the mean distance from the line over all "
    "clips (expected calibration error)."
)
_TEMPERATURE = (
    "**Temperature** is one number for each network, chosen on its validation clips: the "
    "logarithms of its probabilities are divided by it. Below 1 it makes a network surer, above 1 "
    "more modest. It never changes which genre comes first."
)


def show(scores: Sequence[Score], strict: Sequence[Score]) -> None:
    """Draw how sure the networks were and how often right, before and after their temperature.

    Parameters
    ----------
    scores : sequence of Score
        Of one protocol.
    strict : sequence of Score
        Of `fault_filtered`, to try the temperatures of these scores on; empty where these are it.
    """
    voters = [score for score in scores if score.candidate.model != models.BASELINE]
    if not voters:
        st.info("No network has been measured by this protocol yet.")
        return
    names = {score.candidate.name: score.candidate.model for score in voters}
    temperatures = {score.candidate.name: score.candidate.temperature for score in voters}
    before = {score.candidate.name: score.calibration() for score in voters}
    after = {
        score.candidate.name: score.calibration(temperature)
        for score in voters
        if (temperature := temperatures[score.candidate.name])
    }
    left, right = st.columns(2, gap="medium")
    for place, found, title in (
        (left, before, "As they vote"),
        (right, after, "At their temperature"),
    ):
        if found:
            place.markdown(f"**{title}**")
            place.plotly_chart(
                reliability_chart(names, {name: one.bins for name, one in found.items()}),
                config={"displayModeBar": False},
                alt=f"{title}: how often each network was right, by how sure it was",
            )
    st.table(
        pd.DataFrame(
            {
                "Network": f"**{markdown.plain(name)}**",
                "Sure, on average": _percent(score.table["confidence"].mean()),
                "Right": _percent(score.clip.value),
                "Gap": _points(before[name].error),
                "Temperature": f"{temperatures[name]:.2f}" if temperatures[name] else NOTHING,
                "Gap at that temperature": _points(after[name].error) if name in after else NOTHING,
            }
            for name, score in ((score.candidate.name, score) for score in voters)
        ),
        hide_index=True,
        border="horizontal",
    )
    st.caption(_READING)
    st.caption(_TEMPERATURE + _why_not_applied(scores, strict))


def _why_not_applied(scores: Sequence[Score], strict: Sequence[Score]) -> str:
    """Say why the app shows percentages as they are, where that can be measured."""
    errors = errors_at_benchmark_temperature(scores, strict)
    if not errors or errors[1] <= errors[0]:
        return ""
    return (
        " **The app leaves its percentages as they are:** these temperatures suit clips whose "
        "artists may have trained the network. For networks tested on other artists' music "
        f"(`fault_filtered`) they would widen the mean gap from {_points(errors[0])} to "
        f"{_points(errors[1])}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"
