"""Confusion matrices, their differences, and precision beside the paper's."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

from deepmusic.charts.style import (
    DIFFERENCE_COLOURS,
    MATRIX_COLOURS,
    MODEL_COLOURS,
    MODEL_MARKS,
    NEUTRAL,
    escape_label,
)

#: For matrices, which must be read from the back row.
_MATRIX_FONT = {"size": 16}

_OUTLINE = "#ff2d78"


def confusion_chart(
    matrix: "pd.DataFrame",
    *,
    unit: str,
    top: float,
    title: str = "",
    chosen: tuple[str, str] | None = None,
    dark: bool = False,
) -> "go.Figure":
    """Draw a confusion matrix: labels downwards, what was heard to the right.

    Parameters
    ----------
    matrix : pd.DataFrame
        By label (row) and genre heard (column). What is 0 stays empty.
    unit : str
        Of its values: ``clips`` or ``%``.
    top : float
        The value of the strongest colour; the same for matrices side by side.
    title : str
        Above it.
    chosen : (str, str), optional
        Label and genre heard of a cell to outline.
    dark : bool
        For a dark page.

    Returns
    -------
    plotly.graph_objects.Figure
        Its cells can be clicked: a selected point's ``y`` is the label, its ``x`` what was heard.
    """
    text = [[f"{value:.0f}" if value >= 0.5 else "" for value in row] for row in matrix.to_numpy()]
    told = f"labelled %{{y}}, heard as %{{x}}: %{{customdata:.0f}} {unit}<extra></extra>"
    figure = _matrix_chart(matrix, text, told, title, chosen)
    figure.data[0].update(zmin=0, zmax=top, colorscale=MATRIX_COLOURS[dark])
    return figure


def difference_chart(
    matrix: "pd.DataFrame",
    *,
    unit: str,
    top: float,
    title: str = "",
    chosen: tuple[str, str] | None = None,
    dark: bool = False,
) -> "go.Figure":
    """Draw one confusion matrix less another: violet where the first has more, orange where less.

    Parameters are those of `confusion_chart`; the colours reach from ``-top`` to ``top``.
    """
    text = [
        [
            f"{value:+.0f}".replace("-", "\N{MINUS SIGN}") if abs(value) >= 0.5 else ""
            for value in row
        ]
        for row in matrix.to_numpy()
    ]
    told = f"labelled %{{y}}, heard as %{{x}}: %{{customdata:+.0f}} {unit}<extra></extra>"
    figure = _matrix_chart(matrix, text, told, title, chosen)
    figure.data[0].update(zmin=-top, zmax=top, colorscale=DIFFERENCE_COLOURS[dark])
    return figure


def _matrix_chart(
    matrix: "pd.DataFrame",
    text: list[list[str]],
    told: str,
    title: str,
    chosen: tuple[str, str] | None,
) -> "go.Figure":
    """Draw a square of numbers with something over it that can be clicked."""
    import plotly.graph_objects as go

    genres = list(matrix.index)
    figure = go.Figure(
        go.Heatmap(
            z=matrix.to_numpy(dtype=float),
            x=genres,
            y=genres,
            text=text,
            texttemplate="%{text}",
            textfont={"size": 15},
            xgap=1,
            ygap=1,
            showscale=False,
            hoverinfo="skip",
        )
    )
    # Streamlit hears no click on a heatmap, but one on these marks, which nobody sees.
    nothing = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=genres * len(genres),
        y=[genre for genre in genres for _ in genres],
        customdata=matrix.to_numpy(dtype=float).ravel(),
        mode="markers",
        marker={"symbol": "square", "size": 30, "opacity": 0},
        selected=nothing,
        unselected=nothing,
        hovertemplate=told,
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
            line={"color": _OUTLINE, "width": 3},
        )
    # Ranges of our own: plotly would leave room for the whole of the outermost marks.
    edge = len(genres) - 0.5
    figure.update_xaxes(title="heard as", tickangle=-90, range=[-0.5, edge], title_standoff=6)
    figure.update_yaxes(title="label", range=[edge, -0.5], title_standoff=14)
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(
            tickfont=_MATRIX_FONT,
            title_font=_MATRIX_FONT,
            showgrid=False,
            zeroline=False,
            # Unseen: they only keep the names off the cells.
            ticks="outside",
            ticklen=6,
            tickcolor="rgba(0, 0, 0, 0)",
            dtick=1,
            fixedrange=True,
        )
    figure.update_layout(
        title={
            "text": escape_label(title, 40),
            "x": 0,
            "y": 0.99,
            "yanchor": "top",
            "font": {"size": 18},
        },
        height=410,
        margin={"l": 0, "r": 4, "t": 34 if title else 4, "b": 0, "pad": 0},
        dragmode=False,
        hovermode="closest",
    )
    return figure


def precision_chart(
    ours: Mapping[str, float], papers: Mapping[str, float], model: str, *, name: str
) -> "go.Figure":
    """Show for each genre how far our precision lies from the paper's.

    Parameters
    ----------
    ours, papers : mapping of str to float
        Precision by genre in percent; not a number where nothing was heard as that genre.
    model : str
        A key of `deepmusic.models.MODELS`; gives the colour.
    name : str
        What to call ours.

    Returns
    -------
    plotly.graph_objects.Figure
        The paper's best genre at the top.
    """
    import plotly.graph_objects as go

    genres = sorted(papers, key=papers.get)
    colour = MODEL_COLOURS[model]
    figure = go.Figure()
    between: tuple[list, list] = ([], [])
    for genre in genres:
        between[0].extend([papers[genre], ours.get(genre), None])
        between[1].extend([genre, genre, None])
    figure.add_scatter(
        x=between[0],
        y=between[1],
        mode="lines",
        line={"color": NEUTRAL, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    looks = {
        "paper": (papers, f"{MODEL_MARKS[model]}-open"),
        "ours": (ours, MODEL_MARKS[model]),
    }
    for whose, (values, symbol) in looks.items():
        figure.add_scatter(
            x=[values.get(genre) for genre in genres],
            y=genres,
            mode="markers",
            name=whose,
            marker={
                "symbol": symbol,
                "size": 13,
                "color": colour,
                "line": {"width": 2, "color": colour},
            },
            hovertemplate=f"{whose}: %{{y}} %{{x:.0f}} %<extra></extra>",
        )
    figure.update_xaxes(range=[0, 103], ticksuffix=" %", dtick=50)
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(tickfont=_MATRIX_FONT, fixedrange=True)
    figure.update_layout(
        title={
            "text": escape_label(name, 40),
            "x": 0,
            "y": 0.99,
            "yanchor": "top",
            "font": {"size": 18},
        },
        height=380,
        margin={"l": 0, "r": 26, "t": 60, "b": 0},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": _MATRIX_FONT},
        dragmode=False,
    )
    return figure
