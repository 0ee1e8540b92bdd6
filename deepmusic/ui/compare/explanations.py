"""How far can explanations be believed? What a network says when the important parts go."""

import pandas as pd
import streamlit as st

from deepmusic import models
from deepmusic.charts.explanations import belief_chart
from deepmusic.errors import ModelError
from deepmusic.explain.truth import read_shipped
from deepmusic.ui import markdown

_KINDS = {
    "deletion": (
        "**Taken away: should fall**",
        "0 to 60 % of a clip's spectrogram are taken away, what mattered first: the genre's mean "
        "probability over these shares. The further left of random order, the truer the evidence.",
    ),
    "insertion": (
        "**Left alone: should stay**",
        "The same while only 0 to 60 % are left. The further right of random order, the truer.",
    ),
}


def show() -> None:
    """Show deletion and insertion by network, and how often the sound keeps the genre."""
    try:
        measured = read_shipped()
    except ModelError as error:
        markdown.show_error(error)
        return
    lower = [found["log_mels"]["deletion below random"][0] for found in measured.values()]
    st.markdown(
        "**How far can the explanation be believed?** Without what mattered, a genre's probability "
        f"is {100 * min(lower):.0f} to {100 * max(lower):.0f} % lower than without random parts."
    )
    for column, (kind, (words, more)) in zip(st.columns(2), _KINDS.items(), strict=True):
        column.markdown(words, help=more)
        column.plotly_chart(
            belief_chart(measured, kind),
            config={"displayModeBar": False},
            alt=f"Mean probability of the genre under {kind}, by network",
        )
    rows = [
        {
            "Network": f"**{models.title(name)}**",
            "What mattered as sound keeps the genre": _share(found["sound"]["evidence"]),
            "a random 30 % does": _share(found["sound"]["random"]),
            "clips": f"{found['log_mels']['clips']}, as sound {found['sound']['clips']}",
        }
        for name, found in measured.items()
    ]
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
    learnt = "has learnt these clips" if models.PRETRAINED in measured else "was not measured"
    st.caption(f"In % of the clips, with 95 % intervals. The pretrained network {learnt}.")


def _share(interval: list[float]) -> str:
    mean, low, high = (round(100 * one) for one in interval)
    return f"{mean} ({low} to {high})"
