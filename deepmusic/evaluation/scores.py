"""Scores: metrics of a run, of the pooled folds of a recipe, or of an ensemble.

A score belongs to the protocol whose test clips it was counted on; protocols are never mixed.
"""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from deepmusic.errors import RunError
from deepmusic.evaluation import metrics
from deepmusic.evaluation.calibration import Calibration, calibration
from deepmusic.models import BASELINE, MODELS
from deepmusic.protocols import Protocol
from deepmusic.runs import Run

#: Metrics by genre.
BY_GENRE = ("recall", "precision", "f1")


class Measured(NamedTuple):
    """An accuracy from 0 to 1, and its 95 % interval."""

    value: float
    low: float
    high: float


class Spread(NamedTuple):
    """Mean and sample standard deviation of an accuracy over seeds."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Repeats:
    """Accuracies of a recipe over ``n`` seeds, the shipped run's among them.

    Those of windows and by vote are None for an ensemble, whose repeats hold clips alone.
    """

    n: int
    clip: Spread
    window: Spread | None = None
    vote: Spread | None = None


@dataclass(frozen=True)
class Candidate:
    """A row of the tables: one run, the folds of one recipe, or an ensemble.

    Attributes
    ----------
    name : str
        For people to read; may hold a title that someone typed.
    model : str
        A key of `deepmusic.models.MODELS`, `ENSEMBLE`, `BASELINE` or `PRETRAINED`.
    protocol : Protocol
        Under which it was tested.
    runs : tuple of Run
        One; or one for each fold; of an ensemble, those of all members.
    shipped : bool
        Whether it came with DeepMusic.
    """

    name: str
    model: str
    protocol: Protocol
    runs: tuple[Run, ...]
    shipped: bool

    @property
    def genres(self) -> list[str]:
        """Genres, in the order of their columns."""
        run = self.runs[0]
        has_config = model_of(run) in MODELS
        return list(run.config.model.genres if has_config else run.evaluation["genres"])

    @property
    def temperature(self) -> float | None:
        """Temperature fitted on validation clips; of folds, the mean.

        None where there is none: an ensemble has no validation part, and the probabilities of the
        SVM and of the pretrained network's head are scaled already.
        """
        if self.model not in MODELS:
            return None
        found = [run.evaluation.get("temperature") or 0.0 for run in self.runs]
        return statistics.fmean(found) if all(found) else None

    @property
    def stamp(self) -> tuple[tuple[str, int], ...]:
        """Files that the score is counted from, and when they were modified: a key for caches."""
        paths = [run.predictions_path for run in self.runs]
        paths += [repeat.clips_path for run in self.runs for repeat in run.repeats().values()]
        return tuple((str(path), _modified(path)) for path in paths)


@dataclass(frozen=True)
class Score:
    """Metrics of a candidate on the test clips of its protocol.

    Attributes
    ----------
    candidate : Candidate
        Whose score it is.
    windows, clips : int
        Numbers of test windows and clips.
    window, clip, vote : Measured
        Accuracy of windows, of clips by mean probability, and of clips by majority of windows.
        All intervals are over clips.
    table : pd.DataFrame
        What `deepmusic.evaluation.metrics.clip_table` returned.
    parameters : int or None
        Of an ensemble, the sum over its members.
    training_seconds : float or None
        Sum over all epochs and runs.
    repeats : Repeats or None
        The accuracies over several seeds, where these were measured.
    """

    candidate: Candidate
    windows: int
    clips: int
    window: Measured
    clip: Measured
    vote: Measured
    table: pd.DataFrame = field(repr=False, compare=False)
    parameters: int | None = None
    training_seconds: float | None = None
    repeats: Repeats | None = None

    def by_genre(self, measure: str) -> dict[str, float]:
        """Return a metric of `BY_GENRE`, by clip, for each genre that has test clips.

        The precision of a genre that was never predicted is 0.
        """
        from sklearn.metrics import precision_recall_fscore_support

        truth, predicted = self.table["genre"], self.table["predicted"]
        genres = sorted(truth.unique())
        precision, recall, f1, _ = precision_recall_fscore_support(
            truth, predicted, labels=genres, zero_division=0
        )
        values = {"recall": recall, "precision": precision, "f1": f1}[measure]
        return dict(zip(genres, map(float, values), strict=True))

    def calibration(self, temperature: float = 1.0) -> Calibration:
        """Return the calibration over the test clips, at a temperature."""
        return calibration(self.table, self.candidate.genres, temperature)


def on_same_clips(lead: Score, scores: Sequence[Score]) -> dict[str, float]:
    """Return the accuracies of others over the clips of `lead`, by name, where all are known."""
    found = {}
    for score in scores:
        table = score.table[score.table.index.isin(lead.table.index)]
        if score.candidate != lead.candidate and len(table) == lead.clips:
            found[score.candidate.name] = float((table["predicted"] == table["genre"]).mean())
    return found


def model_of(run: Run) -> str:
    """Return the network of a run; the SVM's and the pretrained one's have no ``config.json``."""
    if (run.path / "config.json").exists():
        return run.config.model.name
    return str(run.evaluation.get("model", BASELINE))


def score_predictions(
    candidate: Candidate, predictions: pd.DataFrame, genres: Sequence[str]
) -> Score:
    """Return a candidate's score, counted from a window table."""
    table = metrics.clip_table(predictions, genres)
    by_window = float(metrics.window_hits(predictions, genres).mean())
    return Score(
        candidate,
        windows=len(predictions),
        clips=len(table),
        window=Measured(by_window, *metrics.window_interval(predictions, genres)),
        clip=_measured(table["predicted"] == table["genre"]),
        vote=_measured(table["predicted_by_vote"] == table["genre"]),
        table=table,
    )


