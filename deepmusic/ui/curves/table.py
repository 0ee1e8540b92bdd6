"""Table of trainings, and their epochs as CSV."""

import pandas as pd
import streamlit as st

from deepmusic.charts.training import Curve, overfitting_gap
from deepmusic.formatting import to_csv
from deepmusic.ui import markdown

#: Trainings in a sentence.
_MOST = 4


def show(curves: list[Curve]) -> None:
    """Show a row for each training, and a download of all epochs."""
    st.dataframe(
        _table(curves),
        hide_index=True,
        column_config={
            "Run": st.column_config.TextColumn(width="medium"),
            "Training accuracy": st.column_config.NumberColumn(format="%.1f %%"),
            "Validation accuracy": st.column_config.NumberColumn(format="%.1f %%"),
            "Gap": st.column_config.NumberColumn(
                format="%+.1f points",
                help="Training minus validation accuracy at the kept epoch, in percentage points. "
                "The larger, the more the network overfits.",
            ),
            "Kept epoch": st.column_config.NumberColumn(
                help="The epoch with the lowest validation loss. Our runs keep its weights; the "
                "paper's did not."
            ),
        },
        alt="Accuracy and over-fitting gap of each training at its kept epoch",
    )
    st.download_button(
        "Download CSV",
        _csv_of(curves),
        file_name="deepmusic-curves.csv",
        mime="text/csv",
        help="All curves shown, one row for each training and epoch.",
        on_click="ignore",
    )


def show_answer(curves: list[Curve]) -> None:
    """Show in a sentence how the accuracy on training windows compares with that on others."""
    found = [
        f"{markdown.plain(curve.name)} **{100 * kept['accuracy']:.0f}** and "
        f"**{100 * kept['val_accuracy']:.0f} %**"
        for curve in curves
        if (kept := curve.kept) and not curve.from_paper
    ]
    if found:
        st.markdown(
            f"Right on windows that trained it, and on others: {', '.join(found[:_MOST])}"
            + (" ..." if len(found) > _MOST else "."),
            help="At the epoch whose weights are kept. A first number far above the second means "
            "that the network memorises its clips.",
        )


def _table(curves: list[Curve]) -> pd.DataFrame:
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


def _csv_of(curves: list[Curve]) -> str:
    """Return one row for each training and epoch, epochs counted from 1."""
    rows = [
        {"run": curve.name, "model": curve.model} | row | {"epoch": int(row["epoch"]) + 1}
        for curve in curves
        for row in curve.history
    ]
    return to_csv(pd.DataFrame(rows))
