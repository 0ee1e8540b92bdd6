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
) -> "go.Figure":
    """Confusion matrix: labels downwards, predictions to the right.

    Parameters
    ----------
    matrix : pd.DataFrame
        By label (row) and predicted genre (column). What is 0 stays empty.
    unit : str
        Of its values: ``clips`` or ``%``.
    top : float
        The value of the strongest colour; the same for matrices side by side.
    title : str
        Above it.
    chosen : (str, str), optional
        Label and predicted genre of a cell to outline.
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
        Its cells can be clicked: a selected point's ``y`` is the label, its ``x`` the prediction.
    """
    return _matrix_chart(matrix, ".0f", unit, (0, top), MATRIX_COLOURS[dark], title, chosen)


def difference_chart(
    matrix: "pd.DataFrame",
    *,
    unit: str,
    top: float,
    title: str = "",
    chosen: tuple[str, str] | None = None,
    dark: bool = False,
) -> "go.Figure":
    """Confusion matrix less another: violet where the first has more, orange where less.

    Parameters are those of `confusion_chart`; the colours reach from ``-top`` to ``top``.
    """
    return _matrix_chart(matrix, "+.0f", unit, (-top, top), DIFFERENCE_COLOURS[dark], title, chosen)


def _matrix_chart(
    matrix: "pd.DataFrame",
    number: str,
    unit: str,
    limits: tuple[float, float],
    colours: tuple[tuple[float, str], ...],
    title: str,
    chosen: tuple[str, str] | None,
) -> "go.Figure":
    """Draw a square of numbers, in the format `number`, with something to click over it."""
    import plotly.graph_objects as go

    genres = list(matrix.index)
    values = matrix.to_numpy(dtype=float)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=genres,
            y=genres,
            zmin=limits[0],
            zmax=limits[1],
            colorscale=colours,
            text=[[_cell(value, number) for value in row] for row in values],
            texttemplate="%{text}",
            textfont={"size": 15},
            xgap=1,
            ygap=1,
            showscale=False,
            hoverinfo="skip",
        )
    )
    # Streamlit reports no click on a heatmap, but one on these marks, which nobody sees.
    unseen = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=genres * len(genres),
        y=[genre for genre in genres for _ in genres],
        customdata=values.ravel(),
        mode="markers",
        marker={"symbol": "square", "size": 30, "opacity": 0},
        selected=unseen,
        unselected=unseen,
        hovertemplate=f"labelled %{{y}}, predicted as %{{x}}: %{{customdata:{number}}} {unit}"
        "<extra></extra>",
        showlegend=False,
    )
    if chosen and {*chosen} <= {*genres}:
        row, column = map(genres.index, chosen)
        figure.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"color": OUTLINE, "width": 3},
        )
    update_axes(
        figure,
        showgrid=False,
        zeroline=False,
        # Unseen: they only keep the names off the cells.
        ticks="outside",
        ticklen=6,
        tickcolor="rgba(0, 0, 0, 0)",
        dtick=1,
    )
    # Ranges of our own: plotly would leave room for the whole of the outermost marks.
    edge = len(genres) - 0.5
    figure.update_xaxes(title="predicted as", tickangle=-90, range=[-0.5, edge], title_standoff=6)
    figure.update_yaxes(title="label", range=[edge, -0.5], title_standoff=14)
    return set_layout(
        figure,
        height=410,
        title_text=escape_label(title, 40),
        title_font_size=18,
        margin={"r": 4, "t": 34 if title else 4, "pad": 0},
    )


def _cell(value: float, number: str) -> str:
    return format(value, number).replace("-", "\N{MINUS SIGN}") if abs(value) >= 0.5 else ""


def precision_chart(
    ours: Mapping[str, float], papers: Mapping[str, float], model: str, *, name: str
) -> "go.Figure":
    """Our precision of each genre beside the paper's, the paper's best genre on top.

    Parameters
    ----------
    ours, papers : mapping of str to float
        Precision by genre in percent; not a number where nothing was predicted as that genre.
    model : str
        A key of `deepmusic.models.MODELS`; gives the colour.
    name : str
        Title of the chart.
    """
    import plotly.graph_objects as go

    genres = sorted(papers, key=papers.get)
    colour = MODEL_COLOURS[model]
    figure = go.Figure()
    figure.add_scatter(
        # One line a genre: a gap follows each pair of ends.
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
        figure, height=380, title_text=escape_label(name, 40), title_font_size=18, margin_t=60
    )
