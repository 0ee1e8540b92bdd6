"""Cached windows of several songs, and how much each excites the maps of the CNN."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from deepmusic import audio
from deepmusic.audio import encode
from deepmusic.protocols import Protocol
from deepmusic.ui.cache import models as cached_models
from deepmusic.ui.cache.songs import SONG_KEYS, window_of
from deepmusic.ui.song import SongFile


def mean_activations(
    songs: Sequence[SongFile], output: str, protocol: Protocol
) -> tuple[np.ndarray, list[int], list[Any]]:
    """Return how much the windows of songs excite each map of a layer of the CNN.

    Returns
    -------
    (np.ndarray [shape=(n_windows, n_maps)], list of int, list of Window)
        As `deepmusic.prediction.inspect_layers.mean_activations`; and of each window the number of
        its song, and itself.
    """
    return _mean_activations(list(songs), output, protocol, cached_models.own_runs())


@st.cache_data(show_spinner=False, max_entries=8, hash_funcs=SONG_KEYS)
def _mean_activations(
    songs: list[SongFile], output: str, protocol: Protocol, own: dict[str, str]
) -> tuple[np.ndarray, list[int], list[Any]]:
    from deepmusic.prediction import inspect_layers

    owners, windows = _windows(songs, protocol, own)
    cnn = cached_models.networks_with(protocol, own)["cnn"]
    frames = np.stack([window.log_mel for window in windows])
    return inspect_layers.mean_activations(cnn, frames, output), owners, windows


# No `decode_song`: so many would drive the songs of all visitors out of its cache.
@st.cache_data(show_spinner=False, max_entries=4, hash_funcs=SONG_KEYS)
def _windows(
    songs: list[SongFile], protocol: Protocol, own: dict[str, str]
) -> tuple[list[int], list[Any]]:
    from deepmusic import prediction
    from deepmusic.prediction import inspect_layers

    config = cached_models.networks_with(protocol, own)["cnn"].config
    owners, windows = [], []
    for number, song in enumerate(songs):
        decoded = audio.load_song(song.data, name=song.name)
        log_mels = prediction.compute_log_mels(decoded, config.mel)
        found = inspect_layers.list_windows(log_mels, config)
        owners += [number] * len(found)
        windows += found
    return owners, windows


def activations(window: Any, output: str, protocol: Protocol) -> np.ndarray:
    """Return an output of the CNN for a window of `mean_activations`; takes a few ms."""
    from deepmusic.prediction import inspect_layers

    cnn = cached_models.networks_with(protocol, cached_models.own_runs())["cnn"]
    return inspect_layers.activations(cnn, window.log_mel, output)


def unit_activations(song: SongFile, start: float, output: str) -> np.ndarray:
    """Return an output of the CNN for the window of a song that begins at `start`, in s."""
    from deepmusic.prediction import inspect_layers

    cnn = cached_models.networks_with(song.protocol, cached_models.own_runs())["cnn"]
    return inspect_layers.activations(cnn, window_of(song, cnn, start), output)


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=SONG_KEYS)
def play_part(song: SongFile, start: float, seconds: float) -> bytes:
    """Return a part of a song as FLAC."""
    decoded = audio.load_song(song.data, name=song.name)
    first, last = (round(time * decoded.sample_rate) for time in (start, start + seconds))
    return encode.encode_flac(decoded.samples[first:last], decoded.sample_rate)
