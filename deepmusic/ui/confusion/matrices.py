"""The matrices themselves, their worst confusions in words, and the paper's beside ours."""

import streamlit as st

from deepmusic import confusion, paper
from deepmusic.charts.confusion import confusion_chart, difference_chart, precision_chart
from deepmusic.confusion import COUNTS, PRECISION, UNITS
from deepmusic.ui.confusion import cells
from deepmusic.ui.confusion.results import Result

DIFFERENCE_WORDS = (
    "**Violet: the first network has more here; orange: the second.** On the diagonal, violet is "
    "good for the first. Beside it violet means that the first makes this mistake more often. "
    "Only clips that both were tested on are counted."
)
SWAP_WORDS = (
    "The paper prints its matrices (Fig. 4 to 6) with the label at the rows. But its notebooks "
    "hand scikit-learn the network's answer first and the label second, which swaps the axes: "
    "**its rows are what was heard, and its diagonals are precision, not recall.** So precision is "
    "what stands beside them here: of all that was heard as a genre, how much is labelled so. The "
    "paper's numbers seem to count windows (1.5 s), not clips, since the mean of the CNN's "
    "diagonal, 73 %, fits its window accuracy of 72 % and not its 82 % by clip; ours count windows "
    "too, of 3 s. The paper's test clips also steered its training; ours did not."
)


def show_side_by_side(
    shown: dict[str, Result], measure: str, cell: tuple[str, str], by: str, dark: bool
) -> None:
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
                _show_matrix(
                    choice, shown[choice], measure, top, cell if choice == by else None, dark
                )
            with for_words:
                _show_worst(choice, shown[choice])


def show_difference(
    shown: dict[str, Result], measure: str, cell: tuple[str, str], dark: bool
) -> None:
    """Draw the first network's matrix less the second's, over the clips that both have."""
    first, second = shown.values()
    tables = confusion.common_clips(first.clips, second.clips)
    if tables[0].empty:
        st.info("These two have no test clip in common. Choose another pair.")
        return
    counts = [confusion.confusion_matrix(table, first.genres) for table in tables]
    # Where nothing was heard as a genre, its precision is not a number; nothing is drawn there.
    matrix = confusion.normalize(counts[0], measure) - confusion.normalize(counts[1], measure)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        chart = difference_chart(
            matrix,
            unit="points" if UNITS[measure] == "%" else "clips",
            top=max(matrix.abs().max().max(), 1),
            title=f"{first.name} minus {second.name}",
            chosen=cell,
            dark=dark,
        )
        _draw(
            chart,
            f"difference_{'_'.join(shown)}_{cell}",
            None,
            f"Confusion matrix of {first.name} minus that of {second.name}",
        )
    with right:
        st.markdown(DIFFERENCE_WORDS)
        rights = [table["genre"] == table["predicted"] for table in tables]
        only_first = int((rights[0] & ~rights[1]).sum())
        only_second = int((~rights[0] & rights[1]).sum())
        st.markdown(
            f"Of {len(tables[0])} clips, {first.name} alone names **{only_first}** right, "
            f"{second.name} alone **{only_second}**. Their mistakes differ most here:"
        )
        with st.container(gap=None):
            for ours, theirs in confusion.largest_differences(*counts):
                st.button(
                    f"{ours.genre} → {ours.predicted}: {first.name} {ours.clips}, "
                    f"{second.name} {theirs.clips} of {ours.of} clips",
                    key=f"unlike_{ours.genre}_{ours.predicted}",
                    type="tertiary",
                    on_click=cells.select,
                    args=(ours.genre, ours.predicted),
                )


def show_paper(shown: dict[str, Result]) -> None:
    """Show the paper's diagonals beside ours, both as precision."""
    st.subheader("How does that compare with the paper?", anchor=False)
    comparable = [result for result in shown.values() if paper.precision(result.model)]
    if not comparable:
        st.caption("The paper prints matrices of its three networks. Choose one of these above.")
        return
    for row in range(0, len(comparable), 3):
        for column, result in zip(
            st.columns(3, gap="medium"), comparable[row : row + 3], strict=False
        ):
            verdicts = confusion.window_table(result.predictions, result.genres)
            windows = confusion.confusion_matrix(verdicts, result.genres)
            ours = confusion.diagonal(confusion.normalize(windows, PRECISION))
            papers = {genre: 100 * share for genre, share in paper.precision(result.model).items()}
            with column:
                st.plotly_chart(
                    precision_chart(
                        ours.to_dict(), papers, result.model, name=f"{result.name}, precision"
                    ),
                    config={"displayModeBar": False},
                    alt=f"Precision by genre of {result.name} and of the paper's",
                )
    st.caption(SWAP_WORDS)


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


def _show_matrix(
    choice: str,
    result: Result,
    measure: str,
    top: float,
    cell: tuple[str, str] | None,
    dark: bool,
) -> None:
    chart = confusion_chart(
        confusion.normalize(result.matrix, measure),
        unit=UNITS[measure],
        top=top,
        title=result.heading,
        chosen=cell,
        dark=dark,
    )
    _draw(chart, f"matrix_{choice}_{cell}", choice, f"Confusion matrix of {result.name}")


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
