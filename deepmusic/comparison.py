"""Runs side by side: what each reached, how sure that is, and whether two of them differ.

Protocols are never mixed: a score belongs to the protocol whose test clips it was counted on.
"""

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from deepmusic import models
from deepmusic.baseline import NAME as BASELINE
from deepmusic.baseline import TITLE
from deepmusic.datasets import splits
from deepmusic.datasets.splits import LEAK
from deepmusic.errors import DeepMusicError, RunError
from deepmusic.files import runs_folder
from deepmusic.models import ENSEMBLE, MODELS
from deepmusic.prediction import Classifier, Prediction
from deepmusic.runs import FINISHED, SHIPPED, Run, list_runs, shipped_runs

#: The protocols, from the most flattering to the strictest, in the words of the page.
PROTOCOLS: dict[str, str] = {
    "window_leak": "Wrong on purpose: pieces of one clip stand on both sides, so a network can "
    "recognise the recording instead of the genre. What counts as a clip here is a piece of 3.3 s. "
    "This only shows how much leakage flatters.",
    "paper": "70 % of GTZAN's clips train and choose, 30 % test, drawn at random, as in the paper. "
    "One artist, even one recording, may stand on both sides.",
    "fault_filtered": "No artist and no recording stands on both sides, and 70 faulty clips are "
    "left out (Kereliuk, Sturm and Larsen 2015). This is nearest to music that is new.",
    "artist_folds": "Three rounds: each third of the clips is tested once by a network that learnt "
    "from other groups of artists (Foleiss and Tavares 2020).",
    "toy": "Synthetic bands, for trying out the training. It says nothing about real music.",
}
FOLDS = 3

#: In which one network's number is expected to fall.
HONEST_ORDER = ("window_leak", "paper", "fault_filtered", "artist_folds")

_FOLD = ", fold "


