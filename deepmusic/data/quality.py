"""Quality report of a dataset: missing and broken files, duplicates, silence, clipping.

Some faults spoil a training (a file that cannot be read), some its honesty (one recording on both
sides of a split), some are only good to know (a clip that distorts). No file is changed.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepmusic.data import duplicates, parallel
from deepmusic.data.dataset import Dataset, ExpectedFiles, Split
from deepmusic.data.duplicates import Pair
from deepmusic.errors import AudioError, DatasetError, SilenceError

#: Faults of a track, in words.
FAULTS = {
    "missing": "the sound is not at hand",
    "unreadable": "the file is no sound, or damaged",
    "cut off": "the file breaks off before its end",
    "changed": "other sound than in the usual copy (SHA-256)",
    "identical": "the same recording twice, sample for sample",
    "near duplicate": "the same recording twice, by ear",
    "silent": "silence for two seconds or more",
    "clipped": "distorted, since peaks were cut off",
    "length": "not as long as it should be",
    "sample rate": "another sample rate than it should have",
}

#: Samples in runs of three or more at full scale; more than this share (in %) can be heard.
_CLIPPED_PERCENT = 0.01

_FULL_SCALE = 0.999

#: Silence: blocks of 0.1 s below -60 dB of full scale, for this many seconds without a break.
_BLOCK_SECONDS = 0.1

_SILENT_LEVEL = 1e-3

_SILENT_SECONDS = 2.0


@dataclass(frozen=True)
class Report:
    """What is right and wrong with a dataset.

    Attributes
    ----------
    dataset, split : str
        Their names; no split where the dataset has too few tracks to draw one.
    table : pd.DataFrame
        A row for each track (index): ``genre``, ``artist``, ``title``, ``part``, ``file``,
        ``seconds``, ``sample_rate``, ``channels``, ``peak``, ``clipped_percent``,
        ``silent_seconds``, ``sha256`` (of the sound as 16-bit mono WAV), ``faults`` (keys of
        `FAULTS`, with semicolons between) and ``remark``.
    pairs : tuple of Pair
        Identical ones first.
    looked_for_near : bool
        Whether near duplicates were looked for.
    compared : bool
        Whether there were checksums to compare with.
    """

    dataset: str
    split: str
    table: pd.DataFrame = field(repr=False)
    pairs: tuple[Pair, ...] = ()
    looked_for_near: bool = False
    compared: bool = False

    def having(self, fault: str) -> list[str]:
        """Return the tracks that have a fault."""
        return [t for t, faults in self.table["faults"].items() if fault in faults.split("; ")]

    @property
    def counts(self) -> pd.DataFrame:
        """By genre: how many tracks there should be, how many are at hand, how many are sound."""
        missing, unreadable = self.having("missing"), self.having("unreadable")
        by_genre = self.table.groupby("genre", sort=False)
        at_hand = ~self.table.index.isin(missing)
        usable = at_hand & ~self.table.index.isin(unreadable)
        return pd.DataFrame(
            {
                "tracks": by_genre.size(),
                "at hand": pd.Series(at_hand, self.table.index).groupby(self.table["genre"]).sum(),
                "readable": pd.Series(usable, self.table.index).groupby(self.table["genre"]).sum(),
            }
        )

    def words(self) -> list[str]:
        """Say what was found, a sentence each; what is well is said too."""
        counts = self.counts
        lines = [
            f"{self.dataset}: {counts['tracks'].sum()} tracks of {len(counts)} genres; "
            f"{counts['at hand'].sum()} at hand, {counts['readable'].sum()} readable."
        ]
        if self.compared and counts["readable"].sum():
            changed = self.having("changed")
            same = counts["readable"].sum() - len(changed)
            lines.append(f"{same} have the very sound of the usual copy (SHA-256).")
        told = ("unreadable", "cut off", "changed", "silent", "clipped", "length", "sample rate")
        for fault in told:
            if tracks := self.having(fault):
                lines.append(_named(f"{fault.capitalize()} ({FAULTS[fault]})", tracks))
        for kind in ("identical", "near duplicate"):
            lines += self._words_of_pairs(kind)
        if not self.looked_for_near:
            lines.append("Near duplicates were not looked for.")
        return lines

    def _words_of_pairs(self, kind: str) -> list[str]:
        pairs = [pair for pair in self.pairs if pair.kind == kind]
        if not pairs:
            return [f"No {kind} tracks." if kind == "identical" else f"No {kind}s."] * (
                kind == "identical" or self.looked_for_near
            )
        across = [f"{p.first} = {p.second}" for p in pairs if p.across_genres]
        said = "pairs of identical tracks" if kind == "identical" else "pairs of near duplicates"
        line = f"{len(pairs)} {said}, {len(across)} of them across two genres"
        line += f" ({', '.join(across)})." if across else "."
        if not self.split:
            return [line]
        straddling = [f"{p.first} = {p.second}" for p in pairs if p.straddles]
        halves = f"{len(straddling)} of these stand on two sides of the split {self.split}"
        return [line, halves + (f": {', '.join(straddling)}." if straddling else ".")]


def _named(what: str, tracks: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(tracks[:most]) + (f" and {len(tracks) - most} more" * (len(tracks) > most))
    return f"{what}: {len(tracks)} track{'s' * (len(tracks) > 1)}, {shown}."


# === One file ===


def measure(path: Path) -> dict[str, Any]:
    """Decode a file and measure its sound.

    Returns
    -------
    dict
        ``seconds``, ``sample_rate``, ``channels``, ``peak``, ``clipped_percent``,
        ``silent_seconds`` (the longest silence), ``sha256``, ``note``; or ``silent`` alone; or
        ``reason`` alone, why it cannot be read.
    """
    from deepmusic import audio
    from deepmusic.audio import encode

    try:
        song = audio.load_song(path, sample_rate=None)
    except SilenceError:
        return {"silent": True}
    except AudioError as error:
        return {"reason": str(error)}
    return {
        "seconds": round(song.duration, 3),
        "sample_rate": song.source_sample_rate,
        "channels": song.source_channels,
        "peak": round(float(np.abs(song.samples).max()), 5),
        "clipped_percent": round(clipped_percent(song.samples), 4),
        "silent_seconds": round(longest_silence(song.samples, song.sample_rate), 1),
        "sha256": encode.digest_as_wav(song),
        "note": song.note,
    }


def clipped_percent(samples: np.ndarray) -> float:
    """Return how many per cent of samples lie in runs of three or more at full scale.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        From -1 to 1.
    """
    if samples.size < 3:
        return 0.0
    full = np.abs(samples) >= _FULL_SCALE
    starts = full[:-2] & full[1:-1] & full[2:]
    inside = np.zeros(samples.size, bool)
    for shift in range(3):
        inside[shift : shift + starts.size] |= starts
    return float(100 * inside.mean())


def longest_silence(samples: np.ndarray, sample_rate: int) -> float:
    """Return the longest time without sound, in s, in steps of 0.1 s.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        From -1 to 1.
    sample_rate : int
        In Hz.
    """
    length = round(_BLOCK_SECONDS * sample_rate)
    blocks = samples[: samples.size // length * length].reshape(-1, length)
    # A constant offset is no sound.
    silent = np.ptp(blocks, axis=1) / 2 < _SILENT_LEVEL if len(blocks) else np.zeros(0, bool)
    longest = run = 0
    for is_silent in silent:
        run = run + 1 if is_silent else 0
        longest = max(longest, run)
    return longest * _BLOCK_SECONDS


def _measured(item: tuple[str, Path]) -> tuple[str, dict[str, Any]]:
    track, path = item
    return track, measure(path)


# === A dataset ===


def examine(
    dataset: Dataset,
    split: str | None = None,
    fold: int | None = None,
    *,
    vectors: Mapping[str, np.ndarray] | None = None,
    log_mels: Mapping[str, np.ndarray] | None = None,
    jobs: int = -1,
    cluster: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure all sound at hand, and report what is wrong with it.

    Parameters
    ----------
    dataset : Dataset
        Any.
    split, fold
        The protocol whose sides pairs may straddle; the dataset's usual one by default.
    vectors, log_mels
        Embeddings and log-mels by track, as in `deepmusic.data.duplicates.near`. Without them, near
        duplicates are not looked for.
    jobs, cluster
        As in `deepmusic.data.parallel.map_unordered`.
    on_progress : callable, optional
        Called with how many of how many files were measured.

    Returns
    -------
    Report
    """
    parts = _split(dataset, split, fold)
    at_hand = [(t, path) for t in dataset.tracks if (path := dataset.audio_path(t))]
    report = on_progress or (lambda done, of: None)
    report(0, len(at_hand))
    found = {}
    results = parallel.map_unordered(_measured, at_hand, jobs=jobs, cluster=cluster)
    for done, (track, measured) in enumerate(results, start=1):
        found[track] = measured
        report(done, len(at_hand))
    part_of = _part_finder(dataset, parts)
    digests = {
        track: found.get(track, {}).get("sha256") or dataset.expected.sha256.get(track, "")
        for track in dataset.tracks
    }
    looked_for_near = vectors is not None and log_mels is not None
    doubled = [("identical", *pair, 1.0) for pair in duplicates.identical(digests)]
    if looked_for_near:
        doubled += [
            ("near duplicate", first, second, likeness)
            for first, second, likeness in duplicates.near(vectors, log_mels)
            if not digests[first] or digests[first] != digests[second]
        ]
    pairs = []
    for kind, first, second, likeness in doubled:
        genres = dataset.tracks[first].genre, dataset.tracks[second].genre
        pairs.append(Pair(kind, first, second, genres, (part_of(first), part_of(second)), likeness))
    paths = dict(at_hand)
    rows = [
        _row(dataset, track, paths.get(track), found.get(track), part_of(track), pairs)
        for track in dataset.tracks
    ]
    return Report(
        dataset.name,
        parts.name,
        pd.DataFrame(rows).set_index("track"),
        tuple(pairs),
        looked_for_near=looked_for_near,
        compared=bool(dataset.expected.sha256),
    )


