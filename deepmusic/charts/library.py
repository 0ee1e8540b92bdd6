"""Map of songs by similarity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepmusic.charts.style import (
    enlarged,
    escape_label,
    genre_colour,
    ink_on,
    marker,
    set_map_layout,
)
from deepmusic.formatting import format_genre

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class MapPoint:
    """A song on a map: any name, its predicted genre, and its rank if it is a result."""

    x: float
    y: float
    name: str
    genre: str
    rank: int | None = None


def song_map(
    points: Sequence[MapPoint], query: tuple[float, float] | None, genres: Sequence[str]
) -> "go.Figure":
    """Map of songs, with the query among them.

    Parameters
    ----------
    points : sequence of MapPoint
        Songs; those with a rank are drawn large, with their rank.
    query : (float, float) or None
        Coordinates of the query.
    genres : sequence of str
        In the order of the legend.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for genre in genres:
        songs = [point for point in points if point.genre == genre]
        if songs:
            # As SVG: WebGL's points would lie above the numbers of the results.
            figure.add_scatter(
                **_coordinates(songs),
                mode="markers",
                name=format_genre(genre),
                marker={"size": 8, "color": genre_colour(genre), "opacity": 0.75},
                text=[escape_label(song.name, 60) for song in songs],
                hovertemplate=f"%{{text}}<br>{format_genre(genre)}<extra></extra>",
            )
    # The best is drawn last, so that it is on top where results overlap.
    results = sorted((one for one in points if one.rank), key=lambda one: -(one.rank or 0))
    if results:
        colours = [genre_colour(point.genre) for point in results]
        figure.add_scatter(
            **_coordinates(results),
            mode="markers+text",
            marker=marker(colours, 24, width=2),
            text=[f"<b>{point.rank}</b>" for point in results],
            textfont={"size": enlarged(16), "color": [ink_on(colour) for colour in colours]},
            customdata=[escape_label(point.name, 60) for point in results],
            hovertemplate="%{text}. %{customdata}<extra></extra>",
            showlegend=False,
        )
    if query:
        figure.add_scatter(
            x=[query[0]],
            y=[query[1]],
            mode="markers",
            name="your query",
            marker=marker("#e8c50f", 22, "star", color="black", width=2),
            hovertemplate="your query<extra></extra>",
        )
    return set_map_layout(figure, height=325, margin_t=0)


def _coordinates(points: Sequence[MapPoint]) -> dict[str, list[float]]:
    return {"x": [point.x for point in points], "y": [point.y for point in points]}
