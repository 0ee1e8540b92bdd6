"""How good is a network? Every number is recounted from its predictions on windows it never saw."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deepmusic import models, weights
from deepmusic.config import ModelConfig
from deepmusic.datasets import Dataset, Pictures, Split, Track
from deepmusic.datasets.gtzan import read_facts
from deepmusic.datasets.splits import clip_of, options_of
from deepmusic.datasets.splits import make as make_split
from deepmusic.errors import DatasetError, RunError
from deepmusic.features import window_starts, windows
from deepmusic.models import ENSEMBLE, MODELS, title
from deepmusic.runs import Run, shipped_run

if TYPE_CHECKING:
    import keras
    from pandas.core.groupby import SeriesGroupBy

#: Bins of confidence, from 0 to 1, in which `metrics` looks at calibration.
RELIABILITY_BINS = 10

_CONFIDENCE_LEVEL = 0.95
_RESAMPLES = 2000

#: Below this, a probability in a table (four or five decimals) can no longer be told from zero.
_LEAST_PROBABILITY = 1e-6

#: Temperatures searched: at a fifth, 60 % becomes 88 % (of two genres); at ten, 99 % becomes 61 %.
_TEMPERATURES = (0.2, 10.0)


def predict_windows(
    network: "keras.Model",
    pictures: Pictures,
    tracks: Mapping[str, Track],
    model: ModelConfig,
) -> pd.DataFrame:
    """Run a network over all windows of these clips.

    Parameters
    ----------
    network : keras.Model
        With its trained weights.
    pictures : Pictures
        What it reads.
    tracks : mapping of str to Track
        The clips' true genres.
    model : ModelConfig
        Window and genres.

    Returns
    -------
    pd.DataFrame
        A row for each window: ``track``, ``genre`` (true), ``start`` in s, and one column of
        probability for each genre.
    """
    rows = []
    for track, clip in pictures.by_track.items():
        starts = window_starts(clip.shape[1], model.window_columns)
        batch = windows(clip, model.window_columns).astype(np.float32)
        probabilities = np.asarray(network.predict_on_batch(batch))
        rows.append(
            pd.DataFrame(probabilities, columns=list(model.genres)).assign(
                track=track,
                genre=tracks[track].genre,
                start=np.round(starts * model.mel.seconds_per_column, 3),
            )
        )
    return pd.concat(rows, ignore_index=True)[["track", "genre", "start", *model.genres]]


# === Metrics: pure functions of a table of window predictions ===


def clip_table(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Judge each clip by all of its windows.

    Parameters
    ----------
    predictions : pd.DataFrame
        What `predict_windows` returned, or ``predictions.csv``.
    genres : sequence of str
        Columns of probability. Of two equal ones, the first is heard.

    Returns
    -------
    pd.DataFrame
        By ``track``: ``genre`` (true); ``heard``, the genre of the highest mean probability, and
        that probability as ``confidence``; ``heard_by_vote``, the genre that most windows hear, as
        the paper's notebooks count; and the mean probability of each genre.
    """
    genres = list(genres)
    clips = predictions.groupby("track", sort=False)
    mean = clips[genres].mean()
    heard = predictions[genres].idxmax(axis=1)
    votes = pd.crosstab(predictions["track"], heard).reindex(
        index=mean.index, columns=genres, fill_value=0
    )
    verdicts = pd.DataFrame(
        {
            "genre": clips["genre"].first(),
            "heard": mean.idxmax(axis=1),
            "heard_by_vote": votes.idxmax(axis=1),
            "confidence": mean.max(axis=1),
        }
    )
    return verdicts.join(mean)


def compact_clips(predictions: pd.DataFrame, genres: Sequence[str]) -> pd.DataFrame:
    """Keep of window predictions what the shares of a table can be counted from.

    Parameters
    ----------
    predictions, genres
        As in `clip_table`.

    Returns
    -------
    pd.DataFrame
        By ``track``: ``genre`` (true), ``heard``, ``heard_by_vote``, the number of ``windows``, how
        many are right as ``windows_right``, and the mean probability of each genre.
    """
    table = clip_table(predictions, genres).drop(columns="confidence")
    right = predictions["genre"] == predictions[list(genres)].idxmax(axis=1)
    by_clip = right.groupby(predictions["track"]).agg(["size", "sum"])
    table.insert(3, "windows", by_clip["size"])
    table.insert(4, "windows_right", by_clip["sum"])
    return table


