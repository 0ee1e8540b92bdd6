"""The dataset: browse, map, spectra, front end, quality report, download."""

import streamlit as st

from deepmusic.ui import frame, query_params
from deepmusic.ui.dataset import checkup, front_end, gallery, get, selected, views

VIEWS = {
    "browse": ("Browse", gallery.show),
    "map": ("Map", views.show_map),
    "sounds": ("Spectra", views.show_sounds),
    "front-end": ("Sound to log-mel", front_end.show),
    "check": ("Check", checkup.show),
    "get": ("Download", get.show),
}

frame.enter("pages/dataset.py")

st.subheader("What do the networks learn from?", anchor=False)
chosen = selected.choose()
if chosen is None:
    frame.end_page()
left, right = st.columns([5, 1], vertical_alignment="center")
with left:
    view = query_params.choose(
        "view",
        list(VIEWS),
        lambda name: VIEWS[name][0],
        label="View",
        label_visibility="collapsed",
    )
splits = list(chosen.dataset.splits)
split = splits[0]
if len(splits) > 1 and view in ("browse", "check"):
    split = query_params.choose(
        "split",
        splits,
        label="Split",
        widget=right.selectbox,
        label_visibility="collapsed",
        help="The protocol whose training, validation and test sets are shown.",
    )
VIEWS[view][1](chosen, split)
