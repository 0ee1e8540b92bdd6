"""A folder of one's own that is chosen or dropped in the browser."""

import streamlit as st

from deepmusic import audio
from deepmusic.data import uploads
from deepmusic.errors import DatasetError
from deepmusic.ui import markdown

_COUNT, _PROBLEM = "dataset_uploads", "dataset_upload_problem"


def show() -> None:
    """Show the field that takes a folder."""
    st.file_uploader(
        "Choose or drop a folder with one subfolder per genre, such as `rock/song.mp3`",
        type=[suffix.removeprefix(".") for suffix in audio.SUFFIXES],
        accept_multiple_files="directory",
        help="Its songs are copied to this machine; the folder stays as it is. For gigabytes, type "
        "the path: nothing is copied then.",
        key=_key(),
        on_change=_store,
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        markdown.show_error(problem)


def _key() -> str:
    """Return a key for each upload: the field is empty again after it."""
    return f"{_COUNT}_{st.session_state.get(_COUNT, 0)}"


def _store() -> None:
    """Store what was uploaded, and go on with its path, here and on Train."""
    files = st.session_state[_key()]
    if not files:
        return
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    try:
        path = str(uploads.store((file.name, file.getvalue()) for file in files).absolute())
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state["dataset_path"] = st.session_state["train_path"] = path
