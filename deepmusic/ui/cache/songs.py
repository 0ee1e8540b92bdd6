"""Cached songs: their samples, log-mels, predictions and layer activations."""

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from deepmusic import audio, models
from deepmusic.audio import encode
from deepmusic.charts.evidence import evidence_png
from deepmusic.config import FRONT_ENDS
from deepmusic.errors import ModelError
from deepmusic.library import tags
from deepmusic.ui.cache import models as cached_models
from deepmusic.ui.cache.decoded import DecodedSongs
from deepmusic.ui.song import DecodedSong, EvidenceView, SongFile, SongView

#: How Streamlit tells songs apart. Errors repeat the name; the protocol follows from the last.
SONG_KEYS: dict[str | type, Callable[[Any], Any]] = {
    SongFile: lambda song: (song.digest, song.name, song.of_gtzan)
}

_WAVEFORM_SEGMENTS = 1200


# 30 s with their log-mels take 3.4 MB; what the pages show of a song is kept for longer.
@st.cache_resource(show_spinner=False)
def decoded_songs() -> DecodedSongs:
    """Return the songs that were decoded last; `decode_song` fills them."""
    return DecodedSongs(most_bytes=40 * 2**20, seconds=120)


def decode_song(song: SongFile) -> DecodedSong:
    """Decode a song, once for all pages; raise `AudioError` if it cannot be used."""
    key = SONG_KEYS[SongFile](song)
    return decoded_songs().get(key, lambda: DecodedSong(audio.load_song(song.data, name=song.name)))


@st.cache_data(show_spinner=False, max_entries=16, hash_funcs=SONG_KEYS)
def view_song(song: SongFile) -> SongView:
    """Decode a song and draw its log-mel; raise `AudioError` if it cannot be used."""
    from deepmusic import prediction
    from deepmusic.charts.spectrogram import frequency_ticks, spectrogram_png

    decoded = decode_song(song)
    prediction.check_length(decoded.song, [spec.config for spec in models.MODELS.values()])
    mel = FRONT_ENDS["compact"]
    # A browser may play another part of a faulty file than was read: let it play the samples.
    mime_type = None if decoded.song.notes else encode.browser_mime_type(song.data)
    samples, sample_rate = decoded.song.samples, decoded.song.sample_rate
    return SongView(
        duration=decoded.song.duration,
        source=_describe_source(decoded.song),
        notes=decoded.song.notes,
        spectrogram=spectrogram_png(decoded.log_mels(mel), mel),
        frequency_ticks=frequency_ticks(mel),
        sound=None if mime_type else encode.encode_flac(samples, sample_rate),
        mime_type=mime_type or "audio/flac",
    )


def _describe_source(song: audio.Song) -> str:
    n_channels = song.source_channels
    channels = {1: "mono", 2: "stereo"}.get(n_channels, f"{n_channels} channels")
    return f"{song.source_sample_rate / 1000:g} kHz {channels}"


def play_file(path: Path) -> tuple[bytes, str]:
    """Return the bytes of a file that a browser plays, and their media type; FLAC where needed.

    Raises
    ------
    OSError, AudioError
        If it cannot be read or decoded.
    """
    return _play_file(os.fsencode(path), path.stat().st_mtime_ns)


@st.cache_data(show_spinner=False, max_entries=32)
def _play_file(name: bytes, modified: int) -> tuple[bytes, str]:
    path = Path(os.fsdecode(name))
    data = path.read_bytes()
    if mime_type := encode.browser_mime_type(data):
        return data, mime_type
    song = audio.load_song(data, name=path.name)
    return encode.encode_flac(song.samples, song.sample_rate), "audio/flac"


@st.cache_data(show_spinner=False, max_entries=200, hash_funcs=SONG_KEYS)
def tagged_name(song: SongFile) -> str:
    """Return artist and title as a song's tags say, or what its file is called."""
    found = tags.read(io.BytesIO(song.data))
    return " - ".join(filter(None, (found.artist, found.title))) or Path(song.name).stem


def classify_song(song: SongFile) -> Mapping[str, Any]:
    """Return the predictions of every network and of the ensemble for a song, by name."""
    return _classify_song(song, cached_models.own_runs())


def classify_by_all(song: SongFile) -> tuple[Mapping[str, Any], list[str]]:
    """Return what `classify_song` does, the pretrained network's answer first, and its tags.

    Clips of GTZAN are left to the networks that held them back: the pretrained network's head
    learnt all of them, if it is the shipped one. Where that cannot be used, the others answer.
    """
    predictions = classify_song(song)
    if not cached_models.asks_pretrained(song.protocol):
        return predictions, []
    try:
        answer, tags = _describe(song, cached_models.own_pretrained())
    except ModelError:
        return predictions, []
    return {models.PRETRAINED: answer} | dict(predictions), tags


def answer_song(song: SongFile, predictions: Mapping[str, Any], featured: str) -> Any:
    """Return the `deepmusic.prediction.Answer` of one of a song's predictions."""
    from deepmusic import prediction

    protocol = None if cached_models.is_own(featured) else song.protocol
    return prediction.answer(predictions[featured], _measure_content(song), protocol)


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=SONG_KEYS)
def _measure_content(song: SongFile) -> Any:
    from deepmusic import prediction

    return prediction.measure_content(decode_song(song).song)


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=SONG_KEYS)
def _describe(song: SongFile, own: str | None) -> tuple[Any, list[str]]:
    return cached_models.pretrained(own).describe(decode_song(song).song)


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=SONG_KEYS)
def _classify_song(song: SongFile, own: dict[str, str]) -> Mapping[str, Any]:
    from deepmusic import prediction

    decoded = decode_song(song)
    classifiers = cached_models.networks_with(song.protocol, own)
    mel = next(iter(classifiers.values())).config.mel
    return prediction.classify(decoded.song, classifiers, decoded.log_mels(mel))


