"""Calibration: confidence and accuracy of the networks, before and after temperature scaling."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from deepmusic import models
from deepmusic.charts.scores import calibration_chart
from deepmusic.evaluation.scores import Candidate, Score, errors_at_benchmark_temperature
from deepmusic.evaluation.wording import NOTHING
from deepmusic.formatting import format_percent
from deepmusic.protocols import BENCHMARK_PROTOCOL, FAULT_FILTERED, Protocol
from deepmusic.ui import markdown
from deepmusic.ui.cache.scores import scores_of

_READING = (
    "Each mark gathers the test clips of about the same confidence; small marks are few clips. On "
    "the dashed line, of clips with a confidence of 80 %, 80 % are predicted correctly. The "
    "calibration error is the mean distance from the line over all clips (expected calibration "
    "error)."
)
_TEMPERATURE = (
    "**Temperature** is one number per network, fitted on its validation clips: the logarithms of "
    "its probabilities are divided by it. Below 1 it raises the confidence, above 1 it lowers it. "
    "It never changes which genre comes first."
)


def show(scores: Sequence[Score], candidates: Sequence[Candidate]) -> None:
    """Show the calibration of one protocol's networks."""
    networks = [score for score in scores if score.candidate.model != models.BASELINE]
    if not networks:
        st.info("No network has been measured by this protocol yet.")
        return
    fitted = {
        score.candidate.name: temperature
        for score in networks
        if (temperature := score.candidate.temperature)
    }
    scaled = [score for score in networks if score.candidate.name in fitted]
    left, right = st.columns(2, gap="medium")
    _show_chart(left, "As they are", networks, {}, _READING)
    if scaled:
        more = _TEMPERATURE + _why_not_applied(scores, candidates)
        _show_chart(right, "With temperature scaling", scaled, fitted, more)
    with st.expander("In numbers"):
        st.table(pd.DataFrame(map(_row, networks)), hide_index=True, border="horizontal")


def _show_chart(
    where: DeltaGenerator, title: str, scores: Sequence[Score], fitted: dict[str, float], more: str
) -> None:
    where.markdown(f"**{title}**", help=more)
    where.plotly_chart(
        calibration_chart(scores, fitted),
        config={"displayModeBar": False},
        alt=f"{title}: accuracy of each network by its confidence",
    )


def _row(score: Score) -> dict[str, str]:
    temperature = score.candidate.temperature
    scaled = _points(score.calibration(temperature).error) if temperature else NOTHING
    return {
        "Network": f"**{markdown.plain(score.candidate.name)}**",
        "Mean confidence": format_percent(score.table["confidence"].mean()),
        "Accuracy": format_percent(score.clip.value),
        "Calibration error": _points(score.calibration().error),
        "Temperature": f"{temperature:.2f}" if temperature else NOTHING,
        "With temperature": scaled,
    }


def _why_not_applied(scores: Sequence[Score], candidates: Sequence[Candidate]) -> str:
    """Return why the app scales no probabilities, where that can be measured."""
    if scores[0].candidate.protocol != BENCHMARK_PROTOCOL:
        return ""
    strict = Protocol(FAULT_FILTERED)
    others, _ = scores_of([one for one in candidates if one.shipped and one.protocol == strict])
    errors = errors_at_benchmark_temperature(scores, others)
    if not errors or errors[1] <= errors[0]:
        return ""
    return (
        " **The app does not apply it:** these temperatures suit clips of artists that are in the "
        "training set. For networks tested on new artists they would raise "
        f"the mean error from {_points(errors[0])} to {_points(errors[1])}."
    )


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f} points"
