"""How good are the neighbours? Retrieval on GTZAN, with neighbours of the same artist removed.

Each test clip asks for its neighbours; one of its own genre counts as found. Clips of the same
artist, and copies of the same recording, are removed before anything is counted, since whoever
finds those has recognised a voice or a studio (Pampalk, Flexer and Widmer, "Improvements of
audio-based music similarity and genre classification", ISMIR 2005, call this an artist filter).

Which clips may be found decides what a figure means:

`test`
    The other test clips. The networks learnt from neither side, so this is what to expect of music
    that is new to them, as far as the protocol goes.
`all`
    Every other clip. Six in ten trained the networks, with their labels, and one in ten chose the
    epoch. The networks put those where their label says, so that such a figure flatters.

Embeddings are shipped, as numbers from which no sound can be made, and every figure is counted
from them anew.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepmusic import embeddings, models
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.datasets import Dataset, Split
from deepmusic.datasets.gtzan import read_facts
from deepmusic.datasets.splits import make as make_split
from deepmusic.errors import DatasetError, RunError
from deepmusic.files import write_atomically
from deepmusic.library import Collection, Entry
from deepmusic.prediction import Classifier
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import SHIPPED, Run, shipped_run
from deepmusic.traits import mfcc_statistics

#: Where the embeddings lie: a folder for each protocol, a file for each network.
FOLDER = SHIPPED.parent / "embeddings"

#: Names of what is not a network: all networks side by side, the baselines.
TOGETHER, MFCC, RANDOM = "together", "mfcc", "random"
TITLES = {TOGETHER: "all three", MFCC: "MFCC statistics", RANDOM: "random order"}

#: What may be found.
TEST, ALL = "test", "all"

_RESAMPLES = 2000


# === Measures: pure functions of a ranking ===


def same_artist(facts: Sequence[Mapping[str, str]]) -> np.ndarray:
    """Tell which clips must not count as neighbours of each other.

    Parameters
    ----------
    facts : sequence of mapping
        Rows of ``gtzan_tracks.csv``.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_clips)], bool
        True where two share Sturm's artist, the group of artists of Foleiss and Tavares, or the
        SHA-256 of their recording; and on the diagonal.
    """
    alike = np.eye(len(facts), dtype=bool)
    for key in ("artist", "artist_group", "wav_sha256"):
        names = np.array([row[key].casefold() for row in facts])
        alike |= (names[:, None] == names[None, :]) & (names != "")[:, None]
    return alike


def average_precision(relevant: np.ndarray) -> float:
    """Return the mean of the precisions at the places of the relevant results.

    Parameters
    ----------
    relevant : np.ndarray [shape=(n_candidates,)], bool
        Of each result, best first.

    Returns
    -------
    float
        0 where nothing is relevant.
    """
    if not relevant.any():
        return 0.0
    precision = np.cumsum(relevant) / np.arange(1, len(relevant) + 1)
    return float(precision[relevant].mean())


def expected_average_precision(n_relevant: int, n_candidates: int) -> float:
    """Return the average precision that a random order has on average.

    Given that a relevant result stands at place k, each of the k - 1 places before it holds one of
    the others with probability (n_relevant - 1) / (n_candidates - 1).
    """
    if not n_relevant:
        return 0.0
    place = np.arange(1, n_candidates + 1)
    others = (n_relevant - 1) / max(n_candidates - 1, 1)
    return float(((1 + (place - 1) * others) / place).mean())


@dataclass(frozen=True)
class Answers:
    """How well each query was answered.

    Attributes
    ----------
    genres : np.ndarray [shape=(n_queries,)], str
        The queries' labels.
    at_5, at_10 : np.ndarray [shape=(n_queries,)]
        Share of the first 5 and 10 results that have the query's genre.
    average_precision : np.ndarray [shape=(n_queries,)]
        As `average_precision` counts it, over all candidates.
    candidates : float
        How many clips could be found, mean over the queries.
    """

    genres: np.ndarray
    at_5: np.ndarray
    at_10: np.ndarray
    average_precision: np.ndarray
    candidates: float

    def summary(self) -> dict[str, Any]:
        """Return the means over the queries, P@10 with its 95 % interval and genre by genre."""
        from scipy.stats import bootstrap

        interval = bootstrap(
            (self.at_10,), np.mean, method="percentile", n_resamples=_RESAMPLES, rng=0
        ).confidence_interval
        return {
            "queries": len(self.genres),
            "candidates": self.candidates,
            "precision_at_5": float(self.at_5.mean()),
            "precision_at_10": float(self.at_10.mean()),
            "precision_at_10_interval": [float(interval.low), float(interval.high)],
            "mean_average_precision": float(self.average_precision.mean()),
            "precision_at_5_by_genre": _by_genre(self.at_5, self.genres),
            "precision_at_10_by_genre": _by_genre(self.at_10, self.genres),
        }


def _by_genre(values: np.ndarray, genres: np.ndarray) -> dict[str, float]:
    return {str(genre): float(values[genres == genre].mean()) for genre in np.unique(genres)}


def answer(
    similarity: np.ndarray | None,
    genres: Sequence[str],
    removed: np.ndarray,
    queries: np.ndarray,
    pool: np.ndarray,
) -> Answers:
    """Rank a pool of clips for each query.

    Parameters
    ----------
    similarity : np.ndarray [shape=(n_clips, n_clips)] or None
        Higher is nearer. None stands for a random order, whose expectation is returned.
    genres : sequence of str [n_clips]
        Labels.
    removed : np.ndarray [shape=(n_clips, n_clips)], bool
        What `same_artist` returned.
    queries, pool : np.ndarray of int
        Numbers of the clips that ask, and of those that can be found.

    Returns
    -------
    Answers
    """
    labels = np.asarray(genres)
    rows, sizes = [], []
    for query in queries:
        candidates = pool[~removed[query, pool]]
        relevant = labels[candidates] == labels[query]
        sizes.append(len(candidates))
        if similarity is None:
            chance = float(relevant.mean())
            expected = expected_average_precision(int(relevant.sum()), len(relevant))
            rows.append((chance, chance, expected))
            continue
        found = relevant[np.argsort(-similarity[query, candidates], kind="stable")]
        rows.append((found[:5].mean(), found[:10].mean(), average_precision(found)))
    at_5, at_10, precision = np.array(rows).T
    return Answers(labels[queries], at_5, at_10, precision, float(np.mean(sizes)))


# === The shipped embeddings ===


def store(dataset: Dataset, runs: Sequence[Run] = (), folder: Path = FOLDER) -> None:
    """Compute the embeddings that are shipped.

    Of the app's own networks all clips are kept, of those of other protocols the test clips.

    Parameters
    ----------
    dataset : Dataset
        GTZAN.
    runs : sequence of Run
        Finished runs of other protocols, all three networks of each. What is stored of protocols
        that are not among them stays as it is, since their weights are not shipped.
    folder : Path
        Where to write.

    Raises
    ------
    DatasetError
        If clips are not at hand.
    RunError
        If a protocol lacks a network.
    """
    networks = {BENCHMARK_PROTOCOL: {name: shipped_run(name) for name in models.MODELS}}
    for run in runs:
        networks.setdefault(run.config.train.protocol, {})[run.config.model.name] = run
    for protocol, members in networks.items():
        if lacking := [name for name in models.MODELS if name not in members]:
            raise RunError(
                f"Of {protocol} there is no run of {', '.join(lacking)}. Name runs of all networks."
            )
    facts = read_facts()
    names = [row["track"] for row in facts]
    pictures = dataset.pictures(names, FRONT_ENDS["compact"]).by_track
    for protocol, members in networks.items():
        wanted = names if protocol == BENCHMARK_PROTOCOL else split_of(protocol).test
        lacking = [track for track in wanted if track not in pictures]
        if len(lacking) > 1:  # jazz.00054 is broken in every copy.
            raise DatasetError(
                f"{len(lacking)} of {len(wanted)} clips are not at hand ({lacking[0]} and more). "
                "Complete the data set, or keep the figures that are shipped."
            )
        clips = {track: pictures[track] for track in wanted if track in pictures}
        target = folder / str(protocol)
        target.mkdir(parents=True, exist_ok=True)
        heard = []
        for name, run in members.items():
            embedded, genres = embeddings.hear_clips(clips, [Classifier(run)])
            _write_rows(target / f"{name}.npy", embedded, names)
            heard.append(genres)
        profiles = {track: np.mean([member[track] for member in heard], axis=0) for track in clips}
        _write_rows(target / "genres.npy", profiles, names)
        statistics = {track: mfcc_statistics(clip) for track, clip in clips.items()}
        _write_rows(target / f"{MFCC}.npy", statistics, names)
        trained = json.dumps({"trained": _trainings(members)}, indent=2)
        write_atomically(target / "source.json", trained + "\n")


def protocols(folder: Path = FOLDER) -> list[Protocol]:
    """List the protocols of which embeddings are shipped, the app's own first."""
    found = [Protocol.parse(path.parent.name) for path in folder.glob("*/source.json")]
    return sorted(found, key=lambda one: (one != BENCHMARK_PROTOCOL, one.order))


