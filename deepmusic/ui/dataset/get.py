"""Download of a dataset, or use of a copy on disk."""

from pathlib import Path
from threading import Thread

import streamlit as st

from deepmusic.config import current_deployment
from deepmusic.data import download, tracks_with_audio
from deepmusic.errors import DatasetError, DeepMusicError
from deepmusic.files import data_folder
from deepmusic.formatting import format_bytes
from deepmusic.ui import cache, markdown
from deepmusic.ui.cache import exploration
from deepmusic.ui.cache.exploration import SelectedDataset
from deepmusic.ui.dataset.selected import FMA, GTZAN

_PROBLEM = "dataset_problem"


class _Download(Thread):
    """A download in the background, which any visitor can watch and stop."""

    def __init__(self, name: str) -> None:
        super().__init__(name=f"download {name}", daemon=True)
        self.data, self.phase, self.done, self.total = name, "starting", 0, 0
        self.error, self.is_stopped = "", False

    def run(self) -> None:
        try:
            download.get(self.data, self._watch)
        except DeepMusicError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"An unforeseen error: {type(error).__name__}: {error}."

    def _watch(self, phase: str, done: int, total: int) -> None:
        self.phase, self.done, self.total = phase, done, total
        if self.is_stopped:
            raise DatasetError("The download was stopped.")

    def stop(self) -> None:
        self.is_stopped = True


def _target(name: str) -> Path:
    return data_folder().absolute() / name


def _location(name: str) -> Path | None:
    """Return the folder of a dataset whose sound is available."""
    dataset = cache.find_dataset(name)
    return dataset.location if dataset and tracks_with_audio(dataset) else None


def show(selected: SelectedDataset, split: str) -> None:
    """Show the folder of a dataset, or how to get it."""
    name = FMA if selected.data == FMA else GTZAN
    source = download.SOURCES[name]
    if location := _location(name):
        total = len(selected.dataset.tracks)
        st.success(
            f"{selected.n_audible:,} of {total:,} clips are here, in "
            f"{markdown.plain(str(location))}."
        )
        st.markdown("Compute their log-mels once, so that training starts at once:")
        st.code(f"deepmusic data prepare --data {name}", language="bash")
        return
    st.markdown(f"### {source.title}\n{source.licence}")
    if not current_deployment().may_train:
        st.info("Downloads are switched off here. Run DeepMusic on your own machine to get it.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        into = markdown.plain(str(_target(name)))
        st.markdown(f"**Download** · {format_bytes(source.size)}, into {into}")
        _show_download(name)
    with right:
        st.markdown("**I have it already**")
        path = st.text_input(
            "Folder or archive",
            placeholder="/home/me/genres.tar.gz",
            help="A folder is linked and left as it is; an archive (zip, tar.gz) is unpacked.",
            key="dataset_have",
        )
        st.button("Use it", disabled=not path, on_click=_use, args=(name, path))
        if problem := st.session_state.pop(_PROBLEM, None):
            markdown.show_error(problem)
    st.caption(f"By hand: {source.by_hand}, and enter its path here.")


@st.fragment(run_every=1.0)
def _show_download(name: str) -> None:
    """Show the button or the progress of a download, updated each second."""
    if _location(name):
        st.rerun()
    job = exploration.downloads().get(_target(name))
    if isinstance(job, _Download) and job.is_alive():
        size = f" · {job.done / 1e9:.2f} of {job.total / 1e9:.2f} GB" if job.total else ""
        st.progress(job.done / job.total if job.total else 0.0, markdown.message(job.phase + size))
        st.button("Stop", on_click=job.stop)
        return
    if isinstance(job, _Download) and job.error:
        markdown.show_warning(job.error)
    st.button("Download", type="primary", on_click=_start, args=(name,))


def _start(name: str) -> None:
    exploration.downloads()[_target(name)] = job = _Download(name)
    job.start()


def _use(name: str, path: str) -> None:
    try:
        download.use(name, Path(path.strip()))
    except DeepMusicError as error:
        st.session_state[_PROBLEM] = str(error)
