"""Everything the app keeps between reruns, in one place, keyed by names and digests.

Streamlit hashes large arrays by sampling, so that a changed song could pass for the old one. Keys
are therefore the SHA-256 of a file's bytes; the bytes themselves are passed as ``_data``.
"""

import gc
import hashlib
import os
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from deepmusic import audio, datasets, models, public
from deepmusic.datasets import Dataset, Gtzan
from deepmusic.errors import DatasetError
from deepmusic.files import data_folder
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL, Protocol
from deepmusic.runs import list_runs


@dataclass(frozen=True)
class SongFile:
    """A song that a visitor chose.

    Attributes
    ----------
    name : str
        For people to read.
    data : bytes
        Content of the file.
    remark : str
        What to say beside it, such as that it is synthetic.
    of_gtzan : bool
        Whether it was chosen as a clip of GTZAN. It is then put to the networks of the tables,
        which never heard the test clips, and any other song to those that know all of GTZAN.
    """

    name: str
    data: bytes
    remark: str = ""
    of_gtzan: bool = False

    @property
    def protocol(self) -> Protocol:
        """By which protocol the networks learnt that are asked about it."""
        return BENCHMARK_PROTOCOL if self.of_gtzan else DEPLOYED_PROTOCOL

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class SongView:
    """What the page shows of a song before any network has heard it. Holds no samples.

    Attributes
    ----------
    duration : float
        In s.
    source : str
        Sample rate and channels, in words.
    note : str
        What is wrong with the file, if it could be used all the same.
    spectrogram : bytes
        PNG.
    frequency_ticks : list of (str, float)
        Labels and heights from 0 to 1.
    sound, mime_type : bytes or None, str
        What the browser plays instead of the file where it cannot play that; else None.
    """

    duration: float
    source: str
    note: str
    spectrogram: bytes
    frequency_ticks: list[tuple[str, float]]
    sound: bytes | None
    mime_type: str


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
    time.sleep(_HEAD_START)
    from deepmusic import prediction, synth

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
    loading = {name: _networks(name) for name in (DEPLOYED_PROTOCOL, BENCHMARK_PROTOCOL)}
    return loading[protocol].done()


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
    from deepmusic.runs import SHIPPED, Run

    return Run(SHIPPED / name).evaluation


# === Songs ===


