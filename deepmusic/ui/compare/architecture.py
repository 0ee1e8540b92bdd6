"""How a network is built, layer by layer, counted from the Keras model itself."""

import streamlit as st

from deepmusic import models
from deepmusic.runs import shipped_run
from deepmusic.ui import cache, query_params


def show() -> None:
    """List a network's layers."""
    model = query_params.choose("network", list(models.MODELS), models.title, label="Network")
    spec = models.spec(model)
    config = shipped_run(model).config.model
    with st.spinner("Building the network ...", show_time=True):
        layers = cache.layer_table(model, config.to_json())
    st.markdown(f"**{spec.title}** (paper, section {spec.section}). {spec.summary}")
    st.caption(
        "Read downwards: each layer reads the one above it, unless *Reads* names others. *Output* "
        "is the shape for one window: time, pitch, and how many filters looked. What gets smaller "
        "in time and pitch grows in filters: from *where* to *what*. Counted from the Keras model "
        f"itself, as it is shipped: {layers['Parameters'].sum():,} parameters."
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
