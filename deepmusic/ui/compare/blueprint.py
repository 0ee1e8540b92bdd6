"""How a network is built, drawn and counted from the Keras model itself."""

import streamlit as st

from deepmusic import models
from deepmusic.runs import shipped_run
from deepmusic.ui import address, compared


def show() -> None:
    """Draw a network's layers, and list them."""
    model = st.segmented_control(
        "Network",
        list(models.MODELS),
        required=True,
        format_func=models.title,
        key=address.key("network", list(models.MODELS)),
        persist_state="session",
    )
    address.show("network")
    spec = models.spec(model)
    config = shipped_run(model).config.model
    with st.spinner("Building the network ...", show_time=True):
        diagram, layers = compared.architecture_of(model, config.to_json())
    st.markdown(f"**{spec.title}** (paper, section {spec.section}). {spec.summary}")
    left, right = st.columns(2, gap="medium")
    with left:
        st.graphviz_chart(diagram, alt=f"{spec.title}: its layers from the window to the genres")
    with right:
        st.caption(
            "Read downwards. **Blue** looks for patterns, **orange** remembers, **green** decides; "
            "grey only rearranges. Beside each arrow stands the shape of what it carries: time, "
            "pitch, and how many filters looked. What gets smaller in time and pitch grows in "
            "filters: from *where* to *what*."
        )
        st.caption(
            f"Drawn and counted from the Keras model itself, as it is shipped: "
            f"{layers['Parameters'].sum():,} parameters. Shapes are those of one window."
        )
    st.dataframe(
        layers,
        hide_index=True,
        height="content",
        column_config={
            "Layer": st.column_config.TextColumn(width=150),
            "Kind": st.column_config.TextColumn(width=150),
            "Output": st.column_config.TextColumn(width=110),
            "Parameters": st.column_config.NumberColumn(width=100, format="localized"),
        },
        alt=f"Layers of {spec.title}",
    )