@st.cache_data(show_spinner=False, max_entries=16, hash_funcs=SONG_KEYS)
def classify_by_fma(song: SongFile) -> tuple[Any, str]:
    """Return the prediction of the network of FMA's genres, and what it knows, in words."""
    classifier = cached_models.fma_network()
    # Of the file itself: the network reads frequencies that other networks' songs do not have.
    rate = classifier.config.mel.sample_rate
    decoded = audio.load_song(song.data, name=song.name, sample_rate=rate)
    return classifier.predict(decoded), classifier.note


def explain_song(
    song: SongFile, network: str, genre: str, against: str | None, keep: float, clip: int
) -> EvidenceView:
    """Return the evidence for a genre in a clip of a song; raise `AudioError` if there is none."""
    own = cached_models.own_runs()
    evidence = _explain(song, network, genre, against, clip, own)
    decoded = decode_song(song).song
    kept, rest = (evidence.resynthesise(decoded, keep=keep, rest=one) for one in (False, True))
    return EvidenceView(
        sentence=evidence.sentence(),
        overlay=evidence_png(evidence, FRONT_ENDS["compact"]),
        start=evidence.start,
        end=evidence.end,
        kept=encode.encode_flac(kept, decoded.sample_rate),
        rest=encode.encode_flac(rest, decoded.sample_rate),
    )


def explain_passage(
    song: SongFile, network: str, genre: str, against: str, passage: tuple[float, float]
) -> tuple[str, bytes]:
    """Return the evidence for a genre in a passage of a song, in words and as PNG; as above."""
    from deepmusic.charts.evidence import passage_png

    mel = FRONT_ENDS["compact"]
    clips = decode_song(song).log_mels(mel)
    starts = np.array([clip.start for clip in clips])
    number = max(0, int(np.searchsorted(starts, sum(passage) / 2, side="right")) - 1)
    found = _explain(song, network, genre, against, number, cached_models.own_runs())
    inside = (max(passage[0], found.start), min(passage[1], found.end))
    part = found.between(*inside)
    return part.sentence(), passage_png(clips[number], found, mel, inside)


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=SONG_KEYS)
def _explain(
    song: SongFile, network: str, genre: str, against: str | None, clip: int, own: dict[str, str]
) -> Any:
    from dataclasses import replace

    from deepmusic.explain import explain

    decoded = decode_song(song).song
    if network == models.PRETRAINED:
        return explain(
            decoded,
            cached_models.pretrained(own.get(models.PRETRAINED)),
            genre,
            against,
            clip=clip,
        )
    classifiers = cached_models.networks_with(song.protocol, own)
    names = list(models.MODELS) if network == models.ENSEMBLE else [network]
    found = [explain(decoded, classifiers[name], genre, against, clip=clip) for name in names]
    # The ensemble is the mean of its members, and so is its evidence.
    mean = np.mean([one.map for one in found], axis=0)
    return replace(found[0], map=mean, model=network)


@st.cache_data(show_spinner=False, max_entries=16, hash_funcs=SONG_KEYS)
def outline_and_windows(song: SongFile) -> tuple[Any, list[Any]]:
    """Return a song's waveform and windows, as `deepmusic.prediction.inspect_layers` gives them."""
    from deepmusic.prediction import inspect_layers

    config = models.spec("cnn").config
    decoded = decode_song(song)
    windows = inspect_layers.list_windows(decoded.log_mels(config.mel), config)
    return inspect_layers.envelope(decoded.song.samples, _WAVEFORM_SEGMENTS), windows


def layer_activations(song: SongFile, start: float) -> Any:
    """Return the layer activations of the window that begins at `start`, in s."""
    return _layer_activations(song, start, cached_models.own_runs())


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=SONG_KEYS)
def _layer_activations(song: SongFile, start: float, own: dict[str, str]) -> Any:
    from deepmusic.prediction import inspect_layers

    classifiers = cached_models.networks_with(song.protocol, own)
    windows = {model: window_of(song, classifiers[model], start) for model in ("cnn", "crnn")}
    return inspect_layers.layer_activations(classifiers["cnn"], classifiers["crnn"], windows)


def branch_states(song: SongFile, start: float) -> Any:
    """Return what the CNN-GRU's branches compute from the window that begins at `start`, in s."""
    return _branch_states(song, start, cached_models.own_runs())


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=SONG_KEYS)
def _branch_states(song: SongFile, start: float, own: dict[str, str]) -> Any:
    from deepmusic.prediction import inspect_layers

    classifier = cached_models.networks_with(song.protocol, own)["cnn_gru"]
    return inspect_layers.branch_states(classifier, window_of(song, classifier, start))


def window_of(song: SongFile, classifier: Any, start: float) -> np.ndarray:
    """Return the window that begins nearest to `start`, as a network reads it."""
    from deepmusic.prediction import inspect_layers

    config = classifier.config
    windows = inspect_layers.list_windows(decode_song(song).log_mels(config.mel), config)
    return inspect_layers.find_window(windows, start).log_mel
