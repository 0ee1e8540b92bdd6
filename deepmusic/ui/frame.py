"""The frame around every page, and the way into it from a deep link."""

from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent.parent.parent

_FRAMED = "frame_is_up"
_TARGET = "frame_target"

#: How much of the text's ink a caption has; a test holds its contrast.
CAPTION_OPACITY = 0.75

# Streamlit leaves six rems free above a page; a projector has no room for that.
_STYLE = """
<style>
.stMainBlockContainer { padding-top: 4.4rem; padding-bottom: 2rem; max-width: 1400px; }
/* Axes and legends in the page's own ink; Streamlit's grey is too faint for the back row. */
.stPlotlyChart :is([class$="tick"] text, [class$="title"], .legendtext),
.stPlotlyChart :is(.annotation-text, .bartext-outside) {
  fill: currentColor !important;
}
/* What is chosen is bold, not only coloured, and in ink: the accent is too faint on dark. */
[data-testid="stButtonGroup"] button[data-selected][type]:not([data-disabled]) {
  color: inherit;
  font-weight: 600;
}
[data-testid="stSliderThumbValue"] { color: inherit; }
/* Streamlit's 0.6 is too faint to read (WCAG AA). */
[data-testid="stCaptionContainer"] { opacity: CAPTION_OPACITY; }
/* What may be uploaded stands in full above the field; here it would be cut off. */
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
/* Sentences for the last row of a class, and pictures side by side that wrap on a phone. */
.lesson { font-size: 1.3rem; line-height: 1.35; margin: 0; }
.filters { display: flex; gap: 1.5rem; }
.filters > div {
  display: grid;
  flex: 1;
  grid-template-columns: repeat(8, 1fr);
  gap: 0.3rem 0.6rem;
}
.filters figure { margin: 0; text-align: center; }
.filters img { width: 100%; height: 150px; object-fit: fill; border-radius: 3px; }
.filters .window { flex: 0 0 14%; }
.filters .window img { height: 331px; }
.filters figcaption { font-size: 0.95rem; line-height: 1.6; white-space: nowrap; }
@media (max-width: 640px) {
  .lesson { font-size: 1.15rem; }
  .filters { flex-direction: column; }
  .filters > div { grid-template-columns: repeat(4, 1fr); }
  .filters img { height: 110px; }
  .filters .window img { height: 220px; }
  .filters figcaption { font-size: 0.85rem; }
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  /* On a phone the columns stack; the verdict, which stands right, comes first. */
  .st-key-result [data-testid="stHorizontalBlock"] { flex-direction: column-reverse; }
  .st-key-result [data-testid="stColumn"] { min-width: 100%; }
}
</style>
""".replace("CAPTION_OPACITY", str(CAPTION_OPACITY))


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
    """Make sure that a page runs inside the frame; every page calls this first.

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
