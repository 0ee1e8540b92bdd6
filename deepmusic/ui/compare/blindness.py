"""What each network is blind to: accuracy with something taken away, and how that sounds."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.audio import encode
from deepmusic.evaluation import blindness
from deepmusic.formatting import format_genre, format_percent
from deepmusic.ui import cache, demos, query_params

#: Losses of bands alone, which have no sound.
_SILENT = ("higher",)


def show() -> None:
    """Show the table, and play a demo piece with the chosen part taken away."""
    measured = blindness.shipped()
    if not measured:
        st.info("Nothing was measured here yet: python benchmarks/blindness.py --store")
        return
    st.markdown(
        "Take something away: which network suffers?",
        help=f"Accuracy on {measured['clips']} test clips; brackets: 95 % intervals. Each window "
        "of 3 s is changed alone. Shuffled: mean of three draws.",
    )
    st.table(_table(measured), hide_index=True, border="horizontal")
    audible = {name: loss.title for name, loss in blindness.LOSSES.items() if name not in _SILENT}
    left, right = st.columns([3, 4], vertical_alignment="bottom")
    with left:
        name = query_params.choose(
            "loss", list(audible), audible, label="Hear it", widget=st.selectbox
        )
    song = cache.decode_song(demos.song("rock")).song
    changed = blindness.hear(name, song.samples, song.sample_rate)
    with right:
        st.audio(
            encode.encode_flac(changed, song.sample_rate),
            format="audio/flac",
            alt=f"Demo music, {audible[name]}",
        )
    mistakes = []
    for model in models.MODELS:
        label, predicted, count = measured["losses"][name][model]["confusion"]
        took = f"{format_genre(label)} for {format_genre(predicted)} ({count})"
        mistakes.append(f"**{models.title(model)}** {took}")
    st.caption(f"Taken most often: {'; '.join(mistakes)}.")


def _table(measured: Mapping[str, Any]) -> pd.DataFrame:
    rows = []
    for name, loss in blindness.LOSSES.items():
        row = {"Windows": loss.title}
        for model in models.MODELS:
            found = measured["losses"][name][model]
            low, high = (format_percent(end, space="") for end in found["interval"])
            row[models.title(model)] = f"**{format_percent(found['accuracy'])}** ({low} to {high})"
        rows.append(row)
    return pd.DataFrame(rows)
