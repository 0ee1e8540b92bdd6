"""All runs so far: a table, and what can be done with one of them."""

import pandas as pd
import streamlit as st

from deepmusic import launch, models
from deepmusic.errors import DeepMusicError
from deepmusic.runs import ALIVE, FINISHED, RESUMABLE, Run, list_runs
from deepmusic.ui import cache

_SETTINGS = ("data", "split", "epochs", "batch_size", "learning_rate", "augmentation", "seed")
_RESULTS = ("validation", "test clips")


def show() -> None:
    """Show the table of runs, and the chosen one below it."""
    st.subheader("History", anchor=False)
    runs = list_runs()[::-1]
    if not runs:
        st.caption("Every run is kept here with its settings, its curves and its results.")
        return
    table = pd.DataFrame([_row(run) for run in runs])
    _show_repeats(table)
    chosen = st.dataframe(
        _highlight(table),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="history",
        column_config={
            "validation": st.column_config.NumberColumn(format="percent"),
            "test clips": st.column_config.NumberColumn(format="percent"),
            "batch_size": "batch size",
            "learning_rate": "learning rate",
        },
    )
    st.caption(
        "Shaded: settings in which a run differs from most others. *Validation* chose the epoch; "
        "*test clips* were read once, at the end. Click a row to stop, resume, rename or use a run."
    )
    if chosen.selection.rows:
        _show_run(runs[chosen.selection.rows[0]])


def _row(run: Run) -> dict[str, object]:
    """Return a run as a row for people."""
    summary = run.summary()
    row = {
        "run": summary["title"] or run.id,
        "network": summary["model"] and models.title(summary["model"]),
        "state": summary["state"],
        "epoch": summary["epoch"],
        "validation": summary["val_accuracy"],
        "test clips": summary["clip_accuracy"],
        **dict.fromkeys(_SETTINGS),
        "why": summary["error"],
    }
    try:
        train = run.config.train
    except DeepMusicError:
        return row
    return row | {
        "data": train.data,
        "split": train.split_label,
        "epochs": train.epochs,
        "batch_size": train.batch_size,
        "learning_rate": train.learning_rate,
        "augmentation": train.augment is not None,
        "seed": train.seed,
    }


def _highlight(table: pd.DataFrame):
    """Shade the settings that differ from the commonest value of their column."""

    def shade(column: pd.Series) -> list[str]:
        commonest = column.mode(dropna=True)
        usual = commonest.iloc[0] if len(commonest) else None
        return [
            "" if value == usual or pd.isna(value) else "background-color: rgba(255, 169, 14, .28)"
            for value in column
        ]

    return table.style.apply(shade, subset=list(_SETTINGS))


def _show_repeats(table: pd.DataFrame) -> None:
    """Say the mean and deviation of runs that differ in nothing but their seed."""
    finished = table[table["state"] == FINISHED]
    same = ["network", *(name for name in _SETTINGS if name != "seed")]
    for values, group in finished.groupby(same, dropna=False):
        if group["seed"].nunique() > 1:
            right = 100 * group["test clips"]
            st.markdown(
                f"**{values[0]}**, {values[1]}, {values[2]}, {group['seed'].nunique()} seeds: "
                f"{right.mean():.1f} ± {right.std():.1f} % of the test clips right."
            )


def _show_run(run: Run) -> None:
    """Show what can be done with a run, its notes and the end of its log."""
    state = run.state
    st.markdown(f"**{run.id}** is {state}.")
    if run.error:
        st.error(run.error)
    with st.container(horizontal=True):
        if state in ALIVE:
            st.button("Stop", key="stop_chosen", on_click=_do, args=(launch.stop, run))
        if state in RESUMABLE:
            st.button("Resume", on_click=_do, args=(launch.start, run))
        if state == FINISHED:
            st.button("Use in Classify", on_click=_use, args=(run,))
        if state not in ALIVE and st.button("Delete ..."):
            _confirm_delete(run)
    notes = run.notes
    with st.form("notes"):
        title = st.text_input("Name", notes["title"], max_chars=60)
        text = st.text_area("Notes", notes["text"], max_chars=2000, height=80)
        if st.form_submit_button("Save"):
            run.write_notes(title, text)
            st.rerun()
    with st.expander("Log", expanded=state in ALIVE):
        st.code(run.log_tail() or "Nothing was said yet.", language=None)


def _do(action, run: Run) -> None:
    try:
        action(run)
    except DeepMusicError as error:
        st.toast(str(error))


def _use(run: Run) -> None:
    """Let Classify ask this run instead of the shipped network."""
    cache.use_run(run.config.model.name, run.id)
    st.toast(f"Classify now asks {run.notes['title'] or run.id}.")


@st.dialog("Delete this run?")
def _confirm_delete(run: Run) -> None:
    st.markdown("Its weights, curves and results are gone for good.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary"):
            _do(Run.delete, run)
            st.rerun()
        if st.button("Keep"):
            st.rerun()
