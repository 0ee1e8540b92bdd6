"""History of the Train page: the chosen run, and a table of all."""

from collections.abc import Mapping
from statistics import mean, stdev
from typing import Any

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.errors import RunError
from deepmusic.evaluation.release import differences
from deepmusic.formatting import format_plain
from deepmusic.runs import ALIVE, Run, list_runs, run_names
from deepmusic.ui import markdown
from deepmusic.ui.train import owners, run_buttons

_SETTINGS = ("data", "split", "epochs", "batch_size", "learning_rate", "augmentation", "seed")

#: Key in the session: the id of the chosen run.
_CHOSEN = "chosen_run"

Summary = Mapping[str, Any]


def show() -> None:
    """Show the chosen run, in view below its choice, and the table of all runs."""
    runs = {run.id: run for run in list_runs()[::-1]}
    if not runs:
        return
    st.subheader("Runs", anchor=False)
    names = run_names()
    summaries = {
        run_id: run.summary() | {"name": names.get(run_id, run_id)} for run_id, run in runs.items()
    }
    _show_seeds(runs, summaries)
    chosen = _choose(summaries)
    if chosen:
        _show_run(runs[chosen], summaries[chosen])
    _show_table(runs, summaries)


def _show_table(runs: Mapping[str, Run], summaries: Mapping[str, Summary]) -> None:
    """Show the settings and results of all runs as a table."""
    table = pd.DataFrame([_row(run, summaries[run_id]) for run_id, run in runs.items()])
    # A run that cannot be read has none of these, which would make the others fractions.
    table = table.astype(dict.fromkeys(("epochs", "batch_size", "seed"), "Int64"))
    st.dataframe(
        table.style.apply(_shade, subset=list(_SETTINGS)),
        hide_index=True,
        column_config={
            "validation": st.column_config.NumberColumn(
                format="%.1f %%", help="Accuracy over windows, at the kept epoch."
            ),
            "test": st.column_config.NumberColumn(
                format="%.1f %%", help="Accuracy over clips, measured once, at the end."
            ),
            "data": st.column_config.TextColumn(
                help="Shaded: settings that differ from those of most runs."
            ),
            "batch_size": "batch size",
            "learning_rate": st.column_config.NumberColumn("learning rate", format="%g"),
        },
        placeholder="",
        alt="All runs with their settings and results",
    )


def _row(run: Run, summary: Summary) -> dict[str, Any]:
    """Return the row of a run; its settings are empty if they cannot be read."""
    row: dict[str, Any] = dict.fromkeys(_SETTINGS)
    if summary["model"]:
        train = run.config.train
        row = {name: getattr(train, name, None) for name in _SETTINGS}
        row["data"] = format_plain(train.data)
        row |= {"split": summary["split"], "augmentation": train.augment is not None}
    percents = {
        name: None if summary[key] is None else 100 * summary[key]
        for name, key in (("validation", "val_accuracy"), ("test", "clip_accuracy"))
    }
    return {
        "run": summary["name"],
        "owner": run.owner,
        "state": summary["state"],
        "epoch": summary["epoch"],
        **percents,
        **row,
        "error": summary["error"],
    }


def _shade(column: pd.Series) -> list[str]:
    """Return the style of a column's cells: shaded unless they hold its commonest value."""
    usual = next(iter(column.mode(dropna=True)), None)
    return [
        "" if pd.isna(value) or value == usual else "background-color: rgba(255, 169, 14, .28)"
        for value in column
    ]


def _show_seeds(runs: Mapping[str, Run], summaries: Mapping[str, Summary]) -> None:
    """Show mean and standard deviation of finished runs that differ in nothing but their seed."""
    groups: list[list[Run]] = []
    for run_id, run in runs.items():
        if summaries[run_id]["clip_accuracy"] is None:
            continue
        for group in groups:
            if not differences(run, group[0]) and _tested_on(run) == _tested_on(group[0]):
                group.append(run)
                break
        else:
            groups.append([run])
    for group in groups:
        by_seed = {run.config.train.seed: 100 * summaries[run.id]["clip_accuracy"] for run in group}
        if len(by_seed) > 1:
            row, values = summaries[group[0].id], list(by_seed.values())
            where = markdown.message(" and ".join(dict.fromkeys((row["data"], row["split"]))))
            st.markdown(
                f"**{models.title(row['model'])}**, {where}, {row['epochs']} epochs, "
                f"{len(by_seed)} seeds: test accuracy {mean(values):.1f} ± {stdev(values):.1f} % "
                "(mean and standard deviation)."
            )


def _tested_on(run: Run) -> tuple[str, str]:
    """Return the dataset and the protocol of a run's test, which may differ from its training's."""
    try:
        return run.config.train.data, str(run.protocol)
    except RunError:
        return run.id, ""  # It is damaged, or was deleted meanwhile: like no other.


def _choose(summaries: Mapping[str, Summary]) -> str | None:
    """Return the id of the chosen run."""
    if st.session_state.get(_CHOSEN) not in summaries:
        st.session_state[_CHOSEN] = None
    # Without the state: names that change while someone chooses among them would be a new list.
    names = {run_id: row["name"] for run_id, row in summaries.items()}
    return st.selectbox(
        "Run",
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder="Choose one to resume, use, rename or delete it",
        key=_CHOSEN,
        persist_state="session",
    )


def _show_run(run: Run, summary: Summary) -> None:
    """Show the buttons, the notes and the log of a run."""
    state, notes = summary["state"], run.notes
    st.markdown(f"**{markdown.plain(summary['name'])}**: {state}")
    if summary["error"]:
        markdown.show_error(summary["error"])
    with st.container(horizontal=True):
        if summary["model"]:
            run_buttons.show(run, "history")
        if state not in ALIVE and owners.may_change(run) and st.button("Delete ..."):
            _confirm_delete(run, summary["name"])
    if not owners.may_change(run):
        st.caption(f"It belongs to {markdown.plain(run.owner)}, who alone may change it.")
        return
    with st.form(f"notes_{run.id}"):
        title = st.text_input("Name", summary["name"], max_chars=60, key=f"title_{run.id}")
        text = st.text_area("Notes", notes["text"], max_chars=2000, height=80, key=f"text_{run.id}")
        if st.form_submit_button("Save"):
            run_buttons.act(lambda run: run.write_notes(title, text), run)
            st.rerun()
    with st.expander("Log", expanded=state in ALIVE):
        st.code(run.log_tail() or "Nothing was logged yet.", language=None)


@st.dialog("Delete this run?")
def _confirm_delete(run: Run, name: str) -> None:
    st.markdown(
        f"**{markdown.plain(name)}**: its weights, curves and results are deleted for good."
    )
    with st.container(horizontal=True):
        if st.button(
            "Delete", type="primary", on_click=run_buttons.act, args=(Run.delete, run)
        ) or st.button("Keep"):
            st.rerun()
