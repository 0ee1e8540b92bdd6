"""How far explanations can be believed: a genre's probability while parts are taken away."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from deepmusic.charts.style import MODEL_COLOURS, NEUTRAL, marker, set_layout
from deepmusic.models import title

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: What orders the parts: its key in the measurements, its name and its mark.
_ORDERS = (
    ("evidence", "what mattered first", "circle"),
    ("random", "random order", "x"),
    ("energy", "the loudest first", "square-open"),
)


def belief_chart(measured: Mapping[str, Any], kind: str) -> "go.Figure":
    """Mean probability of the genre with its 95 % interval, by network and order of the parts.

    Parameters
    ----------
    measured : mapping
        What `deepmusic.explain.truth.read_shipped` returned.
    kind : str
        ``deletion`` or ``insertion``.
    """
    import plotly.graph_objects as go

    names = list(measured)[::-1]
    figure = go.Figure()
    for order, words, mark in _ORDERS:
        found = [measured[name]["log_mels"][f"{kind} {order}"] for name in names]
        colour: Any = (
            [MODEL_COLOURS.get(name, NEUTRAL) for name in names] if order == "evidence" else NEUTRAL
        )
        figure.add_scatter(
            x=[100 * mean for mean, _, _ in found],
            y=[title(name) for name in names],
            error_x={
                "array": [100 * (high - mean) for mean, _, high in found],
                "arrayminus": [100 * (mean - low) for mean, low, _ in found],
                "color": NEUTRAL,
                "thickness": 2,
            },
            mode="markers",
            marker=marker(colour, 14, mark),
            name=words,
            hovertemplate=f"%{{y}}, {words}: %{{x:.0f}} %<extra></extra>",
        )
    figure.update_xaxes(range=[0, 100], ticksuffix=" %", dtick=25, zeroline=False)
    figure.update_yaxes(showgrid=False, zeroline=False)
    return set_layout(figure, height=60 * len(names) + 90)
