"""Retrieval of similar clips by embeddings: ``python benchmarks/retrieval.py``.

The queries are GTZAN's test clips; a clip of the query's genre is relevant. Clips of the same
artist, and copies of the same recording, are removed (an artist filter: Pampalk, Flexer and Widmer,
"Improvements of audio-based music similarity and genre classification", ISMIR 2005), since who
finds those has recognised a voice or a studio. The candidates are

`test`
    the other test clips, on which the networks were not trained: what to expect of new music, as
    far as the protocol goes; or
`all`
    all other clips. The networks were trained on six in ten of them and selected by one in ten, so
    that such a figure is optimistic.

Figures are counted from the shipped embeddings. After the shipped networks have changed,
``python benchmarks/retrieval.py --store [RUN...]`` computes those anew (needs GTZAN). The weights
of protocols other than paper are not shipped: name the folders of their runs.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from deepmusic import models
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.data import Dataset, Split, open_dataset
from deepmusic.data.gtzan import read_facts
from deepmusic.data.splits import make as make_split
from deepmusic.errors import DatasetError, DeepMusicError, RunError
from deepmusic.evaluation import transfer
from deepmusic.files import replacing, write_atomically
from deepmusic.library import embeddings
from deepmusic.library.descriptors import mfcc_statistics
from deepmusic.library.known_clips import ALL_NETWORKS, FOLDER, MFCC, training_digests, vectors
from deepmusic.prediction import Classifier
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import Run, shipped_run

#: Baseline: a random order.
RANDOM = "random"
TITLES = {ALL_NETWORKS: "all three", MFCC: "MFCC statistics", RANDOM: "random order"}

#: Pools of candidates.
TEST, ALL = "test", "all"

_RESAMPLES = 2000


def same_artist(facts: Sequence[Mapping[str, str]]) -> np.ndarray:
    """Pairs of clips by one artist [n_clips, n_clips], bool; they must not count as neighbours.

    True where two rows of ``gtzan_tracks.csv`` share Sturm's artist, the artist group of Foleiss
    and Tavares, or the SHA-256 of their recording; and on the diagonal.
    """
    alike = np.eye(len(facts), dtype=bool)
    for key in ("artist", "artist_group", "wav_sha256"):
        names = np.array([row[key].casefold() for row in facts])
        alike |= (names[:, None] == names[None, :]) & (names != "")[:, None]
    return alike


# === Measures ===


def average_precision(relevant: np.ndarray) -> float:
    """Return the average precision of a ranking, given as bool, best first [n_candidates]."""
    from sklearn.metrics import average_precision_score

    if not relevant.any():
        return 0.0
    return float(average_precision_score(relevant, -np.arange(len(relevant))))


def expected_average_precision(n_relevant: int, n_candidates: int) -> float:
    """Return the expected average precision of a random order.

    Given a relevant result of rank k, each of the k - 1 before it is relevant with probability
    (n_relevant - 1) / (n_candidates - 1).
    """
    if not n_relevant:
        return 0.0
    ranks = np.arange(1, n_candidates + 1)
    others = (n_relevant - 1) / max(n_candidates - 1, 1)
    return float(((1 + (ranks - 1) * others) / ranks).mean())


def rank(
    similarity: np.ndarray | None,
    labels: np.ndarray,
    removed: np.ndarray,
    queries: np.ndarray,
    pool: np.ndarray,
) -> dict[str, np.ndarray]:
    """Metrics of the ranked candidates of each query.

    Parameters
    ----------
    similarity : np.ndarray [shape=(n_clips, n_clips)] or None
        Higher is nearer. None stands for a random order, whose expectation is returned.
    labels : np.ndarray [shape=(n_clips,)], str
        Genres.
    removed : np.ndarray [shape=(n_clips, n_clips)], bool
        What `same_artist` returned.
    queries, pool : np.ndarray of int
        Indices of the queries, and of the clips that can be found.

    Returns
    -------
    dict of str to np.ndarray [shape=(n_queries,)]
        ``at_5`` and ``at_10``: precision of the first results. ``average_precision``: over all
        candidates. ``candidates``: how many could be found.
    """
    rows = []
    for query in queries:
        candidates = pool[~removed[query, pool]]
        relevant = labels[candidates] == labels[query]
        if similarity is None:
            chance = float(relevant.mean())
            expected = expected_average_precision(int(relevant.sum()), len(relevant))
            rows.append((chance, chance, expected, len(candidates)))
            continue
        found = relevant[np.argsort(-similarity[query, candidates], kind="stable")]
        precision = average_precision(found)
        rows.append((found[:5].mean(), found[:10].mean(), precision, len(candidates)))
    names = ("at_5", "at_10", "average_precision", "candidates")
    return dict(zip(names, np.array(rows).T, strict=True))


def summarize(ranked: Mapping[str, np.ndarray], genres: np.ndarray) -> dict[str, Any]:
    """Return the means over the queries, P@10 with its 95 % interval, and by genre."""
    from scipy.stats import bootstrap

    interval = bootstrap(
        (ranked["at_10"],), np.mean, method="percentile", n_resamples=_RESAMPLES, rng=0
    ).confidence_interval
    return {
        "queries": len(genres),
        "interval": [float(interval.low), float(interval.high)],
        **{name: float(values.mean()) for name, values in ranked.items()},
        "by_genre": {
            name: {str(genre): float(ranked[name][genres == genre].mean()) for genre in set(genres)}
            for name in ("at_5", "at_10")
        },
    }


def measure(
    protocol: Protocol = BENCHMARK_PROTOCOL,
    pool: str = TEST,
    part: str = TEST,
    pretrained: np.ndarray | None = None,
) -> dict[str, Any]:
    """Retrieval metrics of each system, from the shipped embeddings.

    Parameters
    ----------
    protocol : Protocol
        One of `protocols`.
    pool : str
        `TEST`: the other clips of the queries' part. `ALL`: every clip.
    part : str
        Part of the queries: ``test``, or ``valid``, by which `embeddings.NETWORKS` were selected.
    pretrained : np.ndarray [shape=(1000, 200)], optional
        What `read_pretrained` returned; then only its clips count, for all systems.

    Returns
    -------
    dict of str to dict
        What `summarize` returns, by system: the networks, `ALL_NETWORKS`, `MFCC`, `RANDOM`.
    """
    facts = read_facts()
    split = split_of(protocol)
    removed = same_artist(facts)
    labels = np.array([row["genre"] for row in facts])
    is_query = np.array([split.part_of(row["track"]) == part for row in facts])
    found: dict[str, Any] = {}
    tables = {system: vectors(system, protocol) for system in (*models.MODELS, ALL_NETWORKS, MFCC)}
    if pretrained is not None:
        tables[models.PRETRAINED] = pretrained
    for system, table in tables.items():
        there = ~np.isnan(table[:, 0])
        if pretrained is not None:
            there &= ~np.isnan(pretrained[:, 0])
        queries = np.flatnonzero(is_query & there)
        candidates = np.flatnonzero(there) if pool == ALL else queries
        similarity = np.nan_to_num(table) @ np.nan_to_num(table).T
        ranked = rank(similarity, labels, removed, queries, candidates)
        found[system] = summarize(ranked, labels[queries])
    chance = rank(None, labels, removed, queries, candidates)
    found[RANDOM] = summarize(chance, labels[queries])
    return found


def read_pretrained(path: Path) -> np.ndarray:
    """Unit vectors of GTZAN's clips [1000, 200] by musicnn, of an archive as of `transfer`."""
    known = transfer.read_archive(path)
    absent = np.full((1, 200), np.nan, np.float32)
    rows = [known.get(row["track"], absent).mean(axis=0) for row in read_facts()]
    return embeddings.l2_normalize(np.stack(rows))