def _split(dataset: Dataset, name: str | None, fold: int | None) -> Split:
    """Return the split; without a name, an empty one where the dataset is too small to draw any."""
    try:
        return dataset.split(name or dataset.splits[0], fold)
    except DatasetError:
        if name:
            raise
        return Split("", (), (), ())


def _part_finder(dataset: Dataset, split: Split) -> Callable[[str], str]:
    """Return what tells a track's part, also where the split is one of segments of recordings."""
    parts = defaultdict(set)
    for part in ("train", "valid", "test"):
        for track in getattr(split, part):
            parts[dataset.tracks[track].recording].add(part)
    return lambda track: " and ".join(sorted(parts[track])) if track in parts else "unused"


def _row(
    dataset: Dataset,
    track: str,
    path: Path | None,
    measured: Mapping[str, Any] | None,
    part: str,
    pairs: Sequence[Pair],
) -> dict[str, Any]:
    faults, remarks = _faults(track, measured, dataset.expected)
    for pair in pairs:
        if track in (pair.first, pair.second):
            other = pair.second if track == pair.first else pair.first
            faults.append(pair.kind)
            same = pair.kind == "identical"
            remarks.append(f"the same as {other}" if same else f"sounds like {other}")
    facts = dataset.tracks[track]
    columns = ("seconds", "sample_rate", "channels", "peak", "clipped_percent", "silent_seconds")
    measured = measured or {}
    return {
        "track": track,
        "genre": facts.genre,
        "artist": facts.artist,
        "title": facts.title,
        "part": part,
        "file": str(path or ""),
        **{name: measured.get(name) for name in columns},
        "sha256": measured.get("sha256", ""),
        "faults": "; ".join(dict.fromkeys(faults)),
        "remark": "; ".join(remarks),
    }


