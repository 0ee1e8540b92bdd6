"""Map of songs that lie near where they sound alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

from deepmusic.charts.style import AXIS_FONT, escape_label, genre_colour, ink_on, set_layout


@dataclass(frozen=True)
class MapPoint:
    """A song on a map.

    Attributes
    ----------
    x, y : float
        Where it lies.
    name : str
        For people to read; may be anything.
    genre : str
        The one heard most; its colour.
    rank : int or None
        Its place among the results; None for the others.
    """

    x: float
    y: float
    name: str
    genre: str
    rank: int | None = None


def song_map(
    points: Sequence[MapPoint], query: tuple[float, float] | None, genres: Sequence[str]
) -> "go.Figure":
    """Show songs as points that lie near where they sound alike, with the query among them.

    Parameters
    ----------
    points : sequence of MapPoint
        The songs; those with a rank are drawn large, with their number.
    query : (float, float) or None
        Where the query lies.
    genres : sequence of str
        In the order of the legend.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for genre in genres:
        among = [point for point in points if point.genre == genre]
        if not among:
            continue
        # As SVG: WebGL's points would lie above the numbers of the results.
        figure.add_scatter(
            x=[point.x for point in among],
            y=[point.y for point in among],
            mode="markers",
            name=genre,
            marker={"size": 8, "color": genre_colour(genre), "opacity": 0.75},
            text=[escape_label(point.name, 60) for point in among],
            hovertemplate="%{text}<br>" + genre + "<extra></extra>",
        )
    # The best is drawn last, so that it is on top where results lie on each other.
    found = sorted(
        (point for point in points if point.rank is not None), key=lambda point: -point.rank
    )
    if found:
        figure.add_scatter(
            x=[point.x for point in found],
            y=[point.y for point in found],
            mode="markers+text",
            marker={
                "size": 24,
                "color": [genre_colour(point.genre) for point in found],
                "line": {"width": 2, "color": "white"},
            },
            text=[f"<b>{point.rank}</b>" for point in found],
            textfont={
                "size": 13,
                "color": [ink_on(genre_colour(point.genre)) for point in found],
            },
            customdata=[escape_label(point.name, 60) for point in found],
            hovertemplate="%{text}. %{customdata}<extra></extra>",
            showlegend=False,
        )
    if query:
        figure.add_scatter(
            x=[query[0]],
            y=[query[1]],
            mode="markers",
            name="your query",
            marker={
                "symbol": "star",
                "size": 22,
                "color": "#e8c50f",
                "line": {"width": 2, "color": "black"},
            },
            hovertemplate="your query<extra></extra>",
        )
    set_layout(figure, height=400)
    for update in (figure.update_xaxes, figure.update_yaxes):
        # The directions have no unit and no name; only nearness says something.
        update(showticklabels=False, showgrid=False, zeroline=False, title=None)
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={"y": 0, "yanchor": "top", "font": AXIS_FONT, "itemsizing": "constant"},
    )
    return figure
