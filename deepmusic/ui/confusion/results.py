"""What networks answered: shipped ones, and runs of a visitor's own."""

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from deepmusic import candidates, confusion, models
from deepmusic.errors import ModelError, RunError
from deepmusic.models import ENSEMBLE
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import FINISHED, list_runs, shipped_run
from deepmusic.scores import Candidate
from deepmusic.ui import compared, markdown


@dataclass(frozen=True)
class Result:
    """What one network, or the ensemble, answered on its test part."""

    name: str
    model: str
    protocol: Protocol
    genres: list[str]
    data: str
    predictions: pd.DataFrame = field(repr=False)
    clips: pd.DataFrame = field(repr=False)

    @property
    def matrix(self) -> pd.DataFrame:
        return confusion.confusion_matrix(self.clips, self.genres)

    @property
    def heading(self) -> str:
        right = (self.clips["genre"] == self.clips["predicted"]).mean()
        return f"{self.name}: {100 * right:.0f} % right"


def read_result(candidate: Candidate) -> Result:
    """Return what finished runs answered; raise `RunError` if their files are damaged."""
    predictions, clips = compared.tables_of(candidate)
    genres = candidate.genres
    if predictions[genres].isna().any(axis=None):
        raise RunError(
            f"{candidate.runs[0].path}: some answers are no numbers; its training has diverged."
        )
    data = candidate.runs[0].config.train.data
    return Result(
        candidate.name, candidate.model, candidate.protocol, genres, data, predictions, clips
    )


def shipped_choice(name: str, protocol: Protocol) -> str:
    """Return what stands for a shipped network in the address."""
    return (
        f"shipped-{name}" if protocol == BENCHMARK_PROTOCOL else f"shipped-{protocol.slug}-{name}"
    )


def is_shipped_network(choice: str) -> bool:
    """Tell whether a choice is a network that DeepMusic ships (and not an own run or the mean)."""
    return choice.startswith("shipped-") and not choice.endswith(ENSEMBLE)


def find_shipped(faults: dict[str, str]) -> dict[str, Candidate]:
    """Return the shipped networks and ensembles of every protocol; add to the faults."""
    for name in models.MODELS:
        try:
            shipped_run(name)
        except RunError as error:
            faults[shipped_choice(name, BENCHMARK_PROTOCOL)] = str(error)
    return {
        shipped_choice(candidate.model, candidate.protocol): candidate
        for candidate in candidates.find_shipped()
        if candidate.model != models.BASELINE
    }


def find_own(faults: dict[str, str]) -> dict[str, Result]:
    """Return what a visitor's own runs answered, the newest first, by id; add to the faults."""
    runs = [run for run in list_runs()[::-1] if run.state == FINISHED]
    titles = Counter(run.notes["title"] for run in runs)
    found = {}
    for run in runs:
        title = run.notes["title"]
        try:
            model, protocol = run.config.model.name, run.protocol
            models.spec(model)
            if not run.config.train.is_tested:
                continue
            name = title if title and titles[title] == 1 else run.id
            found[run.id] = read_result(Candidate(name, model, protocol, (run,), False))
        except (RunError, ModelError) as error:
            faults[run.id] = str(error)
    return found


def read_shipped(shipped: dict[str, Candidate], protocol: Protocol) -> dict[str, Result]:
    """Read what the shipped networks of a protocol answered; say which cannot be read."""
    found = {}
    for choice, candidate in shipped.items():
        if candidate.protocol == protocol:
            try:
                found[choice] = read_result(candidate)
            except RunError as error:
                st.warning(markdown.message(error))
    return found