def metrics(predictions: pd.DataFrame, genres: Sequence[str]) -> dict[str, Any]:
    """Recount everything that a table of window predictions says about a network.

    Parameters
    ----------
    predictions : pd.DataFrame
        What `predict_windows` returned, or ``predictions.csv``. Tables of several folds can be
        joined first (`pandas.concat`), as long as no clip is in two of them.
    genres : sequence of str
        Columns of probability, and order of the confusion matrix.

    Returns
    -------
    dict
        ``window_accuracy``; ``clip_accuracy`` by mean probability; ``clip_vote_accuracy`` by
        majority of windows; each with an ``..._interval`` of 95 %, [low, high], over clips (see
        `clip_interval` and `window_interval`). ``top2_accuracy``: clips whose genre is among the
        two most probable. ``per_genre``: precision, recall, f1 and support of each, by clip.
        ``confusion``: clips by true genre (row) and genre heard (column).
        ``expected_calibration_error`` and ``reliability`` of the clips' confidence (see
        `reliability`).
    """
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

    genres = list(genres)
    table = clip_table(predictions, genres)
    right = table["heard"] == table["genre"]
    right_by_vote = table["heard_by_vote"] == table["genre"]
    bins = reliability(table)
    scores = precision_recall_fscore_support(
        table["genre"], table["heard"], labels=genres, zero_division=0
    )
    return {
        "window_accuracy": accuracy_score(predictions["genre"], predictions[genres].idxmax(axis=1)),
        "window_accuracy_interval": window_interval(predictions, genres),
        "clip_accuracy": float(right.mean()),
        "clip_accuracy_interval": clip_interval(right),
        "clip_vote_accuracy": float(right_by_vote.mean()),
        "clip_vote_accuracy_interval": clip_interval(right_by_vote),
        "top2_accuracy": _top_accuracy(table, genres, 2),
        "per_genre": {
            genre: {
                "precision": float(precision),
                "recall": float(recall),
                "f1": float(f1),
                "support": int(support),
            }
            for genre, precision, recall, f1, support in zip(genres, *scores, strict=True)
        },
        "confusion": confusion_matrix(table["genre"], table["heard"], labels=genres).tolist(),
        "expected_calibration_error": expected_calibration_error(bins),
        "reliability": bins,
    }


def share_interval(right: Sequence[bool]) -> list[float]:
    """Return the 95 % interval (Wilson) of a share, from one answer for each clip.

    Parameters
    ----------
    right : sequence of bool
        Independent answers; a clip's windows are not.

    Returns
    -------
    list of float
        Low and high end.
    """
    from scipy.stats import binomtest

    interval = binomtest(int(np.sum(right)), len(right)).proportion_ci(
        _CONFIDENCE_LEVEL, method="wilson"
    )
    return [float(interval.low), float(interval.high)]


def clip_interval(right: pd.Series) -> list[float]:
    """Return the 95 % interval of a share of clips.

    Parameters
    ----------
    right : pd.Series of bool
        By track. Segments of one clip are not independent: where a protocol has cut clips, whole
        clips are drawn anew (as in `window_interval`).

    Returns
    -------
    list of float
        Low and high end.
    """
    clips = right.index.map(clip_of)
    return share_interval(right) if clips.is_unique else _drawn_anew(right.groupby(clips))


def window_interval(predictions: pd.DataFrame, genres: Sequence[str]) -> list[float]:
    """Return the 95 % interval of the window accuracy, by a bootstrap over clips.

    Windows of one clip are right or wrong together, so whole clips are drawn anew (with all
    segments of a clip, where the protocol has cut it). The seed is fixed.

    Parameters
    ----------
    predictions, genres
        As in `metrics`.

    Returns
    -------
    list of float
        Low and high end; 0 and 1 where there is but one clip.
    """
    right = predictions["genre"] == predictions[list(genres)].idxmax(axis=1)
    return _drawn_anew(right.groupby(predictions["track"].map(clip_of)))


def _drawn_anew(right: "SeriesGroupBy") -> list[float]:
    """Return the 95 % interval of a share by a bootstrap over groups, with a fixed seed."""
    from scipy.stats import bootstrap

    by_clip = right.agg(["sum", "size"])
    if len(by_clip) < 2:
        return [0.0, 1.0]
    found = bootstrap(
        (by_clip["sum"].to_numpy(), by_clip["size"].to_numpy()),
        lambda right, windows, axis: right.sum(axis) / windows.sum(axis),
        paired=True,
        method="percentile",
        confidence_level=_CONFIDENCE_LEVEL,
        n_resamples=_RESAMPLES,
        rng=0,
    )
    return [float(end) for end in found.confidence_interval]


