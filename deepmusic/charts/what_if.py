"""How a network's genres move while a song is changed more and more."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.audio.changes import Change
from deepmusic.charts.style import DASHES, FAINT, MARKS, OUTLINE, genre_colour, set_layout
from deepmusic.formatting import format_genre
from deepmusic.prediction import Prediction

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Genres that are drawn at most, those with the highest points.
_MOST_GENRES = 4


def what_if_chart(
    change: Change, predictions: Mapping[float, Prediction | None], chosen: float
) -> "go.Figure":
    """Probability of the genres that lead somewhere, at each value of a change.

    Parameters
    ----------
    change : Change
        Its values are the horizontal axis, equally spaced as on the slider.
    predictions : mapping of float to Prediction or None
        By value; None where there is none, as of a song that has become too short.
    chosen : float
        Value that is marked.
    """
    import plotly.graph_objects as go

    values = [value for value in change.steps if value in predictions]
    known = [found for value in values if (found := predictions[value])]
    figure = go.Figure()
    for number, genre in enumerate(_choose_genres(known)):
        figure.add_scatter(
            x=list(range(len(values))),
            y=[
                found and 100 * float(found.song_probabilities[found.genres.index(genre)])
                for found in map(predictions.get, values)
            ],
            name=format_genre(genre),
            showlegend=True,
            mode="lines+markers",
            line={
                "color": genre_colour(genre),
                "width": 3,
                "dash": DASHES[number % len(DASHES)],
            },
            marker={"size": 9, "symbol": MARKS[number % len(MARKS)]},
            text=[f"{value:g} {change.unit}" for value in values],
            hovertemplate="%{fullData.name}: %{y:.0f} % at %{text}<extra></extra>",
        )
    if chosen in values:
        figure.add_vline(x=values.index(chosen), line={"color": OUTLINE, "width": 2})
    labels = [f"{value:g}" for value in values]
    figure.update_xaxes(title=change.unit, tickvals=list(range(len(values))), ticktext=labels)
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(range=[-3, 104], dtick=50, ticksuffix=" %", gridcolor=FAINT)
    figure.update_yaxes(zeroline=False)
    return set_layout(figure, height=230)


def _choose_genres(predictions: Sequence[Prediction]) -> list[str]:
    """Return the genres that lead somewhere, the highest first; with one, the next to it, too."""
    if not predictions:
        return []
    peaks = np.max([found.song_probabilities for found in predictions], axis=0)
    genres = predictions[0].genres
    order = [genres[index] for index in np.argsort(-peaks)]
    leading = {found.genre for found in predictions}
    return (
        [genre for genre in order if genre in leading][:_MOST_GENRES]
        if len(leading) > 1
        else (order[:2])
    )
