"""Confusion matrices, their worst confusions in words, and the paper's beside ours."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from deepmusic.charts.confusion import confusion_chart, precision_chart
from deepmusic.evaluation import confusion, paper
from deepmusic.evaluation.confusion import COUNTS, PRECISION, RECALL, UNITS
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.ui import markdown
from deepmusic.ui.confusion import SIDE_BY_SIDE, cells
from deepmusic.ui.confusion.cells import Cell
from deepmusic.ui.confusion.predictions import Result

_MEASURES = {
    COUNTS: "**Each row is a label, each column a prediction.** The diagonal counts correct clips, "
    "every other cell clips of the row's genre that were predicted as the column's.",
    RECALL: "**Read along a row: of all clips with this label, how many per cent were predicted as "
    "which genre?** Each row adds up to 100. On the diagonal stands the recall.",
    PRECISION: "**Read down a column: of all clips predicted as this genre, how many per cent have "
    "which label?** Each column adds up to 100. On the diagonal stands the precision.",
}
_DIFFERENCE = (
    "**Violet: the first network has more here; orange: the second.** Violet on the diagonal is "
    "good for the first; beside it, violet means that the first makes this mistake more often. "
    "Only clips that both were tested on are counted."
)
_SWAP = (
    "The paper prints its matrices (Fig. 4 to 6) with the label at the rows. But its notebooks "
    "hand scikit-learn the prediction first and the label second, which swaps the axes: **its rows "
    "are predictions, and its diagonals are precision, not recall.** So precision stands beside "
    "them here. The paper's numbers seem to count windows (1.5 s), not clips, since the mean of "
    "the CNN's diagonal, 73 %, fits its window accuracy of 72 % and not its 82 % by clip; ours "
    "count windows too, of 3 s. The paper's test clips also steered its training; ours did not."
)


def show(
    shown: Mapping[str, Result], protocol: Protocol, measure: str, view: str, cell: Cell
) -> None:
    """Show the matrices of the chosen networks, or the difference of two."""
    dark = st.context.theme.type == "dark"
    st.caption(_MEASURES[measure])
    if view == SIDE_BY_SIDE:
        _show_side_by_side(shown, measure, cell, dark)
    else:
        _show_difference(shown, measure, cell, dark)
    n_clips = " and ".join(sorted({str(len(result.clips)) for result in shown.values()}))
    st.caption(
        f"Measured on {n_clips} test clips, protocol {markdown.plain(str(protocol))}. "
        f"{protocol.description} A clip's prediction is the mean of its windows' probabilities. "
        "Empty cells are zero."
    )


def _show_side_by_side(shown: Mapping[str, Result], measure: str, cell: Cell, dark: bool) -> None:
    """Show each network's matrix on one colour scale, with its worst confusions."""
    top = 100.0
    if measure == COUNTS:
        top = max(result.matrix.sum(axis=1).max() for result in shown.values())
    choices = list(shown)
    n_columns = 2 if len(choices) in (2, 4) else 3
    for row in range(0, len(choices), n_columns):
        if len(choices) == 1:
            columns = [tuple(st.columns([5, 4], gap="medium", vertical_alignment="center"))]
        else:
            columns = [(column, column) for column in st.columns(n_columns, gap="medium")]
        for (for_matrix, for_worst), choice in zip(columns, choices[row:], strict=False):
            result = shown[choice]
            chosen = (cell.genre, cell.predicted) if choice in cell.networks else None
            with for_matrix:
                chart = confusion_chart(
                    confusion.normalize(result.matrix, measure),
                    unit=UNITS[measure],
                    top=top,
                    title=result.heading,
                    chosen=chosen,
                    dark=dark,
                )
                alt = f"Confusion matrix of {result.name}"
                _draw(chart, f"matrix_{choice}_{chosen}", choice, alt)
            with for_worst, st.container(gap=None):
                for pair in confusion.most_confused(result.matrix):
                    _show_line(f"worst_{choice}", str(pair), pair.genre, pair.predicted, choice)


