"""The player component: log-mel, predicted genres over time and a cursor, on one time axis."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import streamlit as st

from deepmusic import models
from deepmusic.charts.spectrogram import data_url
from deepmusic.charts.style import genre_colour
from deepmusic.formatting import format_genre
from deepmusic.prediction import Content, genre_segments
from deepmusic.prediction.content import STEP_SECONDS
from deepmusic.ui.song import EvidenceView, SongView

#: What to do with it, and what it shows.
HINT = "Click anywhere to play that moment."
LEGEND = (
    "Time runs to the right, pitch upwards, bright is loud. A lane shows the genre that a network "
    "predicts in each 3 s window; the bar's height is its probability. Arrow keys and space work "
    "too."
)


#: Share of a song without music, or with speech, from which on its content has a lane.
_WORTH_A_LANE = 0.1

_CONTENT_COLOURS = {
    "music": "#7f7f7f",
    "singing": "#bcbcbc",
    "speech": "#e0a030",
    "neither": "#dddddd",
}


def _part(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


#: What draws lanes, and the look of both; Listen has them, too.
LANES_JS, LANES_CSS = _part("lanes.js"), _part("player.css")

_component = st.components.v2.component(
    "deepmusic_player",
    html=_part("player.html"),
    css=LANES_CSS,
    js=LANES_JS + _part("player.js"),
)


def show(
    view: SongView,
    predictions: Mapping[str, Any] | None,
    *,
    featured: str,
    key: str,
    disagreements: Sequence[Mapping[str, Any]] | None = None,
    content: Content | None = None,
    evidence: EvidenceView | None = None,
) -> None:
    """Show a song's log-mel, a lane for each network, and the cursor of the page's audio.

    Parameters
    ----------
    view : SongView
        The song.
    predictions : mapping of str to Prediction, or None
        By network; None while these are still loading, for empty lanes.
    featured : str
        Network whose name is bold.
    key : str
        Unique on the page.
    disagreements : sequence of mapping, optional
        Segments in which the networks disagree, with ``start`` and ``end`` in s, shown in a lane
        of their own; a click plays one from its start.
    content : Content, optional
        Music, singing and speech in a lane of their own, where not all of it is music.
    evidence : EvidenceView, optional
        Laid over the spectrogram; what mattered, and the rest, can be played.
    """
    names = [*models.MODELS, models.ENSEMBLE] if predictions is None else list(predictions)
    lanes = [
        {
            "title": models.title(name),
            "featured": name == featured,
            "segments": (
                [
                    segment._replace(genre=format_genre(segment.genre))._asdict()
                    for segment in genre_segments(predictions[name])
                ]
                if predictions is not None
                else None
            ),
        }
        for name in names
    ]
    if disagreements is not None:
        marks = [{"start": found["start"], "end": found["end"]} for found in disagreements]
        lanes.insert(0, {"title": "They differ", "featured": False, "marks": marks})
    heard = content_segments(content) if content else []
    if np.mean([one["genre"] in ("speech", "neither") for one in heard] or [False]) > _WORTH_A_LANE:
        lanes.append({"title": "Content", "featured": False, "segments": heard})
    genres = next(iter(predictions.values())).genres if predictions else ()
    _component(
        key=key,
        data={
            "spectrogram": data_url(view.spectrogram),
            "duration": view.duration,
            "frequencies": view.frequency_ticks,
            "lanes": lanes,
            "colours": {format_genre(genre): genre_colour(genre) for genre in genres}
            | _CONTENT_COLOURS,
            "waiting": "The networks are loading ...",
            "evidence": evidence and _evidence(evidence),
        },
    )


def _evidence(evidence: EvidenceView) -> dict[str, Any]:
    return {
        "overlay": data_url(evidence.overlay),
        "start": evidence.start,
        "end": evidence.end,
        "kept": data_url(evidence.kept, "audio/flac"),
        "rest": data_url(evidence.rest, "audio/flac"),
    }


def content_segments(content: Content) -> list[dict[str, Any]]:
    """Return what sounds in each step of a song: speech, singing, music, or neither.

    Speech goes first, as over music; but who sings does not speak.
    """
    found = []
    ends = [*content.times[1:], content.times[-1] + STEP_SECONDS]
    for start, end, *shares in zip(
        content.times, ends, content.speech, content.singing, content.music, strict=True
    ):
        speech, singing, music = (share >= 0.5 for share in shares)
        word = "singing" if singing else "speech" if speech else "music" if music else "neither"
        found.append({"start": float(start), "end": float(end), "genre": word, "probability": 1.0})
    return found
