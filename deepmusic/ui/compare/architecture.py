"""Architectures of the networks side by side, as counted from the models themselves."""

import streamlit as st

from deepmusic import models
from deepmusic.charts.architecture import architecture_html
from deepmusic.charts.style import MODEL_COLOURS
from deepmusic.ui import cache, query_params

_HELP = (
    "At each arrow: the shape of what flows on for one window of 3 s (frames, mel bands, "
    "filters). What shrinks in time and frequency grows in filters: from *where* to *what*. In the "
    "boxes: the number of parameters; the fuller a box, the more of the network's parameters it "
    "has. A convolution's box includes its pooling and normalisation."
)


def show() -> None:
    """Show the diagrams of all networks, and the layers of one as a table."""
    tables = {model: cache.layer_table(model) for model in models.MODELS}
    columns = st.columns(len(tables), gap="medium")
    for column_number, (model, layers) in enumerate(tables.items()):
        with columns[column_number]:
            total = f"{layers['Parameters'].sum():,} parameters"
            st.markdown(
                f"**{models.title(model)}**, {total}", help=None if column_number else _HELP
            )
            st.html(architecture_html(layers, MODEL_COLOURS[model]))
    with st.expander("All layers"):
        model = query_params.choose("network", list(tables), models.title, label="Network")
        spec = models.spec(model)
        st.markdown(f"**{spec.title}** (paper, section {spec.section}). {spec.summary}")
        st.dataframe(
            tables[model],
            hide_index=True,
            height="content",
            column_config={
                "Parameters": st.column_config.NumberColumn(format="localized"),
                "Reads": st.column_config.TextColumn(help="Layers other than the one above."),
                "Output": st.column_config.TextColumn(help="Shape for one window."),
            },
            alt=f"Layers of {spec.title}",
        )
