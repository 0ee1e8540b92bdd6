"""Predictions of the shipped networks and of a visitor's runs on their test sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from deepmusic import models
from deepmusic.errors import DeepMusicError, RunError
from deepmusic.evaluation import candidates, confusion
from deepmusic.evaluation.scores import Candidate
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.ui.cache.scores import predictions_of


@dataclass(frozen=True)
class Result:
    """Predictions of one network, or of the ensemble, on its test set of a dataset (`data`)."""

    name: str
    model: str
    is_network: bool
    genres: list[str]
    data: str
    windows: pd.DataFrame = field(repr=False)
    clips: pd.DataFrame = field(repr=False)

    @property
    def matrix(self) -> pd.DataFrame:
        return confusion.confusion_matrix(self.clips, self.genres)

    @property
    def heading(self) -> str:
        accuracy = (self.clips["genre"] == self.clips["predicted"]).mean()
        return f"{self.name}: {100 * accuracy:.0f} % of {len(self.clips)} clips"


def find_candidates() -> tuple[dict[str, Candidate], dict[str, str]]:
    """Return all tested networks and ensembles by their name in the address, and faults by run.

    The pretrained network stands last: it was tested on fewer clips.
    """
    found, faults = candidates.find_candidates()
    found = [*found, *candidates.find_pretrained()]
    return {_slug(one): one for one in found if one.model != models.BASELINE}, faults


def _slug(candidate: Candidate) -> str:
    if not candidate.shipped:
        return "+".join(run.id for run in candidate.runs)
    protocol = candidate.protocol
    within = "" if protocol == BENCHMARK_PROTOCOL else f"{protocol.slug}-"
    return f"shipped-{within}{candidate.model}"


def read_results(
    found: Mapping[str, Candidate], protocol: Protocol, faults: dict[str, str]
) -> dict[str, Result]:
    """Return the results of a protocol; add those that cannot be read to the faults."""
    results = {}
    for slug, candidate in found.items():
        if candidate.protocol == protocol:
            try:
                results[slug] = _read(candidate)
            except DeepMusicError as error:
                faults[candidate.name] = str(error)
    return results


def _read(candidate: Candidate) -> Result:
    windows, clips = predictions_of(candidate)
    if windows[candidate.genres].isna().any(axis=None):
        raise RunError(
            f"{candidate.runs[0].path}: some predictions are not numbers; its training diverged."
        )
    return Result(
        candidate.name,
        candidate.model,
        candidate.shipped and candidate.model in models.MODELS,
        candidate.genres,
        _data(candidate),
        windows,
        clips,
    )


def _data(candidate: Candidate) -> str:
    """Return the dataset of a candidate; the shipped pretrained one has no ``config.json``."""
    if candidate.model == models.PRETRAINED and candidate.shipped:
        return "gtzan"
    return candidate.runs[0].config.train.data
