"""The frame around every page, and the way into it from a deep link."""

from pathlib import Path

import streamlit as st

from deepmusic.ui import query_params

ROOT = Path(__file__).resolve().parent.parent.parent

_STYLE = Path(__file__).with_name("style.css")
_FRAMED = "frame_is_up"
_TARGET = "frame_target"


def open_frame() -> None:
    """Set up the page; `app.py` calls this first."""
    st.set_page_config(page_title="DeepMusic", page_icon="🎧", layout="wide")
    st.logo(ROOT / "assets" / "logo.svg", size="large")
    st.html(_STYLE)
    st.session_state[_FRAMED] = True


def follow_deep_link() -> None:
    """Go on to the page that was asked for before the frame was up; `app.py` calls this."""
    target = st.session_state.pop(_TARGET, None)
    if target:
        page, query = target
        st.switch_page(page, query_params=query)


def go_to_classify() -> None:
    """Go on to the first page, whose own address is ``/``, with the query of ``/classify``."""
    st.switch_page("pages/classify.py", query_params=st.query_params.to_dict())


def enter(page: str) -> None:
    """Begin a page, inside the frame; every page calls this first.

    The first visitor of a fresh server who opens a page by its address gets that page alone,
    without `app.py`. Then remember the page and its query, and go by way of `app.py`.

    Parameters
    ----------
    page : str
        The page's own path, such as ``pages/classify.py``.
    """
    if _FRAMED not in st.session_state:
        st.session_state[_TARGET] = (page, st.query_params.to_dict())
        st.switch_page("app.py")
    query_params.enter_page(Path(page).stem)
