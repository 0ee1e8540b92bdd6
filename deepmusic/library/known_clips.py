"""GTZAN's clips as the shipped networks embed them, and a search for these clips in songs.

A network that was trained on a recording recognises it, and so its prediction proves little.
GTZAN's clips are excerpts of 30 s, and may lie anywhere in a whole song. So every 30 s of a song
are compared with each clip by their mean spectrum
(`deepmusic.library.descriptors.recording_distance`), which bit rates, formats and volume change
little; what is near must have a similar embedding too.

The embeddings are shipped, as numbers from which no sound can be made. ``benchmarks/retrieval.py``
computes them anew, and measures how good neighbours by them are.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepmusic import models
from deepmusic.audio.features import ClipLogMel, mfccs
from deepmusic.config import GTZAN_COMPACT_FRAMES
from deepmusic.data import splits
from deepmusic.data.gtzan import read_facts
from deepmusic.errors import RunError
from deepmusic.files import ASSETS
from deepmusic.library import embeddings
from deepmusic.library.descriptors import recording_distance
from deepmusic.library.embeddings import SongEmbedding
from deepmusic.library.song_index import Entry, SongIndex
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import Run, shipped_run

#: Where the embeddings lie: a folder for each protocol, a file for each network.
FOLDER = ASSETS / "embeddings"

#: Names of embeddings that are not one network's: all networks concatenated, MFCC statistics.
ALL_NETWORKS, MFCC = "together", "mfcc"

#: Two excerpts are one recording where their distance is lower and their cosine is higher:
#: `benchmarks/known_clips.py` prints how often that is right.
MAX_DISTANCE = 1.5

MIN_COSINE = 0.5

#: Columns between two excerpts that are tried: 1.0 s.
_STEP = 13


# === The shipped embeddings ===


def read(name: str, protocol: Protocol = BENCHMARK_PROTOCOL, folder: Path = FOLDER) -> np.ndarray:
    """Read what is shipped of each of GTZAN's 1000 clips.

    Parameters
    ----------
    name : str
        A network, ``genres`` (the ensemble's probabilities) or `MFCC`.
    protocol : Protocol
        By which the networks were trained.
    folder : Path
        Where the embeddings lie.

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
            "python benchmarks/retrieval.py --store"
        ) from error
    shipped = {network: shipped_run(network, protocol) for network in models.MODELS}
    if source.get("trained") != training_digests(shipped):
        more = (
            "" if protocol == BENCHMARK_PROTOCOL else f" RUN... (of {protocol}, with their weights)"
        )
        raise RunError(
            f"The embeddings in {path} are those of other networks than the ones shipped now. With "
            f"GTZAN at hand, compute them anew: python benchmarks/retrieval.py --store{more}"
        )
    return table.astype(np.float32)


def training_digests(runs: Mapping[str, Run]) -> dict[str, str]:
    """Return the SHA-256 of each run's history, which tells trainings apart."""
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
        A network, `ALL_NETWORKS`, or `MFCC` (each statistic standardised first).
    protocol, folder
        As in `read`.
    """
    if system == MFCC:
        table = read(MFCC, protocol, folder)
        return embeddings.l2_normalize(
            (table - np.nanmean(table, axis=0)) / np.nanstd(table, axis=0)
        )
    members = embeddings.NETWORKS if system == ALL_NETWORKS else (system,)
    return embeddings.concatenate(
        [embeddings.l2_normalize(read(name, protocol, folder)) for name in members]
    )


def same_artist(facts: Sequence[Mapping[str, str]]) -> np.ndarray:
    """Return which clips must not count as neighbours of each other.

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


def gtzan_index() -> SongIndex:
    """Return an index of GTZAN's clips; no sound of it is needed.

    Raises
    ------
    RunError
        If the shipped embeddings are not those of the shipped networks.
    """
    embedded = vectors(ALL_NETWORKS)
    there = np.flatnonzero(~np.isnan(embedded[:, 0]))
    facts = read_facts()
    entries = [
        Entry(
            id=int(row),
            title=facts[row]["title"] or facts[row]["track"],
            artist=facts[row]["artist"],
            genre=facts[row]["genre"],
            duration=30.0,
            digest=facts[row]["wav_sha256"],
        )
        for row in there
    ]
    return SongIndex("GTZAN", entries, embedded[there], read(MFCC)[there], read("genres")[there])


# === The clips in a song ===


@dataclass(frozen=True)
class Match:
    """A clip of GTZAN that was found in a song.

    Attributes
    ----------
    track : str
        Such as ``blues.00000``.
    artist, title : str
        After Sturm (2012); empty where he did not know.
    part : str
        The clip's part in `BENCHMARK_PROTOCOL`: ``train``, ``valid`` or ``test``.
    start : float
        Where in the song it begins, in s.
    distance : float
        Of the mean spectra.
    """

    track: str
    artist: str
    title: str
    part: str
    start: float
    distance: float


def find(log_mels: Sequence[ClipLogMel], embedding: SongEmbedding) -> list[Match]:
    """Find the clips of GTZAN that a song contains, nearest first.

    Parameters
    ----------
    log_mels : sequence of ClipLogMel
        What `deepmusic.prediction.compute_log_mels` returned for the song.
    embedding : SongEmbedding
        By the networks `deepmusic.library.embeddings.NETWORKS`.

    Raises
    ------
    RunError
        If the shipped embeddings are not those of the shipped networks.
    """
    clips, unit_vectors = read(MFCC), vectors(ALL_NETWORKS)
    there = np.flatnonzero(~np.isnan(clips[:, 0]))
    known = clips[there]
    nearest: dict[int, tuple[float, float]] = {}
    for start, mean in zip(*_excerpts(log_mels), strict=True):
        distances = recording_distance(mean, known)
        for index in np.flatnonzero(distances < MAX_DISTANCE):
            found = (float(distances[index]), float(start))
            row = int(there[index])
            nearest[row] = min(found, nearest.get(row, found))
    facts = read_facts()
    split = splits.make(facts, BENCHMARK_PROTOCOL.name)
    seconds = GTZAN_COMPACT_FRAMES * log_mels[0].seconds_per_frame
    return [
        Match(
            facts[row]["track"],
            facts[row]["artist"],
            facts[row]["title"],
            split.part_of(facts[row]["track"]),
            start,
            distance,
        )
        for row, (distance, start) in sorted(nearest.items(), key=lambda item: item[1])
        if embedding.passage(start, start + seconds) @ unit_vectors[row] > MIN_COSINE
    ]


def _excerpts(log_mels: Sequence[ClipLogMel]) -> tuple[np.ndarray, np.ndarray]:
    """Return where every 30 s of a song begin, in s, and the means of their MFCCs."""
    columns = np.concatenate([clip.frames for clip in log_mels], axis=1)
    times = np.concatenate(
        [clip.start + np.arange(clip.frames.shape[1]) * clip.seconds_per_frame for clip in log_mels]
    )
    coefficients = mfccs(columns)
    width = min(GTZAN_COMPACT_FRAMES, coefficients.shape[1])
    summed = np.concatenate([np.zeros((len(coefficients), 1)), coefficients.cumsum(axis=1)], axis=1)
    last = coefficients.shape[1] - width
    first = np.unique(np.append(np.arange(0, last + 1, _STEP), last))
    return times[first], ((summed[:, first + width] - summed[:, first]) / width).T
