"""Get it: one button, or what is on disk already."""

from pathlib import Path

import streamlit as st

from deepmusic import download, launch
from deepmusic.errors import DeepMusicError
from deepmusic.files import data_folder
from deepmusic.ui import cache
from deepmusic.ui.dataset.shelf import FMA, Shelf
from deepmusic.ui.markdown import plain as escape

_PROBLEM = "dataset_problem"


def show(shelf: Shelf, split: str) -> None:
    """Show where a collection is, or how to get it."""
    name = FMA if shelf.data == FMA else "gtzan"
    source = download.SOURCES[name]
    if shelf.data == name and shelf.n_audible:
        st.success(f"{source.title}: at hand, in `{shelf.dataset.location}`.")
        st.markdown("To compute its log-mels once, so that training starts at once:")
        st.code(f"python -m deepmusic data prepare --data {name}", language="bash")
        return
    st.markdown(f"### {source.title}")
    if not launch.training_allowed():
        st.info("Downloads are switched off here. Run DeepMusic on your own machine to get it.")
        return
    if name == "gtzan":
        st.markdown(
            "GTZAN is the collection that the paper and most of the field measured themselves by. "
            "Its recordings are commercial and without a licence: for study and research only, and "
            "not to be passed on."
        )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**Fetch it** · {source.size / 1e9:.1f} GB, into `{data_folder()}/{name}`")
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
            st.error(escape(problem))
    st.caption(f"By hand: {source.by_hand}, and point at it here.")


@st.fragment(run_every=1.0)
def _show_download(name: str) -> None:
    """Show the button, or how far it is; look again each second."""
    state = download.state(name)
    if state["running"]:
        share = state["done"] / state["of"] if state["of"] else 0.0
        gigabytes = f"{state['done'] / 1e9:.2f}" + (
            f" of {state['of'] / 1e9:.2f} GB" if state["of"] else " GB"
        )
        st.progress(min(1.0, share), f"{state['phase'] or 'starting'} · {gigabytes}")
        st.button("Stop", on_click=download.stop, args=(name,))
        return
    if state["phase"] == "done":
        download.forget(name)
        cache.forget_collections()
        st.rerun()
    if state["error"]:
        st.warning(escape(state["error"]).replace("\n", "\n\n"))
    again = "Go on" if state["error"] else "Download"
    st.button(again, type="primary", on_click=_start, args=(name,))
    st.caption("Resumable: if it breaks off or you stop it, what has come is kept and checked.")


def _start(name: str) -> None:
    download.forget(name)
    launch.download(name)


def _use(name: str, path: str) -> None:
    try:
        download.use(name, Path(path.strip()))
    except DeepMusicError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        cache.forget_collections()
