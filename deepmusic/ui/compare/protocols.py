"""Accuracy of one network from a leaking protocol to a strict one."""

from collections.abc import Sequence

import streamlit as st

from deepmusic import models
from deepmusic.charts.scores import IntervalRow, interval_chart
from deepmusic.evaluation.candidates import train_commands
from deepmusic.evaluation.scores import Candidate
from deepmusic.protocols import STRICTER, Protocol
from deepmusic.ui import query_params
from deepmusic.ui.cache.scores import scores_of

_UNITS = (
    "Accuracy over *windows*, the one unit that all protocols have. Each is the shipped run's, or "
    "else your newest run's.",
    "Accuracy over *clips*, since the SVM reads each clip at once (in *leaky*, each segment of "
    "3.3 s).",
)


def show(candidates: Sequence[Candidate]) -> None:
    """Show the accuracies of a network by protocol, and the commands for those still unknown."""
    known = [*models.MODELS, models.ENSEMBLE, models.BASELINE]
    model = query_params.choose(
        "network", known, models.title, label="Network", label_visibility="collapsed"
    )
    protocols = list(map(Protocol, STRICTER))
    first: dict[Protocol, Candidate] = {}
    for candidate in candidates:
        if candidate.model == model and candidate.protocol in protocols:
            first.setdefault(candidate.protocol, candidate)
    scores, _ = scores_of([*first.values()])
    accuracies = {score.candidate.protocol: score.window for score in scores}
    rows = [IntervalRow(one.title, model, accuracies.get(one)) for one in protocols]
    left, right = st.columns([3, 2], gap="medium")
    left.plotly_chart(
        interval_chart(rows),
        config={"displayModeBar": False},
        alt=f"Accuracy of {models.title(model)} by protocol",
    )
    with right:
        st.markdown(
            "The stricter the choice of test clips, the lower the accuracy of the same network:",
            help=_UNITS[model == models.BASELINE],
        )
        for one in protocols:
            st.markdown(f"**{one.title}**: {one.summary}", help=f"`{one}`. {one.description}")
    missing = [protocol for protocol in protocols if protocol not in accuracies]
    if missing and model == models.ENSEMBLE:
        st.caption("The ensemble is measured once all three networks are; choose one of them.")
    elif missing:
        st.caption("Not measured yet; each takes about as long as the training in the table.")
        commands = [line for protocol in missing for line in train_commands(model, protocol)]
        st.code("\n".join(commands), language="bash", wrap_lines=True)