def _faults(
    track: str, measured: Mapping[str, Any] | None, known: ExpectedFiles
) -> tuple[list[str], list[str]]:
    """Return a track's faults, and what is to be said of them."""
    if measured is None:
        return ["missing"], []
    if "reason" in measured:
        return ["unreadable"], [known.unreadable.get(track) or measured["reason"]]
    if "silent" in measured:
        return ["silent"], ["silent throughout"]
    faults, remarks = [], []
    if measured["note"]:
        faults.append("cut off")
        remarks.append(measured["note"])
    expected = known.sha256.get(track)
    if expected and measured["sha256"] != expected:
        faults.append("changed")
    if measured["silent_seconds"] >= min(_SILENT_SECONDS, measured["seconds"]):
        faults.append("silent")
        remarks.append(f"{measured['silent_seconds']:.1f} s of silence")
    if measured["clipped_percent"] > _CLIPPED_PERCENT:
        faults.append("clipped")
        remarks.append(f"{measured['clipped_percent']:.2f} % of its samples are clipped")
    if known.seconds and not known.seconds[0] <= measured["seconds"] <= known.seconds[1]:
        faults.append("length")
        remarks.append(f"lasts {measured['seconds']:.1f} s")
    if known.sample_rate and measured["sample_rate"] != known.sample_rate:
        faults.append("sample rate")
        remarks.append(f"{measured['sample_rate']:,} Hz instead of {known.sample_rate:,} Hz")
    return faults, remarks
