"""Cached views of a dataset: its tracks, its clips' log-mels and sound, its map and spectra."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from deepmusic import audio
from deepmusic.audio import encode, synth
from deepmusic.charts.spectrogram import log_mel_png
from deepmusic.data import Dataset, Gtzan, Toy, explore, logmels, toy
from deepmusic.data.gtzan import known_faults
from deepmusic.data.splits import clip_of
from deepmusic.errors import DatasetError
from deepmusic.protocols import ARTIST_FOLDS
from deepmusic.ui.cache.songs import play_file

#: Log-mels of this many clips are computed while someone waits.
_FEW = 400


@dataclass(frozen=True)
class SelectedDataset:
    """A dataset in the state of its files.

    Attributes
    ----------
    data : str
        Its name or path, as in a run's settings.
    dataset : Dataset
        Of GTZAN without a file, its facts.
    version : str
        Changes with its files.
    n_audible : int
        Number of clips whose sound is available.
    """

    data: str
    dataset: Dataset
    version: str
    n_audible: int

    @property
    def available(self) -> bool:
        """Whether it has sound or log-mels."""
        return self.n_audible > 0 or self.dataset.has_log_mels


@dataclass(frozen=True)
class SelectedClip:
    """A clip of a dataset, in the state of its file."""

    selected: SelectedDataset
    track: str


def _key(selected: SelectedDataset) -> tuple[bytes | str | int, ...]:
    # As bytes, since names need not be text.
    location = os.fsencode(selected.dataset.location or "")
    return os.fsencode(selected.data), location, selected.version, selected.n_audible


def _clip_key(clip: SelectedClip) -> tuple[object, ...]:
    written = 0
    if path := clip.selected.dataset.audio_path(clip.track):
        with suppress(OSError):
            written = path.stat().st_mtime_ns
    return _key(clip.selected), clip.track, written


_KEYS: dict[str | type, Callable[[Any], Any]] = {SelectedDataset: _key, SelectedClip: _clip_key}


def default_fold(split: str) -> int | None:
    """Return the fold of a protocol that is shown; None for protocols without folds."""
    return 1 if split == ARTIST_FOLDS else None


@st.cache_data(show_spinner=False, max_entries=8, hash_funcs=_KEYS)
def track_table(selected: SelectedDataset, split: str) -> pd.DataFrame:
    """Return by track: ``genre``, ``artist``, ``title``, ``part`` and known ``fault``."""
    dataset = selected.dataset
    by_clip: dict[str, str] = {}
    # A dataset of few clips cannot be split: all are left out.
    with suppress(DatasetError):
        for part, tracks in dataset.split(split, default_fold(split)).parts.items():
            for track in tracks:
                by_clip.setdefault(clip_of(track), part)
    faults = dict(dataset.expected.unreadable)
    if isinstance(dataset, Gtzan):
        faults |= known_faults()
    return pd.DataFrame(
        {
            "genre": track.genre,
            "artist": track.artist,
            "title": track.title,
            "part": by_clip.get(track.id, "unused"),
            "fault": faults.get(track.id, ""),
        }
        for track in dataset.tracks.values()
    ).set_index(pd.Index(dataset.tracks, name="track"))


@st.cache_data(show_spinner=False, max_entries=600, hash_funcs=_KEYS)
def clip_png(clip: SelectedClip, wide: bool = False) -> bytes | str:
    """Return the log-mel of a clip as PNG, or the reason why there is none."""
    dataset = clip.selected.dataset
    found = dataset.log_mels([clip.track], dataset.mel)
    if clip.track in found.by_track:
        return log_mel_png(found.by_track[clip.track], *((1100, 150) if wide else (384, 128)))
    return found.skipped[0].reason


@st.cache_data(show_spinner=False, max_entries=32, hash_funcs=_KEYS)
def clip_sound(clip: SelectedClip) -> tuple[bytes, str] | None:
    """Return the sound of a clip and its media type; None if it is not available.

    Raises
    ------
    OSError, AudioError
        If its file cannot be read or decoded.
    """
    dataset, track = clip.selected.dataset, clip.track
    if isinstance(dataset, Toy):
        genre, seed = dataset.tracks[track].genre, int(track[-2:])
        samples = synth.play(genre, seconds=toy.SECONDS, seed=seed)
        return encode.encode_wav(samples, audio.SAMPLE_RATE), "audio/wav"
    path = dataset.audio_path(track)
    return play_file(path) if path else None


def log_mels_are_ready(selected: SelectedDataset) -> bool:
    """Tell whether the log-mels of all clips are few, or computed already."""
    dataset = selected.dataset
    if dataset.has_log_mels:
        return True
    return selected.n_audible <= _FEW or logmels.count_prepared(dataset) > _FEW


@st.cache_resource(show_spinner=False, max_entries=4, hash_funcs=_KEYS)
def clip_map(selected: SelectedDataset) -> pd.DataFrame:
    """Return the map of a dataset, as `deepmusic.data.explore.draw_map` does; GTZAN's is shipped.

    Raises
    ------
    DatasetError
        If no clip can be used.
    """
    from deepmusic.library import embeddings

    if isinstance(selected.dataset, Gtzan):
        return explore.shipped_map()
    clips = _log_mels(selected.dataset)
    networks = embeddings.networks_for(selected.dataset.mel)
    return explore.draw_map(embeddings.embed_clips(clips, networks), clips)


@st.cache_resource(show_spinner=False, max_entries=4, hash_funcs=_KEYS)
def genre_sounds(selected: SelectedDataset) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return spectra by genre and dynamics by track; raise as `clip_map` does."""
    if isinstance(selected.dataset, Gtzan):
        return explore.shipped_spectra(), explore.shipped_map()[["dynamics"]]
    log_mels = _log_mels(selected.dataset)
    dynamics = {track: explore.dynamics(log_mel) for track, log_mel in log_mels.items()}
    return explore.spectra(log_mels, selected.dataset), pd.DataFrame({"dynamics": dynamics})


def _log_mels(dataset: Dataset) -> dict[str, np.ndarray]:
    tracks = list(dataset.tracks)
    if isinstance(dataset, Toy):
        # Three of each band are enough, and computed in a second or two.
        tracks = [track for track in tracks if int(track[-2:]) < 3]
    log_mels = dict(dataset.log_mels(tracks, dataset.mel).by_track)
    if not log_mels:
        raise DatasetError("None of these clips can be used. Check the dataset to see why.")
    return log_mels


@st.cache_resource(show_spinner=False)
def downloads() -> dict[Path, Thread]:
    """Return the last download into each folder, for all visitors."""
    return {}
