"""The prediction in words: which genre, how sure, who agrees, and how often that is right."""

import html
from collections.abc import Mapping

import numpy as np
import streamlit as st

from deepmusic import models
from deepmusic.charts.style import genre_colour
from deepmusic.formatting import format_percent
from deepmusic.prediction import Prediction
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.runs import find_run
from deepmusic.ui import cache, query_params
from deepmusic.ui.song import SongFile

_BEWARE = (
    "It knows ten genres and no other, and a percentage here is a network's vote, not a measured "
    "chance of being right."
)
_SURE, _LEANING = 0.7, 0.45


def choose_network() -> str:
    """Let the visitor choose whose prediction is shown first; it stands in the address."""
    return query_params.choose(
        "model",
        [models.ENSEMBLE, *models.MODELS],
        models.title,
        label="Whose prediction",
        label_visibility="collapsed",
    )


def show(predictions: Mapping[str, Prediction], featured: str) -> None:
    """Show the featured network's prediction, and whether the others agree.

    Parameters
    ----------
    predictions : mapping of str to Prediction
        By network.
    featured : str
        Whose prediction stands first.
    """
    lead = predictions[featured]
    st.html(
        f'<div style="border-left: 0.5rem solid {genre_colour(lead.genre)};'
        ' padding-left: 0.8rem; line-height: 1.15">'
        f'<div style="font-size: 2.4rem; font-weight: 700">{html.escape(lead.genre)}</div>'
        f'<div style="font-size: 1.1rem">{html.escape(certainty(lead))}</div></div>'
    )
    st.markdown(agreement(predictions))


def show_record(featured: str, song: SongFile) -> None:
    """Show how often the network that was asked about a song is right, and on what."""
    st.caption(f"How good is it? {record(featured, song)}")


def record(featured: str, song: SongFile) -> str:
    """Say how often the featured network was right, or why nobody can know.

    Parameters
    ----------
    featured : str
        Whose prediction stands first.
    song : SongFile
        What it was asked about.
    """
    own = cache.own_runs()
    if featured == models.ENSEMBLE and own:
        return "Nobody has measured this ensemble, which has runs of your own."
    result = find_run(own[featured]).evaluation if featured in own else None
    if result is None:
        result = cache.shipped_evaluation(featured)
        if song.protocol == DEPLOYED_PROTOCOL:
            return (
                f"Here {_subject(featured)} has learnt from all clips of GTZAN, so that none is "
                f"left to test it on. Trained in the same way on {_learnt_from()} of them, it "
                f"named the labelled genre of {format_percent(result['clip_accuracy'])} of "
                f"{result['clips']} others. {_BEWARE}"
            )
    if "clip_accuracy" not in result:
        return "Nobody can know: this run learnt from every clip, and none is left to test it on."
    return (
        f"On {result['clips']} test clips (protocol {result['protocol']}) never seen in training, "
        f"{_subject(featured)} named the labelled genre of "
        f"{format_percent(result['clip_accuracy'])}. {_BEWARE}"
    )


def _learnt_from() -> int:
    """Return how many clips the measured networks learnt from."""
    return cache.shipped_evaluation(next(iter(models.MODELS)))["clips_by_part"]["train"]


def show_own_runs() -> None:
    """Say which networks are a visitor's own runs, and offer the way back."""
    for model, run_id in cache.own_runs().items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{models.title(model)}: your run {run_id}", width="stretch")
            st.button(
                "Back to the shipped one",
                key=f"shipped_{model}",
                type="tertiary",
                on_click=cache.use_run,
                args=(model, None),
            )


def certainty(prediction: Prediction) -> str:
    """Say how sure a network is: ``83 %, quite sure``."""
    first, second = np.argsort(prediction.song_probabilities)[::-1][:2]
    share = format_percent(prediction.confidence)
    if prediction.confidence >= _SURE:
        return f"{share}, quite sure"
    if prediction.confidence >= _LEANING:
        return f"{share}, leaning; next is {prediction.genres[second]}"
    return f"{share}, torn between {prediction.genres[first]} and {prediction.genres[second]}"


def agreement(predictions: Mapping[str, Prediction]) -> str:
    """Say which networks agree, such as "All three networks predict jazz"."""
    by_genre: dict[str, list[str]] = {}
    for name in models.MODELS:
        by_genre.setdefault(predictions[name].genre, []).append(models.title(name))
    if len(by_genre) == 1:
        return f"All three networks predict **{next(iter(by_genre))}**."
    return " ".join(
        f"{' and '.join(names)} {'predict' if len(names) > 1 else 'predicts'} **{genre}**."
        for genre, names in by_genre.items()
    )


def _subject(name: str) -> str:
    return "the ensemble" if name == models.ENSEMBLE else f"the {models.title(name)}"
