"""Browse: the spectrograms of a collection, all on one scale (the paper's Fig. 1)."""

import random

import pandas as pd
import streamlit as st

from deepmusic import browse
from deepmusic.ui.dataset import clip
from deepmusic.ui.dataset import shelf as shelves
from deepmusic.ui.dataset.shelf import Shelf
from deepmusic.ui.markdown import plain as escape

_COLUMNS = 5
_PER_PAGE = 10
_ANY = "any"
_WORDS = (
    "Time runs to the right, pitch upwards (mel scale, to 11 kHz), bright is loud. All pictures "
    "have one scale: black is 80 dB below the clip's own loudest point."
)
_PARTS = {"train": "train", "valid": "choose", "test": "test", "unused": "left out"}


def show(shelf: Shelf, split: str) -> None:
    """Show filters, a page of spectrograms, and the clip that was chosen."""
    table = shelves.table_of(shelf.key, split, shelves.default_fold(split), shelf.dataset)
    if not shelf.at_hand:
        _invite(shelf)
    found = _filter(shelf, table)
    if found.empty:
        st.info("No clip fits all of these filters. Take one away.")
        return
    if not shelf.at_hand:
        _list(shelf, found)
        return
    visible = _with_files_first(shelf, found)
    shown = _page(shelf, visible)
    chosen = st.session_state.get("dataset_clip")
    if chosen in shelf.dataset.tracks:
        clip.show(shelf, chosen, split, "gallery")
    for start in range(0, len(shown), _COLUMNS):
        for column, track in zip(
            st.columns(_COLUMNS), shown[start : start + _COLUMNS], strict=False
        ):
            with column:
                _tile(shelf, track, table.loc[track])
    st.caption(_WORDS)


def _invite(shelf: Shelf) -> None:
    """Say what can be done without the collection, and how to get it."""
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
                "Hear the demo clips": {"collection": shelves.DEMO},
                "See the map": {"look": "map"},
            }
            for number, (label, wanted) in enumerate(ways.items()):
                st.button(
                    label,
                    type="secondary" if number else "primary",
                    on_click=st.session_state.update,
                    args=(wanted,),
                )


def _filter(shelf: Shelf, table: pd.DataFrame) -> pd.DataFrame:
    """Let a visitor narrow the clips down; return those that fit."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        genres = st.multiselect(
            "Genre",
            shelf.dataset.genres,
            key="dataset_genres",
            placeholder="One of each" if shelf.at_hand else "Any",
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
    return browse.choose(table, genres, artist, part, fault)


def _with_files_first(shelf: Shelf, found: pd.DataFrame) -> list[str]:
    """Return the clips, audible ones first; without a filter, one genre after the other."""
    heard = [shelf.data == shelves.DEMO or bool(shelf.dataset.audio_path(t)) for t in found.index]
    ordered = found.assign(silent=[not one for one in heard])
    ordered["round"] = ordered.groupby(["genre", "silent"]).cumcount()
    if not st.session_state.get("dataset_genres"):
        ordered = ordered.sort_values(["silent", "round"], kind="stable")
    else:
        ordered = ordered.sort_values("silent", kind="stable")
    return list(ordered.index)


def _page(shelf: Shelf, tracks: list[str]) -> list[str]:
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


def _tile(shelf: Shelf, track: str, row: pd.Series) -> None:
    """Show one clip small: its genre, its picture, and a button that brings it up."""
    picture = shelves.drawn(shelf, track)
    if isinstance(picture, bytes):
        st.image(picture, width="stretch", alt=f"Mel-spectrogram of {track}")
    else:
        st.caption(f"⚠️ {escape(picture)}")
    st.button(
        f"**{escape(row['genre'])}** {escape(row['title'] or track)[:40]}",
        key=f"tile_{track}",
        type="tertiary",
        on_click=_choose,
        args=(track,),
        help=", ".join(escape(text) for text in (track, row["artist"], row["title"]) if text),
    )


def _list(shelf: Shelf, found: pd.DataFrame) -> None:
    """Show what is known of the clips, where there is nothing to see or hear of them."""
    st.dataframe(
        found.rename_axis("clip").rename(columns={"part": "part of the split"}),
        height=330,
        alt="What is known of these clips",
    )
    st.caption(
        f"{len(found):,} clips. {shelf.dataset.credit} Their spectrograms and sound appear here "
        "once the collection is at hand."
    )
