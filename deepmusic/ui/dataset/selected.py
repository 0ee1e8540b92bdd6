"""The data set that the page shows, and what is kept of it between reruns."""

from contextlib import suppress
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from deepmusic import audio
from deepmusic.audio import encode
from deepmusic.charts.spectrogram import log_mel_png
from deepmusic.config import FRONT_ENDS, current_deployment
from deepmusic.data import Dataset, Gtzan, Toy, absolute_name, explore, tracks_with_audio
from deepmusic.data.gtzan import known_faults
from deepmusic.errors import DatasetError, DeepMusicError
from deepmusic.ui import cache, markdown, query_params

GTZAN, FMA, DEMO, OWN = "gtzan", "fma", "toy", "own"
_LABELS = {GTZAN: "GTZAN", FMA: "FMA small", DEMO: "Demo clips", OWN: "A folder of your own"}

COMPACT = FRONT_ENDS["compact"]

#: Log-mels are computed for this many clips at once while someone waits.
_FEW = 400


@dataclass(frozen=True)
class SelectedDataset:
    """The data set that was chosen: `data` names it, and `version` changes with its files.

    Of GTZAN without a file at hand, `dataset` is what is known of it.
    """

    data: str
    dataset: Dataset
    version: str
    n_audible: int

    @property
    def at_hand(self) -> bool:
        """Whether there is anything to see or hear of it."""
        return self.n_audible > 0 or (isinstance(self.dataset, Gtzan) and self.dataset.has_log_mels)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells this state of it from others in a cache."""
        return self.data, str(self.dataset.location), self.version, str(self.n_audible)


def choose() -> SelectedDataset | None:
    """Let a visitor choose a data set; None, with the reason shown, where it is not at hand."""
    names = [GTZAN, DEMO, *([FMA] if cache.find_dataset(FMA) else [])]
    if current_deployment().may_train:
        # A public demo names no paths of its machine.
        names.append(OWN)
    left, right = st.columns([3, 4], vertical_alignment="center")
    with left:
        name = query_params.choose(
            "collection", names, _LABELS, label="Data set", label_visibility="collapsed"
        )
    data = name
    if name == OWN:
        data = right.text_input(
            "Path of the data set",
            placeholder="Path of a folder with one subfolder a genre, or of a CSV: path, genre",
            key="dataset_path",
            label_visibility="collapsed",
            persist_state="session",
        ).strip()
        if not data:
            st.info(
                "Type the path of a folder with one subfolder a genre (`rock/song.mp3`), or of a "
                "CSV with the columns `path` and `genre`. Nothing in it is changed. "
                "`deepmusic train --data PATH` trains on it."
            )
            return None
        data = absolute_name(data)
    version = cache.dataset_version(data)
    try:
        dataset = cache.open_dataset(data)
    except DatasetError as error:
        if name != GTZAN:
            markdown.show_error(error)
            return None
        dataset = Gtzan.facts_only()
    n_audible = len(dataset.tracks) if name == DEMO else len(tracks_with_audio(dataset))
    selected = SelectedDataset(data, dataset, version, n_audible)
    if name != OWN:
        right.caption(_describe(selected))
    return selected


def _describe(selected: SelectedDataset) -> str:
    dataset = selected.dataset
    counted = f"**{len(dataset.tracks):,} clips, {len(dataset.genres)} genres.** "
    if selected.data == DEMO:
        return counted + "Played by DeepMusic's ten synthetic bands. No real music."
    if not selected.at_hand:
        return counted + "Not at hand here; what is known of it is shown. *Get it* says how."
    return counted + f"{selected.n_audible:,} can be heard here. {dataset.credit}"


# === What is known of its clips ===


@st.cache_data(show_spinner=False, max_entries=8)
def _track_table(key: tuple[str, ...], split: str, _dataset: Dataset) -> pd.DataFrame:
    of_clip: dict[str, str] = {}
    # A data set of few clips cannot be split: all are left out.
    with suppress(DatasetError):
        for part, tracks in _dataset.split(split, default_fold(split)).parts.items():
            for track in tracks:
                of_clip.setdefault(_dataset.tracks[track].recording, part)
    faults = known_faults() if isinstance(_dataset, Gtzan) else {}
    faults = dict(_dataset.expected.unreadable) | faults
    return pd.DataFrame(
        {
            "genre": track.genre,
            "artist": track.artist,
            "title": track.title,
            "part": of_clip.get(track.id, "unused"),
            "fault": faults.get(track.id, ""),
        }
        for track in _dataset.tracks.values()
    ).set_index(pd.Index(_dataset.tracks, name="track"))


def track_table(selected: SelectedDataset, split: str) -> pd.DataFrame:
    """Return by track: ``genre``, ``artist``, ``title``, ``part`` and known ``fault``."""
    return _track_table(selected.key, split, selected.dataset)


def default_fold(split: str) -> int | None:
    """Return the fold to show of a protocol that has some."""
    return 1 if split == "artist_folds" else None


def _age(selected: SelectedDataset, track: str) -> int:
    """Return when a clip's file was written; 0 if it has none."""
    path = selected.dataset.audio_path(track)
    try:
        return path.stat().st_mtime_ns if path else 0
    except OSError:
        return 0


