"""What a visitor's microphone has heard so far, and the component that shows it."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import streamlit as st

from deepmusic import models
from deepmusic.audio import SAMPLE_RATE, encode
from deepmusic.charts.style import genre_colour
from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import DeepMusicError, ModelError
from deepmusic.formatting import format_genre
from deepmusic.prediction.live import Listener
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.ui import cache, markdown, player
from deepmusic.ui.listen.sound import Sound, parse_sound
from deepmusic.ui.song import SongFile

_STATE, _KEY = "hearing", "listen"
#: Steps of the lanes that are sent, which are two a second.
_SHOWN = 125


def _part(suffix: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath(f"listen.{suffix}").read_text("utf-8")


_component = st.components.v2.component(
    "deepmusic_listen",
    html=_part("html"),
    css=player.LANES_CSS + _part("css"),
    js=player.LANES_JS + _part("js"),
)


@dataclass
class Hearing:
    """A recording that grows."""

    session: str
    listener: Listener
    confirmed: int = -1
    is_ended: bool = False

    def take(self, sound: Sound) -> None:
        """Listen to what is new of it."""
        if len(samples := sound.after(self.confirmed)):
            self.listener.add(samples, sound.rate)
        self.confirmed = max(self.confirmed, sound.last)
        self.is_ended = self.is_ended or sound.is_last or self.listener.is_full

    def song(self) -> SongFile:
        """Return the whole recording as a song."""
        data = encode.encode_flac(self.listener.samples, SAMPLE_RATE)
        return SongFile("live-recording.flac", data)


def current() -> Hearing | None:
    """Return what was heard in this session, if anything."""
    return st.session_state.get(_STATE)


def show_microphone() -> None:
    """Show the microphone's button, the spectrogram, and a lane for each network."""
    hearing = current()
    predictions = hearing.listener.predictions() if hearing else {}
    names = [name for name in predictions if name != models.ENSEMBLE]
    names = names or [models.PRETRAINED, *models.MODELS]
    lanes = [
        {
            "title": models.title(name),
            "featured": name == models.PRETRAINED,
            "segments": _steps(predictions[name]) if predictions else [],
        }
        for name in names
    ]
    _component(
        key=_KEY,
        on_sound_change=_take,
        data={
            "session": hearing and hearing.session,
            "confirmed": hearing.confirmed if hearing else -1,
            "ended": bool(hearing and hearing.is_ended),
            "full": bool(hearing and hearing.listener.is_full),
            "lanes": lanes,
            "colours": {format_genre(genre): genre_colour(genre) for genre in GTZAN_GENRES},
        },
    )


def _take() -> None:
    """Take the sound that the browser sent; a callback."""
    try:
        sound = parse_sound(st.session_state[_KEY]["sound"])
        hearing = current()
        if hearing is None or hearing.session != sound.session:
            listener = Listener(cache.networks(DEPLOYED_PROTOCOL), _pretrained())
            hearing = st.session_state[_STATE] = Hearing(sound.session, listener)
        hearing.take(sound)
    except DeepMusicError as error:
        st.toast(markdown.message(error))


def _pretrained() -> Any:
    """Return the pretrained network, where it can be used; the others answer without it."""
    from deepmusic.prediction.pretrained import PretrainedClassifier

    try:
        return PretrainedClassifier()
    except ModelError:
        return None


def _steps(prediction: Any) -> list[dict[str, Any]]:
    """Return the genre of each step: the window's that ends with it."""
    rows = prediction.window_probabilities[-_SHOWN:]
    ends = prediction.ends[-_SHOWN:]
    # A lane begins where the first window does, and has a gap where it was silent.
    before = np.concatenate([[max(0.0, ends[0] - 3)], ends[:-1]])
    starts = np.where(ends - before > 2, ends - 3, before)
    starts[0] = before[0]
    return [
        {
            "start": round(float(start), 2),
            "end": round(float(end), 2),
            "genre": format_genre(prediction.genres[int(row.argmax())]),
            "probability": round(float(row.max()), 3),
        }
        for start, end, row in zip(np.maximum(starts, 0), ends, rows, strict=True)
    ]
