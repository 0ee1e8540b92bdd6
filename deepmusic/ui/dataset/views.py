"""Map of all clips, and spectra and dynamics of the genres."""

from collections.abc import Sequence

import streamlit as st

from deepmusic.charts.dataset import (
    PathPoint,
    dynamics_chart,
    labels,
    map_chart,
    spectrum_chart,
)
from deepmusic.data import explore
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_clock, format_genre, format_percent
from deepmusic.library.placing import PlacedSong
from deepmusic.ui import cache, markdown, song_bar
from deepmusic.ui.cache import exploration
from deepmusic.ui.cache.exploration import SelectedDataset
from deepmusic.ui.dataset import clip
from deepmusic.ui.dataset.selected import GTZAN

_NO_BUTTONS = {"displayModeBar": False}
_MAP_HELP = (
    "Where colours mix, genres are hard to tell apart, or labels are wrong. Drawn are embeddings "
    "(the layer before the softmax) of shipped networks, on a plane by t-SNE: sizes of groups "
    "and distances between them mean nothing. The networks were trained on 600 of GTZAN's clips, "
    "or on 2,180 of FMA's, which lie in tidier groups for that."
)
#: Nearest clips that are named beside the map.
_MOST_NEAR = 3


def show_map(selected: SelectedDataset, split: str) -> None:
    """Show all clips on a plane; a click chooses one."""
    if not _may_compute(selected, "The map"):
        return
    try:
        with st.spinner("Computing embeddings of every clip ...", show_time=True):
            placed = exploration.clip_map(selected)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    tracks = {t: selected.dataset.tracks[t] for t in placed.index if t in selected.dataset.tracks}
    table = placed.loc[list(tracks)].assign(
        genre=[facts.genre for facts in tracks.values()],
        label=list(labels(tracks).values()),
    )
    # One is shown from the start, so that the place beside the map is not empty.
    placed_song = _place_song(selected)
    near = [track for track, _ in placed_song.nearest if track in tracks] if placed_song else []
    chosen = clip.chosen(selected) or (near or [_example(selected, list(tracks))])[0]
    key = f"map_{selected.data}_{selected.version}_{chosen}"
    left, right = st.columns([5, 3], gap="medium")
    left.plotly_chart(
        map_chart(table, selected.dataset.genres, chosen, _path(placed_song)),
        key=key,
        on_select=lambda: _choose_clicked(key),
        selection_mode="points",
        config=_NO_BUTTONS,
        alt="All clips on a plane, near each other where the networks find them alike",
    )
    with right:
        if placed_song:
            _show_nearest(selected, placed_song, near)
        else:
            do = "play" if selected.n_audible else "see"
            st.markdown(
                f"**Each dot is a clip; neighbours sound alike.** Click one to {do} it.",
                help=_MAP_HELP,
            )
        clip.show(selected, split, chosen)


def _place_song(selected: SelectedDataset) -> PlacedSong | None:
    """Return the place of the song at hand on GTZAN's map; None, with an error shown, of others."""
    song = song_bar.at_hand()
    if song is None or selected.data != GTZAN:
        return None
    try:
        with st.spinner("Placing your song ...", show_time=True):
            return cache.place_on_map(song)
    except DeepMusicError as error:
        markdown.show_error(error)
        return None


def _path(song: PlacedSong | None) -> list[PathPoint]:
    if song is None:
        return []
    parts = [
        PathPoint(one.x, one.y, f"your song, {format_clock(one.start)} to {format_clock(one.end)}")
        for one in song.path
    ]
    return [PathPoint(song.whole.x, song.whole.y, "your song"), *parts]


def _show_nearest(selected: SelectedDataset, song: PlacedSong, near: Sequence[str]) -> None:
    """Show the clips nearest to the song at hand, as buttons that choose one."""
    cosines = dict(song.nearest)
    st.markdown(
        "**The star is your song.** Nearest clips:",
        help="By the cosine of the networks' embeddings. The line goes through the song, from "
        "small dots to large ones. Each dot is a clip; click one to play it.",
    )
    place = st.container(gap=None)
    for track in near[:_MOST_NEAR]:
        facts = selected.dataset.tracks[track]
        who = " - ".join(filter(None, (facts.artist, facts.title))) or track
        place.button(
            f"{format_genre(facts.genre)}: {markdown.plain(who)} "
            f"({format_percent(cosines[track])})",
            key=f"near_{track}",
            type="tertiary",
            on_click=clip.choose,
            args=(track,),
        )


def _example(selected: SelectedDataset, tracks: list[str]) -> str:
    """Return the first clip that can be played."""
    audible = (track for track in tracks if selected.dataset.audio_path(track))
    return next(audible, tracks[0])


def _choose_clicked(key: str) -> None:
    points = st.session_state[key].selection.points
    if points and points[0].get("customdata"):
        found = points[0]["customdata"]
        clip.choose(found if isinstance(found, str) else found[0])


def show_sounds(selected: SelectedDataset, split: str) -> None:
    """Show the average spectrum and the dynamics of the genres."""
    if not _may_compute(selected, "The comparison"):
        return
    try:
        with st.spinner("Computing log-mels ...", show_time=True):
            spectra, dynamics = exploration.genre_sounds(selected)
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    genres = [genre for genre in selected.dataset.genres if genre in spectra.index]
    usual = [genre for genre in ("classical", "metal", "hiphop") if genre in genres] or genres[:3]
    strong = st.pills(
        "Genres to compare",
        genres,
        default=usual,
        selection_mode="multi",
        format_func=format_genre,
        key=f"dataset_strong_{selected.data}",
        persist_state="session",
    )
    left, right = st.columns(2, gap="medium")
    left.markdown(
        "**Average spectrum**",
        help="Mean over all clips and frames, each clip relative to its own loudest point.",
    )
    left.plotly_chart(
        spectrum_chart(spectra, explore.band_frequencies(selected.dataset.mel), strong, genres),
        config=_NO_BUTTONS,
        alt="Mean level by frequency of each genre",
    )
    tracks = selected.dataset.tracks
    dynamics = dynamics[dynamics.index.isin(tracks)]
    dynamics = dynamics.assign(genre=[tracks[track].genre for track in dynamics.index])
    right.markdown(
        "**Dynamics:** level of loud minus soft moments",
        help="For each clip, the level between the 5th and the 95th percentile of its frames; the "
        "box holds the middle half of the clips.",
    )
    right.plotly_chart(
        dynamics_chart(dynamics, strong, genres),
        config=_NO_BUTTONS,
        alt="Spread of loudness within the clips of each genre",
    )


def _may_compute(selected: SelectedDataset, what: str) -> bool:
    """Tell whether log-mels come quickly; if not, say how to get them."""
    if selected.data == GTZAN:
        return True
    if not selected.available:
        st.info("This dataset is not available here. *Download* says how to get it.")
        return False
    if exploration.log_mels_are_ready(selected):
        return True
    st.info(
        f"{what} needs the log-mels of all {selected.n_audible:,} clips. Compute them once, in a "
        "terminal:"
    )
    st.code(f"deepmusic data prepare --data {selected.data}", language="bash")
    return False
