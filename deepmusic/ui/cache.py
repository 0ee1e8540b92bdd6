"""Everything the app keeps between reruns, in one place, keyed by names and digests.

Streamlit hashes large arrays by sampling, so that a changed song could pass for the old one. Keys
are therefore the SHA-256 of a file's bytes; the bytes themselves are passed as ``_data``.
"""

import gc
import hashlib
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import streamlit as st

from deepmusic import audio, models
from deepmusic.audio import encode
from deepmusic.config import FRONT_ENDS, ModelConfig, current_deployment
from deepmusic.data import Dataset, Gtzan, opening
from deepmusic.errors import DatasetError
from deepmusic.files import data_folder
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL, Protocol
from deepmusic.runs import list_runs
from deepmusic.ui.song import SongAnalysis, SongFile, SongView

# === Networks ===

_HEAD_START = 0.5


@st.cache_resource(show_spinner=False)
def _loader() -> ThreadPoolExecutor:
    """Load one set of networks after another, so that the first is there soonest."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="warm-up")


@st.cache_resource(show_spinner=False)
def _networks(protocol: Protocol) -> Future:
    """Load the shipped networks of a protocol in the background, once a server."""
    return _loader().submit(_load_networks, protocol)


def _load_networks(protocol: Protocol) -> Mapping[str, Any]:
    # TensorFlow's import takes the interpreter for seconds; let the first page go out before.
    if "tensorflow" not in sys.modules:
        time.sleep(_HEAD_START)
    from deepmusic import prediction
    from deepmusic.audio import synth

    classifiers = prediction.load_classifiers(list(models.MODELS), protocol)
    # A first prediction compiles the networks and librosa's filters; let no visitor wait for that.
    warm_up_song = audio.song_from_array(
        synth.tone(440.0, seconds=10.0), sample_rate=audio.SAMPLE_RATE
    )
    prediction.classify(warm_up_song, classifiers)
    # Streamlit collects garbage after every rerun, and looked through all that TensorFlow keeps for
    # good: 0.3 s for each click. What is there now is left alone from here on.
    gc.collect()
    gc.freeze()
    return classifiers


def networks_ready(protocol: Protocol = DEPLOYED_PROTOCOL) -> bool:
    """Tell whether the networks can answer without a wait; the first call starts loading them."""
    return _networks(protocol).done()


def networks(protocol: Protocol = BENCHMARK_PROTOCOL) -> Mapping[str, Any]:
    """Return the shipped classifiers by name, waiting for them if need be; a failure is retried.

    See `deepmusic.prediction.load_classifiers` for the protocols.
    """
    try:
        return _networks(protocol).result()
    except Exception:
        _networks.clear(protocol)
        raise


_OWN_RUNS = "own_runs"


def use_run(model: str, run_id: str | None) -> None:
    """Ask a visitor's own run instead of the shipped network; None goes back to that."""
    own = dict(own_runs())
    own.pop(model, None)
    st.session_state[_OWN_RUNS] = own | ({model: run_id} if run_id else {})


def own_runs() -> Mapping[str, str]:
    """Return the runs that this visitor chose, by network; those that were deleted are left out."""
    chosen = st.session_state.get(_OWN_RUNS, {})
    there = {run.id for run in list_runs()} if chosen else ()
    return {model: run_id for model, run_id in chosen.items() if run_id in there}


@st.cache_resource(show_spinner=False, max_entries=6)
def _own_classifier(run_id: str) -> Any:
    from deepmusic.prediction import Classifier
    from deepmusic.runs import find_run

    return Classifier(find_run(run_id))


@st.cache_data(show_spinner=False)
def shipped_evaluation(name: str) -> Mapping[str, Any]:
    """Return what a shipped network, or the ensemble, reached on its test part."""
    from deepmusic.runs import Run, assets

    return Run(assets.SHIPPED / name).evaluation


# === Songs ===


# Few, since an hour of samples takes 320 MB; what the pages show of a song is kept for longer.
@st.cache_resource(show_spinner=False, max_entries=4, ttl="10m")
def _analyse(digest: str, name: str, _data: bytes) -> SongAnalysis:
    return SongAnalysis(audio.load_song(_data, name=name))


def analyse(song: SongFile) -> SongAnalysis:
    """Decode a song, once for all pages; raise `AudioError` if it cannot be used."""
    return _analyse(song.digest, song.name, song.data)


def view_song(song: SongFile) -> SongView:
    """Decode a song and draw its log-mel; raise `AudioError` if it cannot be used."""
    return _view_song(song.digest, song.name, song)


@st.cache_data(show_spinner=False, max_entries=16)
def _view_song(digest: str, name: str, _song: SongFile) -> SongView:
    from deepmusic import prediction
    from deepmusic.charts.spectrogram import frequency_ticks, spectrogram_png

    analysis = analyse(_song)
    song = analysis.song
    prediction.check_length(song, [spec.config for spec in models.MODELS.values()])
    mel = FRONT_ENDS["compact"]
    mime_type = encode.browser_mime_type(_song.data)
    return SongView(
        duration=song.duration,
        source=_describe_source(song),
        note=song.note,
        spectrogram=spectrogram_png(analysis.log_mels(mel), mel),
        frequency_ticks=frequency_ticks(mel),
        sound=None if mime_type else encode.encode_flac(song.samples, song.sample_rate),
        mime_type=mime_type or "audio/flac",
    )


def _describe_source(song: audio.Song) -> str:
    channels = {1: "mono", 2: "stereo"}.get(
        song.source_channels, f"{song.source_channels} channels"
    )
    return f"{song.source_sample_rate / 1000:g} kHz {channels}"


