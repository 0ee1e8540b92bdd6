"""The frame around every page: title, logo, style, projector mode, and deep links into it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import streamlit as st

from deepmusic.charts import style
from deepmusic.ui import markdown, query_params, song_bar, tab
from deepmusic.ui.cache import memory

ROOT = Path(__file__).resolve().parent.parent.parent

_PARTS = Path(__file__).parent
_FRAMED = "frame_is_up"
_TARGET = "frame_target"
_UNKNOWN = "unknown_page"
#: Whether a page runs inside the frame, and not alone as in a test.
_framing: ContextVar[bool] = ContextVar("framing", default=False)
_STYLE_SECONDS = 0.3
#: Letters of a projector by those of a screen: 20 px for 16.
_PROJECTED = 1.25


def open_frame() -> None:
    """Set up the page; `app.py` calls this first."""
    memory.give_back_freed()
    # The sidebar is the menu of a phone; it opens by its button.
    st.set_page_config(
        page_title="DeepMusic", page_icon="🎧", layout="wide", initial_sidebar_state="collapsed"
    )
    st.logo(ROOT / "assets" / "logo.svg", size="large")
    st.html(_PARTS / "style.css")
    if _FRAMED not in st.session_state and st.context.url:
        # A browser loads Streamlit's part for styles after all that it is to draw by then, and
        # the page would jump; so it gets the style alone for a moment, once a visit.
        time.sleep(_STYLE_SECONDS)
    st.session_state[_FRAMED] = True


def follow_deep_link() -> None:
    """Go on to the page that was requested before the frame was set up; `app.py` calls this."""
    target = st.session_state.pop(_TARGET, None)
    if target:
        page, query = target
        st.switch_page(page, query_params=query)


def unknown_path(known: set[str]) -> str | None:
    """Return the path of the requested page, if it is none of these."""
    path = unquote(urlsplit(st.context.url or "").path).strip("/").rpartition("/")[2]
    return path if path and path not in known else None


def go_to_classify() -> None:
    """Redirect to the first page, whose own address is ``/``; say so, unless from ``/classify``."""
    path = unknown_path({"classify"})
    if path:
        st.session_state[_UNKNOWN] = path
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
    song_bar.enter(Path(page).stem)
    projected = query_params.is_on("projector")
    if projected:
        st.html(_PARTS / "projector.css")
    style.enlarge(_PROJECTED if projected else 1.0)
    if path := st.session_state.pop(_UNKNOWN, None):
        st.info(f"There is no page {markdown.plain(path)} here. This is the first one.")


class _PageEnd(BaseException):
    """A page has nothing more to show."""


def end_page() -> None:
    """End a page early. Streamlit's own ``st.stop`` would end the frame around it, too."""
    query_params.keep_rest()
    if _framing.get():
        raise _PageEnd
    st.stop()


@contextmanager
def switches() -> Iterator[None]:
    """Run a page, and show the frame's own switch in the header.

    It is shown after the page, when the style is there that lifts it out of the page's way.
    """
    header = st.empty()
    token = _framing.set(True)
    try:
        yield
    except _PageEnd:
        pass
    finally:
        _framing.reset(token)
    _show_switch(header)
    memory.give_back_end()


def _show_switch(header: Any) -> None:
    with header.container(key="frame"):
        script = (_PARTS / "frame.js").read_text(encoding="utf-8")
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
        query_params.switch(
            "projector", "Projector", help="Large letters and strong contrast, for a classroom."
        )
        tab.keep()
