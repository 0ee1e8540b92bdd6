"""Show accuracy and loss by epoch, with the paper's behind them (its Fig. 3)."""

import streamlit as st

from deepmusic.ui import frame, markdown, query_params
from deepmusic.ui.curves import charts, settings, table, trainings
from deepmusic.ui.curves.trainings import SHIPPED

frame.enter("pages/curves.py")

found, labels, faults = trainings.find_curves()
st.subheader("Do the networks learn music, or memorise their clips?", anchor=False)
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
    with st.popover("Options"):
        smoothing = st.slider(
            "Smoothing",
            min_value=0.0,
            max_value=0.9,
            step=0.1,
            key="smoothing",
            help="A moving average; the table still gives the measured values.",
            persist_state="session",
        )
        with_paper = st.toggle(
            "The paper's curves", value=True, key="with_paper", persist_state="session"
        )
markdown.show_faults(faults)
if not chosen:
    st.button(
        "Show the three shipped networks",
        type="primary",
        on_click=query_params.select,
        kwargs={"runs": list(SHIPPED)},
    )
    frame.end_page()

curves = [found[choice] for choice in chosen]
if with_paper:
    curves += trainings.paper_curves(curves)
table.show_answer(curves)
charts.show(curves, smoothing=smoothing, with_paper=with_paper)
settings.show(curves)
with st.expander("In numbers"):
    table.show(curves)
