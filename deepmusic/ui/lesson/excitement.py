"""Below step 4: the windows that light a map up most, or a unit of the last layer, to be played."""

import html

import numpy as np
import streamlit as st

from deepmusic.charts.spectrogram import activation_png, data_url
from deepmusic.config import GTZAN_GENRES
from deepmusic.formatting import format_clock, format_genre
from deepmusic.prediction import inspect_layers
from deepmusic.prediction.network import CONVOLUTION, EMBEDDING
from deepmusic.ui import cache, demos, gtzan_clips, query_params, song_source
from deepmusic.ui.lesson.context import LessonContext
from deepmusic.ui.song import SongFile

_LAYERS = {CONVOLUTION: "First convolution", EMBEDDING: "Last layer before the genres"}
#: Windows, and units to choose from.
_SHOWN, _UNITS = 3, 8
_HELP = (
    "A map's mean over a window says how much that excites it. Here are the three windows that do "
    "so most, one a piece, of ten pieces: this app's, or test clips of GTZAN where the clip is of "
    "it. The last layer has no maps but numbers, its units; offered are those that the framed "
    "window excites most beyond what is usual."
)


def show(lesson: LessonContext) -> None:
    """Show a switch, and behind it the windows that excite a map most."""
    if not query_params.switch("excites", "**What lights a map up most?**", help=_HELP):
        return
    songs, protocol = _songs(of_gtzan=lesson.song.of_gtzan), lesson.song.protocol
    with st.container(horizontal=True):
        layer = query_params.choose("layer", list(_LAYERS), _LAYERS, label="Layer")
        with st.spinner("Looking at ten pieces ...", show_time=True):
            activity, owners, windows = cache.mean_activations(
                [song for _, song in songs], layer, protocol
            )
        channel = _choose_map(lesson, layer, activity)
    found = inspect_layers.most_exciting(activity[:, channel].tolist(), owners, _SHOWN)
    if not found:
        st.info("None of these pieces excites it. Choose another one.")
    for place, number in zip(st.columns(_SHOWN), found, strict=False):
        genre, song = songs[owners[number]]
        with place:
            outputs = cache.activations(windows[number], layer, protocol)
            _show_window(genre, song, windows[number], outputs[..., channel])


def _songs(*, of_gtzan: bool) -> list[tuple[str, SongFile]]:
    """Return a piece of each genre: a test clip of GTZAN where there are some, or demo music."""
    if of_gtzan and (dataset := cache.gtzan()):
        tracks = [one for one in dataset.audio_tracks if cache.gtzan_part(one) == "test"]
        one_each = {dataset.tracks[track].genre: track for track in tracks}
        found = {genre: gtzan_clips.find(track) for genre, track in one_each.items()}
        songs = [(genre, song) for genre, song in found.items() if song]
        if len(songs) >= _SHOWN:
            return songs
    return [(genre, demos.song(genre)) for genre in GTZAN_GENRES]


def _choose_map(lesson: LessonContext, layer: str, activity: np.ndarray) -> int:
    """Show the choice of a map as numbered in the figure, or of a unit; return its place."""
    start = lesson.window.start
    if layer == CONVOLUTION:
        shown = cache.layer_activations(lesson.song, start)
        by_number = {str(number): one for number, one in enumerate(shown.channels, start=1)}
        kinds = dict(zip(by_number, shown.filter_kinds, strict=True))
        number = query_params.choose(
            "map",
            list(by_number),
            lambda number: f"{number} {kinds[number]}",
            label="Map",
            widget=st.selectbox,
            width=240,
        )
        return by_number[number]
    here = cache.unit_activations(lesson.song, start, layer)
    beyond = (here - activity.mean(axis=0)) / (activity.std(axis=0) + 1e-6)
    units = [str(unit + 1) for unit in np.argsort(-beyond)[:_UNITS].tolist()]
    return int(query_params.choose("unit", units, label="Unit", widget=st.pills)) - 1


def _show_window(
    genre: str, song: SongFile, window: inspect_layers.Window, output: np.ndarray
) -> None:
    """Show a window, the map of it if there is one, and its player."""
    start, end = (format_clock(time) for time in (window.start, window.start + window.seconds))
    title = html.escape(f"{song_source.name_of(song)}, {start} to {end}")
    named = html.escape(format_genre(genre))
    pictures = [(window.log_mel.T.astype(float), "Log-mel")]
    if output.ndim == 2:
        pictures.append((output, "Map"))
    images = "".join(
        f'<img src="{data_url(activation_png(values))}" alt="{name} of {title}">'
        for values, name in pictures
    )
    st.html(f'<div class="excited">{images}</div><p><b>{named}</b> {title}</p>')
    sound = cache.play_part(song, window.start, window.seconds)
    st.audio(sound, format="audio/flac", alt=f"{named}: {title}")
