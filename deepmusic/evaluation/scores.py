"""Scores: what a run, the folds of a recipe or an ensemble reached under a protocol.

Protocols are never mixed: a score belongs to the protocol whose test clips it was counted on.
"""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from deepmusic.errors import RunError
from deepmusic.evaluation import metrics
from deepmusic.evaluation.calibration import Calibration, calibration
from deepmusic.models import BASELINE, ENSEMBLE
from deepmusic.protocols import Protocol
from deepmusic.runs import Run

#: What can be said of a network genre by genre.
BY_GENRE = ("recall", "precision", "f1")


@dataclass(frozen=True)
class Measured:
    """An accuracy (or recall) from 0 to 1, and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation of an accuracy over trainings that differ in seed."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Repeats:
    """What a recipe reaches under several seeds, the shipped run's among them.

    Attributes
    ----------
    n : int
        Number of seeds.
    clip : Spread
        Accuracy of clips by mean probability.
    window, vote : Spread or None
        Accuracy of windows, and of clips by vote; None for an ensemble, of whose repeats only the
        clips are known.
    """

    n: int
    clip: Spread
    window: Spread | None = None
    vote: Spread | None = None


@dataclass(frozen=True)
class Candidate:
    """What a table can have as a row: one run, the folds of one recipe, or an ensemble.

    Attributes
    ----------
    name : str
        For people to read; may hold a title that someone typed.
    model : str
        A key of `deepmusic.models.MODELS`, `ENSEMBLE` or `BASELINE`.
    protocol : Protocol
        What it was tested by.
    runs : tuple of Run
        One; or one for each fold; of an ensemble, those of all its members.
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
        """The genres that it tells apart."""
        run = self.runs[0]
        return list(
            run.evaluation["genres"] if model_of(run) == BASELINE else run.config.model.genres
        )

    @property
    def temperature(self) -> float | None:
        """What was fitted on validation clips; of folds, the mean.

        None for an ensemble, which has no validation of its own, for the SVM, whose probabilities
        are at their temperature from the start, and where none was fitted.
        """
        if self.model in (ENSEMBLE, BASELINE):
            return None
        found = [run.evaluation.get("temperature") for run in self.runs]
        return statistics.fmean(found) if all(found) else None

    @property
    def stamp(self) -> tuple[tuple[str, int], ...]:
        """Files that its score is counted from, and their age: what a cache can go by."""
        paths = [run.predictions_path for run in self.runs]
        paths += [repeat.clips_path for run in self.runs for repeat in run.repeats().values()]
        return tuple((str(path), _modified(path)) for path in paths)


@dataclass(frozen=True)
class Score:
    """What a candidate reached on the test clips of its protocol.

    Attributes
    ----------
    candidate : Candidate
        Whose score it is.
    windows, clips : int
        How many were counted.
    window, clip, vote : Measured
        Accuracy of windows, of clips by mean probability, and of clips by majority of the windows'
        labels. All intervals are over clips, since windows of one clip are not independent.
    recall : dict of str to Measured
        By genre; a genre of which no clip was tested is not there.
    table : pd.DataFrame
        What `deepmusic.evaluation.metrics.clip_table` returned.
    parameters : int or None
        Of an ensemble, of all its members.
    training_seconds : float or None
        Sum over all epochs; None where they were not written down.
    repeats : Repeats or None
        The same under other seeds, where that was measured.
    """

    candidate: Candidate
    windows: int
    clips: int
    window: Measured
    clip: Measured
    vote: Measured
    recall: dict[str, Measured]
    table: pd.DataFrame = field(repr=False, compare=False)
    parameters: int | None = None
    training_seconds: float | None = None
    repeats: Repeats | None = None

    def by_genre(self, measure: str) -> dict[str, float]:
        """Return recall, precision or F1 of each genre that was tested, by clip, from 0 to 1.

        Parameters
        ----------
        measure : str
            One of `BY_GENRE`. The precision of a genre that was never predicted is 0.
        """
        from sklearn.metrics import precision_recall_fscore_support

        genres = list(self.recall)
        precision, recall, f1, _ = precision_recall_fscore_support(
            self.table["genre"], self.table["predicted"], labels=genres, zero_division=0
        )
        values = {"recall": recall, "precision": precision, "f1": f1}[measure]
        return dict(zip(genres, map(float, values), strict=True))

    def calibration(self, temperature: float = 1.0) -> Calibration:
        """Compare confidence and accuracy over the test clips, at a temperature."""
        return calibration(self.table, self.candidate.genres, temperature)


def model_of(run: Run) -> str:
    """Return the network of a run; what has no settings is the SVM."""
    return run.config.model.name if (run.path / "config.json").exists() else BASELINE


def score_predictions(
    candidate: Candidate, predictions: pd.DataFrame, genres: Sequence[str]
) -> Score:
    """Count a score from a table of window predictions.

    Parameters
    ----------
    candidate : Candidate
        Whose predictions they are.
    predictions : pd.DataFrame
        A table of windows (see `deepmusic.metrics`).
    genres : sequence of str
        Columns of probability.
    """
    table = metrics.clip_table(predictions, genres)
    hits = table["predicted"] == table["genre"]
    return Score(
        candidate,
        windows=len(predictions),
        clips=len(table),
        window=Measured(
            float(metrics.window_hits(predictions, genres).mean()),
            *metrics.window_interval(predictions, genres),
        ),
        clip=_measured(hits),
        vote=_measured(table["predicted_by_vote"] == table["genre"]),
        recall={genre: _measured(group) for genre, group in hits.groupby(table["genre"])},
        table=table,
    )


def _measured(hits: pd.Series) -> Measured:
    return Measured(float(hits.mean()), *metrics.clip_interval(hits))


def score_candidate(candidate: Candidate) -> Score:
    """Count a candidate's score from the predictions of its runs.

    Raises
    ------
    RunError
        If predictions are missing or damaged, or the members of an ensemble were tested on nothing
        in common.
    """
    predictions = predictions_of(candidate)
    # Folds are networks of one size; members of an ensemble add up.
    sizes = {model_of(run): run.evaluation.get("parameters") for run in candidate.runs}
    seconds = [sum(row.get("seconds", 0.0) for row in run.history()) for run in candidate.runs]
    score = score_predictions(candidate, predictions, candidate.genres)
    return replace(
        score,
        parameters=sum(sizes.values()) if all(sizes.values()) else None,
        training_seconds=sum(seconds) if all(seconds) else None,
        repeats=_repeats(score),
    )


def predictions_of(candidate: Candidate) -> pd.DataFrame:
    """Return a candidate's window predictions: folds joined, members of an ensemble averaged.

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
    """Count the accuracies again under the seeds that all runs of a candidate have."""
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
    n = len(seeds) + 1
    return Repeats(
        n,
        **{
            name: Spread(statistics.fmean(values), statistics.stdev(values))
            for name, values in found.items()
            if len(values) == n
        },
    )


def errors_at_benchmark_temperature(
    benchmark: Sequence[Score], strict: Sequence[Score]
) -> list[float]:
    """Try the temperatures of one protocol on networks trained by a stricter one.

    Parameters
    ----------
    benchmark, strict : sequence of Score
        Of the protocol whose temperatures are taken, and of the one that they are tried on.

    Returns
    -------
    list of float
        Mean expected calibration error over the networks in `strict` as they are, and at the
        temperature that the same network has in `benchmark`. Empty if no network is in both.
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
