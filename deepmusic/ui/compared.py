"""What the Compare page keeps between reruns, and its tables."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import pandas as pd
import streamlit as st

from deepmusic import comparison, models
from deepmusic.comparison import Candidate, Measured, Score
from deepmusic.errors import DeepMusicError
from deepmusic.paper.table import TABLE
from deepmusic.ui import address, cache, markdown

#: Stands where there is no number.
NOTHING = "\N{EN DASH}"


@st.cache_data(show_spinner=False, max_entries=64)
def _score(stamp: tuple, model: str, name: str, _candidate: Candidate) -> Score:
    return comparison.score(_candidate)


def scores_of(
    candidates: Sequence[Candidate], faults: dict[str, str]
) -> tuple[list[Score], dict[str, str]]:
    """Count these candidates' scores; of those that cannot be counted, say why."""
    scores, faults = [], dict(faults)
    for candidate in candidates:
        try:
            scores.append(_score(candidate.stamp, candidate.model, candidate.name, candidate))
        except DeepMusicError as error:
            faults[candidate.name] = str(error)
    return scores, faults


@st.cache_data(show_spinner=False, max_entries=64)
def _tables(stamp: tuple, _candidate: Candidate) -> tuple[pd.DataFrame, pd.DataFrame]:
    from deepmusic import evaluation

    predictions = comparison.predictions_of(_candidate)
    return predictions, evaluation.clip_table(predictions, comparison.genres_of(_candidate))


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
    _times().update(comparison.time_classifiers(cache.networks()))


def results_table(scores: Sequence[Score], with_paper: bool) -> pd.DataFrame:
    """Return Table 1 of the paper and more: a row for each score, in words for `st.table`."""
    times = measured_times()
    rows = []
    for score in scores:
        candidate = score.candidate
        printed = TABLE.get(candidate.model) if with_paper and candidate.shipped else None
        row = {"Network": f"**{markdown.plain(candidate.name)}**"}
        # The baseline reads a clip at once, and so has no windows.
        has_windows = score.windows > score.clips
        row["Windows right"] = in_percent(score.window) if has_windows else NOTHING
        if with_paper:
            row["the paper's"] = _paper_windows(printed)
        row["Clips right"] = in_percent(score.clip)
        if any(score.repeats for score in scores):
            row["Over seeds"] = _over_seeds(score)
        row["Clips, by vote"] = in_percent(score.vote)
        if with_paper:
            row["the paper's "] = _share(printed and printed.vote_accuracy)
        row["Parameters"] = _thousands(score.parameters)
        if with_paper:
            row["the paper's  "] = _thousands(printed and printed.parameters)
        row["Training"] = _minutes(score.training_seconds)
        took = times.get(candidate.model) if candidate.shipped else None
        row["One song"] = f"{took:.0f} ms" if took else NOTHING
        rows.append(row)
    return pd.DataFrame(rows)


def places_table(places: Sequence[Mapping[str, float | str]]) -> pd.DataFrame:
    """Return a row for each place at which the networks disagree."""
    return pd.DataFrame(
        {"When": f"{_clock(place['start'])} to {_clock(place['end'])}"}
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
        one = st.selectbox(
            "One network",
            best,
            key=address.key("one", best),
            label_visibility="collapsed",
            width=210,
        )
        others = [name for name in best if name != one]
        other = st.selectbox(
            "Another network",
            others,
            key=address.key("other", others[::-1]),
            label_visibility="collapsed",
            width=210,
        )
    try:
        words = comparison.difference_in_words(by_name[one], by_name[other])
    except DeepMusicError as error:
        words = str(error)
    st.markdown(markdown.message(words))
    with suppress(DeepMusicError):  # Own runs may be tested on fewer clips.
        st.markdown(comparison.agreement_in_words(scores))


def in_percent(measured: Measured) -> str:
    """Return a share and its interval, such as ``79.0 % 76 to 82``, as Markdown."""
    return (
        f"**{100 * measured.value:.1f}&nbsp;%** "
        f":small[:gray[{100 * measured.low:.0f}&nbsp;to&nbsp;{100 * measured.high:.0f}]]"
    )


def _over_seeds(score: Score) -> str:
    if not score.repeats:
        return NOTHING
    spread = score.repeats.clip
    return (
        f"{100 * spread.mean:.1f}&nbsp;±&nbsp;{100 * spread.deviation:.1f} "
        f":small[:gray[{score.repeats.n}&nbsp;seeds]]"
    )


def _paper_windows(printed) -> str:
    if not printed:
        return NOTHING
    more = printed.notebook_accuracy
    # Where the notebook only adds a digit, the table's number is enough.
    differs = more and round(more, 2) != printed.window_accuracy
    note = f" :small[:gray[notebook&nbsp;{100 * more:.1f}]]" if differs else ""
    return _share(printed.window_accuracy) + note


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.0f} %"


def _thousands(number: int | None) -> str:
    return NOTHING if number is None else f"{number:,}"


def _minutes(seconds: float | None) -> str:
    return NOTHING if not seconds else f"{seconds / 60:.0f} min"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"
