"""The runs that train or wait just now: how far, how good, how long still."""

import time
from collections.abc import Sequence
from typing import Any

import altair
import pandas as pd
import streamlit as st

from deepmusic import models, timing
from deepmusic.charts.style import MODEL_COLOURS
from deepmusic.charts.training import Curve, history_chart
from deepmusic.errors import DeepMusicError
from deepmusic.runs import ALIVE, FINISHED, RUNNING, Run, list_runs, shipped_run
from deepmusic.ui import markdown, run_buttons

#: A run stays in view this long after its end, so that a class sees where it arrived.
_LINGER_SECONDS = 600
_MOST_ENDED = 3

_QUANTITIES = {"accuracy": "Accuracy", "loss": "Loss"}
#: Guessing among ten genres has a loss of 2.3; more than 4 only happens in the first epochs.
_DOMAINS = {"accuracy": [0, 1], "loss": [0, 4]}


def show() -> None:
    """Show the live part of the page; it looks again each second while something trains."""
    st.subheader("Watch", anchor=False)
    if _runs_in_view():
        _watch()
    else:
        st.markdown(
            "Nothing trains just now. Press **Train**: each epoch, a network sees every training "
            "clip, and then says what it hears in clips that it does not learn from. Two lines "
            "appear here for each network, and should rise together."
        )
        _show_example()


def _show_example() -> None:
    """Show what there will be to see: how the shipped networks learnt."""
    try:
        curves = [
            Curve(models.title(run.config.model.name), run.config.model.name, run.history())
            for run in map(shipped_run, models.MODELS)
        ]
    except DeepMusicError:
        return  # Classify says what is wrong with them.
    st.plotly_chart(
        history_chart(curves, "accuracy"),
        config={"displayModeBar": False},
        alt="Accuracy by epoch of the shipped networks, training and validation",
    )
    st.caption(
        "So the shipped networks learnt, from GTZAN (protocol paper). Training is made harder by "
        "masks, noise and dropout, which is why it can lie below validation."
    )


@st.fragment(run_every=1.0)
def _watch() -> None:
    runs = _runs_in_view()
    for run in runs:
        _show_run(run)
    _show_curves(runs)
    _show_log(runs)
    # The rest of the page (history, buttons) learns of a new state by one full rerun.
    states = {run.id: run.state for run in runs}
    known = st.session_state.get("states_in_view")
    st.session_state["states_in_view"] = states
    if known is not None and known != states:
        st.rerun()


def _runs_in_view() -> list[Run]:
    """Return the runs that live, in the order of their turns, and then some that just ended."""
    runs = list_runs()
    alive = [run for run in runs if run.state in ALIVE]
    ended = [run for run in runs if run not in alive and _ended_lately(run)]
    # The one that trains has given back its ticket.
    alive.sort(key=lambda run: run.ticket or 0)
    ended.sort(key=lambda run: run.history_path.stat().st_mtime_ns, reverse=True)
    return alive + ended[:_MOST_ENDED]


def _ended_lately(run: Run) -> bool:
    try:
        # Either way, since clocks are set back at times.
        return abs(time.time() - run.history_path.stat().st_mtime) < _LINGER_SECONDS
    except OSError:
        return False


def _show_run(run: Run) -> None:
    """Show one run: its name, its bar, its time left, and a button to stop it."""
    try:
        config = run.config
    except DeepMusicError as error:
        st.warning(markdown.message(error))
        return
    words, buttons = st.columns([5, 2], vertical_alignment="center")
    share, text = _progress(run, config.train.epochs)
    title = markdown.plain(run.notes["title"])
    words.progress(share, f"**{models.title(config.model.name)}** {title}  {text}")
    with buttons:
        run_buttons.show(run, "live")