@st.cache_data(show_spinner=False, max_entries=600)
def _clip_png(
    key: tuple[str, ...], track: str, age: int, wide: bool, _dataset: Dataset
) -> bytes | str:
    found = _dataset.log_mels([track], COMPACT)
    if track in found.by_track:
        size = (1100, 150) if wide else (384, 128)
        return log_mel_png(found.by_track[track], *size)
    return found.skipped[0].reason


def clip_png(selected: SelectedDataset, track: str, wide: bool = False) -> bytes | str:
    """Return a clip's log-mel as PNG, or the reason why there is none."""
    return _clip_png(selected.key, track, _age(selected, track), wide, selected.dataset)


@st.cache_data(show_spinner=False, max_entries=32)
def _clip_sound(key: tuple[str, ...], track: str, age: int, _dataset: Dataset) -> tuple[bytes, str]:
    if isinstance(_dataset, Toy):
        from deepmusic.audio import synth
        from deepmusic.data import toy

        samples = synth.play(
            _dataset.tracks[track].genre, seconds=toy.SECONDS, seed=int(track[-2:])
        )
        return encode.encode_wav(samples, audio.SAMPLE_RATE), "audio/wav"
    return cache.play_file(_dataset.audio_path(track))


def clip_sound(selected: SelectedDataset, track: str) -> tuple[bytes, str] | None:
    """Return a clip's sound and its media type; None, with the reason shown, if there is none."""
    if selected.data != DEMO and selected.dataset.audio_path(track) is None:
        return None
    try:
        return _clip_sound(selected.key, track, _age(selected, track), selected.dataset)
    except OSError as error:
        markdown.show_error(f"{track} cannot be read ({error.strerror}). Check its folder.")
    except DeepMusicError as error:
        markdown.show_error(error)
    return None


# === What is computed of all of it ===


def log_mels_are_ready(selected: SelectedDataset) -> bool:
    """Tell whether log-mels of all clips come quickly: archived, prepared, or few."""
    from deepmusic.data import logmels

    dataset = selected.dataset
    if isinstance(dataset, Gtzan) and dataset.has_log_mels:
        return True
    return selected.n_audible <= _FEW or logmels.count_prepared(dataset) > _FEW


@st.cache_resource(show_spinner=False, max_entries=2)
def _clip_map(key: tuple[str, ...], _dataset: Dataset) -> pd.DataFrame:
    from deepmusic.library import embeddings

    clips = _log_mels(_dataset)
    return explore.draw_map(embeddings.embed_clips(clips, embeddings.load_networks()), clips)


@st.cache_resource(show_spinner=False, max_entries=2)
def _genre_sounds(key: tuple[str, ...], _dataset: Dataset) -> tuple[pd.DataFrame, pd.DataFrame]:
    log_mels = _log_mels(_dataset)
    spread = {track: explore.dynamics(log_mel) for track, log_mel in log_mels.items()}
    return explore.spectra(log_mels, _dataset), pd.DataFrame({"dynamics": spread})


def _log_mels(dataset: Dataset) -> dict:
    if isinstance(dataset, Toy):
        # Three of each band are enough, and there in a second or two.
        tracks = [track for track in dataset.tracks if int(track[-2:]) < 3]
    else:
        tracks = list(dataset.tracks)
    log_mels = dict(dataset.log_mels(tracks, COMPACT).by_track)
    if not log_mels:
        raise DatasetError("None of these clips can be used. *Check it* says why.")
    return log_mels


def clip_map(selected: SelectedDataset) -> pd.DataFrame:
    """Return the map of a data set; GTZAN's is shipped."""
    if isinstance(selected.dataset, Gtzan):
        return explore.shipped_map()
    return _clip_map(selected.key, selected.dataset)


def genre_sounds(selected: SelectedDataset) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return spectra by genre, and dynamics by track; GTZAN's are shipped."""
    if isinstance(selected.dataset, Gtzan):
        return explore.shipped_spectra(), explore.shipped_map()[["dynamics"]]
    return _genre_sounds(selected.key, selected.dataset)
