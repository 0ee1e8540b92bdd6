"""Shipped embeddings of GTZAN's clips, and detection of these clips in songs.

A network's prediction for a recording that trained it proves little. GTZAN's clips are excerpts of
30 s that may lie anywhere in a song. So every 30 s of a song are compared with each clip by their
spectral envelopes (`deepmusic.library.descriptors.envelope_distance`), which bit rates, formats and
volume change little; a near clip must have a similar embedding too.

No sound can be made from the embeddings. ``benchmarks/retrieval.py`` computes them anew, and
measures how good nearest neighbours by them are.
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
from deepmusic.library.descriptors import envelope_distance
from deepmusic.library.embeddings import SongEmbedding
from deepmusic.library.song_index import Entry, SongIndex
from deepmusic.protocols import BENCHMARK_PROTOCOL, Protocol
from deepmusic.runs import Run, shipped_run

#: Folder of the embeddings: a folder a protocol, a file a network.
FOLDER = ASSETS / "embeddings"

#: Names of embeddings that are not one network's: all networks concatenated, MFCC statistics.
ALL_NETWORKS, MFCC = "together", "mfcc"

#: Two excerpts are one recording where their envelope distance is lower and the cosine of their
#: embeddings is higher; `benchmarks/known_clips.py` measures how often that is right.
MAX_DISTANCE, MIN_COSINE = 1.5, 0.5

#: Frames between two excerpts that are tried: 1.0 s.
_STEP = 13


# === The shipped embeddings ===


def read(name: str, protocol: Protocol = BENCHMARK_PROTOCOL, folder: Path = FOLDER) -> np.ndarray:
    """Read a shipped table of GTZAN's 1000 clips.

    Parameters
    ----------
    name : str
        A network (its embeddings), ``genres`` (the ensemble's probabilities) or `MFCC`.
    protocol : Protocol
        Of the networks' training.
    folder : Path
        Of the embeddings.

    Returns
    -------
    np.ndarray [shape=(1000, n_dimensions)], float32
        In the order of ``gtzan_tracks.csv``; rows of NaN for missing clips.

    Raises
    ------
    RunError
        If it is missing, or was computed by other networks than those shipped now.
    """
    path = folder / str(protocol)
    try:
        source = json.loads((path / "source.json").read_text(encoding="utf-8"))
        table = np.load(path / f"{name}.npy", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path} must hold embeddings; reading them failed ({error}). With GTZAN available, "
            "compute them: python benchmarks/retrieval.py --store"
        ) from error
    shipped = {network: shipped_run(network, protocol) for network in models.MODELS}
    if source.get("trained") != training_digests(shipped):
        runs = "" if protocol == BENCHMARK_PROTOCOL else f" RUN... (of {protocol}, with weights)"
        raise RunError(
            f"The embeddings in {path} must be those of the shipped networks, and are of others. "
            f"With GTZAN available, compute them: python benchmarks/retrieval.py --store{runs}"
        )
    return table.astype(np.float32)


def training_digests(runs: Mapping[str, Run]) -> dict[str, str]:
    """SHA-256 of each run's history, which identifies its training."""
    return {
        name: hashlib.sha256(run.history_path.read_bytes()).hexdigest()
        for name, run in sorted(runs.items())
    }


def vectors(
    system: str, protocol: Protocol = BENCHMARK_PROTOCOL, folder: Path = FOLDER
) -> np.ndarray:
    """Unit vectors of GTZAN's 1000 clips [1000, n_dimensions], NaN for missing clips.

    Parameters
    ----------
    system : str
        A network, `ALL_NETWORKS`, or `MFCC` (each statistic standardised first).
    protocol, folder
        As of `read`.
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


def gtzan_index() -> SongIndex:
    """Index of GTZAN's clips, made without their sound; raises `RunError` as `read` does."""
    embedded = vectors(ALL_NETWORKS)
    there = np.flatnonzero(~np.isnan(embedded[:, 0]))
    facts = read_facts()
    entries = [
        Entry(
            id=row,
            title=facts[row]["title"] or facts[row]["track"],
            artist=facts[row]["artist"],
            genre=facts[row]["genre"],
            duration=30.0,
            digest=facts[row]["wav_sha256"],
        )
        for row in there.tolist()
    ]
    return SongIndex(
        "GTZAN",
        entries,
        embedded[there],
        read(MFCC)[there],
        read("genres")[there],
        space=embeddings.THREE_NETWORKS,
    )


# === The clips in a song ===


@dataclass(frozen=True)
class Match:
    """A clip of GTZAN that was found in a song.

    Attributes
    ----------
    track : str
        Such as ``blues.00000``.
    artist, title : str
        After Sturm (2012); empty where unknown.
    part : str
        The clip's part in `BENCHMARK_PROTOCOL`: ``train``, ``valid`` or ``test``.
    start : float
        Where in the song it begins, in s.
    distance : float
        Of the spectral envelopes.
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
        Of the song, as `deepmusic.prediction.compute_log_mels` returns them.
    embedding : SongEmbedding
        Of the song, by the networks `deepmusic.library.embeddings.NETWORKS`.

    Raises
    ------
    RunError
        As `read` does.
    """
    clips, unit_vectors = read(MFCC), vectors(ALL_NETWORKS)
    nearest: dict[int, tuple[float, float]] = {}
    for start, mean in zip(*_excerpts(log_mels), strict=True):
        distances = envelope_distance(mean, clips)
        # Missing clips lie at a distance of NaN, which is not lower either.
        for row in np.flatnonzero(distances < MAX_DISTANCE).tolist():
            found = (float(distances[row]), float(start))
            nearest[row] = min(found, nearest.get(row, found))
    if not nearest:
        return []
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
    """Starts in s of the 30 s excerpts of a song [n], and their mean MFCCs [n, 40]."""
    times = np.concatenate(
        [clip.start + np.arange(clip.frames.shape[1]) * clip.seconds_per_frame for clip in log_mels]
    )
    # One after the other: those of all bands of an hour would take 100 MB.
    coefficients = np.concatenate([mfccs(clip.frames) for clip in log_mels], axis=1)
    width = min(GTZAN_COMPACT_FRAMES, coefficients.shape[1])
    summed = np.concatenate([np.zeros((len(coefficients), 1)), coefficients.cumsum(axis=1)], axis=1)
    last = coefficients.shape[1] - width
    first = np.unique(np.append(np.arange(0, last + 1, _STEP), last))
    return times[first], ((summed[:, first + width] - summed[:, first]) / width).T
