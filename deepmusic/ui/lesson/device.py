"""A device by a random number that its browser keeps, so that it votes once."""

import secrets
from importlib.resources import files

import streamlit as st

_component = st.components.v2.component(
    "deepmusic_device",
    html="<span></span>",
    js=files(__package__).joinpath("device.js").read_text(encoding="utf-8"),
)


def identify() -> str:
    """Return the number that stands for this browser; that of the session until it answers."""
    found = _component(key="device", default={"device": None}, on_device_change=lambda: None)
    session: str = st.session_state.setdefault("session_device", secrets.token_hex(8))
    kept = found.get("device")
    return str(kept)[:32] if kept else session
