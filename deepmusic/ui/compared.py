"""What the Compare page keeps between reruns, and its tables."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import pandas as pd
import streamlit as st

from deepmusic import latency, models, scores, wording
from deepmusic.errors import DeepMusicError
from deepmusic.formatting import format_clock
from deepmusic.scores import Candidate, Score
from deepmusic.ui import cache, markdown, query_params
from deepmusic.wording import NOTHING, Markup

__all__ = ["NOTHING"]

_MARKUP = Markup("**{}**".format, ":small[:gray[{}]]".format, markdown.plain)


@st.cache_data(show_spinner=False, max_entries=64)
def _score(stamp: tuple, model: str, name: str, _candidate: Candidate) -> Score:
    return scores.score_candidate(_candidate)


def scores_of(
    candidates: Sequence[Candidate], faults: dict[str, str]
) -> tuple[list[Score], dict[str, str]]:
    """Count these candidates' scores; of those that cannot be counted, say why."""
    counted, faults = [], dict(faults)
    for candidate in candidates:
        try:
            counted.append(_score(candidate.stamp, candidate.model, candidate.name, candidate))
        except DeepMusicError as error:
            faults[candidate.name] = str(error)
    return counted, faults


@st.cache_data(show_spinner=False, max_entries=64)
def _tables(stamp: tuple, _candidate: Candidate) -> tuple[pd.DataFrame, pd.DataFrame]:
    from deepmusic import metrics

    predictions = scores.predictions_of(_candidate)
    return predictions, metrics.clip_table(predictions, _candidate.genres)


def tables_of(candidate: Candidate) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a candidate's predictions by window, and its verdicts by clip.

    Raises
    ------
    RunError
        If they are missing or damaged.
    """
    return _tables(candidate.stamp, candidate)


@st.cache_data(show_spinner=False, max_entries=12)
def architecture_of(name: str, config_json: str) -> tuple[str, pd.DataFrame]:
    """Build a network, and return its diagram and its layers; this loads TensorFlow."""
    from deepmusic import architecture
    from deepmusic.config import ModelConfig

    layers = architecture.describe(models.build(ModelConfig.from_json(config_json)))
    table = pd.DataFrame(
        {
            "Layer": layer.name,
            "Kind": layer.kind,
            "Output": layer.shape,
            "Parameters": layer.parameters,
            "What it is for": layer.purpose,
        }
        for layer in layers
    )
    return architecture.to_dot(layers), table


@st.cache_resource(show_spinner=False)
def _times() -> dict[str, float]:
    return {}


def measured_times() -> Mapping[str, float]:
    """Return how long each shipped network takes for a song, in ms, where that was measured."""
    return _times()


def measure_times() -> None:
    """Time the shipped networks, and all of them together, on 30 s of a synthetic band."""
    _times().update(latency.time_classifiers(cache.networks()))


def results_table(scores: Sequence[Score]) -> pd.DataFrame:
    """Return the table of scores, in words for `st.table`."""
    return wording.results_table(scores, _MARKUP, measured_times())


def places_table(places: Sequence[Mapping[str, float | str]]) -> pd.DataFrame:
    """Return a row for each place at which the networks disagree."""
    return pd.DataFrame(
        {"When": f"{format_clock(place['start'], 1)} to {format_clock(place['end'], 1)}"}
        | {models.title(name): place.get(name, "") for name in models.MODELS}
        for place in places
    )


def show_difference(scores: Sequence[Score]) -> None:
    """Let a visitor choose two scores, and say in words whether they differ by more than luck."""
    by_name = {score.candidate.name: score for score in scores}
    if len(by_name) < 2:
        return
    best = sorted(by_name, key=lambda name: -by_name[name].clip.value)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Luck or better?**", width="content")
        look = {"widget": st.selectbox, "label_visibility": "collapsed", "width": 210}
        one = query_params.choose("one", best, label="One network", **look)
        others = [name for name in best if name != one]
        other = query_params.choose(
            "other", others, label="Another network", default=others[-1], **look
        )
    try:
        words = wording.difference_in_words(by_name[one], by_name[other])
    except DeepMusicError as error:
        words = str(error)
    st.markdown(markdown.message(words))
    with suppress(DeepMusicError):  # Own runs may be tested on fewer clips.
        st.markdown(wording.agreement_in_words(scores))