def _measured(hits: pd.Series) -> Measured:
    return Measured(float(hits.mean()), *metrics.clip_interval(hits))


def score_candidate(candidate: Candidate) -> Score:
    """Return a candidate's score, counted from the predictions of its runs.

    Raises
    ------
    RunError
        If predictions are missing or damaged, or an ensemble's members share no test window.
    """
    score = score_predictions(candidate, predictions_of(candidate), candidate.genres)
    # Folds are networks of one size; members of an ensemble add up.
    sizes = {model_of(run): run.evaluation.get("parameters") or 0 for run in candidate.runs}
    seconds = [sum(row.get("seconds", 0.0) for row in run.history()) for run in candidate.runs]
    return replace(
        score,
        parameters=sum(sizes.values()) if all(sizes.values()) else None,
        training_seconds=sum(seconds) if all(seconds) else None,
        repeats=_repeats(score),
    )


def predictions_of(candidate: Candidate) -> pd.DataFrame:
    """Return a candidate's window table: of folds, all rows; of an ensemble, the mean.

    Raises
    ------
    RunError
        As `score_candidate` does.
    """
    tables = defaultdict(list)
    for run in candidate.runs:
        table = run.read_predictions()
        columns = ("track", "genre", "start", *candidate.genres)
        missing = [name for name in columns if name not in table]
        if missing or table.empty:
            raise RunError(
                f"{run.predictions_path} has no {', '.join(missing) or 'rows'}. Train this run "
                "again."
            )
        tables[model_of(run)].append(table)
    by_model = [pd.concat(parts, ignore_index=True) for parts in tables.values()]
    together = by_model[0] if len(by_model) == 1 else metrics.average(by_model, candidate.genres)
    if together.empty:
        raise RunError(f"The members of {candidate.name} have no test window in common.")
    return together


def _repeats(score: Score) -> Repeats | None:
    """Return the accuracies over the seeds that all runs of a candidate have."""
    by_run = [run.repeats() for run in score.candidate.runs]
    seeds = set.intersection(*map(set, by_run))
    if not seeds:
        return None
    found = {"clip": [score.clip.value], "window": [score.window.value], "vote": [score.vote.value]}
    for seed in sorted(seeds):
        tables = defaultdict(list)
        for repeats in by_run:
            tables[model_of(repeats[seed])].append(repeats[seed].read_clips())
        members = [pd.concat(parts) for parts in tables.values()]
        truth = members[0]["genre"]
        # The mean of members' means over the same windows is the mean over all of them.
        mean = sum(member[score.candidate.genres].reindex(truth.index) for member in members)
        found["clip"].append(float((mean.idxmax(axis=1) == truth).mean()))
        if len(members) == 1:
            clips = members[0]
            found["window"].append(clips["windows_right"].sum() / clips["windows"].sum())
            found["vote"].append(float((clips["predicted_by_vote"] == truth).mean()))
    spreads = {
        name: Spread(statistics.fmean(values), statistics.stdev(values))
        for name, values in found.items()
        if len(values) > 1
    }
    return Repeats(len(seeds) + 1, **spreads)


def errors_at_benchmark_temperature(
    benchmark: Sequence[Score], strict: Sequence[Score]
) -> list[float]:
    """Return mean expected calibration errors of `strict`, at 1 and at `benchmark`'s temperatures.

    Parameters
    ----------
    benchmark : sequence of Score
        Gives each network's temperature.
    strict : sequence of Score
        Under a stricter protocol; networks without a temperature in `benchmark` are left out.

    Returns
    -------
    list of float [shape=(2,)]
        Empty if no network is in both.
    """
    known = {score.candidate.model: score.candidate.temperature for score in benchmark[::-1]}
    pairs = [(score, found) for score in strict if (found := known.get(score.candidate.model))]
    if not pairs:
        return []
    return [
        statistics.fmean(score.calibration(temperature).error for score, temperature in tried)
        for tried in ([(score, 1.0) for score, _ in pairs], pairs)
    ]


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
