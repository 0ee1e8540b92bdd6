"""Charts of accuracy and loss by epoch, and how to read them."""

import streamlit as st

from deepmusic.charts.training import QUANTITIES, Curve, history_chart

_NOTES = """
- **Accuracy:** windows (of 3 s; of FMA, 10 s) predicted correctly. Trust the solid lines: the
  network is not trained on validation clips. Where the dotted line rises while the solid one stays
  flat, the network memorises its training clips: it overfits.
- **Loss:** lower is better; guessing among ten genres costs 2.3, among eight 2.1. Where the solid
  line turns upwards, the network gets overconfident in its mistakes. The mark is the lowest point,
  whose weights are kept.
- Training accuracy can be *lower* than validation accuracy: training windows are partly masked, and
  parts of the network are switched off (dropout).
- In the first epochs validation may stay at guessing until the running averages of
  batch normalisation have caught up. A first epoch may lie above the chart.
- Compare losses only between trainings with the same recipe: label smoothing and weight penalties
  add to them.
"""
_PAPER_NOTE = (
    "- Thin lines: what the paper's authors printed (Fig. 3a and 3c; that of the CRNN exists only "
    "as an image). Their validation clips *are* their test clips, and their windows last 1.5 s."
)


def show(curves: list[Curve], *, smoothing: float, with_paper: bool) -> None:
    """Show the curves of trainings, smoothed by a moving average, and how to read them."""
    columns = st.columns(2, gap="medium")
    for column, quantity in zip(columns, QUANTITIES, strict=True):
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
    with st.expander("How to read the curves"):
        st.markdown(_NOTES + _PAPER_NOTE if with_paper else _NOTES)
