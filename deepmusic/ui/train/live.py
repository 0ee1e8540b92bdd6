"""Live view of the runs that train or wait: progress, curves and log."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import altair
import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.charts.style import MODEL_COLOURS, shade
from deepmusic.charts.training import QUANTITIES, Curve, epoch_ticks, history_chart
from deepmusic.config import TRANSFERS
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_duration, format_percent
from deepmusic.runs import ALIVE, FINISHED, RUNNING, Run, list_runs, run_names, shipped_run
from deepmusic.training import worker
from deepmusic.training.diagnosis import diagnose
from deepmusic.ui import markdown
from deepmusic.ui.train import run_buttons, snapshots, waiting

#: The last runs that ended stay in view.
_MAX_ENDED = 3

#: Accuracy in percent. Guessing among ten genres has a loss of 2.3; more than 4 only happens in the
#: first epochs.
_DOMAINS = {"accuracy": [0, 100], "loss": [0, 4]}
_FONT_SIZE = 15

#: Of the table of epochs.
_COLUMNS = ("run", "network", "epoch", "part", "accuracy", "loss")

#: Colours by title. Those of the pretrained network differ in lightness.
_COLOURS = {models.title(model): MODEL_COLOURS[model] for model in models.MODELS}
_OF_TRANSFERS = {
    title.partition("(")[2][:-1]: shade(MODEL_COLOURS[models.PRETRAINED], amount)
    for title, amount in zip(TRANSFERS.values(), (-0.45, 0.0, 0.45), strict=True)
}


def is_training() -> bool:
    """Tell whether a run trains or waits, so that watching it takes the whole page."""
    return any(run.state in ALIVE for run in list_runs())


def show() -> None:
    """Show the runs in view, kept up to date, or an example without any."""
    runs = _runs_in_view()
    if runs:
        # Where none lives, another visitor may start one.
        lives = any(run.state in ALIVE for run in runs)
        # Each second, a page would take a seventh of a core from the training.
        st.fragment(_watch, run_every=2.0 if lives else 3.0)()
        return
    st.markdown("Press **Train**, and the curves of your networks appear here. These are ours:")
    try:
        runs = [shipped_run(name) for name in models.MODELS]
    except DeepMusicError:
        return  # Classify shows the error.
    names = [run.config.model.name for run in runs]
    curves = [
        Curve(models.title(name), name, run.history())
        for name, run in zip(names, runs, strict=True)
    ]
    st.plotly_chart(
        history_chart(curves, "accuracy"),
        config={"displayModeBar": False},
        alt="Accuracy of the shipped networks by epoch, training and validation",
    )


def _watch() -> None:
    called = run_names()
    summaries = {
        run: run.summary() | {"name": called.get(run.id, run.id)} for run in _runs_in_view()
    }
    # A new state concerns the rest of the page too (history, buttons).
    states = {row["id"]: row["state"] for row in summaries.values()}
    known = st.session_state.get("states_in_view", states)
    st.session_state["states_in_view"] = states
    if known != states or not summaries:
        st.rerun()
    left, right = st.columns([8, 5], gap="medium")
    with left.container(gap="xsmall"):
        for run, summary in summaries.items():
            _show_progress(run, summary, [one for one, row in summaries.items() if row["model"]])
    with right:
        names = {run: row["name"] for run, row in summaries.items() if row["model"]}
        looked_into = snapshots.choose(names)
    _show_problem(looked_into.run if looked_into else next(iter(names), None))
    _show_epochs({run: row for run, row in summaries.items() if row["model"]}, looked_into)
    run = next((run for run in summaries if states[run.id] == RUNNING), next(iter(summaries)))
    with st.expander(f"Log of {markdown.plain(summaries[run]['name'])}"):
        st.code(run.log_tail() or "Nothing was logged yet.", language=None)


def _runs_in_view() -> list[Run]:
    """Return the runs that live, in the order of the queue, and the last that ended."""
    alive, ended = [], []
    for run in list_runs():
        if run.state in ALIVE:
            # The run that trains has left the queue.
            alive.append((run.ticket or 0, run.id, run))
        else:
            ended.append((-_last_change(run), run.id, run))
    return [run for *_, run in sorted(alive) + sorted(ended)[:_MAX_ENDED]]


def _last_change(run: Run) -> float:
    """Return when the run ended, as its log and its last epoch tell."""
    times = [0.0]
    for path in (run.log_path, run.history_path):
        with suppress(OSError):  # No epoch is complete, or the run was deleted meanwhile.
            times.append(path.stat().st_mtime)
    return max(times)


def _show_progress(run: Run, summary: Mapping[str, Any], in_view: Sequence[Run]) -> None:
    """Show the title, owner, progress bar, time left and buttons of a run."""
    if not summary["model"]:
        markdown.show_warning(summary["error"])
        return
    left, right = st.columns([5, 2], vertical_alignment="center")
    fraction, text = _progress(run, summary, in_view)
    owner = f" ({markdown.plain(run.owner)})" if run.owner else ""
    left.progress(fraction, f"**{markdown.plain(summary['name'])}**{owner}: {text}")
    with right:
        run_buttons.show(run, "live")


def _progress(run: Run, summary: Mapping[str, Any], in_view: Sequence[Run]) -> tuple[float, str]:
    """Return the fraction done, and the state as Markdown."""
    state, epochs, progress = summary["state"], summary["epochs"], run.progress
    done = min(1.0, summary["epoch"] / epochs)
    if state not in ALIVE:
        text = state
        if (accuracy := summary["clip_accuracy"]) is not None:
            text += f", test accuracy {format_percent(accuracy)}"
        if summary["error"]:
            text += f": {markdown.message(summary['error'])}"
        return (1.0 if state == FINISHED else done), text
    if run.is_cancelled():
        return done, "stopping ..."
    if state != RUNNING:
        # Those in view stand in the order of the queue.
        ahead = in_view[: in_view.index(run)]
        return done, waiting.describe(ahead, in_view, worker.training_slots())
    if progress.get("phase") != "training":
        text = markdown.plain(progress.get("phase", "starting"))
        if total := progress.get("steps"):
            text += f": {progress['step']} of {total}"
        return done, f"{text} ..."
    if not progress["step"] and progress["epoch"] == summary["epoch"] == 0:
        return 0.0, "compiling the network, some seconds ..."
    reached = progress["epoch"] + progress["step"] / progress["steps"]
    left = ""
    if seconds := waiting.epoch_seconds(run):
        left = f", about {format_duration((epochs - reached) * seconds)} left"
    return min(1.0, reached / epochs), f"epoch {progress['epoch'] + 1} of {epochs}{left}"


def _show_problem(run: Run | None) -> None:
    """Show what goes wrong in a training, if anything."""
    if run and (problem := diagnose(run.history(), len(run.config.model.genres))):
        st.warning(problem, icon=":material/stethoscope:")


def _show_epochs(
    summaries: Mapping[Run, Mapping[str, Any]], looked_into: snapshots.Moment | None
) -> None:
    """Show the curves of all runs, and of one what it makes of the validation clips."""
    rows = [
        {
            "run": summary["name"],
            "network": _label(run, summary["model"]),
            "epoch": row["epoch"] + 1,
            "part": part,
            "accuracy": 100 * row[prefix + "accuracy"],
            "loss": row[prefix + "loss"],
        }
        for run, summary in summaries.items()
        for row in run.history()
        for part, prefix in (("validation", "val_"), ("training", ""))
        if f"{prefix}loss" in row  # Some protocols have no validation clips.
    ]
    if not looked_into:
        if not rows:
            st.caption("Each epoch adds a point here.")
        else:
            _show_curves(summaries, rows, st.columns(2))
        return
    upper, lower = st.columns([4, 4, 5]), st.columns([4, 4, 5])
    _show_curves(summaries, rows, upper[:2], small=True)
    for place, picture in (
        (upper[2], snapshots.show_confusion),
        (lower[0], snapshots.show_clip),
        (lower[1], snapshots.show_filters),
        (lower[2], snapshots.show_map),
    ):
        with place.container(gap="xsmall"):
            picture(looked_into)


def _show_curves(
    summaries: Mapping[Run, Mapping[str, Any]],
    rows: list[dict[str, Any]],
    columns: Sequence[Any],
    *,
    small: bool = False,
) -> None:
    """Show accuracy and loss by epoch, of training and validation."""
    epoch_table = pd.DataFrame(rows, columns=_COLUMNS)
    colours = _COLOURS
    if any(run.config.train.transfer for run in summaries):
        shown = {row["network"] for row in rows}
        colours = {name: one for name, one in (_COLOURS | _OF_TRANSFERS).items() if name in shown}
    epochs = max(summary["epochs"] for summary in summaries.values())
    ink = "#fafafa" if st.context.theme.type == "dark" else "#1c1b29"
    for place, name in zip(columns, QUANTITIES, strict=True):
        column = place.container(gap="xsmall")
        column.caption(
            f"{QUANTITIES[name]}: validation solid, training dashed",
            help="Masks and dropout make training harder, so that its curve may lie lower at "
            "first. Where it goes on and the solid one stays behind, the network overfits. Scroll "
            "on a chart to zoom, drag to move, double-click to reset.",
        )
        # Streamlit unzooms a chart at new data, unless its zoom is a selection that we ask for.
        column.vega_lite_chart(
            epoch_table,
            _chart(name, epochs, tuple(colours.items()), ink, small),
            key=f"live_{name}",
            on_select="rerun",
            selection_mode="zoom",
            alt=f"{QUANTITIES[name]} by epoch, validation and training",
        )


def _label(run: Run, model: str) -> str:
    """Return a network's title; of the pretrained one, how it is trained, which is shorter."""
    title = models.title(model, run.config.train.transfer)
    return title.partition("(")[2][:-1] or title


