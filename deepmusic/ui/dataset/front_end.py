"""The front end: how n_fft, hop and mels change the log-mel of a clip."""

import streamlit as st

from deepmusic.audio import encode, features
from deepmusic.charts.spectrogram import resize_png, spectrogram_png
from deepmusic.config import MelConfig
from deepmusic.errors import DeepMusicError
from deepmusic.ui import cache, demos
from deepmusic.ui.cache.exploration import SelectedDataset
from deepmusic.ui.dataset import clip
from deepmusic.ui.dataset.selected import DEMO
from deepmusic.ui.song import SongFile

_SECONDS = 6

#: Size of a log-mel on the page, in pixels: two of them fit on a projector.
_SIZE = (900, 190)


def show(selected: SelectedDataset, split: str) -> None:
    """Show the log-mel of a clip by a visitor's settings, and by the paper's."""
    excerpt = _choose_excerpt(selected)
    left, right = st.columns([2, 5], gap="large")
    with left:
        mel = _choose_settings()
    with right:
        for title, settings in (("Your settings", mel), ("The paper's", MelConfig())):
            sizes = f"{settings.n_fft}, {settings.hop_length}, {settings.n_mels}"
            n_frames = round(_SECONDS * settings.sample_rate / settings.hop_length)
            st.markdown(
                f"**{title}**: {sizes} · {settings.n_mels} bands x {n_frames:,} frames = "
                f"{settings.n_mels * n_frames:,} numbers for {_SECONDS} s"
            )
            log_mels = cache.decode_song(excerpt).log_mels(settings)
            st.image(
                resize_png(spectrogram_png(log_mels, settings), *_SIZE),
                width="stretch",
                alt=f"Mel-spectrogram of {excerpt.name} by {sizes}",
            )
        st.audio(excerpt.data, format="audio/wav", alt=f"{_SECONDS} s of {excerpt.name}")
        st.caption(
            f"The first {_SECONDS} s of {excerpt.name}, at 22,050 Hz; frequencies to 11 kHz. Look "
            "at drums (upright lines) and tones (level lines): a long n_fft blurs the former, a "
            "short one the latter."
        )


def _choose_settings() -> MelConfig:
    n_fft = st.select_slider(
        "n_fft: samples per frame",
        [256, 512, 1024, 2048, 4096, 8192],
        value=2048,
        help="Longer tells tones apart, shorter tells when a drum was hit. Never both.",
        key="dataset_n_fft",
        persist_state="session",
    )
    hop = st.select_slider(
        "hop: samples from frame to frame",
        [64, 128, 256, 512, 1024, 2048],
        value=512,
        help="Shorter gives more frames, and more work for a network.",
        key="dataset_hop",
        persist_state="session",
    )
    n_mels = st.select_slider(
        "mels: bands from low to high",
        [16, 32, 64, 128, 256],
        value=128,
        help="Fewer blur neighbouring tones; more than n_fft can tell apart stay empty.",
        key="dataset_mels",
        persist_state="session",
    )
    mel = MelConfig(n_fft=n_fft, hop_length=hop, n_mels=n_mels)
    st.markdown(_describe(mel))
    if empty := features.empty_bands(mel):
        st.warning(
            f"{empty} of the {n_mels} bands stay empty (the dark stripes): n_fft is too short for "
            "bands this narrow. Raise n_fft, or take fewer mels."
        )
    return mel


def _describe(mel: MelConfig) -> str:
    step = mel.hop_length / mel.sample_rate
    return (
        f"Each frame covers **{1000 * mel.n_fft / mel.sample_rate:.0f} ms**, and so tells tones "
        f"apart that are **{mel.sample_rate / mel.n_fft:.0f} Hz** or more from each other. A new "
        f"frame starts every **{1000 * step:.1f} ms**: {1 / step:.0f} per second. Its "
        f"{mel.n_fft // 2 + 1} frequencies are summed up in **{mel.n_mels} mel bands**, as narrow "
        "as the ear is fine: close together for low tones, far apart for high ones."
    )


def _choose_excerpt(selected: SelectedDataset) -> SongFile:
    """Return the first seconds of the chosen clip, or else of one with drums."""
    tracks = selected.dataset.tracks
    if selected.data == DEMO:
        examples = ["rock.toy00"]
    else:
        audible = [track for track in tracks if selected.dataset.audio_path(track)]
        examples = sorted(audible, key=lambda track: tracks[track].genre.lower() != "rock")[:3]
    for track in (clip.chosen(selected), *examples):
        if track and selected.available and (sound := clip.load_sound(selected, track)):
            try:
                return _cut(SongFile(track, sound[0]))
            except DeepMusicError:
                continue
    return _cut(SongFile("the demo rock", demos.read("rock")))


def _cut(song: SongFile) -> SongFile:
    decoded = cache.decode_song(song).song
    samples = decoded.samples[: _SECONDS * decoded.sample_rate]
    return SongFile(song.name, encode.encode_wav(samples, decoded.sample_rate))
