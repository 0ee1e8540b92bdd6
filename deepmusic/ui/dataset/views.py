"""The map of all clips, the sound of the genres, and what the front end does to a clip."""

import streamlit as st

from deepmusic import audio
from deepmusic.audio import encode, features
from deepmusic.charts.dataset import dynamics_chart, labels, map_chart, spectrum_chart
from deepmusic.charts.spectrogram import resize_png, spectrogram_png
from deepmusic.config import MelConfig
from deepmusic.data import explore
from deepmusic.errors import DeepMusicError
from deepmusic.ui import markdown
from deepmusic.ui.dataset import clip
from deepmusic.ui.dataset.selected import (
    COMPACT,
    DEMO,
    GTZAN,
    SelectedDataset,
    clip_map,
    clip_sound,
    genre_sounds,
    log_mels_are_ready,
)

_SECONDS = 6.0

#: Size of a spectrogram on the page, in pixels: two of them fit on a projector.
_SHOWN = (900, 190)

_NOTHING = {"displayModeBar": False}


def show_map(selected: SelectedDataset, split: str) -> None:
    """Show all clips on a plane; a click brings one up."""
    if not _may_compute(selected, "The map"):
        return
    try:
        with st.spinner("The networks listen to every clip ...", show_time=True):
            placed = clip_map(selected)
    except DeepMusicError as error:
        st.error(markdown.message(error))
        return
    tracks = {t: selected.dataset.tracks[t] for t in placed.index if t in selected.dataset.tracks}
    table = placed.loc[list(tracks)].assign(
        genre=[facts.genre for facts in tracks.values()],
        label=list(labels(tracks).values()),
    )
    chosen = st.session_state.get("dataset_clip")
    left, right = st.columns([5, 3], gap="medium")
    with left:
        st.plotly_chart(
            map_chart(table, selected.dataset.genres, chosen),
            key=f"map_{selected.key}_{chosen}",
            on_select=lambda: _choose_clicked(f"map_{selected.key}_{chosen}"),
            selection_mode="points",
            config=_NOTHING,
            alt="All clips on a plane, near each other if the networks find them alike",
        )
    with right:
        st.markdown(
            "**Each dot is a clip; neighbours sound alike to the networks.** Where colours mix, "
            "genres are hard to tell apart, or labels are wrong. Hover for artist and title; click "
            "to hear."
        )
        if chosen in selected.dataset.tracks:
            clip.show(selected, chosen, split, "map")
    st.caption(
        "From the layer before the verdict (*embedding*) of the three networks, laid flat by "
        "t-SNE. Only who is next to whom means something; sizes of groups and distances between "
        "them do not. The networks were trained on 600 of GTZAN's clips, which lie in tidier "
        "groups for that."
    )


def _choose_clicked(key: str) -> None:
    points = st.session_state[key].selection.points
    if points and points[0].get("customdata"):
        found = points[0]["customdata"]
        st.session_state["dataset_clip"] = found if isinstance(found, str) else found[0]


