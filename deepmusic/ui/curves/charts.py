"""Accuracy and loss by epoch as two charts, and what to make of them."""

import streamlit as st

from deepmusic.charts.training import QUANTITIES, Curve, history_chart

_ACCURACY_WORDS = (
    "**How many windows of 3 s were named right.** Trust the solid lines: validation clips teach "
    "the network nothing. Where the dotted line climbs on while the solid one stays flat, the "
    "network learns its training clips by heart; that is over-fitting."
)
_LOSS_WORDS = (
    "**How wrong the answers were, and how sure of it:** lower is better, and guessing among ten "
    "genres costs 2.3. When the solid line turns upwards, the network gets too sure of its "
    "mistakes; the mark is the lowest point, whose weights are kept. A first epoch may lie above "
    "the picture."
)
_WARNING_WORDS = (
    "The dotted line can show *lower* accuracy than the solid one: while it trains, a network "
    "reads windows that are partly masked, with parts of itself switched off (dropout), and that "
    "is harder than the whole windows of validation. In the first epochs validation may stay at "
    "guessing, one in ten, until the running averages of batch normalisation have caught up. "
    "Losses compare only between trainings with the same recipe, since label smoothing and weight "
    "penalties add to them."
)
_PAPER_WORDS = (
    "Thin: what the paper's authors printed (Fig. 3a and 3c; the CRNN's Fig. 3b exists only as a "
    "picture). Their validation clips *are* their test clips, and their windows last 1.5 s."
)


def show(curves: list[Curve], *, smoothing: float, with_paper: bool) -> None:
    """Draw these trainings and explain them.

    Parameters
    ----------
    curves : list of Curve
        Ours, and the paper's.
    smoothing : float
        Of a moving average, from 0 to below 1.
    with_paper : bool
        Whether the paper's were asked for.
    """
    columns = st.columns(2, gap="medium")
    for column, quantity, words in zip(
        columns, QUANTITIES, (_ACCURACY_WORDS, _LOSS_WORDS), strict=True
    ):
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
    st.caption(f"{_WARNING_WORDS} {_PAPER_WORDS}" if with_paper else _WARNING_WORDS)