def split_of(protocol: Protocol) -> Split:
    """Return the parts of a protocol."""
    return make_split(read_facts(), protocol.name, protocol.fold)


def _write_rows(path: Path, rows: Mapping[str, np.ndarray], names: Sequence[str]) -> None:
    """Write a row for each of GTZAN's tracks, in order; one that is absent is not a number."""
    width = len(next(iter(rows.values())))
    table = np.full((len(names), width), np.nan, np.float16)
    for index, track in enumerate(names):
        if track in rows:
            table[index] = rows[track]
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.save(file, table)
    temporary.replace(path)


def read(name: str, protocol: Protocol = BENCHMARK_PROTOCOL, folder: Path = FOLDER) -> np.ndarray:
    """Read what is shipped of each of GTZAN's 1000 clips.

    Parameters
    ----------
    name : str
        A network, ``genres`` (the ensemble's profile of the clip) or ``mfcc``.
    protocol : Protocol
        Whose networks.
    folder : Path
        Where they lie.

    Returns
    -------
    np.ndarray [shape=(1000, n_dimensions)], float32
        In the order of ``gtzan_tracks.csv``; rows of NaN for clips that are not there.

    Raises
    ------
    RunError
        If they are missing, or were computed by other networks than those shipped now.
    """
    path = folder / str(protocol)
    try:
        source = json.loads((path / "source.json").read_text(encoding="utf-8"))
        table = np.load(path / f"{name}.npy", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path} holds no readable embeddings ({error}). With GTZAN at hand, compute them: "
            "python -m deepmusic retrieval --store"
        ) from error
    shipped = {network: shipped_run(network, protocol) for network in models.MODELS}
    if source.get("trained") != _trainings(shipped):
        more = (
            "" if protocol == BENCHMARK_PROTOCOL else f" RUN... (of {protocol}, with their weights)"
        )
        raise RunError(
            f"The embeddings in {path} are those of other networks than the ones shipped now. With "
            f"GTZAN at hand, compute them anew: python -m deepmusic retrieval --store{more}"
        )
    return table.astype(np.float32)