def show_sounds(selected: SelectedDataset, split: str) -> None:
    """Show the average spectrum and the dynamics of the genres."""
    if not _may_compute(selected, "The comparison"):
        return
    try:
        with st.spinner("Listening ...", show_time=True):
            spectra, spread = genre_sounds(selected)
            frequencies = explore.band_frequencies(COMPACT)
    except DeepMusicError as error:
        st.error(markdown.message(error))
        return
    genres = [genre for genre in selected.dataset.genres if genre in spectra.index]
    usual = [genre for genre in ("classical", "metal", "hiphop") if genre in genres] or genres[:3]
    strong = st.pills(
        "Genres to compare",
        genres,
        default=usual,
        selection_mode="multi",
        key=f"dataset_strong_{selected.data}",
        persist_state="session",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Average spectrum:** where a genre has its sound")
        st.plotly_chart(
            spectrum_chart(spectra, frequencies, strong, genres),
            config=_NOTHING,
            alt="Mean level by frequency of each genre",
        )
    with right:
        st.markdown("**Dynamics:** how far loud and soft lie apart")
        tracks = selected.dataset.tracks
        spread = spread[[track in tracks for track in spread.index]]
        st.plotly_chart(
            dynamics_chart(
                spread.assign(genre=[tracks[track].genre for track in spread.index]), strong, genres
            ),
            config=_NOTHING,
            alt="Spread of loudness within the clips of each genre",
        )
    st.caption(
        "Left: the mean over all clips and all time, each clip below its own loudest point. "
        "Right: one value a clip, between its softest and loudest twentieth; the box holds the "
        "middle half of the clips. A network sees this, and how it changes from moment to moment."
    )


def _may_compute(selected: SelectedDataset, what: str) -> bool:
    """Tell whether there is something to compute from, and say how to speed it up if it is much."""
    if selected.data == GTZAN:
        return True
    if not selected.at_hand:
        st.info("This data set is not at hand. *Get it* says how.")
        return False
    if log_mels_are_ready(selected):
        return True
    st.info(
        f"{what} needs the log-mels of all {selected.n_audible:,} clips. Compute them once, in a "
        "terminal; this page then has them at hand."
    )
    st.code(f"deepmusic data prepare --data {selected.data}", language="bash")
    return False


# === The front end ===


def show_front_end(selected: SelectedDataset, split: str) -> None:
    """Let a visitor change n_fft, hop and mels on a clip that can be heard."""
    heard, name = _some_sound(selected)
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.markdown("**From sound to picture**")
        n_fft = st.select_slider(
            "n_fft: samples heard at once",
            [256, 512, 1024, 2048, 4096, 8192],
            value=2048,
            help="Longer tells tones apart, shorter tells when a drum was hit. Never both.",
            key="dataset_n_fft",
            persist_state="session",
        )
        hop = st.select_slider(
            "hop: samples from column to column",
            [64, 128, 256, 512, 1024, 2048],
            value=512,
            help="Smaller gives more columns, and more work for a network.",
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
        st.markdown(describe_front_end(mel))
        if empty := features.empty_bands(mel):
            st.warning(
                f"{empty} of the {n_mels} bands stay empty (the dark stripes): n_fft is too short "
                "for bands this narrow. Raise n_fft, or take fewer mels."
            )
    with right:
        for title, settings in (("Your settings", mel), ("The paper's", MelConfig())):
            n_columns = round(_SECONDS * settings.sample_rate / settings.hop_length)
            st.markdown(
                f"**{title}**: {settings.n_fft}, {settings.hop_length}, {settings.n_mels} · "
                f"{settings.n_mels} x {n_columns:,} = {settings.n_mels * n_columns:,} numbers for "
                f"{_SECONDS:.0f} s"
            )
            st.image(
                _front_end_png(name, settings.to_json(), heard),
                width="stretch",
                alt=f"Mel-spectrogram of {name} by {settings.n_fft}, {settings.hop_length}, "
                f"{settings.n_mels}",
            )
        st.audio(heard, format="audio/wav", alt=f"The first {_SECONDS:.0f} s of {name}")
        st.caption(
            f"The first {_SECONDS:.0f} s of {name}, at 22,050 Hz; pitch to 11 kHz. Look at the "
            "drums (upright lines) and the tones (level lines): a long n_fft smears the first, a "
            "short one the second."
        )


def _some_sound(selected: SelectedDataset) -> tuple[bytes, str]:
    """Return the first seconds of the chosen clip, or of one that can be heard; and its name."""
    chosen = st.session_state.get("dataset_clip")
    tracks = [t for t in (chosen, *_loudest_examples(selected)) if t in selected.dataset.tracks]
    for track in tracks:
        found = clip_sound(selected, track) if selected.at_hand else None
        if found:
            try:
                return _first_seconds(found[0], track), track
            except DeepMusicError:
                continue
    from deepmusic.ui import cache

    return _first_seconds(cache.demo_song("rock"), "demo"), "the synthetic rock band"


def _loudest_examples(selected: SelectedDataset) -> list[str]:
    """Return a few clips with drums and tones, where there are such."""
    if selected.data == DEMO:
        return ["rock.toy00"]
    wanted = [t for t in selected.dataset.tracks if selected.dataset.audio_path(t)]
    rock = [t for t in wanted if selected.dataset.tracks[t].genre.lower() == "rock"]
    return (rock or wanted)[:3]


@st.cache_data(show_spinner=False, max_entries=16)
def _first_seconds(data: bytes, name: str) -> bytes:
    song = audio.load_song(data, name=name)
    return encode.encode_wav(song.samples[: int(_SECONDS * song.sample_rate)], song.sample_rate)


@st.cache_data(show_spinner=False, max_entries=64)
def _front_end_png(name: str, settings: str, data: bytes) -> bytes:
    import warnings

    mel = MelConfig.from_json(settings)
    song = audio.load_song(data, name=name)
    with warnings.catch_warnings():
        # The page says in its own words that bands stay empty.
        warnings.simplefilter("ignore")
        (log_mel, *_) = features.clip_log_mels(song.samples, mel, is_silent=audio.is_silent)
    return resize_png(spectrogram_png([log_mel], mel), *_SHOWN)


def describe_front_end(mel: MelConfig) -> str:
    """Return what the settings of a spectrogram let one see, in a student's words."""
    window = 1000 * mel.n_fft / mel.sample_rate
    step = 1000 * mel.hop_length / mel.sample_rate
    pitch = mel.sample_rate / mel.n_fft
    return (
        f"Each frame covers **{window:.0f} ms** at once, and so tells tones apart that lie "
        f"**{pitch:.0f} Hz** or more from each other. A new frame starts every **{step:.1f} ms**: "
        f"{1000 / step:.0f} a second. Its {mel.n_fft // 2 + 1} frequencies are summed up in "
        f"**{mel.n_mels} mel bands**, which are as narrow as the ear is fine: close together for "
        "low tones, far apart for high ones."
    )
