"""Quality report of a dataset."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from deepmusic.data import Dataset, quality
from deepmusic.data.quality import FAULTS, Report
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_genre, to_csv
from deepmusic.ui import markdown
from deepmusic.ui.cache.exploration import SelectedDataset, default_fold

#: Keys in the session: the dataset and split of the last report, and the report.
_CHECKED, _REPORT = "dataset_checked", "dataset_report"

#: Files are measured by several processes from this number on.
_MANY = 60


def show(selected: SelectedDataset, split: str) -> None:
    """Show the last report, and the button that makes one."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        near = st.toggle(
            "Look for near duplicates too",
            help="The networks propose pairs that sound alike, and their log-mels are compared. "
            "Takes about half a minute for 1000 clips.",
            disabled=not selected.available,
            key="dataset_near",
            width="content",
        )
        pressed = st.button("Check it", type="primary")
    if pressed:
        _check(selected, split, near and selected.available)
    if st.session_state.get(_CHECKED) == (selected.data, selected.version, split):
        _show_report(st.session_state[_REPORT])
        return
    st.markdown(
        "Every file is measured: can it be read, is it complete, silent, distorted, of the usual "
        "length and sample rate, and is its sound that of the usual copy? Which recordings are "
        f"there twice, and are copies in different parts of the split **{markdown.plain(split)}**? "
        "Nothing is changed."
    )


def _check(selected: SelectedDataset, split: str, near: bool) -> None:
    bar = st.progress(0.0, "Computing embeddings ..." if near else "Measuring every file ...")

    def show_progress(done: int, total: int) -> None:
        text = f"{done:,} of {total:,} files measured"
        bar.progress(done / total if total else 1.0, text)

    try:
        vectors, log_mels = _embed(selected.dataset) if near else (None, None)
        report = quality.examine(
            selected.dataset,
            split,
            default_fold(split),
            vectors=vectors,
            log_mels=log_mels,
            jobs=1 if selected.n_audible < _MANY else -1,
            on_progress=show_progress,
        )
    except DeepMusicError as error:
        markdown.show_error(error)
        return
    finally:
        bar.empty()
    st.session_state[_CHECKED] = (selected.data, selected.version, split)
    st.session_state[_REPORT] = report


def _embed(dataset: Dataset) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
    """Return embeddings and log-mels of all clips, by track."""
    from deepmusic.library import embeddings

    clips = dataset.log_mels(dataset.tracks, dataset.mel).by_track
    return embeddings.embed_clips(clips, embeddings.networks_for(dataset.mel)), clips


def _show_report(report: Report) -> None:
    left, right = st.columns([3, 2], gap="large")
    left.markdown("\n".join(f"- {markdown.plain(line)}" for line in report.words()))
    counts = report.counts
    right.dataframe(
        counts.rename(index=format_genre),
        column_config={
            "available": st.column_config.ProgressColumn(
                format="%d", min_value=0, max_value=int(counts["tracks"].max())
            )
        },
        height="content" if len(counts) < 12 else 420,
        alt="Tracks by genre, available and readable",
    )
    faulty = report.table[~report.table["faults"].isin(["", "missing"])]
    faulty = faulty.assign(faults=faulty["faults"].str.removeprefix("missing; "))
    tracks = {fault: report.having(fault) for fault in FAULTS if fault != "missing"}
    if present := [fault for fault in tracks if tracks[fault]]:
        wanted = st.pills(
            "Show",
            present,
            selection_mode="multi",
            format_func=lambda fault: f"{fault} ({len(tracks[fault])})",
            key="dataset_show_faults",
            label_visibility="collapsed",
        )
        if wanted:
            faulty = faulty[faulty.index.isin({track for name in wanted for track in tracks[name]})]
        st.dataframe(
            faulty.assign(genre=list(map(format_genre, faulty["genre"])))[
                ["genre", "artist", "title", "part", "faults", "remark", "seconds", "peak"]
            ],
            height="content" if len(faulty) < 9 else 320,
            alt="Tracks with faults",
        )
    elif counts["available"].sum():
        st.success("No track has a fault.")
    st.download_button(
        "Download CSV",
        lambda: to_csv(report.table.reset_index()),
        file_name=f"deepmusic-check-{report.dataset}.csv",
        mime="text/csv",
        help="A row per track: its measurements, its faults, its SHA-256.",
        on_click="ignore",
    )