def play_file(path: Path) -> tuple[bytes, str]:
    """Return what a browser plays of a file, and its media type: the file itself where it can.

    Raises
    ------
    OSError, AudioError
        If it cannot be read or decoded.
    """
    return _play_file(str(path), path.stat().st_mtime_ns)


@st.cache_data(show_spinner=False, max_entries=32)
def _play_file(path: str, modified: int) -> tuple[bytes, str]:
    data = Path(path).read_bytes()
    if mime_type := encode.browser_mime_type(data):
        return data, mime_type
    song = audio.load_song(data, name=Path(path).name)
    return encode.encode_flac(song.samples, song.sample_rate), "audio/flac"


@st.cache_data(show_spinner=False, max_entries=64)
def _classify_song(
    digest: str, protocol: Protocol, own: tuple[tuple[str, str], ...], _song: SongFile
) -> Mapping[str, Any]:
    from deepmusic import prediction

    analysis = analyse(_song)
    classifiers = _networks_with(protocol, own)
    mel = next(iter(classifiers.values())).config.mel
    return prediction.classify(analysis.song, classifiers, analysis.log_mels(mel))


def _networks_with(protocol: Protocol, own: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the shipped classifiers, a visitor's own runs in the place of some."""
    return dict(networks(protocol)) | {model: _own_classifier(run_id) for model, run_id in own}


def classify_song(song: SongFile) -> Mapping[str, Any]:
    """Return the predictions of every network and of the ensemble for a song, by name."""
    return _classify_song(song.digest, song.protocol, tuple(sorted(own_runs().items())), song)


# === Inside the networks ===

_OUTLINE_SEGMENTS = 1200


@st.cache_data(show_spinner=False, max_entries=16)
def _windows(digest: str, _song: SongFile) -> tuple[Any, list[Any]]:
    from deepmusic.prediction import inspect_layers

    config = models.spec("cnn").config
    analysis = analyse(_song)
    windows = inspect_layers.split_into_windows(analysis.log_mels(config.mel), config)
    return inspect_layers.envelope(analysis.song.samples, _OUTLINE_SEGMENTS), windows


def outline_and_windows(song: SongFile) -> tuple[Any, list[Any]]:
    """Return a song's waveform and windows, as `deepmusic.inspect_layers` gives them."""
    return _windows(song.digest, song)


@st.cache_data(show_spinner=False, max_entries=64)
def _layer_activations(
    digest: str, protocol: Protocol, start: float, own: tuple[tuple[str, str], ...], _song: SongFile
) -> Any:
    from deepmusic.prediction import inspect_layers

    classifiers, analysis = _networks_with(protocol, own), analyse(_song)
    windows = {}
    for model in ("cnn", "crnn"):
        config = classifiers[model].config
        found = inspect_layers.split_into_windows(analysis.log_mels(config.mel), config)
        windows[model] = inspect_layers.find_window(found, start).log_mel
    return inspect_layers.layer_activations(classifiers["cnn"], classifiers["crnn"], windows)


def layer_activations(song: SongFile, start: float) -> Any:
    """Return the layer activations of the window that begins at `start`."""
    own = tuple(sorted(own_runs().items()))
    return _layer_activations(song.digest, song.protocol, start, own, song)


@st.cache_data(show_spinner=False, max_entries=12)
def layer_table(name: str, config_json: str) -> Any:
    """Build a network and return its table of layers; this loads TensorFlow."""
    from deepmusic.models import describe

    return describe.layer_table(models.build(ModelConfig.from_json(config_json)))


# === Clips ===


@st.cache_data(show_spinner=False, max_entries=10)
def demo_song(genre: str) -> bytes:
    """Let the synthetic band of a genre play for 30 s; return it as WAV."""
    from deepmusic.audio import synth

    return encode.encode_wav(synth.play(genre), audio.SAMPLE_RATE)


# === Data sets ===


def dataset_version(data: str) -> str:
    """Return what changes as soon as files of a data set come or go, or its CSV is edited.

    Parameters
    ----------
    data : str
        As in a run's settings.
    """
    variable = {"gtzan": "DEEPMUSIC_GTZAN", "fma": "DEEPMUSIC_FMA"}.get(data)
    root = Path(os.environ.get(variable) or data_folder() / data) if variable else Path(data)
    digest = hashlib.sha256()
    # A folder's time changes with the names in it.
    for path in (root, *(Path(folder) for folder, _, _ in os.walk(root))):
        with suppress(OSError):
            facts = path.stat()
            digest.update(f"{path.absolute()}\0{facts.st_mtime_ns}\0{facts.st_size}\0".encode())
    return digest.hexdigest()


@st.cache_resource(show_spinner=False, max_entries=8, ttl=60)
def _open_dataset(data: str, version: str) -> Dataset:
    return opening.open_dataset(data)


def open_dataset(data: str) -> Dataset:
    """Open a data set as `deepmusic.data.open_dataset` does; in public, only the toy set."""
    if data != "toy" and not current_deployment().plays_dataset:
        raise DatasetError("Recordings and folders of this server are not open to the public.")
    return _open_dataset(data, dataset_version(data))


def find_dataset(data: str) -> Dataset | None:
    """Open a data set; None if it is not at hand or not open to the public."""
    try:
        return opening.open_dataset(data)
    except DatasetError:
        return None


def gtzan() -> Gtzan | None:
    """Open GTZAN where its audio is at hand and open to who asks."""
    dataset = find_dataset("gtzan")
    return dataset if dataset and dataset.audio_tracks else None


@st.cache_data(show_spinner=False)
def gtzan_part(track: str) -> str:
    """Tell what a GTZAN track was to the shipped networks: train, valid, test or unused."""
    from deepmusic.runs import shipped_run

    recipe = shipped_run(next(iter(models.MODELS))).config.train
    return Gtzan.facts_only().split(recipe.split, recipe.fold).part_of(track)
