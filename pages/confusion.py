"""Which genres get mixed up: matrices (the paper's Fig. 4 to 6), and the songs behind each cell."""

import streamlit as st

from deepmusic.candidates import protocols_of
from deepmusic.confusion import COUNTS, PRECISION, RECALL
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.ui import frame, markdown
from deepmusic.ui.confusion import SIDE_BY_SIDE, cells, clips, controls, matrices, results

MEASURE_WORDS = {
    COUNTS: "**Each row is a label, each column what the network heard.** On the diagonal it was "
    "right; a number beside it counts clips of the row's genre that it took for the column's.",
    RECALL: "**Read along a row: of all clips with this label, how many per cent were heard as "
    "what?** Each row adds up to 100. On the diagonal stands the recall: how much of a genre is "
    "found.",
    PRECISION: "**Read down a column: of all clips heard as this genre, how many per cent have "
    "which label?** Each column adds up to 100. On the diagonal stands the precision: how far one "
    "can trust the network when it says so.",
}

frame.enter("pages/confusion.py")

st.subheader("Which genres does it mix up?", anchor=False)
faults: dict[str, str] = {}
shipped, own = results.find_shipped(faults), results.find_own(faults)
markdown.show_faults(faults)
protocols = protocols_of([*shipped.values(), *own.values()])
if not protocols:
    st.info(
        "No network has been tested yet. Train one to the end, on the page Train or with "
        "`python -m deepmusic train`, and see here what it mixes up."
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    # The app's own first.
    protocols.sort(key=lambda one: one != BENCHMARK_PROTOCOL)
    protocol = Protocol.parse(controls.choose_protocol(list(map(str, protocols))))
    found = results.read_shipped(shipped, protocol)
    found |= {choice: result for choice, result in own.items() if result.protocol == protocol}
    measure, view = controls.choose_numbers(len(found))
    chosen = controls.choose_networks(found, view)
if not chosen:
    st.info("Choose a network above, and see here what it takes for what.")
    st.button("Show them all", type="primary", on_click=controls.show_all, args=(list(found),))
    st.stop()

shown = {choice: found[choice] for choice in chosen}
dark = st.context.theme.type == "dark"
genre, heard, by = cells.choose_cell(shown, view)
st.caption(MEASURE_WORDS[measure])
if view == SIDE_BY_SIDE:
    matrices.show_side_by_side(shown, measure, (genre, heard), by[0], dark)
else:
    matrices.show_difference(shown, measure, (genre, heard), dark)
n_clips = " and ".join(sorted({str(len(result.clips)) for result in shown.values()}))
st.caption(
    f"Measured on {n_clips} test clips, protocol {markdown.plain(str(protocol))}. "
    f"{protocol.description} A clip's prediction is the mean of its windows' probabilities. Empty "
    "cells are zero."
)

st.subheader("What is in a cell?", anchor=False)
st.caption("Click a cell or a line under a matrix, or choose here.")
cells.show_cell_widgets(shown, view)
others = {
    choice: result
    for choice, result in found.items()
    if choice in shown or results.is_shipped_network(choice)
}
clips.show_clips(shown, others, genre, heard, by)
if protocol == BENCHMARK_PROTOCOL:
    matrices.show_paper(shown)
else:
    st.caption("The paper's diagonals stand here for protocol paper, the only one it resembles.")
