"""The honesty switch: how a number falls from a leaking protocol to an honest one."""

from collections.abc import Sequence

import streamlit as st

from deepmusic import models
from deepmusic.candidates import train_commands
from deepmusic.charts.scores import IntervalRow, interval_chart
from deepmusic.protocols import STRICTER, Protocol
from deepmusic.scores import Candidate
from deepmusic.ui import compared, query_params


def show(candidates: Sequence[Candidate]) -> None:
    """Draw what one network reaches under each protocol, and say how to measure the rest."""
    known = [*models.MODELS, models.ENSEMBLE, models.BASELINE]
    model = query_params.choose("honest", known, models.title, label="Network")
    first = {}
    for candidate in candidates:
        if candidate.model == model:
            first.setdefault(candidate.protocol, candidate)
    measured, _ = compared.scores_of(list(first.values()), {})
    by_protocol = {str(score.candidate.protocol): score for score in measured}
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.plotly_chart(
            interval_chart(
                [
                    IntervalRow(
                        name,
                        model,
                        share and share.value,
                        share and share.low,
                        share and share.high,
                    )
                    for name in STRICTER
                    for share in [by_protocol[name].window if name in by_protocol else None]
                ]
            ),
            config={"displayModeBar": False},
            alt=f"Accuracy of {models.title(model)} under each protocol",
        )
        unit = (
            "Share of *clips* right, since the SVM judges each clip at once (in `window_leak`, "
            "each segment of 3.3 s)"
            if model == models.BASELINE
            else "Share of *windows* right, the one unit that all protocols have"
        )
        st.caption(
            f"{unit}; read downwards, from flattering to honest. Only what may stand on both sides "
            "of training and test differs, and how many clips are left to train on, as long as the "
            "recipe is the same: each number is the shipped run's, or else your newest run's."
        )
    missing = [name for name in STRICTER if name not in by_protocol]
    with right:
        st.markdown("\n".join(f"- **{name}**: {Protocol(name).description}" for name in STRICTER))
    if missing and model != models.ENSEMBLE:
        st.caption("What is not measured yet can be; each takes about as long as in the table.")
        commands = [line for name in missing for line in train_commands(model, Protocol(name))]
        st.code("\n".join(commands), language="bash", wrap_lines=True)
    elif missing and model == models.ENSEMBLE:
        st.caption("The ensemble is measured once all three networks are; choose one of them.")
