"""Cached scores and predictions of the candidates that Compare and Confusion show."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from deepmusic.errors import DeepMusicError
from deepmusic.evaluation import metrics, scores
from deepmusic.evaluation.scores import Candidate, Score

#: How Streamlit tells candidates apart: by the files of their runs.
_KEYS: dict[str | type, Callable[[Any], Any]] = {
    Candidate: lambda candidate: (candidate.stamp, candidate.model, candidate.name)
}


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=_KEYS)
def _score(candidate: Candidate) -> Score:
    return scores.score_candidate(candidate)


def scores_of(candidates: Sequence[Candidate]) -> tuple[list[Score], dict[str, str]]:
    """Return the scores of candidates, and by name the errors of those that cannot be read."""
    found, faults = [], {}
    for candidate in candidates:
        try:
            found.append(_score(candidate))
        except DeepMusicError as error:
            faults[candidate.name] = str(error)
    return found, faults


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=_KEYS)
def predictions_of(candidate: Candidate) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the predictions of a candidate, by window and by clip.

    Raises
    ------
    RunError
        If they are missing or damaged.
    """
    windows = scores.predictions_of(candidate)
    return windows, metrics.clip_table(windows, candidate.genres)