def _show_difference(shown: Mapping[str, Result], measure: str, cell: Cell, dark: bool) -> None:
    """Show the first network's matrix minus the second's, over the clips that both have."""
    first, second = shown.values()
    tables = confusion.common_clips(first.clips, second.clips)
    if tables[0].empty:
        st.info("These two have no test clip in common. Choose another pair.")
        return
    counts = [confusion.confusion_matrix(table, first.genres) for table in tables]
    # The precision of a genre that was never predicted is NaN, and stays empty.
    matrix = confusion.normalize(counts[0], measure) - confusion.normalize(counts[1], measure)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        chosen = (cell.genre, cell.predicted)
        chart = confusion_chart(
            matrix,
            unit="points" if UNITS[measure] == "%" else "clips",
            top=max(matrix.abs().max().max(), 1),
            title=f"{first.name} minus {second.name}",
            chosen=chosen,
            dark=dark,
            signed=True,
        )
        alt = f"Confusion matrix of {first.name} minus that of {second.name}"
        _draw(chart, f"difference_{'_'.join(shown)}_{chosen}", None, alt)
    with right:
        st.markdown(_DIFFERENCE)
        hits = [table["genre"] == table["predicted"] for table in tables]
        names = [markdown.plain(result.name) for result in (first, second)]
        st.markdown(
            f"Of {len(tables[0])} clips, {names[0]} alone is correct on "
            f"**{int((hits[0] & ~hits[1]).sum())}**, {names[1]} alone on "
            f"**{int((~hits[0] & hits[1]).sum())}**. Their mistakes differ most here:"
        )
        with st.container(gap=None):
            for ours, theirs in confusion.largest_differences(*counts):
                text = (
                    f"{ours.genre} → {ours.predicted}: {names[0]} {ours.clips}, "
                    f"{names[1]} {theirs.clips} of {ours.of} clips"
                )
                _show_line("difference", text, ours.genre, ours.predicted)


def show_paper(shown: Mapping[str, Result], protocol: Protocol) -> None:
    """Show the paper's diagonals beside ours, both as precision."""
    if protocol != BENCHMARK_PROTOCOL:
        return
    st.subheader("How does that compare with the paper?", anchor=False)
    comparable = [result for result in shown.values() if paper.precision(result.model)]
    if not comparable:
        st.caption("The paper prints matrices of its three networks. Choose one of these above.")
        return
    for row in range(0, len(comparable), 3):
        for column, result in zip(
            st.columns(3, gap="medium"), comparable[row : row + 3], strict=False
        ):
            by_window = confusion.window_table(result.windows, result.genres)
            counts = confusion.confusion_matrix(by_window, result.genres)
            ours = confusion.diagonal(confusion.normalize(counts, PRECISION)).to_dict()
            printed = {genre: 100 * one for genre, one in paper.precision(result.model).items()}
            column.plotly_chart(
                precision_chart(ours, printed, result.model, name=f"{result.name}, precision"),
                config={"displayModeBar": False},
                alt=f"Precision by genre of {result.name} and of the paper's",
            )
    st.caption(_SWAP)


def _show_line(place: str, text: str, genre: str, predicted: str, by: str | None = None) -> None:
    """Show a confusion as a line that opens its cell."""
    st.button(
        text,
        key=f"{place}_{genre}_{predicted}",
        type="tertiary",
        on_click=cells.select,
        args=(genre, predicted, by),
    )


def _draw(chart: Any, key: str, by: str | None, alt: str) -> None:
    st.plotly_chart(
        chart,
        # With the cell in the key, a click leaves no selection behind that dims the chart.
        key=key,
        on_select=lambda: cells.select_clicked(key, by),
        selection_mode="points",
        config={
            "displaylogo": False,
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": {"filename": "deepmusic-confusion", "scale": 2},
        },
        alt=alt,
    )
