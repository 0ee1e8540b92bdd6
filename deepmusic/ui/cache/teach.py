"""Cached embeddings of sounds, for classes of one's own; and passages of the demo music."""

from typing import Any

import streamlit as st

from deepmusic.audio import encode
from deepmusic.ui import demos
from deepmusic.ui.cache.songs import SONG_KEYS, decode_song
from deepmusic.ui.song import SongFile

#: Length of a passage of a demo piece, in s.
_PASSAGE = 10


@st.cache_data(show_spinner=False, max_entries=1000, hash_funcs=SONG_KEYS)
def embed_sound(sound: SongFile) -> Any:
    """Return a sound's `Embedded`; raise `AudioError` if it cannot be used."""
    from deepmusic.prediction.own_classes import embed_sound

    return embed_sound(decode_song(sound).song)


@st.cache_data(show_spinner=False, max_entries=1000, hash_funcs=SONG_KEYS)
def fingerprint(sound: SongFile, most_frames: int) -> Any:
    """Return the fingerprint of a sound; raise `AudioError` if it cannot be used."""
    from deepmusic.data.fingerprints import fingerprint

    return fingerprint(decode_song(sound).song, most_frames)


def predict_class(song: SongFile, classes: Any) -> Any:
    """Return the `ClassPrediction` of a song by `OwnClasses`; raise `AudioError` as above."""
    return classes.predict_embedded(embed_sound(song), decode_song(song).song)


def play_sound(sound: SongFile) -> tuple[bytes, str]:
    """Return what a browser plays of a sound, and its media type."""
    if mime_type := encode.browser_mime_type(sound.data):
        return sound.data, mime_type
    song = decode_song(sound).song
    return encode.encode_flac(song.samples, song.sample_rate), "audio/flac"


@st.cache_data(show_spinner=False)
def demo_passages(genre: str) -> list[SongFile]:
    """Return a demo piece in passages of 10 s."""
    song = decode_song(SongFile(demos.file_name(genre), demos.read(genre))).song
    length = _PASSAGE * song.sample_rate
    return [
        SongFile(
            f"{genre} {start * _PASSAGE}-{(start + 1) * _PASSAGE} s.flac",
            encode.encode_flac(
                song.samples[start * length : (start + 1) * length], song.sample_rate
            ),
        )
        for start in range(round(song.duration / _PASSAGE))
    ]
