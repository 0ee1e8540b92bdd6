"""What networks predicted on their test parts: shipped ones, and runs of a visitor's own."""

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from deepmusic import models
from deepmusic.errors import ModelError, RunError
from deepmusic.evaluation import candidates, confusion
from deepmusic.evaluation.scores import Candidate
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import FINISHED, list_runs, shipped_run
from deepmusic.ui.scores import tables_of


@dataclass(frozen=True)
class Result:
    """What one network, or the ensemble, predicted on its test part."""

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
        accuracy = (self.clips["genre"] == self.clips["predicted"]).mean()
        return f"{self.name}: {100 * accuracy:.0f} % right"


def read_result(candidate: Candidate) -> Result:
    """Return what finished runs predicted; raise `RunError` if their files are damaged."""
    predictions, clips = tables_of(candidate)
    genres = candidate.genres
    if predictions[genres].isna().any(axis=None):
        raise RunError(
            f"{candidate.runs[0].path}: some predictions are no numbers; its training has diverged."
        )
    data = candidate.runs[0].config.train.data
    return Result(
        candidate.name, candidate.model, candidate.protocol, genres, data, predictions, clips
    )


def find_shipped(faults: dict[str, str]) -> dict[str, Candidate]:
    """Return the shipped networks and ensembles of every protocol; add to the faults."""
    for name in models.MODELS:
        try:
            shipped_run(name)
        except RunError as error:
            faults[_choice(name, BENCHMARK_PROTOCOL)] = str(error)
    return {
        _choice(candidate.model, candidate.protocol): candidate
        for candidate in candidates.find_shipped()
        if candidate.model != models.BASELINE
    }


def find_own(faults: dict[str, str]) -> dict[str, Result]:
    """Return what a visitor's own runs predicted, the newest first, by id; add to the faults."""
    runs = [run for run in list_runs()[::-1] if run.state == FINISHED]
    titles = Counter(run.notes["title"] for run in runs)
    found = {}
    for run in runs:
        title = run.notes["title"]
        try:
            model = models.spec(run.config.model.name) and run.config.model.name
            if run.config.train.is_tested:
                name = title if title and titles[title] == 1 else run.id
                found[run.id] = read_result(Candidate(name, model, run.protocol, (run,), False))
        except (RunError, ModelError) as error:
            faults[run.id] = str(error)
    return found


def read_protocol(
    shipped: dict[str, Candidate], own: dict[str, Result], protocol: Protocol
) -> tuple[dict[str, Result], list[RunError]]:
    """Return what networks predicted under a protocol, and why some cannot be read."""
    found, errors = {}, []
    for choice, candidate in shipped.items():
        if candidate.protocol == protocol:
            try:
                found[choice] = read_result(candidate)
            except RunError as error:
                errors.append(error)
    own = {choice: result for choice, result in own.items() if result.protocol == protocol}
    return found | own, errors


def is_shipped_network(choice: str) -> bool:
    """Tell whether a choice is a network that DeepMusic ships (and no own run or ensemble)."""
    return choice.startswith("shipped-") and not choice.endswith(models.ENSEMBLE)


def _choice(name: str, protocol: Protocol) -> str:
    """Return what stands for a shipped network in the address."""
    within = "" if protocol == BENCHMARK_PROTOCOL else f"{protocol.slug}-"
    return f"shipped-{within}{name}"
