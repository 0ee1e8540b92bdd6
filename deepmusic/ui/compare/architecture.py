"""Layers of a network, counted from the Keras model itself."""

import streamlit as st

from deepmusic import models
from deepmusic.runs import shipped_run
from deepmusic.ui import cache, query_params


def show() -> None:
    """Show the layers of a network as a table."""
    model = query_params.choose("network", list(models.MODELS), models.title, label="Network")
    spec = models.spec(model)
    with st.spinner("Building the network ...", show_time=True):
        layers = cache.layer_table(model, shipped_run(model).config.model.to_json())
    st.markdown(f"**{spec.title}** (paper, section {spec.section}). {spec.summary}")
    st.caption(
        "Each layer reads the one above it, unless *Reads* names others. *Output* is the shape for "
        "one window: frames, mel bands, filters. What shrinks in time and frequency grows in "
        f"filters: from *where* to *what*. {layers['Parameters'].sum():,} parameters in total."
    )
    st.dataframe(
        layers,
        hide_index=True,
        height="content",
        column_config={
            "Layer": st.column_config.TextColumn(width=150),
            "Kind": st.column_config.TextColumn(width=150),
            "Reads": st.column_config.TextColumn(width=150),
            "Output": st.column_config.TextColumn(width=110),
            "Parameters": st.column_config.NumberColumn(width=100, format="localized"),
        },
        alt=f"Layers of {spec.title}",
    )