def _progress(run: Run, epochs: int) -> tuple[float, str]:
    """Return the share done and what to say of it."""
    state, progress, history = run.state, run.progress, run.history()
    done = len(history)
    if state not in ALIVE:
        reached = run.evaluation.get("clip_accuracy") if state == FINISHED else None
        ending = f": {100 * reached:.0f} % of the test clips right" if reached is not None else ""
        reason = f": {run.error.strip()}" if run.error else ""
        return (1.0 if state == FINISHED else done / epochs), f"{state}{ending}{reason}"
    if run.is_cancelled():
        return done / epochs, "stopping ..."
    if state != RUNNING:
        return done / epochs, "waits for its turn"
    if progress.get("phase") != "training":
        return done / epochs, f"{progress.get('phase', 'starting')} ..."
    part = progress["step"] / progress["steps"]
    share = min(1.0, (progress["epoch"] + part) / epochs)
    left = ""
    if history:
        lately = [row["seconds"] for row in history[-5:]]
        seconds = (epochs - progress["epoch"] - part) * sum(lately) / len(lately)
        left = f", about {timing.in_words(seconds)} left"
    return share, f"epoch {progress['epoch'] + 1} of {epochs}{left}"


def _show_log(runs: Sequence[Run]) -> None:
    """Show the end of the log of the run that trains, or trained last."""
    run = next((run for run in runs if run.state == RUNNING), runs[0])
    with st.expander(f"Log of {run.notes['title'] or run.id}"):
        st.code(run.log_tail() or "Nothing was said yet.", language=None)


def _show_curves(runs: Sequence[Run]) -> None:
    """Show accuracy and loss by epoch, of training and validation, as they come in."""
    rows = [
        {
            "run": run.id,
            "network": models.title(run.config.model.name),
            "epoch": row["epoch"] + 1,
            "on": on,
            **{name: row[prefix + name] for name in _QUANTITIES},
        }
        for run in runs
        for row in run.history()
        for on, prefix in (("validation", "val_"), ("training", ""))
        # Where no clip is held back, there is no validation.
        if f"{prefix}loss" in row
    ]
    left, right = st.columns(2)
    if not rows:
        st.caption("The first epoch is under way; its curves appear here.")
        return
    table = pd.DataFrame(rows)
    epochs = max(run.config.train.epochs for run in runs)
    for column, (name, title) in zip((left, right), _QUANTITIES.items(), strict=True):
        # Streamlit unzooms a chart at new data, unless its zoom is a selection that we ask for.
        column.vega_lite_chart(
            table,
            _chart(name, title, epochs),
            key=f"live_{name}",
            on_select="rerun",
            selection_mode="zoom",
            alt=f"{title} by epoch, validation and training",
        )
    st.caption(
        "Solid: clips that the network does not learn from (validation). Dashed: the windows it "
        "learns from, made harder on purpose by masks and dropout, so that they may lie lower at "
        "first. When the dashed line goes on and the solid one stays behind, it learns by heart. "
        "Scroll on a chart to zoom, drag to move, double-click to see all again."
    )


def _chart(name: str, title: str, epochs: int) -> dict[str, Any]:
    """Draw one quantity by epoch; scroll to zoom, which stays while points come in.

    The axes are fixed from the start, so that a new point moves nothing that is there already. The
    drawing comes without its data: a chart that holds them is a new chart, unzoomed, at each epoch.
    """
    names = [models.title(model) for model in models.MODELS]
    colours = [MODEL_COLOURS[model] for model in models.MODELS]
    axis = {"labelFontSize": 15, "titleFontSize": 15}
    chart = (
        altair.Chart(altair.NamedData("epochs"), height=330)
        .mark_line(point=True)
        .encode(
            x=altair.X(
                "epoch:Q",
                title="Epoch",
                axis=altair.Axis(tickMinStep=1, labelFlush=False, **axis),
                # Room for the marks of the first and the last epoch.
                scale=altair.Scale(domain=[0, 1.04 * max(2, epochs)], nice=False),
            ),
            y=altair.Y(
                f"{name}:Q",
                title=title,
                axis=altair.Axis(**axis),
                scale=altair.Scale(domain=_DOMAINS[name], clamp=True),
            ),
            color=altair.Color(
                "network:N",
                scale=altair.Scale(domain=names, range=colours),
                legend=altair.Legend(orient="top", title=None, labelFontSize=15),
            ),
            strokeDash=altair.StrokeDash(
                "on:N",
                scale=altair.Scale(domain=["validation", "training"], range=[[1, 0], [5, 4]]),
                legend=None,
            ),
            detail="run:N",
            tooltip=["network:N", "on:N", "epoch:Q", altair.Tooltip(f"{name}:Q", format=".3f")],
        )
        .add_params(altair.selection_interval(name="zoom", bind="scales"))
    )
    return {key: value for key, value in chart.to_dict().items() if key != "data"}