@dataclass(frozen=True)
class Measured:
    """A share from 0 to 1, and the 95 % interval in which the true one lies."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation of a share over trainings that differ in their seed."""

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
        Share of clips right by mean probability.
    window, vote : Spread or None
        Share of windows right, and of clips by vote; None for an ensemble, of whose repeats only
        the clips are known.
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
        Name of the network, ``ensemble``, or that of the classical baseline.
    protocol : str
        What it was tested by.
    runs : tuple of Run
        One; or one for each fold; of an ensemble, those of all its members.
    shipped : bool
        Whether it came with DeepMusic.
    """

    name: str
    model: str
    protocol: str
    runs: tuple[Run, ...]
    shipped: bool

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
        Share right: of windows, of clips by mean probability, of clips by majority of the windows'
        labels. All intervals are over clips, since windows of one clip are not independent.
    recall : dict of str to Measured
        Share of the clips of each genre that were named so.
    table : pd.DataFrame
        Verdict on each clip, as `deepmusic.evaluation.clip_table` returns it.
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


# === Counting ===


def count(candidate: Candidate, predictions: pd.DataFrame, genres: Sequence[str]) -> Score:
    """Count a score from a table of window predictions.

    Parameters
    ----------
    candidate : Candidate
        Whose predictions they are.
    predictions : pd.DataFrame
        A row for each window: ``track``, ``genre`` and a probability for each genre.
    genres : sequence of str
        Columns of probability.
    """
    from deepmusic import evaluation

    genres = list(genres)
    table = evaluation.clip_table(predictions, genres)
    window = (predictions[genres].idxmax(axis=1) == predictions["genre"]).mean()
    by_mean = table["heard"] == table["genre"]
    return Score(
        candidate,
        windows=len(predictions),
        clips=len(table),
        window=Measured(float(window), *evaluation.window_interval(predictions, genres)),
        clip=_share(by_mean),
        vote=_share(table["heard_by_vote"] == table["genre"]),
        # A genre of which no clip was tested has no recall.
        recall={genre: _share(hits) for genre, hits in by_mean.groupby(table["genre"])},
        table=table,
    )


def _share(right: pd.Series) -> Measured:
    from deepmusic.evaluation import clip_interval

    return Measured(float(right.mean()), *clip_interval(right))


def score(candidate: Candidate) -> Score:
    """Count a candidate's score from the predictions of its runs.

    Raises
    ------
    RunError
        If predictions are missing or damaged, or the members of an ensemble were tested on nothing
        in common.
    """
    together = predictions_of(candidate)
    # Folds are networks of one size; members of an ensemble add up.
    sizes = {_network(run): run.evaluation.get("parameters") for run in candidate.runs}
    seconds = [_training_seconds(run) for run in candidate.runs]
    counted = count(candidate, together, genres_of(candidate))
    return replace(
        counted,
        parameters=sum(sizes.values()) if all(sizes.values()) else None,
        training_seconds=sum(seconds) if all(seconds) else None,
        repeats=_repeats(counted),
    )


def predictions_of(candidate: Candidate) -> pd.DataFrame:
    """Return a candidate's window predictions: folds joined, members of an ensemble averaged.

    Raises
    ------
    RunError
        As `score` does.
    """
    from deepmusic import evaluation

    genres = genres_of(candidate)
    tables = defaultdict(list)
    for run in candidate.runs:
        table = run.read_predictions()
        missing = [name for name in ("track", "genre", "start", *genres) if name not in table]
        if missing or table.empty:
            raise RunError(
                f"{run.predictions_path} has no {', '.join(missing) or 'rows'}. Train this run "
                "again."
            )
        tables[_network(run)].append(table)
    by_model = [pd.concat(parts, ignore_index=True) for parts in tables.values()]
    together = by_model[0] if len(by_model) == 1 else evaluation.average(by_model, genres)
    if together.empty:
        raise RunError(f"The members of {candidate.name} have no test window in common.")
    return together


def genres_of(candidate: Candidate) -> list[str]:
    """Return the genres that a candidate tells apart."""
    run = candidate.runs[0]
    if _network(run) == BASELINE:
        return list(run.evaluation["genres"])
    return list(run.config.model.genres)


def _repeats(counted: Score) -> Repeats | None:
    """Count the shares again under the seeds that all runs of a candidate have."""
    by_run = [run.repeats() for run in counted.candidate.runs]
    seeds = set.intersection(*map(set, by_run))
    if not seeds:
        return None
    genres = genres_of(counted.candidate)
    shares = {"clip": [counted.clip.value], "window": [counted.window.value]}
    shares["vote"] = [counted.vote.value]
    for seed in sorted(seeds):
        tables = defaultdict(list)
        for repeats in by_run:
            tables[_network(repeats[seed])].append(repeats[seed].read_clips())
        members = [pd.concat(parts) for parts in tables.values()]
        truth = members[0]["genre"]
        # The mean of members' means over the same windows is the mean over all of them.
        mean = sum(member[genres].reindex(truth.index) for member in members)
        shares["clip"].append(float((mean.idxmax(axis=1) == truth).mean()))
        if len(members) == 1:
            clips = members[0]
            shares["window"].append(clips["windows_right"].sum() / clips["windows"].sum())
            shares["vote"].append(float((clips["heard_by_vote"] == truth).mean()))
    n = len(seeds) + 1
    return Repeats(n, **{name: _spread(found) for name, found in shares.items() if len(found) == n})


def _spread(shares: Sequence[float]) -> Spread:
    return Spread(statistics.fmean(shares), statistics.stdev(shares))


def title(model: str) -> str:
    """Return the name to show of a network, of the ensemble, or of the baseline."""
    return TITLE if model == BASELINE else models.title(model)


def _network(run: Run) -> str:
    return run.config.model.name if (run.path / "config.json").exists() else BASELINE


def _training_seconds(run: Run) -> float:
    return sum(row.get("seconds", 0.0) for row in run.history())


#: What can be said of a network genre by genre.
BY_GENRE = ("recall", "precision", "f1")


def by_genre(score: Score, measure: str) -> dict[str, float]:
    """Return recall, precision or F1 of each genre that was tested, by clip, from 0 to 1.

    Parameters
    ----------
    score : Score
        What `count` or `score` returned.
    measure : str
        One of `BY_GENRE`. The precision of a genre that was never heard is 0.
    """
    from sklearn.metrics import precision_recall_fscore_support

    genres = list(score.recall)
    precision, recall, f1, _ = precision_recall_fscore_support(
        score.table["genre"], score.table["heard"], labels=genres, zero_division=0
    )
    values = {"recall": recall, "precision": precision, "f1": f1}[measure]
    return dict(zip(genres, map(float, values), strict=True))


# === What there is to compare ===


def find_candidates(
    shipped: Path | None = None, own: Path | None = None
) -> tuple[list[Candidate], dict[str, str]]:
    """List all that can stand in a table, shipped ones first, then the newest.

    Parameters
    ----------
    shipped, own : Path, optional
        Folders to look in, instead of the shipped runs' and the visitor's.

    Returns
    -------
    list of Candidate, dict of str to str
        And what is wrong with finished runs that cannot be read, by their id.
    """
    faults: dict[str, str] = {}
    ours = _readable(sorted(shipped_runs(shipped), key=_model_order), faults)
    networks = arrange(ours, _readable(list_runs(own)[::-1], faults))
    found = (
        networks + _baselines(shipped or SHIPPED, True) + _baselines(own or runs_folder(), False)
    )
    return sorted(found, key=lambda candidate: not candidate.shipped), faults


def find_shipped(folder: Path | None = None) -> list[Candidate]:
    """List what DeepMusic ships that can stand in a table; leave out what cannot be read."""
    runs = _readable(sorted(shipped_runs(folder), key=_model_order), {})
    return arrange(runs, []) + _baselines(folder or SHIPPED, True)


def _baselines(folder: Path, shipped: bool) -> list[Candidate]:
    """List the classical baselines: folders named after it, which hold no settings of a network."""
    singles = [
        Candidate(
            TITLE if shipped else f"{TITLE}, {run.id}",
            BASELINE,
            run.evaluation["protocol"],
            (run,),
            shipped,
        )
        for path in sorted(folder.rglob(f"{BASELINE}*/evaluation.json"), reverse=True)
        if not (run := Run(path.parent)).path.joinpath("config.json").exists()
        and _is_evaluated(run)
    ]
    return _with_folds_joined(singles)


def _is_evaluated(run: Run) -> bool:
    try:
        return {"protocol", "genres"} <= run.evaluation.keys()
    except (RunError, AttributeError):
        return False


def arrange(shipped: Sequence[Run], own: Sequence[Run]) -> list[Candidate]:
    """List finished runs, their pooled folds and their ensembles, in the order of tables.

    Parameters
    ----------
    shipped, own : sequence of Run
        Finished; of several of one network, the first stands for it in an ensemble.

    Raises
    ------
    RunError
        If one has no readable settings or evaluation.
    """
    found = []
    titles = Counter((run.config.model.name, run.notes["title"]) for run in own)
    for runs, is_shipped in ((shipped, True), (own, False)):
        singles = [_single(run, is_shipped, titles) for run in runs]
        complete = _with_folds_joined(singles)
        found += complete + _ensembles(complete, is_shipped)
    return found


def _model_order(run: Run) -> tuple[int, str]:
    names = list(MODELS)
    order = names.index(run.id) if run.id in names else len(names)
    return order, str(run.path)


def _readable(runs: Sequence[Run], faults: dict[str, str]) -> list[Run]:
    """Return the finished runs of networks that we know; note what is wrong with the others."""
    kept = []
    for run in runs:
        try:
            if run.state != FINISHED:
                continue
            models.spec(run.config.model.name)
            if not run.config.train.is_tested:
                continue
            if not isinstance(run.evaluation.get("protocol"), str):
                raise RunError(f"{run.path / 'evaluation.json'} does not say its protocol.")
            kept.append(run)
        except (DeepMusicError, AttributeError) as error:
            faults[run.id] = str(error)
    return kept


def _single(run: Run, shipped: bool, titles: Mapping[tuple[str, str], int]) -> Candidate:
    model, title = run.config.model.name, run.notes["title"]
    name = models.title(model)
    if not shipped:
        # A title that two runs have tells neither.
        is_told = title and titles[model, title] == 1
        name += f", {title if is_told else run.id.removesuffix(f'-{model}')}"
    return Candidate(name, model, run.evaluation["protocol"], (run,), shipped)


def _with_folds_joined(singles: Sequence[Candidate]) -> list[Candidate]:
    """Put one candidate in place of the newest runs of all three folds that share one recipe."""
    by_recipe: dict[tuple, dict[str, Candidate]] = defaultdict(dict)
    for single in singles:
        if _FOLD in single.protocol:
            by_recipe[_recipe(single)].setdefault(single.protocol, single)
    complete = [list(found.values()) for found in by_recipe.values() if len(found) == FOLDS]
    joined = {single for folds in complete for single in folds}
    return [single for single in singles if single not in joined] + [
        Candidate(
            title(first.model) + ("" if first.shipped else f", {FOLDS} folds"),
            first.model,
            first.protocol.split(_FOLD)[0],
            tuple(fold.runs[0] for fold in sorted(folds, key=lambda fold: fold.protocol)),
            first.shipped,
        )
        for folds in complete
        for first in folds[:1]
    ]


def _recipe(single: Candidate) -> tuple[str, ...]:
    """Return all that must be the same for folds to be joined."""
    base = single.protocol.split(_FOLD)[0]
    if single.model == BASELINE:
        return base, BASELINE
    settings = single.runs[0].config
    recipe = settings.train.model_dump(mode="json") | {"fold": None, "seed": 0, "data": ""}
    return base, settings.model.to_json(), str(recipe)


def _ensembles(candidates: Sequence[Candidate], shipped: bool) -> list[Candidate]:
    """Join the newest run of every network, in each protocol that has all of them."""
    by_protocol: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        by_protocol[candidate.protocol].setdefault(candidate.model, candidate)
    name = models.title(ENSEMBLE) + ("" if shipped else " of your newest runs")
    return [
        Candidate(
            name, ENSEMBLE, protocol, tuple(run for m in MODELS for run in members[m].runs), shipped
        )
        for protocol, members in by_protocol.items()
        if members.keys() >= MODELS.keys()
    ]


def protocols_of(candidates: Iterable[Candidate]) -> list[str]:
    """Return the protocols that were measured, from the most flattering to the strictest."""
    order = list(PROTOCOLS)
    return sorted(
        {candidate.protocol for candidate in candidates},
        key=lambda name: (
            order.index(base) if (base := name.split(_FOLD)[0]) in order else len(order),
            name,
        ),
    )


def choose(
    candidates: Sequence[Candidate], protocol: str, *, all_own: bool = False
) -> list[Candidate]:
    """Return the candidates of a protocol; of a visitor's own, the newest of each network."""
    kept, seen = [], set()
    for candidate in candidates:
        if candidate.protocol != protocol:
            continue
        if candidate.shipped or all_own or candidate.model not in seen:
            kept.append(candidate)
        if not candidate.shipped:
            seen.add(candidate.model)
    return kept


