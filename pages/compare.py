"""The networks side by side (the paper's Table 1): accuracy, calibration, architecture."""

import streamlit as st

from deepmusic.evaluation.candidates import find_candidates
from deepmusic.ui import frame, markdown, query_params
from deepmusic.ui.cache.scores import scores_of
from deepmusic.ui.compare import (
    architecture,
    blindness,
    calibration,
    disagreement,
    elsewhere,
    explanations,
    genres,
    overview,
    protocols,
)

VIEWS = {
    "accuracy": "Accuracy",
    "genres": "By genre",
    "calibration": "How sure?",
    "elsewhere": "Other music",
    "protocols": "By protocol",
    "architecture": "Architecture",
    "duel": "One song",
    "blind": "Blind to what?",
    "explanations": "Why?",
}
OF_NO_PROTOCOL = {"elsewhere": elsewhere, "explanations": explanations, "blind": blindness}

frame.enter("pages/compare.py")

st.subheader("Which network predicts genres best?", anchor=False)
candidates, faults = find_candidates()
if not candidates:
    markdown.show_error("No finished run can be read, so that there is nothing to compare.")
    frame.end_page()
view = query_params.choose("view", list(VIEWS), VIEWS, label="View", label_visibility="collapsed")
if view == "protocols":
    protocols.show(candidates)
elif view in OF_NO_PROTOCOL:
    OF_NO_PROTOCOL[view].show()
elif view == "architecture":
    architecture.show()
elif view == "duel":
    disagreement.show()
else:
    protocol, chosen = overview.choose(candidates)
    scores, more_faults = scores_of(chosen)
    markdown.show_faults(faults | more_faults)
    if not scores:
        frame.end_page()
    if view == "genres":
        genres.show(scores)
    elif view == "calibration":
        calibration.show(scores, candidates)
    else:
        overview.show(scores)
