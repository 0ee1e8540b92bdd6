"""Confusion matrices (the paper's Fig. 4 to 6), and the clips of each cell."""

import streamlit as st

from deepmusic.evaluation.candidates import protocols_of
from deepmusic.ui import frame, markdown
from deepmusic.ui.confusion import cells, clips, controls, matrices, predictions

frame.enter("pages/confusion.py")

st.subheader("Which genres do the networks confuse?", anchor=False)
candidates, faults = predictions.find_candidates()
if not candidates:
    markdown.show_faults(faults)
    st.info(
        "No network has been tested yet. Train one to the end, on the page Train or with "
        "`deepmusic train`, and see here what it confuses."
    )
    st.stop()

controls_row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
with controls_row:
    protocol = controls.choose_protocol(protocols_of(candidates.values()))
found = predictions.read_results(candidates, protocol, faults)
markdown.show_faults(faults)
if not found:
    st.stop()
with controls_row:
    measure, view = controls.choose_measure(len(found))
    chosen = controls.choose_networks(found, view)
if not chosen:
    st.info("Choose a network above, and see here which genres it confuses.")
    st.button("Show them all", type="primary", on_click=controls.show_all, args=(list(found),))
    st.stop()

shown = {choice: found[choice] for choice in chosen}
cell = cells.choose_cell(shown, view)
matrices.show(shown, protocol, measure, view, cell)

st.subheader("Which clips are in a cell?", anchor=False)
st.caption("Click a cell or a line under a matrix, or choose here.")
cells.show_cell_widgets(shown, view)
networks = {choice: one for choice, one in found.items() if one.is_network}
clips.show_clips(networks | shown, cell)
matrices.show_paper(shown, protocol)
