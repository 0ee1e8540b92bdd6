"""The prediction as text: genre, probability, agreement of the networks, and accuracy."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from deepmusic import models
from deepmusic.charts.style import MODEL_COLOURS, MODEL_MARKS, genre_colour
from deepmusic.formatting import format_genre, format_percent
from deepmusic.prediction import Prediction
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.runs import find_run, run_names
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.song import SongFile

_LIMITS = (
    "It knows these ten genres only, and its percentages are not measured chances of being right."
)
_SURE, _LEANING = 0.7, 0.45
_MOST_TAGS = 5
_MARKS = {
    "circle": "\N{BLACK CIRCLE}",
    "square": "\N{BLACK SQUARE}",
    "diamond": "\N{BLACK DIAMOND}",
}


def choose_network(song: SongFile) -> str:
    """Show the choice of the network whose prediction is featured."""
    # The pretrained network has learnt all clips of GTZAN, and is not asked about them.
    first = [models.PRETRAINED] if song.protocol == DEPLOYED_PROTOCOL else []
    return query_params.choose(
        "model",
        [*first, models.ENSEMBLE, *models.MODELS],
        models.title,
        label="Network",
        label_visibility="collapsed",
    )


def show(
    predictions: Mapping[str, Prediction], featured: str, song: SongFile, tags: Sequence[str] = ()
) -> str:
    """Show the featured network's prediction, whether the others agree, and its accuracy.

    Return its name: the ensemble is featured where the pretrained network could not be asked.
    """
    featured = featured if featured in predictions else models.ENSEMBLE
    lead = predictions[featured]
    genre = html.escape(format_genre(lead.genre))
    st.html(
        f'<div style="border-left: 0.5rem solid {genre_colour(lead.genre)};'
        ' padding-left: 0.8rem; line-height: 1.15">'
        f'<div style="font-size: 2.4rem; font-weight: 700">{genre}</div>'
        f'<div style="font-size: 1.1rem">{html.escape(certainty(lead))}</div></div>'
    )
    accuracy = f"How good is it? {_describe_accuracy(featured, song)}"
    st.markdown(agreement(predictions), help=accuracy)
    if tags:
        st.markdown(
            " ".join(f":gray-badge[{markdown.plain(tag)}]" for tag in tags[:_MOST_TAGS]),
            help="Words that listeners of Last.fm would use, says the pretrained network.",
        )
    return featured


def show_marks() -> None:
    """Show which mark of the chart is which network's."""
    marks = "".join(
        f'<span style="white-space: nowrap"><span style="color: {MODEL_COLOURS[name]}">'
        f"{_MARKS[MODEL_MARKS[name]]}</span> {models.title(name)}</span>"
        for name in models.MODELS
    )
    st.html(f'<div style="display: flex; flex-wrap: wrap; gap: 0 1rem">{marks}</div>')


def _describe_accuracy(featured: str, song: SongFile) -> str:
    """Return the accuracy of the featured network for a song, or why it is unknown."""
    own = cache.own_runs()
    if featured == models.PRETRAINED:
        return _describe_pretrained()
    if featured == models.ENSEMBLE and own:
        return "Unknown: this ensemble contains runs of your own, and was not evaluated."
    if featured in own:
        result: Mapping[str, Any] = find_run(own[featured]).evaluation or {}
    else:
        result = cache.shipped_evaluation(featured)
        if song.protocol == DEPLOYED_PROTOCOL:
            parts = cache.shipped_evaluation(next(iter(models.MODELS)))["clips_by_part"]
            return (
                f"Here {_subject(featured)} was trained on all clips of GTZAN, so none is left to "
                f"test it on. Trained in the same way on {parts['train']} of them, its accuracy on "
                f"{result['clips']} others was {format_percent(result['clip_accuracy'])}. {_LIMITS}"
            )
    if "clip_accuracy" not in result:
        return "Unknown: this run was trained on every clip, and none is left to test it on."
    return (
        f"On {result['clips']} test clips (protocol {result['protocol']}), the accuracy of "
        f"{_subject(featured)} was {format_percent(result['clip_accuracy'])}. {_LIMITS}"
    )


def _describe_pretrained() -> str:
    from deepmusic.prediction.pretrained import shipped_head

    found = shipped_head().facts["elsewhere"]
    sure = found["by_threshold"]["0.8"]
    return (
        f"On {found['clips']} clips of music that is not GTZAN, by artists that it was not trained "
        f"on, {format_percent(found['accuracy'])} of the answers were right; of those with 80 % "
        f"or more, {format_percent(sure['right'])}. The paper's three networks together: "
        f"{format_percent(found['ensemble'])}. It knows these ten genres only."
    )


def show_own_runs() -> None:
    """Show which networks are a visitor's own runs, and the buttons that undo that."""
    for model, run_id in cache.own_runs().items():
        with st.container(horizontal=True, vertical_alignment="center"):
            name = markdown.plain(run_names().get(run_id, run_id))
            st.caption(f"{models.title(model)}: your run {name}", width="stretch")
            st.button(
                "Back to the shipped one",
                key=f"shipped_{model}",
                type="tertiary",
                on_click=cache.use_run,
                args=(model, None),
            )


def certainty(prediction: Prediction) -> str:
    """Return a prediction's probability in words: ``83 %, quite sure``."""
    best = np.argsort(prediction.song_probabilities)[::-1][:2]
    first, second = (format_genre(prediction.genres[index]) for index in best)
    percent = format_percent(prediction.confidence)
    if prediction.confidence >= _SURE:
        return f"{percent}, quite sure"
    if prediction.confidence >= _LEANING:
        return f"{percent}, leaning; next is {second}"
    return f"{percent}, torn between {first} and {second}"


def agreement(predictions: Mapping[str, Prediction]) -> str:
    """Return which networks agree, such as "All three networks predict **jazz**."."""
    by_genre: dict[str, list[str]] = {}
    for name in models.MODELS:
        by_genre.setdefault(format_genre(predictions[name].genre), []).append(models.title(name))
    if len(by_genre) == 1:
        return f"All three networks of the paper predict **{next(iter(by_genre))}**."
    return " ".join(
        f"{' and '.join(names)} {'predict' if len(names) > 1 else 'predicts'} **{genre}**."
        for genre, names in by_genre.items()
    )


def _subject(name: str) -> str:
    return "the ensemble" if name == models.ENSEMBLE else f"the {models.title(name)}"
