"""Check it: the quality report of a dataset, in words and as a table."""

from collections.abc import Mapping

import streamlit as st

from deepmusic.data import Dataset, quality
from deepmusic.data.quality import FAULTS, Report
from deepmusic.errors import DeepMusicError
from deepmusic.prediction import export
from deepmusic.ui.dataset.selected import COMPACT, SelectedDataset, default_fold
from deepmusic.ui.markdown import message
from deepmusic.ui.markdown import plain as escape

_KEPT = "dataset_report"


def show(selected: SelectedDataset, split: str) -> None:
    """Offer a check, and show the report of the last one."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        near = st.toggle(
            "Look for near duplicates too",
            value=False,
            help="The networks propose pairs that sound alike, and their log-mels are compared. "
            "Takes about half a minute for 1000 clips.",
            disabled=not selected.at_hand,
            key="dataset_near",
            width="content",
        )
        pressed = st.button("Check it", type="primary")
    asked = (selected.key, split)
    if pressed:
        _check(selected, split, near and selected.at_hand, asked)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != asked:
        st.markdown(
            "Every file at hand is measured: can it be read, is it whole, silent, "
            "distorted, of the usual length and rate, and is its sound that of the usual copy? "
            "Which recordings are there twice, and do copies stand on both sides of the split "
            f"**{split}**? Nothing is changed."
        )
        return
    _show_report(kept[1])


def _check(selected: SelectedDataset, split: str, near: bool, asked: tuple) -> None:
    words = "Looking for near duplicates ..." if near else "Measuring every file ..."
    bar = st.progress(0.0, words)
    try:
        vectors, log_mels = _embedded(selected.dataset) if near else (None, None)
        report = quality.examine(
            selected.dataset,
            split,
            default_fold(split),
            vectors=vectors,
            log_mels=log_mels,
            jobs=1 if selected.n_audible < 60 else -1,
            on_progress=lambda done, of: bar.progress(
                done / of if of else 1.0,
                f"{done:,} of {of:,} files measured",
            ),
        )
    except DeepMusicError as error:
        st.error(message(error))
        return
    finally:
        bar.empty()
    st.session_state[_KEPT] = (asked, report)


def _embedded(dataset: Dataset) -> tuple[Mapping, Mapping]:
    """Return embeddings and log-mels of all clips, by track."""
    from deepmusic.library import embeddings

    clips = dataset.log_mels(dataset.tracks, COMPACT).by_track
    return embeddings.embed_clips(clips, embeddings.load_networks()), clips


def _show_report(report: Report) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        for line in report.words():
            st.markdown(f"- {escape(line)}")
    with right:
        counts = report.counts
        st.dataframe(
            counts,
            column_config={
                "at hand": st.column_config.ProgressColumn(
                    format="%d", min_value=0, max_value=int(counts["tracks"].max())
                )
            },
            height=min(420, 38 + 36 * len(counts)),
            alt="Tracks by genre, at hand and readable",
        )
    faulty = report.table[~report.table["faults"].isin(["", "missing"])]
    faulty = faulty.assign(faults=faulty["faults"].str.removeprefix("missing; "))
    present = [fault for fault in FAULTS if fault != "missing" and report.having(fault)]
    if present:
        wanted = st.pills(
            "Show",
            present,
            selection_mode="multi",
            format_func=lambda fault: f"{fault} ({len(report.having(fault))})",
            key="dataset_show_faults",
            label_visibility="collapsed",
        )
        if wanted:
            tracks = {track for fault in wanted for track in report.having(fault)}
            faulty = faulty[faulty.index.isin(tracks)]
        st.dataframe(
            faulty[["genre", "artist", "title", "part", "faults", "remark", "seconds", "peak"]],
            height=320,
            alt="Tracks with faults",
        )
    elif report.counts["at hand"].sum():
        st.success("No track has a fault.")
    st.download_button(
        "Download CSV",
        lambda: export.to_csv(report.table.reset_index()),
        file_name=f"deepmusic-check-{report.dataset}.csv",
        mime="text/csv",
        help="A row for each track: what was measured, its faults, its SHA-256.",
        on_click="ignore",
    )