def measure_threshold(table: np.ndarray, protocol: Protocol, part: str) -> list[str]:
    """Count a part's pairs above each cosine, those of one genre, and what a listener is shown."""
    facts = read_facts()
    split, labels = split_of(protocol), np.array([row["genre"] for row in facts])
    is_part = np.array([split.part_of(row["track"]) == part for row in facts])
    rows = np.flatnonzero(is_part & ~np.isnan(table[:, 0]))
    kept = ~same_artist(facts)[np.ix_(rows, rows)]
    cosines = table[rows] @ table[rows].T
    same = labels[rows][:, None] == labels[rows]
    pairs = np.triu(kept, 1)
    lines = [
        f"Pairs of {len(rows)} {part} clips: cosine  pairs  same genre  clips without any  "
        "of five shown  same genre"
    ]
    order = np.argsort(-np.where(kept, cosines, -1), axis=1)[:, :5]
    nearest, alike = (np.take_along_axis(one, order, axis=1) for one in (cosines, same))
    for least in (0.4, 0.5, 0.6, 0.7, 0.8):
        found = (cosines >= least) & pairs
        alone = int((((cosines >= least) & kept).sum(axis=1) == 0).sum())
        share, precision = found.sum() / pairs.sum(), same[found].mean()
        shown = nearest >= least
        lines.append(
            f"{least:37.1f}  {share:5.3f}  {precision:10.3f}  {alone:17}  "
            f"{shown.sum(axis=1).mean():13.1f}  {alike[shown].mean():10.3f}"
        )
    return lines


# === The shipped embeddings ===


def protocols(folder: Path = FOLDER) -> list[Protocol]:
    """List the protocols of which embeddings are shipped, the app's own first."""
    found = [Protocol.parse(path.parent.name) for path in folder.glob("*/source.json")]
    return sorted(found, key=lambda one: (one != BENCHMARK_PROTOCOL, one.order))


def split_of(protocol: Protocol) -> Split:
    """Return the parts of a protocol."""
    return make_split(read_facts(), protocol.name, protocol.fold)


