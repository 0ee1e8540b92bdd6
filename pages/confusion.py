"""Which genres get mixed up: matrices (the paper's Fig. 4 to 6), and the songs behind each cell."""

import streamlit as st

from deepmusic.evaluation.candidates import protocols_of
from deepmusic.ui import frame, markdown
from deepmusic.ui.confusion import cells, clips, controls, matrices, predictions

frame.enter("pages/confusion.py")

st.subheader("Which genres does it mix up?", anchor=False)
faults: dict[str, str] = {}
shipped, own = predictions.find_shipped(faults), predictions.find_own(faults)
markdown.show_faults(faults)
protocols = protocols_of([*shipped.values(), *own.values()])
if not protocols:
    st.info(
        "No network has been tested yet. Train one to the end, on the page Train or with "
        "`deepmusic train`, and see here what it mixes up."
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    protocol = controls.choose_protocol(protocols)
    found, errors = predictions.read_protocol(shipped, own, protocol)
    measure, view = controls.choose_numbers(len(found))
    chosen = controls.choose_networks(found, view)
for error in errors:
    markdown.show_warning(error)
if not chosen:
    st.info("Choose a network above, and see here what it takes for what.")
    st.button("Show them all", type="primary", on_click=controls.show_all, args=(list(found),))
    st.stop()

shown = {choice: found[choice] for choice in chosen}
cell = cells.choose_cell(shown, view)
matrices.show(shown, protocol, measure, view, cell)

st.subheader("What is in a cell?", anchor=False)
st.caption("Click a cell or a line under a matrix, or choose here.")
cells.show_cell_widgets(shown, view)
beside = {choice: one for choice, one in found.items() if predictions.is_shipped_network(choice)}
clips.show_clips(beside | shown, cell)
matrices.show_paper(shown, protocol)
