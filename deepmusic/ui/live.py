"""Runs that train or wait just now: how far, how good, how long still."""

import time
from collections.abc import Mapping
from typing import Any

import altair
import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.charts.style import MODEL_COLOURS
from deepmusic.charts.training import Curve, history_chart
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_duration, format_percent
from deepmusic.runs import ALIVE, FINISHED, RUNNING, Run, list_runs, shipped_run
from deepmusic.ui import markdown, run_buttons

#: A run stays in view this long after its end, so that a class sees where it arrived.
_LINGER_SECONDS = 600
_MOST_ENDED = 3

_QUANTITIES = {"accuracy": "Accuracy", "loss": "Loss"}
#: Guessing among ten genres has a loss of 2.3; more than 4 only happens in the first epochs.
_DOMAINS = {"accuracy": [0, 1], "loss": [0, 4]}
_TEXT = {"labelFontSize": 15, "titleFontSize": 15}


def show() -> None:
    """Show the live part of the page; it looks again each second while something trains."""
    st.subheader("Watch", anchor=False)
    if _runs_in_view():
        _watch()
    else:
        st.markdown(
            "Nothing trains just now. Press **Train**: each epoch, a network sees every training "
            "clip, and then predicts clips that it does not learn from. Two lines "
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
    summaries = {run: run.summary() for run in _runs_in_view()}
    # The rest of the page (history, buttons) learns of a new state by one full rerun.
    states = {row["id"]: row["state"] for row in summaries.values()}
    known = st.session_state.get("states_in_view", states)
    st.session_state["states_in_view"] = states
    if known != states or not summaries:
        st.rerun()
    for run, summary in summaries.items():
        _show_run(run, summary)
    _show_curves({run: row for run, row in summaries.items() if row["model"]})
    _show_log(summaries)


def _runs_in_view() -> list[Run]:
    """Return the runs that live, in the order of their turns, and then some that just ended."""
    alive, ended = [], []
    for run in list_runs():
        if run.state in ALIVE:
            # The one that trains has left the queue.
            alive.append((run.ticket or 0, run.id, run))
        # Either way, since clocks are set back at times.
        elif abs(time.time() - (changed := _last_change(run))) < _LINGER_SECONDS:
            ended.append((-changed, run.id, run))
    return [run for *_, run in sorted(alive) + sorted(ended)[:_MOST_ENDED]]


def _last_change(run: Run) -> float:
    """Return when the last epoch was complete; of a run that has none, or is gone, long ago."""
    try:
        return run.history_path.stat().st_mtime
    except OSError:
        return 0.0


def _show_run(run: Run, summary: Mapping[str, Any]) -> None:
    """Show one run: its name, its bar, its time left, and its buttons."""
    if not summary["model"]:
        markdown.show_warning(summary["error"])
        return
    words, buttons = st.columns([5, 2], vertical_alignment="center")
    share, text = _progress(run, summary)
    title = markdown.plain(summary["title"])
    words.progress(share, f"**{models.title(summary['model'])}** {title}  {text}")
    with buttons:
        run_buttons.show(run, "live")


def _progress(run: Run, summary: Mapping[str, Any]) -> tuple[float, str]:
    """Return the share done and what to say of it, as Markdown."""
    state, epochs, progress = summary["state"], summary["epochs"], run.progress
    done = min(1.0, summary["epoch"] / epochs)
    if state not in ALIVE:
        ending = state
        if (accuracy := summary["clip_accuracy"]) is not None:
            ending += f": {format_percent(accuracy)} of the test clips right"
        if summary["error"]:
            ending += f": {markdown.message(summary['error'])}"
        return (1.0 if state == FINISHED else done), ending
    if run.is_cancelled():
        return done, "stopping ..."
    if state != RUNNING:
        return done, "waits for its turn"
    if progress.get("phase") != "training":
        return done, f"{progress.get('phase', 'starting')} ..."
    reached = progress["epoch"] + progress["step"] / progress["steps"]
    left = ""
    if lately := [row["seconds"] for row in run.history()[-5:]]:
        seconds = (epochs - reached) * sum(lately) / len(lately)
        left = f", about {format_duration(seconds)} left"
    return min(1.0, reached / epochs), f"epoch {progress['epoch'] + 1} of {epochs}{left}"


def _show_log(summaries: Mapping[Run, Mapping[str, Any]]) -> None:
    """Show the end of the log of the run that trains, or trained last."""
    runs = list(summaries)
    run = next((run for run in runs if summaries[run]["state"] == RUNNING), runs[0])
    with st.expander(f"Log of {markdown.plain(summaries[run]['title'] or run.id)}"):
        st.code(run.log_tail() or "Nothing was logged yet.", language=None)


def _show_curves(summaries: Mapping[Run, Mapping[str, Any]]) -> None:
    """Show accuracy and loss by epoch, of training and validation, as they come in."""
    rows = [
        {
            "run": run.id,
            "network": models.title(summary["model"]),
            "epoch": row["epoch"] + 1,
            "on": on,
            **{name: row[prefix + name] for name in _QUANTITIES},
        }
        for run, summary in summaries.items()
        for row in run.history()
        for on, prefix in (("validation", "val_"), ("training", ""))
        # Where no clip is held back, there is no validation.
        if f"{prefix}loss" in row
    ]
    columns = st.columns(2)
    if not rows:
        st.caption("The first epoch is under way; its curves appear here.")
        return
    table = pd.DataFrame(rows)
    epochs = max(summary["epochs"] for summary in summaries.values())
    for column, (name, title) in zip(columns, _QUANTITIES.items(), strict=True):
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
    chart = (
        altair.Chart(altair.NamedData("epochs"), height=330)
        .mark_line(point=True)
        .encode(
            # Room for the marks of the first and the last epoch.
            x=altair.X("epoch:Q", title="Epoch")
            .axis(tickMinStep=1, labelFlush=False, **_TEXT)
            .scale(domain=[0, 1.04 * max(2, epochs)], nice=False),
            y=altair.Y(f"{name}:Q", title=title)
            .axis(**_TEXT)
            .scale(domain=_DOMAINS[name], clamp=True),
            color=altair.Color("network:N")
            .scale(
                domain=list(map(models.title, models.MODELS)),
                range=[MODEL_COLOURS[model] for model in models.MODELS],
            )
            .legend(orient="top", title=None, labelFontSize=15),
            strokeDash=altair.StrokeDash("on:N", legend=None).scale(
                domain=["validation", "training"], range=[[1, 0], [5, 4]]
            ),
            detail="run:N",
            tooltip=["network:N", "on:N", "epoch:Q", altair.Tooltip(f"{name}:Q", format=".3f")],
        )
        .add_params(altair.selection_interval(name="zoom", bind="scales"))
    )
    return {key: value for key, value in chart.to_dict().items() if key != "data"}
