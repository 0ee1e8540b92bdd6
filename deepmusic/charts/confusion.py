"""Confusion matrices, their differences, and precision beside the paper's."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deepmusic.charts.style import (
    DIFFERENCE_COLOURS,
    MATRIX_COLOURS,
    MODEL_COLOURS,
    MODEL_MARKS,
    NEUTRAL,
    OUTLINE,
    escape_label,
    marker,
    set_layout,
    update_axes,
)

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


def confusion_chart(
    matrix: "pd.DataFrame",
    *,
    unit: str,
    top: float,
    title: str = "",
    chosen: tuple[str, str] | None = None,
    dark: bool = False,
    signed: bool = False,
    height: int = 410,
) -> "go.Figure":
    """Confusion matrix, or the difference of two: labels downwards, predictions to the right.

    Parameters
    ----------
    matrix : pd.DataFrame
        By label (row) and predicted genre (column). What is 0 stays empty.
    unit : str
        ``clips`` or ``%``.
    top : float
        Value of the strongest colour; the same for matrices side by side.
    title : str
        Above it.
    chosen : (str, str), optional
        Label and predicted genre of a cell to outline.
    dark : bool
        For a dark page.
    signed : bool
        Whether it is a difference: violet above 0, orange below, both up to `top`.
    height : int
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        Its cells can be clicked: a selected point's ``y`` is the label, its ``x`` the prediction.
    """
    import plotly.graph_objects as go

    number = "+.0f" if signed else ".0f"
    genres = list(matrix.index)
    values = matrix.to_numpy(dtype=float)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=genres,
            y=genres,
            zmin=-top if signed else 0,
            zmax=top,
            colorscale=(DIFFERENCE_COLOURS if signed else MATRIX_COLOURS)[dark],
            text=[[_cell_text(value, number) for value in row] for row in values],
            # Without a size, plotly fits the numbers into the cells.
            texttemplate="%{text}",
            xgap=1,
            ygap=1,
            showscale=False,
            hoverinfo="skip",
        )
    )
    # Streamlit reports no click on a heatmap, but one on these invisible marks.
    invisible = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=genres * len(genres),
        y=[genre for genre in genres for _ in genres],
        customdata=values.ravel(),
        mode="markers",
        marker={"symbol": "square", "size": 30, "opacity": 0},
        selected=invisible,
        unselected=invisible,
        hovertemplate=f"labelled %{{y}}, predicted as %{{x}}: %{{customdata:{number}}} {unit}"
        "<extra></extra>",
        showlegend=False,
    )
    if chosen and {*chosen} <= {*genres}:
        y, x = map(genres.index, chosen)
        edges = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
        figure.add_shape(type="rect", **edges, line={"color": OUTLINE, "width": 3})
    # Transparent ticks keep the names off the cells.
    ticks = {"ticks": "outside", "ticklen": 6, "tickcolor": "rgba(0, 0, 0, 0)", "dtick": 1}
    update_axes(figure, showgrid=False, zeroline=False, **ticks)
    # Plotly's own ranges leave room for the whole of the outermost marks.
    edge = len(genres) - 0.5
    # Names stand upright only where they would touch each other.
    names = {"title": "predicted as", "title_standoff": 6, "autotickangles": [0, -90]}
    figure.update_xaxes(range=[-0.5, edge], **names)
    figure.update_yaxes(title="label", range=[edge, -0.5], title_standoff=14)
    return set_layout(
        figure,
        height=height,
        title_text=escape_label(title, 40),
        title_font_size=20,
        margin={"r": 4, "t": 34 if title else 4, "pad": 0},
    )


def _cell_text(value: float, number: str) -> str:
    return format(value, number).replace("-", "\N{MINUS SIGN}") if abs(value) >= 0.5 else ""


def precision_chart(
    ours: Mapping[str, float], papers: Mapping[str, float], model: str, *, name: str
) -> "go.Figure":
    """Precision by genre, ours and the paper's, the paper's best genre on top.

    Parameters
    ----------
    ours, papers : mapping of str to float
        By genre, in percent; NaN where nothing was predicted as that genre.
    model : str
        A key of `deepmusic.models.MODELS`; gives the colour.
    name : str
        Title of the chart.
    """
    import plotly.graph_objects as go

    genres = sorted(papers, key=lambda genre: papers[genre])
    colour = MODEL_COLOURS[model]
    figure = go.Figure()
    figure.add_scatter(
        # A line for each genre: None ends it.
        x=[end for genre in genres for end in (papers[genre], ours.get(genre), None)],
        y=[end for genre in genres for end in (genre, genre, None)],
        mode="lines",
        line={"color": NEUTRAL, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    for whose, values, suffix in (("paper", papers, "-open"), ("ours", ours, "")):
        figure.add_scatter(
            x=[values.get(genre) for genre in genres],
            y=genres,
            mode="markers",
            name=whose,
            marker=marker(colour, 13, MODEL_MARKS[model] + suffix, color=colour, width=2),
            hovertemplate=f"{whose}: %{{y}} %{{x:.0f}} %<extra></extra>",
        )
    figure.update_xaxes(range=[0, 103], ticksuffix=" %", dtick=50)
    return set_layout(
        figure, height=380, title_text=escape_label(name, 40), title_font_size=20, margin_t=60
    )
