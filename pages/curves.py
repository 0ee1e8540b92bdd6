"""How trainings went: accuracy and loss by epoch, the paper's behind them (its Fig. 3)."""

from collections import Counter

import pandas as pd
import streamlit as st

from deepmusic import export, models, paper
from deepmusic.charts.training import QUANTITIES, Curve, history_chart, overfitting_gap
from deepmusic.errors import ModelError, RunError
from deepmusic.runs import FINISHED, Run, list_runs, shipped_run
from deepmusic.ui import address, frame, markdown

SHIPPED = {f"shipped-{name}": name for name in models.MODELS}
MEASURED = {"loss", "accuracy", "val_loss", "val_accuracy", "epoch"}

ACCURACY_WORDS = (
    "**How many windows of 3 s were named right.** Trust the solid lines: validation clips teach "
    "the network nothing. Where the dotted line climbs on while the solid one stays flat, the "
    "network learns its training clips by heart; that is over-fitting."
)
LOSS_WORDS = (
    "**How wrong the answers were, and how sure of it:** lower is better, and guessing among ten "
    "genres costs 2.3. When the solid line turns upwards, the network gets too sure of its "
    "mistakes; the mark is the lowest point, whose weights are kept. A first epoch may lie above "
    "the picture."
)
WARNING_WORDS = (
    "The dotted line can show *lower* accuracy than the solid one: while it trains, a network "
    "hears windows that are partly masked, with parts of itself switched off (dropout), and that "
    "is harder than the whole windows of validation. In the first epochs validation may stay at "
    "guessing, one in ten, until the running averages of batch normalisation have caught up. "
    "Losses compare only between trainings with the same recipe, since label smoothing and weight "
    "penalties add to them."
)
PAPER_WORDS = (
    "Thin: what the paper's authors printed (Fig. 3a and 3c; the CRNN's Fig. 3b exists only as a "
    "picture). Their validation clips *are* their test clips, and their windows last 1.5 s."
)


def read_curve(run: Run, name: str) -> Curve | None:
    """Return how a run went, or None if it has no epoch yet; raise `RunError` if it is damaged."""
    train = run.config.train
    model = models.spec(run.config.model.name)
    history = run.history()
    if not train.is_tested:
        raise RunError(f"{run.id} holds no clip back, and so has no validation curve to show.")
    if history and not history[0].keys() >= MEASURED:
        missing = ", ".join(sorted(MEASURED - history[0].keys()))
        raise RunError(f"{run.history_path} has no column {missing}. Train this run again.")
    data = "toy set" if train.data == "toy" else "GTZAN"
    protocol = f"{data}, protocol {train.protocol}"
    return Curve(name, model.config.name, history, protocol) if history else None


def find_curves() -> tuple[dict[str, Curve], dict[str, str], dict[str, str]]:
    """Return all runs' curves, shipped ones first, then the newest; their labels; and faults.

    All three are keyed by what stands for the run in the address.
    """
    own = list_runs()[::-1]
    titles = Counter(run.notes["title"] for run in own)
    curves, labels, faults = {}, {}, {}
    for choice, model in SHIPPED.items():
        labels[choice] = f"Shipped {models.title(model)}"
        try:
            curves[choice] = read_curve(shipped_run(model), labels[choice])
        except RunError as error:
            faults[choice] = str(error)
    for run in own:
        title = run.notes["title"]
        name = title if title and titles[title] == 1 else run.id
        labels[run.id] = name if run.state == FINISHED else f"{name} ({run.state})"
        try:
            curves[run.id] = read_curve(run, name)
        except (RunError, ModelError) as error:
            faults[run.id] = str(error)
    return {choice: curve for choice, curve in curves.items() if curve}, labels, faults


def paper_curves(of: list[Curve]) -> list[Curve]:
    """Return the paper's curves of the networks that are shown."""
    return [
        Curve(
            f"Paper's {models.title(model)}",
            model,
            paper.history(model),
            "GTZAN, validated on the test clips",
            from_paper=True,
        )
        for model in paper.PRINTED
        if model in {curve.model for curve in of}
    ]