def words_of(protocol: str) -> str:
    """Say what a protocol is; empty for one that nobody described."""
    if protocol.endswith(", by clip"):
        return "60 % of the collection's clips train, 10 % choose, 30 % test, drawn at random."
    if protocol.endswith(", own split"):
        return "The parts that the collection's makers published."
    return PROTOCOLS.get(protocol.split(_FOLD)[0], "")


def train_commands(model: str, protocol: str) -> list[str]:
    """Return the commands that measure a network by a protocol."""
    command = f"python -m deepmusic train --model {model} {splits.options_of(protocol)}"
    if not splits.is_of_gtzan(protocol):
        return [f"{command} --data {'toy' if protocol == 'toy' else 'PATH'}"]
    if protocol == "artist_folds":
        return [f"{command} --fold {fold}" for fold in range(1, FOLDS + 1)]
    return [command]


# === How sure, and how often right ===


@dataclass(frozen=True)
class Calibration:
    """How sure a network is of its clips, beside how often it is right.

    Attributes
    ----------
    bins : list of dict
        As `deepmusic.evaluation.reliability` returns them.
    error : float
        Mean gap between confidence and accuracy (expected calibration error).
    """

    bins: list[dict[str, Any]]
    error: float


def calibration(score: Score, temperature: float = 1.0) -> Calibration:
    """Count how sure a network was of its test clips and how often it was right.

    Parameters
    ----------
    score : Score
        What `score` returned.
    temperature : float
        At which its probabilities are taken; 1 leaves them as they are.
    """
    from deepmusic import evaluation

    table = evaluation.apply_temperature(score.table, genres_of(score.candidate), temperature)
    bins = evaluation.reliability(table)
    return Calibration(bins, evaluation.expected_calibration_error(bins))


