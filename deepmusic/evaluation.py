"""How good is a network? Every number is recounted from its predictions on windows it never saw."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deepmusic.config import ModelConfig
from deepmusic.datasets import Pictures, Track
from deepmusic.datasets.gtzan import read_facts
from deepmusic.datasets.splits import make as make_split
from deepmusic.errors import DatasetError, RunError
from deepmusic.features import window_starts, windows
from deepmusic.models import ENSEMBLE, MODELS, title
from deepmusic.runs import Run, shipped_run

if TYPE_CHECKING:
    import keras


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


def summarize(predictions: pd.DataFrame, genres: Sequence[str]) -> dict[str, Any]:
    """Recount accuracies and confusions from a table of window predictions.

    Parameters
    ----------
    predictions : pd.DataFrame
        What `predict_windows` returned, or ``predictions.csv``.
    genres : sequence of str
        Columns of probability, and order of the confusion matrix.

    Returns
    -------
    dict
        ``windows`` and ``clips`` counted; ``window_accuracy``; ``clip_accuracy`` by mean
        probability; ``clip_vote_accuracy`` by majority of the windows' labels, as the paper's
        notebooks did; ``confusion``, clips by true genre (row) and by genre heard (column).
    """
    from sklearn.metrics import accuracy_score, confusion_matrix

    genres = list(genres)
    heard = predictions[genres].idxmax(axis=1)
    clips = predictions.groupby("track", sort=False)
    truth = clips["genre"].first()
    by_mean = clips[genres].mean().idxmax(axis=1)
    votes = pd.crosstab(predictions["track"], heard).reindex(index=truth.index, columns=genres)
    by_vote = votes.fillna(0).idxmax(axis=1)
    return {
        "windows": len(predictions),
        "clips": len(truth),
        "window_accuracy": round(accuracy_score(predictions["genre"], heard), 4),
        "clip_accuracy": round(accuracy_score(truth, by_mean), 4),
        "clip_vote_accuracy": round(accuracy_score(truth, by_vote), 4),
        "genres": genres,
        "confusion": confusion_matrix(truth, by_mean, labels=genres).tolist(),
    }


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
