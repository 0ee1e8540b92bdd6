"""Scores that are kept between reruns, for Compare and Confusion."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.evaluation import scores
from deepmusic.evaluation.scores import Candidate, Score
from deepmusic.ui import cache


@st.cache_data(show_spinner=False, max_entries=64)
def _score(stamp: tuple, model: str, name: str, _candidate: Candidate) -> Score:
    return scores.score_candidate(_candidate)


def scores_of(candidates: Sequence[Candidate]) -> tuple[list[Score], dict[str, str]]:
    """Return the scores of candidates, and what is wrong with those that cannot be read."""
    found, faults = [], {}
    for candidate in candidates:
        try:
            found.append(_score(candidate.stamp, candidate.model, candidate.name, candidate))
        except DeepMusicError as error:
            faults[candidate.name] = str(error)
    return found, faults


@st.cache_data(show_spinner=False, max_entries=64)
def _tables(stamp: tuple, _candidate: Candidate) -> tuple[pd.DataFrame, pd.DataFrame]:
    from deepmusic.evaluation import metrics

    predictions = scores.predictions_of(_candidate)
    return predictions, metrics.clip_table(predictions, _candidate.genres)


def tables_of(candidate: Candidate) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a candidate's predictions by window and by clip.

    Raises
    ------
    RunError
        If they are missing or damaged.
    """
    return _tables(candidate.stamp, candidate)


@st.cache_resource(show_spinner=False)
def _times() -> dict[str, float]:
    return {}


def measured_times() -> Mapping[str, float]:
    """Return how long each shipped network takes for a song, in ms, where that was measured."""
    return _times()


def measure_times() -> None:
    """Time the shipped networks, and all of them together, on 30 s of a synthetic band."""
    from deepmusic.prediction import latency

    _times().update(latency.time_classifiers(cache.networks()))
