"""How trainings went: accuracy and loss by epoch, the paper's behind them (its Fig. 3)."""

import streamlit as st

from deepmusic.ui import frame, markdown, query_params
from deepmusic.ui.curves import charts, table, trainings
from deepmusic.ui.curves.trainings import SHIPPED

frame.enter("pages/curves.py")

found, labels, faults = trainings.find_curves()
st.subheader("Do they learn the music, or learn the clips by heart?", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    chosen = query_params.choose_several(
        "runs",
        list(found),
        labels,
        label="Trainings",
        default=list(SHIPPED),
        placeholder="Choose one or more",
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
markdown.show_faults(faults)
if not chosen:
    st.info("Choose a training above, and see here how it went, epoch by epoch.")
    st.button(
        "Show the three shipped networks",
        type="primary",
        on_click=query_params.select,
        kwargs={"runs": list(SHIPPED)},
    )
    st.stop()

curves = [found[choice] for choice in chosen]
if with_paper:
    curves += trainings.paper_curves(curves)
charts.show(curves, smoothing=smoothing, with_paper=with_paper)
table.show(curves)