def store(dataset: Dataset, runs: Sequence[Run] = (), folder: Path = FOLDER) -> None:
    """Compute the embeddings to ship.

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
        If clips are not available.
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
    names = [row["track"] for row in read_facts()]
    log_mels = dataset.log_mels(names, FRONT_ENDS["compact"]).by_track
    for protocol, members in networks.items():
        wanted = names if protocol == BENCHMARK_PROTOCOL else split_of(protocol).test
        lacking = [track for track in wanted if track not in log_mels]
        if len(lacking) > 1:  # jazz.00054 is broken in every copy.
            raise DatasetError(
                f"{len(lacking)} of {len(wanted)} clips are not available ({lacking[0]} and more). "
                "Complete the data set, or keep the figures that are shipped."
            )
        clips = {track: log_mels[track] for track in wanted if track in log_mels}
        target = folder / str(protocol)
        target.mkdir(parents=True, exist_ok=True)
        predicted = []
        for name, run in members.items():
            embedded, genres = embeddings.embed_and_classify(clips, [Classifier(run)])
            _write_rows(target / f"{name}.npy", embedded, names)
            predicted.append(genres)
        profiles = {track: np.mean([one[track] for one in predicted], axis=0) for track in clips}
        _write_rows(target / "genres.npy", profiles, names)
        statistics = {track: mfcc_statistics(clip) for track, clip in clips.items()}
        _write_rows(target / f"{MFCC}.npy", statistics, names)
        trained = json.dumps({"trained": training_digests(members)}, indent=2)
        write_atomically(target / "source.json", trained + "\n")


def _write_rows(path: Path, rows: Mapping[str, np.ndarray], names: Sequence[str]) -> None:
    """Write a row for each of GTZAN's tracks, in order; one that is absent is NaN."""
    width = len(next(iter(rows.values())))
    absent = np.full(width, np.nan)
    table = np.stack([rows.get(track, absent) for track in names])
    with replacing(path) as temporary:
        np.save(temporary, table.astype(np.float16))


# === The table ===


def title(system: str) -> str:
    """Return the name to show of a system."""
    return TITLES.get(system) or models.title(system)


def heading(protocol: Protocol, pool: str, part: str, found: Mapping[str, Any]) -> str:
    """Return a heading: the queries and their candidates."""
    where = {
        TEST: "the other test clips, which the networks never learnt from",
        ALL: "all other clips, most of which trained the networks, so these figures FLATTER",
    }.get(pool, f"the other {pool} clips (by these the networks to use were chosen)")
    return (
        f"Retrieval, protocol {protocol}: {found['queries']} {part} clips ask, "
        f"neighbours of the same artist removed;\n{found['candidates']:.0f} candidates on average: "
        f"{where}"
    )


def table(found: Mapping[str, Mapping[str, Any]], by_genre: bool = True) -> str:
    """Return a line for each system, then genre by genre."""
    lines = [f"{'':16} P@5    P@10   95 % interval   mAP"]
    for system, row in found.items():
        low, high = row["interval"]
        lines.append(
            f"{title(system):16} {row['at_5']:.3f}  {row['at_10']:.3f}  {low:.3f} to {high:.3f}  "
            f"{row['average_precision']:.3f}"
        )
    for k in (5, 10) if by_genre else ():
        lines += ["", f"{f'P@{k} by genre':16} " + "".join(f"{g[:9]:>10}" for g in GTZAN_GENRES)]
        for system, row in found.items():
            precision = row["by_genre"][f"at_{k}"]
            cells = "".join(f"{precision.get(genre, np.nan):10.2f}" for genre in GTZAN_GENRES)
            lines.append(f"{title(system):16} {cells}")
    return "\n".join(lines)


@click.command()
@click.option("--store", "stores", is_flag=True, help="Compute the shipped embeddings anew.")
@click.option(
    "--embeddings",
    "archive",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Embeddings by musicnn (.npz), as of train --model musicnn, to measure in addition.",
)
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="[RUN...]")
def main(stores: bool, archive: Path | None, runs: Sequence[Path]) -> None:
    """Print how good the networks' neighbours are, on GTZAN, same artists removed."""
    if runs and not stores:
        raise click.UsageError("A RUN goes with --store.")
    if stores:
        store(open_dataset("gtzan"), [Run.open(path) for path in runs])
    if archive:
        pretrained, protocol = read_pretrained(archive), Protocol("fault_filtered")
        found = measure(protocol, pretrained=pretrained)
        click.echo(heading(protocol, TEST, TEST, found[RANDOM]))
        click.echo(f"Clips with an embedding by musicnn count.\n{table(found)}\n")
        for part in ("valid", TEST):
            click.echo("\n".join(measure_threshold(pretrained, protocol, part)) + "\n")
        return
    for protocol in protocols():
        asked = [(TEST, TEST)]
        if protocol == BENCHMARK_PROTOCOL:
            asked += [(TEST, ALL), ("valid", "valid")]
        for part, pool in asked:
            try:
                found = measure(protocol, pool, part)
            except RunError as error:
                # Another protocol's figures still stand.
                click.echo(f"deepmusic: {error}", err=True)
                break
            click.echo(heading(protocol, pool, part, found[RANDOM]))
            click.echo(table(found, by_genre=pool == TEST) + "\n")


if __name__ == "__main__":
    try:
        main()
    except DeepMusicError as fault:
        sys.exit(f"deepmusic: {fault}")