def reliability(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Compare how sure a network is of its clips with how often it is right.

    Parameters
    ----------
    table : pd.DataFrame
        What `clip_table` returned.

    Returns
    -------
    list of dict
        For each of ten bins of confidence: ``low`` and ``high`` end, ``count`` of clips, their
        mean ``confidence`` and ``accuracy`` (both None in an empty bin).
    """
    edges = np.linspace(0, 1, RELIABILITY_BINS + 1)
    number = np.clip(np.digitize(table["confidence"], edges) - 1, 0, RELIABILITY_BINS - 1)
    right = table["heard"] == table["genre"]
    bins = []
    for index in range(RELIABILITY_BINS):
        inside = number == index
        filled = bool(inside.any())
        bins.append(
            {
                "low": float(edges[index]),
                "high": float(edges[index + 1]),
                "count": int(inside.sum()),
                "confidence": float(table["confidence"][inside].mean()) if filled else None,
                "accuracy": float(right[inside].mean()) if filled else None,
            }
        )
    return bins


def expected_calibration_error(bins: Sequence[Mapping[str, Any]]) -> float:
    """Return the mean gap between confidence and accuracy over the clips of `reliability`'s bins.

    Parameters
    ----------
    bins : sequence of mapping
        What `reliability` returned.
    """
    filled = [one for one in bins if one["count"]]
    gaps = [abs(one["confidence"] - one["accuracy"]) for one in filled]
    return float(np.average(gaps, weights=[one["count"] for one in filled]))


def _top_accuracy(table: pd.DataFrame, genres: list[str], n_best: int) -> float:
    """Return the share of clips whose genre is among the most probable ones."""
    best = np.argsort(-table[genres].to_numpy(), axis=1, kind="stable")[:, :n_best]
    truth = pd.Index(genres).get_indexer(table["genre"])
    return float((best == truth[:, None]).any(axis=1).mean())


def mcnemar(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
    """Ask whether two networks differ by more than chance on the clips that both judged.

    Parameters
    ----------
    one, other : pd.DataFrame
        What `clip_table` returned for each, over the same clips in any order.

    Returns
    -------
    dict
        Clips that ``both``, ``only_one``, ``only_other`` and ``neither`` has right, and
        ``p_value``: how likely so uneven a count of the clips that only one of them has right is
        if both are equally good (exact, two-sided).

    Raises
    ------
    RunError
        If they did not judge the same clips.
    """
    from scipy.stats import binomtest

    first, second = (table["heard"] == table["genre"] for table in _aligned([one, other]))
    only_one, only_other = int((first & ~second).sum()), int((~first & second).sum())
    apart = only_one + only_other
    return {
        "both": int((first & second).sum()),
        "only_one": only_one,
        "only_other": only_other,
        "neither": int((~first & ~second).sum()),
        "p_value": float(binomtest(only_one, apart).pvalue) if apart else 1.0,
    }


def agreement(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Count how often networks agree, and what their agreement is worth.

    Parameters
    ----------
    tables : mapping of str to pd.DataFrame
        What `clip_table` returned, by network, over the same clips.

    Returns
    -------
    dict
        ``clips``; ``agreed``, the share on which all hear one genre; ``right_when_agreed``, how
        often that is the true one; ``right_when_split``, how often each network (by name) is right
        on the other clips; ``one_is_right_when_split``, how often at least one of them is. Shares
        of no clips are None.

    Raises
    ------
    RunError
        If the networks did not judge the same clips.
    """
    aligned = dict(zip(tables, _aligned(list(tables.values())), strict=True))
    heard = pd.DataFrame({name: table["heard"] for name, table in aligned.items()})
    truth = next(iter(aligned.values()))["genre"]
    agreed = heard.nunique(axis=1) == 1
    right = heard.eq(truth, axis=0)
    return {
        "clips": len(heard),
        "agreed": float(agreed.mean()),
        "right_when_agreed": _share(right[agreed].all(axis=1)),
        "right_when_split": {name: _share(right.loc[~agreed, name]) for name in heard},
        "one_is_right_when_split": _share(right[~agreed].any(axis=1)),
    }


def _aligned(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Bring clip tables into one order; raise `RunError` if their clips are not the same."""
    first = tables[0]
    for table in tables[1:]:
        if set(table.index) != set(first.index):
            raise RunError(
                f"The networks judged different clips ({len(first)} and {len(table)}, "
                f"{len(first.index.intersection(table.index))} in common), which cannot be "
                "compared one by one. Choose runs of one protocol."
            )
    return [table.loc[first.index] for table in tables]


def _share(right: pd.Series) -> float | None:
    return float(right.mean()) if len(right) else None


# === Calibration ===


def apply_temperature(
    table: pd.DataFrame, genres: Sequence[str], temperature: float
) -> pd.DataFrame:
    """Make the probabilities of each row less (T above 1) or more (below 1) sure.

    Parameters
    ----------
    table : pd.DataFrame
        What `clip_table` returned, whose ``confidence`` changes too; or a table of windows.
    genres : sequence of str
        Columns of probability.
    temperature : float
        What the logarithms are divided by; 1 changes nothing.

    Returns
    -------
    pd.DataFrame
        A copy with other probabilities; the most probable genre of a row stays the same.
    """
    from scipy.special import softmax

    genres = list(genres)
    logits = np.log(table[genres].to_numpy().clip(min=_LEAST_PROBABILITY)) / temperature
    scaled = table.assign(**dict(zip(genres, softmax(logits, axis=1).T, strict=True)))
    if "confidence" in table:
        scaled["confidence"] = scaled[genres].max(axis=1)
    return scaled


def temperature(valid_predictions: pd.DataFrame, genres: Sequence[str]) -> float:
    """Find the temperature at which a network is as sure of its clips as it is right.

    It scales the mean probabilities of clips, which people see, and so changes no verdict.

    Parameters
    ----------
    valid_predictions : pd.DataFrame
        Predictions of the validation part. Fitted on test clips, it would flatter them.
    genres : sequence of str
        Columns of probability.

    Returns
    -------
    float
        Above 1 where the network is too sure, below 1 where it is not sure enough.
    """
    from scipy.optimize import minimize_scalar
    from sklearn.metrics import log_loss

    genres = sorted(genres)
    clips = clip_table(valid_predictions, genres)

    def loss(log_temperature: float) -> float:
        scaled = apply_temperature(clips, genres, np.exp(log_temperature))
        return log_loss(clips["genre"], scaled[genres].to_numpy(), labels=genres)

    found = minimize_scalar(loss, bounds=tuple(np.log(_TEMPERATURES)), method="bounded")
    return float(np.exp(found.x))


# === Runs ===


def summarize(predictions: pd.DataFrame, genres: Sequence[str]) -> dict[str, Any]:
    """Recount a table of window predictions for ``evaluation.json``.

    Parameters
    ----------
    predictions : pd.DataFrame
        What `predict_windows` returned, or ``predictions.csv``.
    genres : sequence of str
        Columns of probability, and order of the confusion matrix.

    Returns
    -------
    dict
        ``windows`` and ``clips`` counted, ``genres``, and all of `metrics`, to four decimals.
    """
    counted = {
        "windows": len(predictions),
        "clips": predictions["track"].nunique(),
        "genres": list(genres),
    }
    return counted | _rounded(metrics(predictions, genres))


def _rounded(value: Any) -> Any:
    """Round all fractions in nested lists and mappings to four decimals."""
    if isinstance(value, float):
        return round(float(value), 4)
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return value


def recount(run: Run) -> dict[str, Any]:
    """Recount a finished run from its ``predictions.csv``, without its data; write nothing.

    Parameters
    ----------
    run : Run
        With predictions and an evaluation.

    Returns
    -------
    dict
        What ``evaluation.json`` holds, with `summarize` done anew.

    Raises
    ------
    RunError
        If the run is not finished, or tested nothing.
    """
    refuse_untested(run)
    return run.evaluation | summarize(run.read_predictions(), run.config.model.genres)


def evaluate(
    run: Run, dataset: Dataset, protocol: str | None = None, fold: int | None = None
) -> dict[str, Any]:
    """Run a finished run's network over a test part, and keep what comes of it in the run.

    Parameters
    ----------
    run : Run
        Its ``predictions.csv`` and ``evaluation.json`` are written anew, with the temperature that
        the validation part asks for.
    dataset : Dataset
        The collection that it was trained on.
    protocol : str, optional
        One of `deepmusic.datasets.splits.SPLITS`; the run's own if not given.
    fold : int, optional
        Test fold, with ``artist_folds``.

    Returns
    -------
    dict
        What was written into ``evaluation.json``.

    Raises
    ------
    RunError
        If the run is not finished, was trained or chosen on a clip of that test part or on every
        clip, or would lose predictions, since fewer clips are at hand than were tested before.
    DatasetError
        If there is no such protocol, or none of its clips is at hand.
    """
    refuse_untested(run)
    stored, model, recipe = run.evaluation, run.config.model, run.config.train
    own = dataset.split(recipe.split, recipe.fold)
    if protocol in (None, recipe.split):
        split = dataset.split(recipe.split, fold or recipe.fold)
    else:
        split = dataset.split(protocol, fold)
    refuse_seen_clips(run, own, split)
    network = _load_network(run)
    tested = dataset.pictures(split.test, model.mel).at_least(model.window_columns)
    _refuse_fewer_clips(run, split, len(tested.by_track))
    run.write_predictions(predict_windows(network, tested, dataset.tracks, model))
    # Counted from the file, so that everyone who counts again finds the same.
    predictions = run.read_predictions()
    evaluation = stored | summarize(predictions, model.genres)
    evaluation |= {"protocol": split.name, "part": "test"} | _skipped(stored, split, tested)
    chosen_by = dataset.pictures(own.valid, model.mel).at_least(model.window_columns)
    if chosen_by.by_track:
        validation = predict_windows(network, chosen_by, dataset.tracks, model)
        evaluation |= calibrated(predictions, validation, model.genres)
    run.write_evaluation(evaluation)
    return evaluation


def refuse_untested(run: Run) -> None:
    """Raise `RunError` if a run learnt from every clip, so that nothing is left to test it on."""
    recipe = run.config.train
    if not recipe.is_tested:
        raise RunError(
            f"{run.id} learnt from every clip of {recipe.data}, so a score on them would flatter "
            "it. Test its recipe under a protocol: "
            f"python -m deepmusic train --model {run.config.model.name} --split paper"
            + ("" if recipe.data == "gtzan" else f" --data {recipe.data}")
        )


def refuse_seen_clips(run: Run, own: Split, split: Split) -> None:
    """Raise `RunError` if a run was trained or chosen on a clip that a split tests.

    Parameters
    ----------
    run : Run
        Named in the message.
    own : Split
        What it was trained by.
    split : Split
        What it is to be tested by. Its own is always fine, `window_leak` too: what that leaks is
        what it is there to show.
    """
    if split == own:
        return
    tested = set(map(clip_of, split.test))
    seen = tested & set(map(clip_of, own.train + own.valid))
    if seen:
        data = run.config.train.data
        options = options_of(split.name) + ("" if data == "gtzan" else f" --data {data}")
        raise RunError(
            f"{run.id} was trained or chosen on {len(seen)} of the {len(tested)} clips that "
            f"{split.name} tests, so its score there would flatter it (its own protocol is "
            f"{own.name}). Train a network that never heard them: "
            f"python -m deepmusic train --model {run.config.model.name} {options}"
        )


def _refuse_fewer_clips(run: Run, split: Split, at_hand: int) -> None:
    """Raise `RunError` where there is nothing to test, or less than the run was tested on."""
    before = run.evaluation["clips"] if run.evaluation.get("protocol") == split.name else 1
    if at_hand < before:
        raise RunError(
            f"Only {at_hand} of the {len(split.test)} test clips of {split.name} are at hand, and "
            f"{before} are needed to replace the predictions of {run.id}. Complete the data set, "
            f"or recount what is there: python -m deepmusic evaluate {run.path} --recount"
        )


def _load_network(run: Run) -> "keras.Model":
    network = models.build(run.config.model)
    weights.load(network, run)
    return network


def _skipped(stored: Mapping[str, Any], split: Split, tested: Pictures) -> dict[str, Any]:
    """Bring the counts of usable and skipped test clips up to date, and keep the others."""
    others = [one for one in stored.get("skipped", []) if one["track"] not in split.test]
    missing = [{"track": one.track, "reason": one.reason} for one in tested.problems]
    by_part = stored.get("clips_by_part", {}) | {"test": len(tested.by_track)}
    return {"clips_by_part": by_part, "skipped": others + missing}


def calibrated(
    predictions: pd.DataFrame, validation: pd.DataFrame, genres: Sequence[str]
) -> dict[str, Any]:
    """Say how honest a network's confidence becomes once it is scaled.

    Parameters
    ----------
    predictions, validation : pd.DataFrame
        Predictions of the test part, and of the validation part that the temperature is fitted on.
    genres : sequence of str
        Columns of probability.

    Returns
    -------
    dict
        ``temperature``, and ``calibrated``: `reliability` and `expected_calibration_error` of the
        test clips under it. Empty if the network has diverged, and answers with no numbers.
    """
    if not np.isfinite(validation[list(genres)]).all(axis=None):
        return {}
    fitted = temperature(validation, genres)
    bins = reliability(apply_temperature(clip_table(predictions, genres), genres, fitted))
    return _rounded(
        {
            "temperature": fitted,
            "calibrated": {
                "expected_calibration_error": expected_calibration_error(bins),
                "reliability": bins,
            },
        }
    )


def average(predictions: Sequence[pd.DataFrame], genres: Sequence[str]) -> pd.DataFrame:
    """Average the window predictions of several networks, as the ensemble does.

    Parameters
    ----------
    predictions : sequence of pd.DataFrame
        What `predict_windows` returned for each network, over the same windows.
    genres : sequence of str
        Columns of probability.

    Returns
    -------
    pd.DataFrame
        The windows that all networks have, with the mean of their probabilities.
    """
    keys = ["track", "genre", "start"]
    stacked = pd.concat(predictions).groupby(keys, sort=False)[list(genres)]
    mean = stacked.mean()[stacked.size() == len(predictions)]
    return mean.reset_index()


def summarize_runs(runs: Sequence[Run]) -> dict[str, dict[str, Any]]:
    """Recount what finished runs, and their ensemble, reach on their common test part.

    Parameters
    ----------
    runs : sequence of Run
        One for each network, all of one protocol.

    Returns
    -------
    dict of str to dict
        What `summarize` returned for each run's ``predictions.csv``, with its ``protocol``, by
        network; the ensemble last.

    Raises
    ------
    RunError
        If the runs were not tested by one protocol, or one has no predictions.
    """
    protocols = {run.evaluation["protocol"] for run in runs}
    if len(protocols) != 1:
        raise RunError(
            f"The runs were tested by different protocols ({', '.join(sorted(protocols))}), which "
            "no table may mix. Choose runs of one protocol."
        )
    genres = runs[0].config.model.genres
    tables = {run.config.model.name: run.read_predictions() for run in runs}
    if len(tables) > 1:
        tables[ENSEMBLE] = average(list(tables.values()), genres)
    return {
        name: summarize(table, genres) | {"protocol": protocols.copy().pop(), "part": "test"}
        for name, table in tables.items()
    }


def score_files(verdicts: Mapping[Path, Mapping[str, str]]) -> str:
    """Compare verdicts on GTZAN's sound files with their labels.

    Parameters
    ----------
    verdicts : mapping of Path to mapping of str to str
        By file, the genre that each shipped network (and the ensemble) hears. The file's stem is a
        track id, such as ``blues.00000``.

    Returns
    -------
    str
        A table of the share right and the number of clips, by network, for the clips that it was
        trained on, chosen by, and tested on.

    Raises
    ------
    DatasetError
        If a file is not named like a track of GTZAN.
    """
    genre_of = {row["track"]: row["genre"] for row in read_facts()}
    strangers = [path.name for path in verdicts if path.stem not in genre_of]
    if strangers or not verdicts:
        raise DatasetError(
            f"{', '.join(strangers[:3]) or 'No file'}: not a track of GTZAN, whose genre is known. "
            "Score files named like blues.00000.wav."
        )
    recipe = shipped_run(next(iter(MODELS))).config.train
    split = make_split(read_facts(), recipe.split, recipe.fold)
    rows = pd.DataFrame(
        {
            "model": title(name),
            "part": split.part_of(path.stem),
            "right": genre == genre_of[path.stem],
        }
        for path, by_model in verdicts.items()
        for name, genre in by_model.items()
    )
    both = pd.concat([rows, rows.assign(part="all")])
    groups = both.groupby(["model", "part"], sort=False)["right"]
    cells = groups.agg(lambda right: f"{right.mean():.3f} of {len(right)}").unstack("part")
    order = [part for part in ("train", "valid", "test", "all") if part in cells]
    return (
        f"Share of clips right, by what they were to the networks (split {split.name}).\n"
        "Only the test column says how good a network is.\n"
        + cells[order].rename_axis(index=None, columns=None).to_string()
    )
