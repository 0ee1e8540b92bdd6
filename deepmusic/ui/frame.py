"""The frame around every page: its title, logo and style, and deep links into it."""

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
    """Go on to the page that was requested before the frame was set up; `app.py` calls this."""
    target = st.session_state.pop(_TARGET, None)
    if target:
        page, query = target
        st.switch_page(page, query_params=query)


def go_to_classify() -> None:
    """Redirect ``/classify`` to the first page, whose own address is ``/``."""
    st.switch_page("pages/classify.py", query_params=st.query_params.to_dict())


def enter(page: str) -> None:
    """Begin a page inside the frame; every page calls this first.

    The first visitor of a fresh server who opens a page by its address gets that page alone,
    without `app.py`; the page and its query are then opened again by way of `app.py`.

    Parameters
    ----------
    page : str
        Path of the page, such as ``pages/classify.py``.
    """
    if _FRAMED not in st.session_state:
        st.session_state[_TARGET] = (page, st.query_params.to_dict())
        st.switch_page("app.py")
    query_params.enter_page(Path(page).stem)
