"""Confusion matrices, their worst confusions in words, and the paper's beside ours."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.charts.confusion import confusion_chart, precision_chart
from deepmusic.evaluation import confusion, paper
from deepmusic.evaluation.confusion import COUNTS, PRECISION, UNITS
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.ui import frame, markdown
from deepmusic.ui.confusion import cells
from deepmusic.ui.confusion.cells import Cell
from deepmusic.ui.confusion.predictions import Result

_DIFFERENCE = (
    "**Violet: the first network has more here; orange: the second.** Violet on the diagonal is "
    "good for the first; beside it, violet means that the first makes this mistake more often. "
    "Only clips that both were tested on are counted."
)
_SWAP = (
    "The paper prints its matrices (Fig. 4 to 6) with the label at the rows. But its notebooks "
    "hand scikit-learn the prediction first and the label second, which swaps the axes: **its rows "
    "are predictions, and its diagonals are precision, not recall.** The paper's numbers seem to "
    "count windows (1.5 s), not clips; ours count windows of 3 s. The paper's test clips also "
    "steered its training; ours did not."
)
_TALL, _SMALL = 450, 400


def show(shown: Mapping[str, Result], measure: str, cell: Cell) -> None:
    """Show the matrix of a network, or the difference of two, with a cell marked."""
    chosen = (cell.genre, cell.predicted)
    if len(shown) == 2:
        _show_difference(shown, measure, chosen)
        return
    ((choice, result),) = shown.items()
    top = 100.0 if measure != COUNTS else result.matrix.sum(axis=1).max()
    _draw(_chart(result, measure, top, chosen=chosen, height=_TALL), result, f"{choice}_{chosen}")


def show_side_by_side(shown: Mapping[str, Result], measure: str) -> None:
    """Show the networks' matrices on one colour scale; a click opens the cell of one."""
    top = 100.0
    if measure == COUNTS:
        top = max(result.matrix.sum(axis=1).max() for result in shown.values())
    with st.container(horizontal=True, gap="medium", key="matrices"):
        for choice, result in shown.items():
            with st.container(width=350 if len(shown) > 2 else 540):
                _draw(_chart(result, measure, top, height=_SMALL), result, choice, choice)
    st.caption("Click a cell to see and play its clips.")


def _chart(result: Result, measure: str, top: float, **settings: Any) -> Any:
    return confusion_chart(
        confusion.normalize(result.matrix, measure),
        unit=UNITS[measure],
        top=top,
        title=result.heading,
        dark=st.context.theme.type == "dark",
        **settings,
    )


def show_in_words(shown: Mapping[str, Result]) -> None:
    """Show the most frequent confusions, or largest differences, as buttons that open cells."""
    if any(result.model == models.PRETRAINED for result in shown.values()):
        st.caption("musicnn has very likely heard songs of GTZAN, under other labels.")
    if len(shown) == 2:
        _show_difference_in_words(shown)
        return
    (result,) = shown.values()
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("Most often:", width="content")
        for pair in confusion.most_confused(result.matrix):
            words = f"{pair.words}, {pair.clips}"
            cells.show_line("worst", words, pair.genre, pair.predicted)


def _show_difference(shown: Mapping[str, Result], measure: str, chosen: tuple[str, str]) -> None:
    """Show the first network's matrix minus the second's, over the clips that both have."""
    first, second = shown.values()
    tables = confusion.common_clips(first.clips, second.clips)
    if tables[0].empty:
        st.info("These two have no test clip in common. Choose another pair.")
        frame.end_page()
    counts = [confusion.confusion_matrix(table, first.genres) for table in tables]
    # The precision of a genre that was never predicted is NaN, and stays empty.
    matrix = confusion.normalize(counts[0], measure) - confusion.normalize(counts[1], measure)
    name = f"{first.name} minus {second.name}"
    chart = confusion_chart(
        matrix,
        unit="points" if UNITS[measure] == "%" else "clips",
        top=max(matrix.abs().max().max(), 1),
        title=name,
        chosen=chosen,
        dark=st.context.theme.type == "dark",
        signed=True,
        height=_TALL,
    )
    _draw(chart, first, f"{'_'.join(shown)}_{chosen}", name=name)


def _show_difference_in_words(shown: Mapping[str, Result]) -> None:
    first, second = shown.values()
    tables = confusion.common_clips(first.clips, second.clips)
    counts = [confusion.confusion_matrix(table, first.genres) for table in tables]
    hits = [table["genre"] == table["predicted"] for table in tables]
    names = [markdown.plain(result.name) for result in (first, second)]
    st.markdown(
        f"Of {len(tables[0])} clips, {names[0]} alone is correct on "
        f"**{int((hits[0] & ~hits[1]).sum())}**, {names[1]} alone on "
        f"**{int((~hits[0] & hits[1]).sum())}**. Their mistakes differ most here:",
        help=_DIFFERENCE,
    )
    with st.container(horizontal=True, gap="small"):
        for ours, theirs in confusion.largest_differences(*counts):
            text = f"{ours.words}, {ours.clips} and {theirs.clips}"
            cells.show_line("difference", text, ours.genre, ours.predicted)


def show_paper(shown: Mapping[str, Result], protocol: Protocol) -> None:
    """Show the paper's diagonals beside ours, both as precision."""
    comparable = [result for result in shown.values() if paper.precision(result.model)]
    if protocol != BENCHMARK_PROTOCOL or not comparable:
        return
    with st.expander("How does that compare with the paper?"):
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
        st.markdown(_SWAP)


def _draw(chart: Any, result: Result, key: str, by: str | None = None, name: str = "") -> None:
    key = f"matrix_{key}"
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
        alt=f"Confusion matrix of {name or result.name}",
    )
