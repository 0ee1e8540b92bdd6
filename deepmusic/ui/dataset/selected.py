"""Choice of the dataset that the page shows."""

import streamlit as st

from deepmusic.config import current_deployment
from deepmusic.data import Gtzan, absolute_name, tracks_with_audio
from deepmusic.errors import DatasetError
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.cache.exploration import SelectedDataset
from deepmusic.ui.dataset import own

GTZAN, FMA, DEMO, OWN = "gtzan", "fma", "toy", "own"
_LABELS = {GTZAN: "GTZAN", FMA: "FMA small", DEMO: "Demo clips", OWN: "A folder of your own"}


def choose() -> SelectedDataset | None:
    """Return the chosen dataset; None, with the reason shown, where it cannot be opened."""
    names = [GTZAN, DEMO, *([FMA] if cache.find_dataset(FMA) else [])]
    if current_deployment().may_train:
        # A public demo names no paths of its machine.
        names.append(OWN)
    left, right = st.columns(2, vertical_alignment="center")
    with left:
        name = query_params.choose(
            "dataset", names, _LABELS, label="Dataset", label_visibility="collapsed"
        )
    data = name
    if name == OWN:
        path = right.text_input(
            "Path of the dataset",
            placeholder="or its path, or that of a CSV (path, genre)",
            key="dataset_path",
            label_visibility="collapsed",
            persist_state="session",
        ).strip()
        if not path:
            own.show()
            return None
        data = absolute_name(path)
    version = cache.dataset_version(data)
    try:
        dataset = cache.open_dataset(data)
    except DatasetError as error:
        if name != GTZAN:
            markdown.show_error(error)
            return None
        dataset = Gtzan.facts_only()
    n_audible = len(dataset.tracks) if name == DEMO else len(tracks_with_audio(dataset))
    selected = SelectedDataset(data, dataset, version, n_audible)
    if name != OWN:
        right.caption(_describe(selected), help=dataset.credit)
    for remark in dataset.remarks:
        st.caption(markdown.message(remark))
    return selected


def _describe(selected: SelectedDataset) -> str:
    dataset = selected.dataset
    counted = f"**{len(dataset.tracks):,} clips, {len(dataset.genres)} genres"
    if selected.data == DEMO:
        return counted + ".** Synthetic, no real music."
    if not selected.available:
        return counted + ".** Not available here: see *Download*."
    if not selected.n_audible:
        return counted + ", as log-mels without sound.**"
    n_audible = "all" if selected.n_audible == len(dataset.tracks) else f"{selected.n_audible:,}"
    return counted + f", {n_audible} with sound here.**"
