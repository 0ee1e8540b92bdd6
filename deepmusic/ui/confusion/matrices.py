"""The matrices themselves, their worst confusions in words, and the paper's beside ours."""

import streamlit as st

from deepmusic.charts.confusion import confusion_chart, precision_chart
from deepmusic.evaluation import confusion, paper
from deepmusic.evaluation.confusion import COUNTS, PRECISION, RECALL, UNITS
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.ui import markdown
from deepmusic.ui.confusion import SIDE_BY_SIDE, cells
from deepmusic.ui.confusion.cells import Cell
from deepmusic.ui.confusion.predictions import Result

_MEASURE_WORDS = {
    COUNTS: "**Each row is a label, each column what the network predicted.** On the diagonal it "
    "was right; a number beside it counts clips of the row's genre that it took for the column's.",
    RECALL: "**Read along a row: of all clips with this label, how many per cent were predicted as "
    "what?** Each row adds up to 100. On the diagonal stands the recall: how much of a genre is "
    "found.",
    PRECISION: "**Read down a column: of all clips predicted as this genre, how many per cent have "
    "which label?** Each column adds up to 100. On the diagonal stands the precision: how far one "
    "can trust the network when it says so.",
}
_DIFFERENCE_WORDS = (
    "**Violet: the first network has more here; orange: the second.** On the diagonal, violet is "
    "good for the first. Beside it violet means that the first makes this mistake more often. "
    "Only clips that both were tested on are counted."
)
_SWAP_WORDS = (
    "The paper prints its matrices (Fig. 4 to 6) with the label at the rows. But its notebooks "
    "hand scikit-learn the prediction first and the label second, which swaps the axes: **its rows "
    "are what was predicted, and its diagonals are precision, not recall.** So precision is what "
    "stands beside them here: of all that was predicted as a genre, how much is labelled so. The "
    "paper's numbers seem to count windows (1.5 s), not clips, since the mean of the CNN's "
    "diagonal, 73 %, fits its window accuracy of 72 % and not its 82 % by clip; ours count windows "
    "too, of 3 s. The paper's test clips also steered its training; ours did not."
)


def show(shown: dict[str, Result], protocol: Protocol, measure: str, view: str, cell: Cell) -> None:
    """Draw the matrices of the chosen networks, and say what they were counted from."""
    dark = st.context.theme.type == "dark"
    st.caption(_MEASURE_WORDS[measure])
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


def _show_side_by_side(shown: dict[str, Result], measure: str, cell: Cell, dark: bool) -> None:
    """Draw each network's matrix on one colour scale, its worst confusions in words below."""
    if measure == COUNTS:
        top = max(result.matrix.sum(axis=1).max() for result in shown.values())
    else:
        top = 100
    choices = list(shown)
    n_columns = 2 if len(choices) in (2, 4) else 3
    for row in range(0, len(choices), n_columns):
        if len(choices) == 1:
            for_matrix, for_words = st.columns([5, 4], gap="medium", vertical_alignment="center")
            places = [(for_matrix, for_words)]
        else:
            places = [(column, column) for column in st.columns(n_columns, gap="medium")]
        for (for_matrix, for_words), choice in zip(places, choices[row:], strict=False):
            with for_matrix:
                _show_matrix(choice, shown[choice], measure, top, cell, dark)
            with for_words:
                _show_worst(choice, shown[choice])


def _show_matrix(
    choice: str, result: Result, measure: str, top: float, cell: Cell, dark: bool
) -> None:
    chosen = (cell.genre, cell.predicted) if choice in cell.networks else None
    chart = confusion_chart(
        confusion.normalize(result.matrix, measure),
        unit=UNITS[measure],
        top=top,
        title=result.heading,
        chosen=chosen,
        dark=dark,
    )
    _draw(chart, f"matrix_{choice}_{chosen}", choice, f"Confusion matrix of {result.name}")


def _show_worst(choice: str, result: Result) -> None:
    """Say the worst confusions in words, each of which opens its clips."""
    with st.container(gap=None):
        for pair in confusion.most_confused(result.matrix):
            st.button(
                str(pair),
                key=f"worst_{choice}_{pair.genre}_{pair.predicted}",
                type="tertiary",
                on_click=cells.select,
                args=(pair.genre, pair.predicted, choice),
            )


def _show_difference(shown: dict[str, Result], measure: str, cell: Cell, dark: bool) -> None:
    """Draw the first network's matrix less the second's, over the clips that both have."""
    first, second = shown.values()
    tables = confusion.common_clips(first.clips, second.clips)
    if tables[0].empty:
        st.info("These two have no test clip in common. Choose another pair.")
        return
    counts = [confusion.confusion_matrix(table, first.genres) for table in tables]
    # Where nothing was predicted as a genre, its precision is NaN; nothing is drawn there.
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
        st.markdown(_DIFFERENCE_WORDS)
        hits = [table["genre"] == table["predicted"] for table in tables]
        only_first = int((hits[0] & ~hits[1]).sum())
        only_second = int((~hits[0] & hits[1]).sum())
        st.markdown(
            f"Of {len(tables[0])} clips, {first.name} alone predicts **{only_first}** right, "
            f"{second.name} alone **{only_second}**. Their mistakes differ most here:"
        )
        with st.container(gap=None):
            for ours, theirs in confusion.largest_differences(*counts):
                st.button(
                    f"{ours.genre} → {ours.predicted}: {first.name} {ours.clips}, "
                    f"{second.name} {theirs.clips} of {ours.of} clips",
                    key=f"difference_{ours.genre}_{ours.predicted}",
                    type="tertiary",
                    on_click=cells.select,
                    args=(ours.genre, ours.predicted),
                )


def show_paper(shown: dict[str, Result], protocol: Protocol) -> None:
    """Show the paper's diagonals beside ours, both as precision."""
    if protocol != BENCHMARK_PROTOCOL:
        st.caption(
            "The paper's diagonals stand here for protocol paper, the only one it resembles."
        )
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
            by_window = confusion.window_table(result.predictions, result.genres)
            counts = confusion.confusion_matrix(by_window, result.genres)
            ours = confusion.diagonal(confusion.normalize(counts, PRECISION)).to_dict()
            printed = {genre: 100 * one for genre, one in paper.precision(result.model).items()}
            column.plotly_chart(
                precision_chart(ours, printed, result.model, name=f"{result.name}, precision"),
                config={"displayModeBar": False},
                alt=f"Precision by genre of {result.name} and of the paper's",
            )
    st.caption(_SWAP_WORDS)


def _draw(chart, key: str, by: str | None, alt: str) -> None:
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
