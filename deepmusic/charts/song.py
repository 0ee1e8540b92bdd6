"""Charts of one song's predictions: by genre, and by window."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.charts.style import (
    MATRIX_COLOURS,
    MODEL_COLOURS,
    MODEL_MARKS,
    genre_colour,
    genre_colours,
    marker,
    set_layout,
    update_axes,
)
from deepmusic.formatting import format_genre
from deepmusic.models import ENSEMBLE, FMA, PRETRAINED, title
from deepmusic.prediction import Prediction

if TYPE_CHECKING:
    import plotly.graph_objects as go


def genre_chart(predictions: Mapping[str, Prediction], featured: str) -> "go.Figure":
    """Probability of each genre by each network: genres as rows, networks as marks.

    Parameters
    ----------
    predictions : mapping of str to Prediction
        By network.
    featured : str
        Network whose probabilities sort the rows and are drawn as bars.
    """
    import plotly.graph_objects as go

    lead = predictions[featured]
    order = np.argsort(lead.song_probabilities)
    genres = [format_genre(lead.genres[index]) for index in order]
    rows, colours = np.arange(len(genres)), genre_colours(lead.genres)
    figure = go.Figure(
        go.Bar(
            x=100 * lead.song_probabilities[order],
            y=rows,
            orientation="h",
            marker_color=[colours[lead.genres[index]] for index in order],
            marker_opacity=0.45,
            text=genres,
            textposition="none",
            hovertemplate=f"{title(featured)}: %{{text}} %{{x:.1f}} %<extra></extra>",
        )
    )
    # The bars show the featured one; the others are marks.
    networks = [name for name in predictions if name not in (ENSEMBLE, PRETRAINED, FMA)]
    # One above the other, so that none hides another; at 0 %, the axis cuts none.
    heights = np.linspace(0.28, -0.28, len(networks)) if len(networks) > 1 else [0.0]
    for name, height in zip(networks, heights, strict=False):
        figure.add_scatter(
            x=100 * predictions[name].song_probabilities[order],
            y=rows + height,
            mode="markers",
            marker=marker(MODEL_COLOURS[name], 9, MODEL_MARKS[name]),
            cliponaxis=False,
            text=genres,
            hovertemplate=f"{title(name)}: %{{text}} %{{x:.1f}} %<extra></extra>",
        )
    percents = {"tickvals": [0, 50, 100], "ticktext": ["0 %", "50 %", "100 %"]}
    figure.update_xaxes(range=[-2, 102], zeroline=False, **percents)
    # Every genre is named, however narrow the chart.
    figure.update_yaxes(range=[-0.6, len(genres) - 0.4], tickvals=rows, ticktext=genres)
    figure.update_yaxes(showgrid=False, zeroline=False)
    return set_layout(figure, 27 * len(genres) + 30, margin_t=4, showlegend=False, bargap=0.25)


def vote_chart(prediction: Prediction, *, dark: bool = False) -> "go.Figure":
    """Probabilities by window and, beside them, their mean: the predicted genre is on top."""
    from plotly.subplots import make_subplots

    order = np.argsort(prediction.song_probabilities)
    genres = [prediction.genres[index] for index in order]
    mean = 100 * prediction.song_probabilities[order]
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        column_widths=[0.72, 0.28],
        horizontal_spacing=0.02,
        subplot_titles=("each window", "mean"),
    )
    figure.add_heatmap(
        x=(prediction.starts + prediction.ends) / 2,
        y=genres,
        z=100 * prediction.window_probabilities[:, order].T,
        zmin=0,
        zmax=100,
        colorscale=MATRIX_COLOURS[dark],
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="%{y} at %{x:.0f} s: %{z:.0f} %<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_bar(
        x=mean,
        y=genres,
        orientation="h",
        marker_color=[genre_colour(genre) for genre in genres],
        text=[f"{percent:.0f} %" if percent >= 0.5 else "" for percent in mean],
        textposition="outside",
        constraintext="none",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        row=1,
        col=2,
    )
    update_axes(figure, showgrid=False, ticks="")
    figure.update_xaxes(title="seconds", zeroline=False, row=1, col=1)
    figure.update_xaxes(range=[0, 1.3 * mean.max()], showticklabels=False, row=1, col=2)
    figure.update_yaxes(dtick=1)
    # Plotly gives the titles of subplots a size of their own.
    figure.update_annotations(font=None)
    return set_layout(figure, height=320, showlegend=False, bargap=0.25)


def votes_chart(votes: Mapping[str, int], genres: Sequence[str], label: str | None) -> "go.Figure":
    """Bars of a class's votes by genre; that of the label is named, once it is known."""
    import plotly.graph_objects as go

    counts = [votes.get(genre, 0) for genre in genres]
    figure = go.Figure()
    figure.add_bar(
        x=[
            f"<b>{format_genre(genre)}<br>\N{CHECK MARK}</b>"
            if genre == label
            else format_genre(genre)
            for genre in genres
        ],
        y=counts,
        marker_color=[genre_colour(genre) for genre in genres],
        text=[str(count) if count else "" for count in counts],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x}: %{y}<extra></extra>",
    )
    update_axes(figure, showgrid=False, ticks="")
    figure.update_xaxes(tickangle=0)
    figure.update_yaxes(range=[0, 1.2 * max(*counts, 4)], showticklabels=False)
    return set_layout(figure, height=260, margin_t=6, showlegend=False, bargap=0.25)
