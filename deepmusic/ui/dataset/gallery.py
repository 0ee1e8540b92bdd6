"""Browse: log-mels of a dataset's clips, all on one scale (the paper's Fig. 1)."""

import random

import pandas as pd
import streamlit as st

from deepmusic.data import explore
from deepmusic.formatting import format_genre
from deepmusic.ui import query_params
from deepmusic.ui.cache import exploration
from deepmusic.ui.cache.exploration import SelectedClip, SelectedDataset
from deepmusic.ui.dataset import clip
from deepmusic.ui.dataset.selected import DEMO
from deepmusic.ui.markdown import plain as escape

_COLUMNS, _ROWS = 5, 2
_PARTS = {"train": "training", "valid": "validation", "test": "test", "unused": "left out"}

#: Labels of known faults, by a part of their description.
_FAULTS = {
    "the same file": "duplicate",
    "left out": "left out as faulty",
    "corrupt": "corrupt",
    "cut off": "broken",
}


def show(selected: SelectedDataset, split: str) -> None:
    """Show filters, a page of log-mels, and the chosen clip."""
    table = exploration.track_table(selected, split)
    if not selected.available:
        _invite()
    bar = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with bar.popover("Filter"):
        found = _filter(selected, table)
    if found.empty:
        st.info("No clip passes all of these filters. Remove one.")
        return
    if not selected.available:
        st.dataframe(
            found.rename_axis("clip").rename(columns={"part": "part of the split"}),
            height=330,
            alt="Facts of these clips",
        )
        st.caption(
            f"{len(found):,} clips. {selected.dataset.credit} Their log-mels and sound appear here "
            "once the dataset is downloaded."
        )
        return
    with bar:
        shown = _page(_sort(selected, found))
    clip.show_chosen(selected, split)
    with st.container(key="dataset_tiles"):
        for start in range(0, len(shown), _COLUMNS):
            row = shown[start : start + _COLUMNS]
            for column, track in zip(st.columns(_COLUMNS), row, strict=False):
                with column:
                    _tile(selected, track, table.loc[track])
    st.caption(
        "Time runs to the right, frequency upwards (mel scale, to "
        f"{selected.dataset.mel.sample_rate / 2000:.0f} kHz), bright is loud. One scale for all: "
        "black is 80 dB below the clip's own loudest point."
    )


def _invite() -> None:
    """Say what can be done without GTZAN, and how to get it."""
    with st.container(border=True):
        st.markdown(
            "**1000 clips of 30 s, a hundred of each genre: the training data of the networks. It "
            "is not on this machine yet.** Download it, or look around without: the map of its "
            "clips and the spectra of its genres are here already, and ten synthetic bands play."
        )
        with st.container(horizontal=True, gap="small"):
            choices = {
                "Download GTZAN": {"view": "get"},
                "Play the demo clips": {"dataset": DEMO},
                "See the map": {"view": "map"},
            }
            for number, (label, wanted) in enumerate(choices.items()):
                st.button(
                    label,
                    type="secondary" if number else "primary",
                    on_click=query_params.select,
                    kwargs=wanted,
                )


def _filter(selected: SelectedDataset, table: pd.DataFrame) -> pd.DataFrame:
    """Show the filters, and return the rows that pass them."""
    artist = fault = None
    genres = st.multiselect(
        "Genre",
        selected.dataset.genres,
        format_func=format_genre,
        key="dataset_genres",
        placeholder="One of each" if selected.available else "Any",
        persist_state="session",
    )
    artists = sorted(filter(None, table["artist"].unique()), key=str.casefold)
    if len(artists) > 1:
        artist = st.selectbox(
            "Artist",
            artists,
            index=None,
            key="dataset_artist",
            placeholder=f"Any of {len(artists)}",
            persist_state="session",
        )
    part = st.selectbox(
        "Part of the split",
        list(_PARTS),
        index=None,
        format_func=_PARTS.__getitem__,
        key="dataset_part",
        placeholder="Any",
        persist_state="session",
    )
    if faults := [f for f in _FAULTS if table["fault"].str.contains(f, regex=False).any()]:
        fault = st.selectbox(
            "Known fault",
            faults,
            index=None,
            format_func=_FAULTS.__getitem__,
            key="dataset_fault",
            placeholder="Any or none",
            persist_state="session",
        )
    return explore.filter_tracks(table, genres, artist, part, fault)


def _sort(selected: SelectedDataset, found: pd.DataFrame) -> list[str]:
    """Return the tracks, those with sound first; without a filter, the genres in turn."""
    silent = [selected.data != DEMO and not selected.dataset.audio_path(t) for t in found.index]
    ordered = found.assign(silent=silent)
    ordered["turn"] = ordered.groupby(["genre", "silent"]).cumcount()
    by = ["silent"] if st.session_state.get("dataset_genres") else ["silent", "turn"]
    return list(ordered.sort_values(by, kind="stable").index)


def _page(tracks: list[str]) -> list[str]:
    """Show the buttons that turn pages, and return the tracks of this page."""
    per_page = _COLUMNS * _ROWS
    n_pages = -(-len(tracks) // per_page)
    key = "dataset_page"
    page = min(st.session_state.get(key, 0), n_pages - 1)
    st.markdown(f"**{len(tracks):,} clips**", width="content")
    for label, target in (("Back", page - 1), ("More", page + 1)):
        st.button(
            label,
            key=f"dataset_{label}",
            disabled=not 0 <= target < n_pages,
            on_click=st.session_state.__setitem__,
            args=(key, target),
        )
    st.button("Surprise me", on_click=clip.choose, args=(random.choice(tracks),))
    if n_pages > 1:
        st.caption(f"page {page + 1} of {n_pages}", width="content")
    return tracks[page * per_page : (page + 1) * per_page]


def _tile(selected: SelectedDataset, track: str, row: pd.Series) -> None:
    """Show the log-mel of a clip, and a button that chooses it."""
    log_mel = exploration.clip_png(SelectedClip(selected, track))
    if isinstance(log_mel, bytes):
        st.image(log_mel, width="stretch", alt=f"Mel-spectrogram of {track}")
    else:
        st.caption(f"⚠️ {escape(log_mel)}")
    st.button(
        f"**{escape(format_genre(row['genre']))}** {escape(row['title'] or track)[:40]}",
        key=f"tile_{track}",
        type="tertiary",
        on_click=clip.choose,
        args=(track,),
        help=", ".join(escape(text) for text in (track, row["artist"], row["title"]) if text),
    )