def table(curves: list[Curve]) -> pd.DataFrame:
    """Return one row for each training, accuracies in percent."""
    return pd.DataFrame(
        {
            "Run": curve.name,
            "Epochs": curve.n_epochs,
            "Kept epoch": curve.kept and int(curve.kept["epoch"]) + 1,
            "Training accuracy": curve.kept and 100 * curve.kept["accuracy"],
            "Validation accuracy": curve.kept and 100 * curve.kept["val_accuracy"],
            "Gap": overfitting_gap(curve.history),
            "Measured on": curve.protocol,
        }
        for curve in curves
    )


def to_csv(curves: list[Curve]) -> str:
    """Return one row for each training and epoch, epochs counted from 1."""
    rows = [
        {"run": curve.name, "model": curve.model} | row | {"epoch": int(row["epoch"]) + 1}
        for curve in curves
        for row in curve.history
    ]
    return export.frame_text(pd.DataFrame(rows))


def show_shipped() -> None:
    st.session_state["runs"] = list(SHIPPED)


frame.enter("pages/curves.py")

found, labels, faults = find_curves()
st.subheader("Do they learn the music, or learn the clips by heart?", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    chosen = st.multiselect(
        "Trainings",
        list(found),
        format_func=labels.get,
        key=address.key_of_several("runs", list(found), [c for c in SHIPPED if c in found]),
        placeholder="Choose one or more",
        persist_state="session",
        width=620,
        wrap=True,
    )
    smoothing = st.slider(
        "Smoothing",
        min_value=0.0,
        max_value=0.9,
        step=0.1,
        key="smoothing",
        help="Draws a moving average, so that the trend shows. Hovering still tells what was "
        "measured, and so does the table.",
        persist_state="session",
        width=200,
    )
    with_paper = st.toggle(
        "The paper's curves",
        value=True,
        key="with_paper",
        persist_state="session",
        width="content",
    )
address.show("runs")
if faults:
    n_faults = "One run" if len(faults) == 1 else f"{len(faults)} runs"
    with st.expander(f"{n_faults} cannot be shown. Why?", icon="⚠️"):
        for choice, fault in faults.items():
            st.warning(f"{markdown.plain(choice)}: {markdown.message(fault)}")
if not chosen:
    st.info("Choose a training above, and see here how it went, epoch by epoch.")
    st.button("Show the three shipped networks", type="primary", on_click=show_shipped)
    st.stop()

curves = [found[choice] for choice in chosen]
if with_paper:
    curves += paper_curves(curves)
columns = st.columns(2, gap="medium")
for column, quantity, words in zip(columns, QUANTITIES, (ACCURACY_WORDS, LOSS_WORDS), strict=True):
    with column:
        st.plotly_chart(
            history_chart(curves, quantity, smoothing=smoothing),
            config={
                "displaylogo": False,
                "displayModeBar": True,
                "modeBarButtons": [["toImage"]],
                "toImageButtonOptions": {"filename": f"deepmusic-{quantity}", "scale": 2},
            },
            alt=f"{QUANTITIES[quantity]} by epoch, training and validation",
        )
        st.caption(words)
st.caption(f"{WARNING_WORDS} {PAPER_WORDS}" if with_paper else WARNING_WORDS)

st.dataframe(
    table(curves),
    hide_index=True,
    column_config={
        "Run": st.column_config.TextColumn(width="medium"),
        "Training accuracy": st.column_config.NumberColumn(format="%.1f %%"),
        "Validation accuracy": st.column_config.NumberColumn(format="%.1f %%"),
        "Gap": st.column_config.NumberColumn(
            format="%+.1f points",
            help="Training minus validation accuracy at the kept epoch, in percentage points. The "
            "larger, the more the network knows its training clips by heart.",
        ),
        "Kept epoch": st.column_config.NumberColumn(
            help="The epoch with the lowest validation loss. Our runs keep its weights; of the "
            "paper's it is the epoch that our rule would have kept."
        ),
    },
    alt="Accuracy and over-fitting gap of each training at its kept epoch",
)
st.download_button(
    "Download CSV",
    to_csv(curves),
    file_name="deepmusic-curves.csv",
    mime="text/csv",
    help="All curves shown, one row for each training and epoch.",
    on_click="ignore",
)
