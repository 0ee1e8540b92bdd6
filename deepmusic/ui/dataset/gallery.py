"""Browse: the log-mels of a data set, all on one scale (the paper's Fig. 1)."""

import random

import pandas as pd
import streamlit as st

from deepmusic.data import explore
from deepmusic.ui import query_params
from deepmusic.ui.dataset import clip
from deepmusic.ui.dataset.selected import DEMO, SelectedDataset, clip_png, track_table
from deepmusic.ui.markdown import plain as escape

_COLUMNS = 5
_PER_PAGE = 10
_ANY = "any"
_WORDS = (
    "Time runs to the right, pitch upwards (mel scale, to 11 kHz), bright is loud. One scale "
    "for all: black is 80 dB below the clip's own loudest point."
)
_PARTS = {"train": "training", "valid": "validation", "test": "test", "unused": "left out"}


def show(selected: SelectedDataset, split: str) -> None:
    """Show filters, a page of spectrograms, and the clip that was chosen."""
    table = track_table(selected, split)
    if not selected.at_hand:
        _invite(selected)
    found = _filter(selected, table)
    if found.empty:
        st.info("No clip fits all of these filters. Take one away.")
        return
    if not selected.at_hand:
        _list(selected, found)
        return
    visible = _with_files_first(selected, found)
    shown = _page(selected, visible)
    chosen = st.session_state.get("dataset_clip")
    if chosen in selected.dataset.tracks:
        clip.show(selected, chosen, split, "gallery")
    for start in range(0, len(shown), _COLUMNS):
        for column, track in zip(
            st.columns(_COLUMNS), shown[start : start + _COLUMNS], strict=False
        ):
            with column:
                _tile(selected, track, table.loc[track])
    st.caption(_WORDS)


def _invite(selected: SelectedDataset) -> None:
    """Say what can be done without GTZAN, and how to get it."""
    with st.container(border=True):
        st.markdown(
            "**1000 clips of 30 s, a hundred of each genre: this is what the networks learnt from. "
            "It is not on this machine yet.** Get it with one button, or look around without: the "
            "map of all its clips and the sound of its genres are here already, and ten synthetic "
            "bands can be heard at once."
        )
        with st.container(horizontal=True, gap="small"):
            ways = {
                "Get GTZAN": {"look": "get"},
                "Hear the demo clips": {"collection": DEMO},
                "See the map": {"look": "map"},
            }
            for number, (label, wanted) in enumerate(ways.items()):
                st.button(
                    label,
                    type="secondary" if number else "primary",
                    on_click=query_params.select,
                    kwargs=wanted,
                )


def _filter(selected: SelectedDataset, table: pd.DataFrame) -> pd.DataFrame:
    """Let a visitor narrow the clips down; return those that fit."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        genres = st.multiselect(
            "Genre",
            selected.dataset.genres,
            key="dataset_genres",
            placeholder="One of each" if selected.at_hand else "Any",
            persist_state="session",
            width=330,
        )
        artists = sorted({artist for artist in table["artist"] if artist}, key=str.casefold)
        artist = None
        if len(artists) > 1:
            artist = st.selectbox(
                "Artist",
                artists,
                index=None,
                key="dataset_artist",
                placeholder=f"Any of {len(artists)}",
                persist_state="session",
                width=230,
            )
        part = st.selectbox(
            "Part of the split",
            list(_PARTS),
            index=None,
            format_func=_PARTS.get,
            key="dataset_part",
            placeholder="Any",
            persist_state="session",
            width=150,
        )
        fault = None
        if (table["fault"] != "").any():
            faults = {"the same file": "there twice", "left out": "left out as faulty"}
            faults |= {"corrupt": "corrupt", "cut off": "broken"}
            there = [f for f in faults if table["fault"].str.contains(f, regex=False).any()]
            fault = st.selectbox(
                "Known fault",
                there,
                index=None,
                format_func=faults.get,
                key="dataset_fault",
                placeholder="Any or none",
                persist_state="session",
                width=180,
            )
    return explore.filter_tracks(table, genres, artist, part, fault)


def _with_files_first(selected: SelectedDataset, found: pd.DataFrame) -> list[str]:
    """Return the clips, audible ones first; without a filter, one genre after the other."""
    silent = [selected.data != DEMO and not selected.dataset.audio_path(t) for t in found.index]
    ordered = found.assign(silent=silent)
    ordered["round"] = ordered.groupby(["genre", "silent"]).cumcount()
    by = ["silent"] if st.session_state.get("dataset_genres") else ["silent", "round"]
    return list(ordered.sort_values(by, kind="stable").index)


def _page(selected: SelectedDataset, tracks: list[str]) -> list[str]:
    """Return one page of the tracks; the buttons turn it."""
    n_pages = -(-len(tracks) // _PER_PAGE)
    key = "dataset_page"
    page = min(st.session_state.get(key, 0), n_pages - 1)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{len(tracks):,} clips**", width="content")
        for label, target in (("Back", page - 1), ("More", page + 1)):
            st.button(
                label,
                key=f"dataset_{label}",
                disabled=not 0 <= target < n_pages,
                on_click=st.session_state.__setitem__,
                args=(key, target),
            )
        st.button("Surprise me", on_click=_choose, args=(random.choice(tracks),))
        if n_pages > 1:
            st.caption(f"page {page + 1} of {n_pages}", width="content")
    return tracks[page * _PER_PAGE : (page + 1) * _PER_PAGE]


def _choose(track: str) -> None:
    st.session_state["dataset_clip"] = track


def _tile(selected: SelectedDataset, track: str, row: pd.Series) -> None:
    """Show one clip small: its genre, its log-mel, and a button that brings it up."""
    log_mel = clip_png(selected, track)
    if isinstance(log_mel, bytes):
        st.image(log_mel, width="stretch", alt=f"Mel-spectrogram of {track}")
    else:
        st.caption(f"⚠️ {escape(log_mel)}")
    st.button(
        f"**{escape(row['genre'])}** {escape(row['title'] or track)[:40]}",
        key=f"tile_{track}",
        type="tertiary",
        on_click=_choose,
        args=(track,),
        help=", ".join(escape(text) for text in (track, row["artist"], row["title"]) if text),
    )


def _list(selected: SelectedDataset, found: pd.DataFrame) -> None:
    """Show what is known of the clips, where there is nothing to see or hear of them."""
    st.dataframe(
        found.rename_axis("clip").rename(columns={"part": "part of the split"}),
        height=330,
        alt="What is known of these clips",
    )
    st.caption(
        f"{len(found):,} clips. {selected.dataset.credit} Their spectrograms and sound appear here "
        "once the data set is at hand."
    )