def _trainings(runs: Mapping[str, Run]) -> dict[str, str]:
    """Return what tells trainings apart: a digest of their losses, epoch by epoch."""
    return {
        name: hashlib.sha256(run.history_path.read_bytes()).hexdigest()
        for name, run in sorted(runs.items())
    }


def vectors(
    system: str, protocol: Protocol = BENCHMARK_PROTOCOL, folder: Path = FOLDER
) -> np.ndarray:
    """Return unit vectors of GTZAN's 1000 clips [1000, n_dimensions], NaN where there is none.

    Parameters
    ----------
    system : str
        A network, `TOGETHER`, or `MFCC` (each statistic brought to mean 0 and deviation 1 first).
    protocol, folder
        As in `read`.
    """
    if system == MFCC:
        table = read(MFCC, protocol, folder)
        return embeddings.unit((table - np.nanmean(table, axis=0)) / np.nanstd(table, axis=0))
    members = embeddings.NETWORKS if system == TOGETHER else (system,)
    return embeddings.side_by_side(
        [embeddings.unit(read(name, protocol, folder)) for name in members]
    )


def gtzan_collection() -> Collection:
    """Return GTZAN's clips as something to find neighbours in; no sound of it is needed.

    Raises
    ------
    RunError
        If the shipped embeddings are not those of the shipped networks.
    """
    facts = read_facts()
    embedded = vectors(TOGETHER)
    there = ~np.isnan(embedded[:, 0])
    profiles, timbre = read("genres"), read(MFCC)

    def fetch(rows: Sequence[int]) -> list[Entry]:
        return [
            Entry(
                row=int(row),
                title=facts[row]["title"] or facts[row]["track"],
                artist=facts[row]["artist"],
                genre=facts[row]["genre"],
                duration=30.0,
                digest=facts[row]["wav_sha256"],
            )
            for row in rows
        ]

    return Collection(
        "GTZAN",
        rows=np.flatnonzero(there),
        embeddings=np.nan_to_num(embedded),
        timbre=np.nan_to_num(timbre),
        profiles=np.nan_to_num(profiles),
        fetch=fetch,
    )


