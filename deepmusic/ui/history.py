"""All runs so far: a table, and what can be done with one of them."""

from collections.abc import Mapping
from statistics import mean, stdev
from typing import Any

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.errors import RunError
from deepmusic.evaluation.release import differences
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
    summaries = {run_id: run.summary() for run_id, run in runs.items()}
    for line in _repeats(runs, summaries):
        st.markdown(line)
    _show_table(runs, summaries)
    chosen = _choose(summaries)
    if chosen:
        _show_run(runs[chosen], summaries[chosen])


def _show_table(runs: Mapping[str, Run], summaries: Mapping[str, Mapping[str, Any]]) -> None:
    """Show the table; a click on a row chooses its run."""
    ids = list(runs)
    table = pd.DataFrame([_row(runs[run_id], summaries[run_id]) for run_id in ids])
    # A run that cannot be read has none of these, and would make them fractions.
    table = table.astype(dict.fromkeys(("epochs", "batch_size", "seed"), "Int64"))
    # A table of other rows is another table: a row that was ticked is not the same run in it.
    key = f"history_{len(ids)}_{ids[0]}_{st.session_state.get(_TABLE, 0)}"

    def choose_clicked() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            st.session_state[_CHOSEN] = ids[rows[0]]

    st.dataframe(
        table.style.apply(_shade, subset=list(_SETTINGS)),
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


def _row(run: Run, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run as a row for people; the settings stay empty if they cannot be read."""
    row = dict.fromkeys(_SETTINGS)
    if summary["model"]:
        train = run.config.train
        row = {name: getattr(train, name, None) for name in _SETTINGS}
        row |= {"split": summary["split"], "augmentation": train.augment is not None}
    return {
        "run": summary["title"] or run.id,
        "network": summary["model"] and models.title(summary["model"]),
        "state": summary["state"],
        "epoch": summary["epoch"],
        "validation": _percent(summary["val_accuracy"]),
        "test clips": _percent(summary["clip_accuracy"]),
        **row,
        "why": summary["error"],
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _shade(column: pd.Series) -> list[str]:
    """Shade the settings that differ from the commonest value of their column."""
    usual = next(iter(column.mode(dropna=True)), None)
    return [
        "" if pd.isna(value) or value == usual else "background-color: rgba(255, 169, 14, .28)"
        for value in column
    ]


def _repeats(runs: Mapping[str, Run], summaries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say mean and standard deviation of runs that differ in nothing but their seed."""
    groups: list[list[Run]] = []
    for run_id, run in runs.items():
        if summaries[run_id]["state"] != FINISHED or summaries[run_id]["clip_accuracy"] is None:
            continue
        for group in groups:
            if not differences(run, group[0]) and _tested_on(run) == _tested_on(group[0]):
                group.append(run)
                break
        else:
            groups.append([run])
    lines = []
    for group in groups:
        # Of runs with the same seed, which say the same, one counts.
        by_seed = {run.config.train.seed: summaries[run.id]["clip_accuracy"] for run in group}
        if len(by_seed) > 1:
            row, accuracies = summaries[group[0].id], [100 * share for share in by_seed.values()]
            where = markdown.message(" and ".join(dict.fromkeys((row["data"], row["split"]))))
            lines.append(
                f"**{models.title(row['model'])}**, {where}, {row['epochs']} epochs, "
                f"{len(by_seed)} seeds: {mean(accuracies):.1f} ± {stdev(accuracies):.1f} % of the "
                "test clips right (mean and standard deviation)."
            )
    return lines


def _tested_on(run: Run) -> tuple[str, str]:
    """Return the dataset and the protocol of a run's figures, which may be another than its own."""
    try:
        return run.config.train.data, str(run.protocol)
    except RunError:
        return run.id, ""  # It is damaged, or was deleted meanwhile: no repeat of any.


def _choose(summaries: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Let someone choose a run by name, as a click on its row does; return its id."""
    if st.session_state.get(_CHOSEN) not in summaries:
        st.session_state[_CHOSEN] = None
    # Without the state: names that change while someone chooses among them would be a new list.
    names = {
        run_id: f"{row['title']} ({run_id})" if row["title"] else run_id
        for run_id, row in summaries.items()
    }

    def untick() -> None:
        st.session_state[_TABLE] = st.session_state.get(_TABLE, 0) + 1

    return st.selectbox(
        "Run",
        list(names),
        index=None,
        format_func=names.get,
        placeholder="Choose one, here or by its row",
        key=_CHOSEN,
        on_change=untick,
        persist_state="session",
    )


def _show_run(run: Run, summary: Mapping[str, Any]) -> None:
    """Show what can be done with a run, its notes and the end of its log."""
    state, notes = summary["state"], run.notes
    st.markdown(f"**{run.id}**: {state}")
    if summary["error"]:
        markdown.show_error(summary["error"])
    with st.container(horizontal=True):
        if summary["model"]:
            run_buttons.show(run, "history")
        if state not in ALIVE and st.button("Delete ..."):
            _confirm_delete(run)
    with st.form(f"notes_{run.id}"):
        title = st.text_input("Name", notes["title"], max_chars=60, key=f"title_{run.id}")
        text = st.text_area("Notes", notes["text"], max_chars=2000, height=80, key=f"text_{run.id}")
        if st.form_submit_button("Save"):
            run_buttons.act(lambda run: run.write_notes(title, text), run)
            st.rerun()
    with st.expander("Log", expanded=state in ALIVE):
        st.code(run.log_tail() or "Nothing was logged yet.", language=None)


@st.dialog("Delete this run?")
def _confirm_delete(run: Run) -> None:
    name = markdown.plain(run.notes["title"] or run.id)
    st.markdown(f"**{name}**: its weights, curves and results are gone for good.")
    with st.container(horizontal=True):
        if st.button(
            "Delete", type="primary", on_click=run_buttons.act, args=(Run.delete, run)
        ) or st.button("Keep"):
            st.rerun()
