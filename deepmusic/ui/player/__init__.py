"""The player: spectrogram, genres over time and a cursor, on one time axis."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.charts.spectrogram import data_url
from deepmusic.charts.style import genre_colour
from deepmusic.prediction import genre_segments
from deepmusic.ui.song import SongView

LEGEND = (
    "Time runs to the right, pitch upwards, bright is loud. Each lane shows the genre that a "
    "network predicts in every 3 s window; the bar is as high as it is sure. Click anywhere to "
    "hear that moment. By keyboard: arrow keys seek, space plays."
)


def _part(suffix: str) -> str:
    return files(__name__).joinpath(f"player.{suffix}").read_text(encoding="utf-8")


_component = st.components.v2.component(
    "deepmusic_player", html=_part("html"), css=_part("css"), js=_part("js")
)


def show(
    view: SongView,
    predictions: Mapping[str, Any] | None,
    *,
    featured: str,
    key: str,
    apart: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Show a song's spectrogram, a lane for each network, and the cursor of the page's audio.

    Parameters
    ----------
    view : SongView
        What the page knows of the song.
    predictions : mapping of str to Prediction, or None
        By network; None while the networks are still loading, which keeps the lanes' places.
    featured : str
        The network whose name is set in bold.
    key : str
        Unique on the page.
    apart : sequence of mapping, optional
        Places at which the networks disagree, with ``start`` and ``end`` in s; marked in a lane
        of their own. A click on one plays it from its start.
    """
    names = list(predictions) if predictions else [*models.MODELS, models.ENSEMBLE]
    lanes = [
        {
            "title": models.title(name),
            "featured": name == featured,
            "segments": (
                [segment._asdict() for segment in genre_segments(predictions[name])]
                if predictions
                else None
            ),
        }
        for name in names
    ]
    if apart is not None:
        marks = [{"start": place["start"], "end": place["end"]} for place in apart]
        lanes.insert(0, {"title": "They differ", "featured": False, "marks": marks})
    genres = next(iter(predictions.values())).genres if predictions else ()
    _component(
        key=key,
        data={
            "spectrogram": data_url(view.spectrogram),
            "duration": view.duration,
            "frequencies": view.frequency_ticks,
            "lanes": lanes,
            "colours": {genre: genre_colour(genre) for genre in genres},
            "waiting": "The networks are warming up ...",
        },
    )
