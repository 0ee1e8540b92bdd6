"""A playhead through the pictures of a step, and a button that plays their window alone."""

from importlib.resources import files

import streamlit as st

_CSS = """
button {
  width: 100%;
  padding: 0.4rem 0.8rem;
  font: inherit;
  font-family: var(--st-font);
  color: var(--st-text-color);
  background: var(--st-background-color);
  border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius);
  cursor: pointer;
}
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
"""
_component = st.components.v2.component(
    "deepmusic_playhead",
    html='<button type="button"></button>',
    css=_CSS,
    js=files(__package__).joinpath("playhead.js").read_text(encoding="utf-8"),
)


def show(pictures: str, shown: tuple[float, float], window: tuple[float, float]) -> None:
    """Show the button, and draw the playhead into the container ``figure``.

    Parameters
    ----------
    pictures : str
        CSS selector of the pictures there.
    shown : (float, float)
        Times at their left and right edges, in s.
    window : (float, float)
        Start and end of what the button plays, in s.
    """
    _component(
        key="playhead",
        data={
            "pictures": pictures,
            "shown": shown,
            "window": window,
            "label": f"\N{BLACK RIGHT-POINTING TRIANGLE} The framed {window[1] - window[0]:.0f} s",
        },
    )