def errors_at_home_temperature(home: Sequence[Score], strict: Sequence[Score]) -> list[float]:
    """Ask what the temperatures of one protocol would do to networks trained by a stricter one.

    Parameters
    ----------
    home, strict : sequence of Score
        Of the protocol whose temperatures are taken, and of the one that they are tried on.

    Returns
    -------
    list of float
        Mean expected calibration error over the networks in `strict` as they are, and at the
        temperature that the same network has in `home`. Empty if no network is in both.
    """
    known = {score.candidate.model: fitted_temperature(score.candidate) for score in home[::-1]}
    pairs = [(score, found) for score in strict if (found := known.get(score.candidate.model))]
    if not pairs:
        return []
    return [
        statistics.fmean(calibration(score, temperature).error for score, temperature in tried)
        for tried in ([(score, 1.0) for score, _ in pairs], pairs)
    ]


def fitted_temperature(candidate: Candidate) -> float | None:
    """Return the temperature that validation clips chose for a network; of folds, their mean.

    None for an ensemble, which has no validation of its own here, and where none was fitted. Of the
    baseline too: its probabilities are at their temperature from the start.
    """
    if candidate.model in (ENSEMBLE, BASELINE):
        return None
    found = [run.evaluation.get("temperature") for run in candidate.runs]
    return statistics.fmean(found) if all(found) else None


