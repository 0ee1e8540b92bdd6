"""Cached predictions of changed songs, and their sound."""

from contextlib import suppress
from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.audio import Song, change_song, encode
from deepmusic.errors import ModelError
from deepmusic.ui.cache import models as cached_models
from deepmusic.ui.cache.songs import SONG_KEYS, decode_song
from deepmusic.ui.song import SongFile

#: Changes of a song, as names and values.
Changes = tuple[tuple[str, float], ...]


def what_if(song: SongFile, clip: int, **changes: float) -> dict[str, Any]:
    """Return what each network predicts of a clip of a song with changes, by name.

    Raises
    ------
    AudioError
        If nothing is left to hear, or less than a window.
    """
    values = tuple(changes.items())
    predictions = dict(_classify(song, clip, values, cached_models.own_runs()))
    if cached_models.asks_pretrained(song.protocol):
        with suppress(ModelError):  # The others answer without it.
            answer = what_if_by(song, models.PRETRAINED, clip, **changes)
            predictions = {models.PRETRAINED: answer} | predictions
    return predictions


def what_if_by(song: SongFile, network: str, clip: int, **changes: float) -> Any:
    """Return the same of one network, without asking the others."""
    values = tuple(changes.items())
    if network == models.PRETRAINED:
        return _pretrained(song, clip, values, cached_models.own_pretrained())
    return _classify(song, clip, values, cached_models.own_runs())[network]


def what_if_answer(song: SongFile, network: str, clip: int, **changes: float) -> str:
    """Return the answer of a network to a changed clip as a sentence."""
    from deepmusic import prediction

    content = _content(song, clip, tuple(changes.items()))
    found = what_if_by(song, network, clip, **changes)
    protocol = None if cached_models.is_own(network) else song.protocol
    return prediction.answer(found, content, protocol).sentence


@st.cache_data(show_spinner=False, max_entries=512, hash_funcs=SONG_KEYS)
def _classify(song: SongFile, clip: int, changes: Changes, own: dict[str, str]) -> dict[str, Any]:
    from deepmusic import prediction

    classifiers = cached_models.networks_with(song.protocol, own)
    return prediction.classify(_change(song, clip, changes), classifiers)


@st.cache_data(show_spinner=False, max_entries=512, hash_funcs=SONG_KEYS)
def _pretrained(song: SongFile, clip: int, changes: Changes, own: str | None) -> Any:
    return cached_models.pretrained(own).predict(_change(song, clip, changes))


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=SONG_KEYS)
def _content(song: SongFile, clip: int, changes: Changes) -> Any:
    from deepmusic import prediction

    return prediction.measure_content(_change(song, clip, changes))


# Few, since a minute takes 2 MB; making one anew is quick.
@st.cache_data(show_spinner=False, max_entries=16, hash_funcs=SONG_KEYS)
def changed_sound(song: SongFile, clip: int, name: str, value: float) -> bytes:
    """Return a clip of a song with a change as FLAC."""
    changed = _change(song, clip, ((name, value),))
    return encode.encode_flac(changed.samples, changed.sample_rate)


def _change(song: SongFile, clip: int, changes: Changes) -> Song:
    values: dict[str, Any] = dict(changes)
    return change_song(decode_song(song).song, clip, **values)
