"""Get it: one button, or what is on disk already."""

from pathlib import Path
from threading import Thread

import streamlit as st

from deepmusic.config import current_deployment
from deepmusic.data import download, tracks_with_audio
from deepmusic.errors import DatasetError, DeepMusicError
from deepmusic.files import data_folder
from deepmusic.ui import cache, markdown
from deepmusic.ui.dataset.selected import FMA, GTZAN, SelectedDataset

_PROBLEM = "dataset_problem"


class _Job(Thread):
    """A download in the background, which any visitor can watch and stop."""

    def __init__(self, name: str) -> None:
        super().__init__(name=f"download {name}", daemon=True)
        self.data, self.phase, self.done, self.of = name, "starting", 0, 0
        self.error, self.is_stopped = "", False

    def run(self) -> None:
        try:
            download.get(self.data, self._watch)
        except DeepMusicError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"An unforeseen fault: {type(error).__name__}: {error}."

    def _watch(self, phase: str, done: int, of: int) -> None:
        self.phase, self.done, self.of = phase, done, of
        if self.is_stopped:
            raise DatasetError("The download was stopped.")

    def stop(self) -> None:
        self.is_stopped = True


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[Path, _Job]:
    """Return the last download to each place."""
    return {}


def _place(name: str) -> Path:
    return data_folder().absolute() / name


def _is_at_hand(name: str) -> bool:
    dataset = cache.find_dataset(name)
    return dataset is not None and bool(tracks_with_audio(dataset))


def show(selected: SelectedDataset, split: str) -> None:
    """Show where a data set is, or how to get it."""
    name = FMA if selected.data == FMA else GTZAN
    source = download.SOURCES[name]
    if _is_at_hand(name):
        location = cache.find_dataset(name).location
        st.success(f"{source.title}: at hand, in {markdown.plain(str(location))}.")
        st.markdown("To compute its log-mels once, so that training starts at once:")
        st.code(f"deepmusic data prepare --data {name}", language="bash")
        return
    st.markdown(f"### {source.title}\n{source.licence}")
    if not current_deployment().may_train:
        st.info("Downloads are switched off here. Run DeepMusic on your own machine to get it.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        into = markdown.plain(str(_place(name)))
        st.markdown(f"**Fetch it** · {source.size / 1e9:.1f} GB, into {into}")
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
            st.error(markdown.message(problem))
    st.caption(f"By hand: {source.by_hand}, and point at it here.")


@st.fragment(run_every=1.0)
def _show_download(name: str) -> None:
    """Show the button, or how far it is; look again each second."""
    if _is_at_hand(name):
        st.rerun()
    job = _jobs().get(_place(name))
    if job and job.is_alive():
        size = f" · {job.done / 1e9:.2f} of {job.of / 1e9:.2f} GB" if job.of else ""
        st.progress(job.done / job.of if job.of else 0.0, markdown.message(job.phase + size))
        st.button("Stop", on_click=job.stop)
        return
    if job and job.error:
        st.warning(markdown.message(job.error))
    st.button("Download", type="primary", on_click=_start, args=(name,))


def _start(name: str) -> None:
    _jobs()[_place(name)] = job = _Job(name)
    job.start()


def _use(name: str, path: str) -> None:
    try:
        download.use(name, Path(path.strip()))
    except DeepMusicError as error:
        st.session_state[_PROBLEM] = str(error)
