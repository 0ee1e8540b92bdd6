"""How an accuracy falls from a leaking protocol to a strict one."""

from collections.abc import Sequence

import streamlit as st

from deepmusic import models
from deepmusic.charts.scores import IntervalRow, interval_chart
from deepmusic.evaluation.candidates import train_commands
from deepmusic.evaluation.scores import Candidate
from deepmusic.protocols import STRICTER, Protocol
from deepmusic.ui import query_params
from deepmusic.ui.scores import scores_of


def show(candidates: Sequence[Candidate]) -> None:
    """Draw what one network reaches under each protocol, and say how to measure the rest."""
    known = [*models.MODELS, models.ENSEMBLE, models.BASELINE]
    model = query_params.choose("honest", known, models.title, label="Network")
    protocols = list(map(Protocol, STRICTER))
    first: dict[Protocol, Candidate] = {}
    for candidate in candidates:
        if candidate.model == model and candidate.protocol in protocols:
            first.setdefault(candidate.protocol, candidate)
    accuracies = {
        score.candidate.protocol: score.window for score in scores_of([*first.values()])[0]
    }
    rows = [IntervalRow(str(one), model, accuracies.get(one)) for one in protocols]
    left, right = st.columns([3, 2], gap="medium")
    left.plotly_chart(
        interval_chart(rows),
        config={"displayModeBar": False},
        alt=f"Accuracy of {models.title(model)} under each protocol",
    )
    unit = (
        "Accuracy over *clips*, since the SVM reads each clip at once (in `window_leak`, each "
        "segment of 3.3 s)"
        if model == models.BASELINE
        else "Accuracy over *windows*, the one unit that all protocols have"
    )
    left.caption(
        f"{unit}; read downwards, from flattering to honest. Only what may stand on both sides of "
        "training and test differs, and how many clips are left to train on, as long as the recipe "
        "is the same: each number is the shipped run's, or else your newest run's."
    )
    right.markdown("\n".join(f"- **{one}**: {one.description}" for one in protocols))
    missing = [protocol for protocol in protocols if protocol not in accuracies]
    if missing and model == models.ENSEMBLE:
        st.caption("The ensemble is measured once all three networks are; choose one of them.")
    elif missing:
        st.caption("What is not measured yet can be; each takes about as long as in the table.")
        commands = [line for protocol in missing for line in train_commands(model, protocol)]
        st.code("\n".join(commands), language="bash", wrap_lines=True)
