"""Confusion matrices (the paper's Fig. 4 to 6), and the clips of each cell."""

import streamlit as st

from deepmusic.evaluation.candidates import protocols_of
from deepmusic.ui import frame, markdown
from deepmusic.ui.confusion import SIDE_BY_SIDE, cells, clips, controls, matrices, predictions

frame.enter("pages/confusion.py")

st.subheader("Which genres do the networks confuse?", anchor=False)
candidates, faults = predictions.find_candidates()
if not candidates:
    markdown.show_faults(faults)
    st.info("No network has been tested yet. Train one, and see here what it confuses.")
    frame.end_page()

controls_row = st.container(horizontal=True, vertical_alignment="center", gap="small")
with controls_row, st.popover("Protocol and numbers"):
    protocol = controls.choose_protocol(protocols_of(candidates.values()))
    measure = controls.choose_measure()
found = predictions.read_results(candidates, protocol, faults)
markdown.show_faults(faults)
if not found:
    frame.end_page()
with controls_row:
    view = controls.choose_view(len(found))
    chosen = controls.choose_networks(found, view)
if not chosen:
    st.info("Choose a network above, and see here which genres it confuses.")
    st.button("Show them all", type="primary", on_click=controls.show_all, args=(list(found),))
    frame.end_page()

shown = {choice: found[choice] for choice in chosen}
if view == SIDE_BY_SIDE:
    matrices.show_side_by_side(shown, measure)
else:
    cell = cells.choose_cell(shown)
    left, right = st.columns([6, 5], gap="medium")
    with left:
        matrices.show(shown, measure, cell)
    with right:
        matrices.show_in_words(shown)
        cells.show_cell_widgets(shown)
        networks = {choice: one for choice, one in found.items() if one.is_network}
        clips.show_clips(networks | shown, cell)
matrices.show_paper(shown, protocol)