@lru_cache(maxsize=32)
def _chart(
    name: str, epochs: int, colours: tuple[tuple[str, str], ...], ink: str, small: bool
) -> dict[str, Any]:
    """Return the Vega-Lite chart of a quantity, without its data, so that new epochs keep the zoom.

    The axes are fixed from the start: a new point moves nothing.
    """
    # Beside other charts, one legend is enough, and there is room for it below the curves.
    usual = altair.Legend(title=None, orient="top", columns=2)
    inside = altair.Legend(title=None, orient="bottom-right", symbolSize=60, rowPadding=0)
    legend = usual if not small else inside if name == "accuracy" else None
    chart = (
        altair.Chart(altair.NamedData("epochs"), height=snapshots.HEIGHT if small else 330)
        .mark_line(point=True)
        .encode(
            # Room for the marks of the first and the last epoch.
            x=altair.X("epoch:Q", title=None if small else "Epoch")
            .axis(tickMinStep=1, labelFlush=False, values=epoch_ticks(max(2, epochs)))
            .scale(domain=[1 - 0.02 * epochs, 1.04 * max(2, epochs)], nice=False),
            y=altair.Y(f"{name}:Q", title=None if small else QUANTITIES[name])
            .axis(labelExpr="datum.label + ' %'" if name == "accuracy" else "datum.label")
            .scale(domain=_DOMAINS[name], clamp=True),
            color=altair.Color("network:N", legend=legend).scale(
                domain=[title for title, _ in colours],
                range=[colour for _, colour in colours],
            ),
            strokeDash=altair.StrokeDash("part:N", legend=None).scale(
                domain=["validation", "training"], range=[[1, 0], [5, 4]]
            ),
            detail="run:N",
            tooltip=[
                "run:N",
                "part:N",
                "epoch:Q",
                altair.Tooltip(f"{name}:Q", format=".1f" if name == "accuracy" else ".3f"),
            ],
        )
        .add_params(altair.selection_interval(name="zoom", bind="scales"))
        .configure_axis(**_text("label", ink, small), **_text("title", ink, small))
        .configure_legend(**_text("label", ink, small))
    )
    return {key: value for key, value in chart.to_dict().items() if key != "data"}


def _text(part: str, ink: str, small: bool) -> dict[str, Any]:
    """Return the size of a text, and the page's own ink: Streamlit's grey is too faint."""
    return {f"{part}FontSize": 12 if small else _FONT_SIZE, f"{part}Color": ink}
