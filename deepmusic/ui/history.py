"""All runs so far: a table, and what can be done with one of them."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.errors import DeepMusicError
from deepmusic.runs import ALIVE, FINISHED, Run, list_runs
from deepmusic.ui import markdown, run_buttons

_SETTINGS = ("data", "split", "epochs", "batch_size", "learning_rate", "augmentation", "seed")

#: In the session: the id of the chosen run, and how often it was chosen by name.
_CHOSEN, _TABLE = "chosen_run", "history_table"


def show() -> None:
    """Show the table of runs, and the chosen one below it."""
    st.subheader("History", anchor=False)
    runs = {run.id: run for run in list_runs()[::-1]}
    if not runs:
        st.caption("Every run is kept here with its settings, its curves and its results.")
        return
    table = pd.DataFrame([_row(run) for run in runs.values()])
    # A run that cannot be read has none of these, and would make them fractions.
    table = table.astype(dict.fromkeys(("epochs", "batch_size", "seed"), "Int64"))
    _show_repeats(table)
    _show_table(table, list(runs))
    chosen = _choose(runs)
    if chosen:
        _show_run(runs[chosen])


def _show_table(table: pd.DataFrame, ids: list[str]) -> None:
    """Show the table; a click on a row chooses its run."""
    # A table of other rows is another table: a row that was ticked is not the same run in it.
    key = f"history_{len(ids)}_{ids[0]}_{st.session_state.get(_TABLE, 0)}"

    def choose_clicked() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            st.session_state[_CHOSEN] = ids[rows[0]]

    st.dataframe(
        _highlight(table),
        hide_index=True,
        on_select=choose_clicked,
        selection_mode="single-row",
        key=key,
        column_config={
            "validation": st.column_config.NumberColumn(format="%.1f %%"),
            "test clips": st.column_config.NumberColumn(format="%.1f %%"),
            "batch_size": "batch size",
            "learning_rate": st.column_config.NumberColumn("learning rate", format="%g"),
        },
        placeholder="",
        alt="All runs with their settings and results",
    )
    st.caption(
        "Shaded: settings in which a run differs from most others. *Validation* chose the epoch; "
        "*test clips* were read once, at the end. A click on a heading sorts. Choose a "
        "run to resume, use, rename or delete it."
    )


def _choose(runs: Mapping[str, Run]) -> str | None:
    """Let someone choose a run by name, as a click on its row does; return its id."""
    if st.session_state.get(_CHOSEN) not in runs:
        st.session_state[_CHOSEN] = None
    # Without the state: names that change while someone chooses among them would be a new list.
    titles = {run_id: run.notes["title"] for run_id, run in runs.items()}
    names = {run_id: f"{title} ({run_id})" if title else run_id for run_id, title in titles.items()}

    def untick() -> None:
        st.session_state[_TABLE] = st.session_state.get(_TABLE, 0) + 1

    return st.selectbox(
        "Run",
        list(runs),
        index=None,
        format_func=names.get,
        placeholder="Choose one, here or by its row",
        key=_CHOSEN,
        on_change=untick,
        persist_state="session",
    )


def _row(run: Run) -> dict[str, object]:
    """Return a run as a row for people."""
    summary = run.summary()
    row = {
        "run": summary["title"] or run.id,
        "network": summary["model"] and models.title(summary["model"]),
        "state": summary["state"],
        "epoch": summary["epoch"],
        "validation": _percent(summary["val_accuracy"]),
        "test clips": _percent(summary["clip_accuracy"]),
        **dict.fromkeys(_SETTINGS),
        "why": summary["error"],
    }
    try:
        train = run.config.train
    except DeepMusicError:
        return row
    return row | {
        "data": train.data,
        "split": str(train.protocol),
        "epochs": train.epochs,
        "batch_size": train.batch_size,
        "learning_rate": train.learning_rate,
        "augmentation": train.augment is not None,
        "seed": train.seed,
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _highlight(table: pd.DataFrame):
    """Shade the settings that differ from the commonest value of their column."""

    def shade(column: pd.Series) -> list[str]:
        commonest = column.mode(dropna=True)
        usual = commonest.iloc[0] if len(commonest) else None
        return [
            "" if pd.isna(value) or value == usual else "background-color: rgba(255, 169, 14, .28)"
            for value in column
        ]

    return table.style.apply(shade, subset=list(_SETTINGS))


def _show_repeats(table: pd.DataFrame) -> None:
    """Say the mean and deviation of runs that differ in nothing but their seed."""
    finished = table[table["state"] == FINISHED]
    same = ["network", *(name for name in _SETTINGS if name != "seed")]
    for values, group in finished.groupby(same, dropna=False):
        if group["seed"].nunique() > 1:
            network, data, split, epochs, *_ = values
            where = " and ".join(dict.fromkeys((data, split)))
            right = group["test clips"]
            st.markdown(
                f"**{network}**, {where}, {epochs} epochs, {group['seed'].nunique()} seeds: "
                f"{right.mean():.1f} ± {right.std():.1f} % of the test clips right "
                "(mean and standard deviation)."
            )


def _show_run(run: Run) -> None:
    """Show what can be done with a run, its notes and the end of its log."""
    state = run.state
    st.markdown(f"**{run.id}**: {state}")
    if why := run.summary()["error"]:
        st.error(markdown.message(why))
    with st.container(horizontal=True):
        if _is_readable(run):
            run_buttons.show(run, "history")
        if state not in ALIVE and st.button("Delete ..."):
            _confirm_delete(run)
    notes = run.notes
    with st.form(f"notes_{run.id}"):
        title = st.text_input("Name", notes["title"], max_chars=60, key=f"title_{run.id}")
        text = st.text_area("Notes", notes["text"], max_chars=2000, height=80, key=f"text_{run.id}")
        if st.form_submit_button("Save"):
            run_buttons.act(lambda run: run.write_notes(title, text), run)
            st.rerun()
    with st.expander("Log", expanded=state in ALIVE):
        st.code(run.log_tail() or "Nothing was said yet.", language=None)


def _is_readable(run: Run) -> bool:
    try:
        return bool(run.config)
    except DeepMusicError:
        return False


@st.dialog("Delete this run?")
def _confirm_delete(run: Run) -> None:
    name = markdown.plain(run.notes["title"] or run.id)
    st.markdown(f"**{name}**: its weights, curves and results are gone for good.")
    with st.container(horizontal=True):
        if st.button(
            "Delete", type="primary", on_click=run_buttons.act, args=(Run.delete, run)
        ) or st.button("Keep"):
            st.rerun()