@st.cache_data(show_spinner=False, max_entries=16)
def view_song(digest: str, _data: bytes, _name: str) -> SongView:
    """Decode and picture a song; raise `AudioError` if it cannot be used."""
    from deepmusic import prediction
    from deepmusic.charts.spectrogram import frequency_ticks, spectrogram_png
    from deepmusic.config import FRONT_ENDS

    song = audio.load_song(_data, name=_name)
    prediction.check_length(song, [spec.config for spec in models.MODELS.values()])
    mel = FRONT_ENDS["compact"]
    mime_type = audio.browser_mime_type(_data)
    return SongView(
        duration=song.duration,
        source=_describe_source(song),
        note=song.note,
        spectrogram=spectrogram_png(prediction.picture_song(song, mel), mel),
        frequency_ticks=frequency_ticks(mel),
        sound=None if mime_type else audio.encode_flac(song.samples, song.sample_rate),
        mime_type=mime_type or "audio/flac",
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _classify_song(
    digest: str, protocol: Protocol, own: tuple[tuple[str, str], ...], _data: bytes, _name: str
) -> Mapping[str, Any]:
    from deepmusic import prediction

    return prediction.classify(audio.load_song(_data, name=_name), _networks_with(protocol, own))


def _networks_with(protocol: Protocol, own: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the shipped classifiers, a visitor's own runs in the place of some."""
    return dict(networks(protocol)) | {model: _own_classifier(run_id) for model, run_id in own}


def classify_song(song: SongFile) -> Mapping[str, Any]:
    """Return what every network and the ensemble hear in a song, by name."""
    own = tuple(sorted(own_runs().items()))
    return _classify_song(song.digest, song.protocol, own, song.data, song.name)


@st.cache_data(show_spinner=False, max_entries=10)
def demo_song(genre: str) -> bytes:
    """Let the synthetic band of a genre play for 30 s; return it as WAV."""
    from deepmusic import synth

    return audio.encode_wav(synth.play(genre), audio.SAMPLE_RATE)


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
    return datasets.open_dataset(data)


def open_dataset(data: str) -> Dataset:
    """Open a data set as `deepmusic.datasets.open_dataset` does; in public, only the toy set."""
    if public.is_public() and data != "toy":
        raise DatasetError("Recordings and folders of this server are not open to the public.")
    return _open_dataset(data, dataset_version(data))


def find_dataset(data: str) -> Dataset | None:
    """Open a data set; None if it is not at hand or not open to the public."""
    try:
        return open_dataset(data)
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


def _describe_source(song: audio.Song) -> str:
    channels = {1: "mono", 2: "stereo"}.get(
        song.source_channels, f"{song.source_channels} channels"
    )
    return f"{song.source_sample_rate / 1000:g} kHz {channels}"


# === The lesson ===


@dataclass(frozen=True)
class Look:
    """What the lesson shows of one window from inside two networks.

    Attributes
    ----------
    maps : list of (str, bytes)
        For each filter of the CNN's first convolution, what it is after and what it saw (PNG);
        filters after the same side by side.
    n_silent : int
        Filters that saw nothing.
    states, guesses : np.ndarray
        As in `deepmusic.lesson.Memory`, of the CRNN.
    """

    maps: list[tuple[str, bytes]]
    n_silent: int
    states: Any
    guesses: Any


@st.cache_data(show_spinner=False, max_entries=16)
def lesson_sound(digest: str, _data: bytes, _name: str) -> tuple[Any, list[Any]]:
    """Return a clip's outline, as `deepmusic.lesson.envelope` does, and its windows."""
    from deepmusic import lesson, prediction

    config = models.spec("cnn").config
    song = audio.load_song(_data, name=_name)
    windows = lesson.cut_windows(prediction.picture_song(song, config.mel), config)
    return lesson.envelope(song.samples, _OUTLINE_COLUMNS), windows


_OUTLINE_COLUMNS = 1200


@st.cache_data(show_spinner=False, max_entries=64)
def _look_inside(
    digest: str,
    protocol: Protocol,
    start: float,
    own: tuple[tuple[str, str], ...],
    _data: bytes,
    _name: str,
) -> Look:
    from deepmusic import lesson, prediction
    from deepmusic.charts.spectrogram import activation_png

    chosen = _networks_with(protocol, own)
    song = audio.load_song(_data, name=_name)

    def window_of(model: str) -> Any:
        config = chosen[model].config
        windows = lesson.cut_windows(prediction.picture_song(song, config.mel), config)
        return lesson.find_window(windows, start).picture

    cnn = chosen["cnn"].network
    seen = lesson.activations(cnn, window_of("cnn"), lesson.FIRST_CONVOLUTION)
    kinds = lesson.filter_kinds(lesson.kernel(cnn, lesson.FIRST_CONVOLUTION))
    order = sorted(range(len(kinds)), key=lambda index: lesson.KINDS.index(kinds[index]))
    memory = lesson.remember(chosen["crnn"].network, window_of("crnn"))
    return Look(
        maps=[(kinds[index], activation_png(seen[..., index])) for index in order],
        n_silent=int((seen.max(axis=(0, 1)) <= 0).sum()),
        states=memory.states,
        guesses=memory.guesses,
    )


def look_inside(song: SongFile, start: float) -> Look:
    """Return what the CNN sees and the CRNN remembers of the window that begins at `start`."""
    own = tuple(sorted(own_runs().items()))
    return _look_inside(song.digest, song.protocol, start, own, song.data, song.name)