def measure(
    protocol: Protocol = BENCHMARK_PROTOCOL, pool: str = TEST, part: str = TEST
) -> dict[str, Any]:
    """Count, from the shipped embeddings, how good each system's neighbours are.

    Parameters
    ----------
    protocol : Protocol
        One of `protocols`.
    pool : str
        `TEST`: what may be found are the other clips of the part that asks. `ALL`: every clip.
    part : str
        Which clips ask: ``test``, or ``valid``, by which `embeddings.NETWORKS` were chosen.

    Returns
    -------
    dict of str to dict
        What `Answers.summary` says, by system: the networks, `TOGETHER`, `MFCC`, `RANDOM`.
    """
    facts = read_facts()
    split = split_of(protocol)
    removed = same_artist(facts)
    genres = [row["genre"] for row in facts]
    asking = np.array([split.part_of(row["track"]) == part for row in facts])
    found: dict[str, Any] = {}
    for system in (*models.MODELS, TOGETHER, MFCC):
        table = vectors(system, protocol)
        there = ~np.isnan(table[:, 0])
        queries = np.flatnonzero(asking & there)
        candidates = np.flatnonzero(there) if pool == ALL else queries
        similarity = np.nan_to_num(table) @ np.nan_to_num(table).T
        found[system] = answer(similarity, genres, removed, queries, candidates).summary()
    found[RANDOM] = answer(None, genres, removed, queries, candidates).summary()
    return found


def title(system: str) -> str:
    """Return the name to show of a system."""
    return TITLES.get(system) or models.title(system)


def table(found: Mapping[str, Mapping[str, Any]], by_genre: bool = True) -> str:
    """Return measures as text for people: a line for each system, then genre by genre."""
    lines = [f"{'':16} P@5    P@10   95 % interval   mAP"]
    for system, row in found.items():
        low, high = row["precision_at_10_interval"]
        lines.append(
            f"{title(system):16} {row['precision_at_5']:.3f}  {row['precision_at_10']:.3f}  "
            f"{low:.3f} to {high:.3f}  {row['mean_average_precision']:.3f}"
        )
    for k in (5, 10) if by_genre else ():
        lines += ["", f"{f'P@{k} by genre':16} " + "".join(f"{g[:9]:>10}" for g in GTZAN_GENRES)]
        for system, row in found.items():
            precision = row[f"precision_at_{k}_by_genre"]
            shares = "".join(f"{precision.get(genre, np.nan):10.2f}" for genre in GTZAN_GENRES)
            lines.append(f"{title(system):16} {shares}")
    return "\n".join(lines)


def heading(one: Mapping[str, Any]) -> str:
    """Say in words who asks and what may be found, for a block of `table`."""
    asked = next(iter(one["systems"].values()))
    where = {
        TEST: "the other test clips, which the networks never learnt from",
        ALL: "all other clips, most of which trained the networks, so these figures FLATTER",
    }.get(one["pool"], f"the other {one['pool']} clips (by these the networks to use were chosen)")
    return (
        f"Retrieval, protocol {one['protocol']}: {asked['queries']} {one['asks']} clips ask, "
        f"neighbours of the same artist removed;\n{asked['candidates']:.0f} candidates on average: "
        f"{where}"
    )
