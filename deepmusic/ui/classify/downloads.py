"""Downloads of a song's predictions, in the format of the command line."""

from collections.abc import Mapping
from pathlib import PurePath

import streamlit as st

from deepmusic.formatting import to_csv
from deepmusic.prediction import Answer, Prediction, export
from deepmusic.ui.song import SongFile, SongView


def show(
    song: SongFile, view: SongView, predictions: Mapping[str, Prediction], answer: Answer
) -> None:
    """Show download buttons: CSV with a row for each network, JSON with every window."""
    stem = PurePath(song.name).stem or "song"
    found = song.name, view.duration, predictions, view.notes, answer
    files = {
        "CSV": (to_csv(export.prediction_table(*found)), "text/csv"),
        "JSON": (export.to_json(*found), "application/json"),
    }
    with st.container(horizontal=True):
        for kind, (text, mime_type) in files.items():
            st.download_button(
                f"Download {kind}",
                text,
                file_name=f"{stem}-genres.{kind.lower()}",
                mime=mime_type,
                on_click="ignore",
            )