# === Two networks, or three, at odds ===


def difference_in_words(first: Score, second: Score) -> str:
    """Say in a student's words whether one network is better than the other (McNemar, exact).

    Raises
    ------
    RunError
        If they were not tested on the same clips, or on segments of clips, which are right or wrong
        together, so that no test can count them.
    """
    from deepmusic import evaluation

    if first.candidate.protocol == LEAK:
        raise RunError(
            f"Segments of one clip are right or wrong together, so that {LEAK} cannot say what is "
            "luck."
        )
    test = evaluation.mcnemar(first.table, second.table)
    chance, apart = test["p_value"], test["only_one"] + test["only_other"]
    one, other = first.candidate.name, second.candidate.name
    if not apart:
        return f"Of {first.clips} clips, {one} and {other} get exactly the same ones right."
    verdict = (
        "That is hardly luck."
        if chance < 0.05
        else "That may well be luck: these clips do not prove that one is better."
    )
    odds = "less than once in 1000 draws" if chance < 0.001 else f"in {_percent(chance)} of draws"
    return (
        f"They differ on {apart} of {first.clips} clips: {test['only_one']} only {one} gets right, "
        f"{test['only_other']} only {other}. Tossing a coin for each of these would come out at "
        f"least as lopsided {odds}. {verdict}"
    )


def agreement_in_words(scores: Sequence[Score]) -> str:
    """Say what it is worth that networks agree; empty where there are fewer than two.

    Parameters
    ----------
    scores : sequence of Score
        Of one protocol. The ensemble and the baseline are left out, and so is a second run of a
        network.

    Raises
    ------
    RunError
        If they were not tested on the same clips.
    """
    from deepmusic import evaluation

    first = {score.candidate.model: score for score in scores[::-1]}
    networks = {name: first[name] for name in MODELS if name in first}
    if len(networks) < 2:
        return ""
    found = evaluation.agreement({name: score.table for name, score in networks.items()})
    who = "All three networks" if len(networks) == 3 else " and ".join(map(title, networks))
    if found["agreed"] == 1:
        return f"{who} hear the same genre in every clip."
    best = max(found["right_when_split"], key=found["right_when_split"].get)
    when_agreed = (
        f", and are then right on {_percent(found['right_when_agreed'])}" if found["agreed"] else ""
    )
    return (
        f"{who} agree on {_percent(found['agreed'])} of the clips{when_agreed}. On the others at "
        f"least one of them is right on {_percent(found['one_is_right_when_split'])}, the best "
        f"alone ({title(best)}) on {_percent(found['right_when_split'][best])}: that gap is what "
        "an ensemble can try to win."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def disagreements(predictions: Mapping[str, Prediction]) -> list[dict[str, float | str]]:
    """List the stretches of a song in which the networks do not hear the same genre.

    Parameters
    ----------
    predictions : mapping of str to Prediction
        By network; the ensemble is left out.

    Returns
    -------
    list of dict
        ``start``, ``end`` in s, and what each network hears there, by its name. Neighbours of the
        same verdicts are joined.
    """
    from deepmusic.charts.song import genre_runs

    lanes = {name: genre_runs(p) for name, p in predictions.items() if name != ENSEMBLE}
    borders = sorted({border for lane in lanes.values() for run in lane for border in _ends(run)})
    places: list[dict[str, float | str]] = []
    for start, end in pairwise(borders):
        middle = (start + end) / 2
        heard = {
            name: str(run["genre"])
            for name, lane in lanes.items()
            for run in lane
            if run["start"] <= middle < run["end"]
        }
        if len(set(heard.values())) < 2:
            continue
        last = places[-1] if places else {}
        if last.get("end") == start and all(last.get(name) == heard[name] for name in heard):
            last["end"] = end
        else:
            places.append({"start": start, "end": end, **heard})
    return places


def _ends(run: Mapping[str, float | str]) -> tuple[float, float]:
    # Rounded, so that windows which should meet do.
    return round(float(run["start"]), 3), round(float(run["end"]), 3)


def milliseconds(asked: Mapping[str, Callable[[], object]], repeats: int = 5) -> dict[str, float]:
    """Return the median time that each call takes, in ms, after one that is not counted.

    They take turns, so that a machine which is busy for a while slows all of them.
    """
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats + 1):
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            taken[name].append(time.perf_counter() - began)
    return {name: 1000 * statistics.median(times[1:]) for name, times in taken.items()}


def time_classifiers(classifiers: Mapping[str, Classifier]) -> dict[str, float]:
    """Measure how long networks take for 30 s of music, in ms, from samples to genres.

    Parameters
    ----------
    classifiers : mapping of str to Classifier
        By name.

    Returns
    -------
    dict of str to float
        The median of five, by name, and for all of them together as the ensemble. Each includes
        the mel-spectrogram, which the ensemble computes once; none includes decoding a file.
    """
    from deepmusic import audio, prediction, synth

    song = audio.song_from_array(synth.play("blues"), sample_rate=audio.SAMPLE_RATE)
    asked = {name: partial(classifier.predict, song) for name, classifier in classifiers.items()}
    if len(classifiers) > 1:
        asked[ENSEMBLE] = partial(prediction.classify, song, classifiers)
    return milliseconds(asked)


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
