"""Quality report of a dataset: missing and broken files, duplicates, silence, clipping.

Some faults spoil a training (a file that cannot be read), some its test (one recording on both
sides of a split), some are only good to know (a clip that distorts). No file is changed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepmusic.data import duplicates, parallel
from deepmusic.data.dataset import Dataset, ExpectedFiles, tracks_with_audio
from deepmusic.data.duplicates import Pair
from deepmusic.data.parallel import Progress, no_progress
from deepmusic.data.splits import Split
from deepmusic.errors import AudioError, DatasetError, SilenceError
from deepmusic.formatting import format_name, format_plain

#: Faults of a track, in words.
FAULTS = {
    "missing": "the audio is not available",
    "unreadable": "the file is no audio, or damaged",
    "cut off": "the file breaks off before its end, or is damaged",
    "changed": "other audio than in the usual copy (SHA-256)",
    "identical": "the same recording twice, sample for sample",
    "near duplicate": "the same recording twice, by its log-mel",
    "silent": "silence for two seconds or more",
    "clipped": "distorted, since peaks were cut off",
    "length": "not as long as it should be",
    "sample rate": "another sample rate than it should have",
    "odd": "read, though it is odd: other streams, a change within, channels that cancel out",
}

#: Percentage of clipped samples from which on distortion is audible.
_CLIPPED_PERCENT = 0.01

_FULL_SCALE = 0.999

#: Silence: blocks of 0.1 s below -60 dB of full scale, for this many seconds without a break.
_BLOCK_SECONDS = 0.1

_SILENT_LEVEL = 1e-3

_SILENT_SECONDS = 2.0

_MEASURES = ("seconds", "sample_rate", "channels", "peak", "clipped_percent", "silent_seconds")


@dataclass(frozen=True)
class Report:
    """Faults of a dataset, by track and in words.

    Attributes
    ----------
    dataset, split : str
        Their names; no split where the dataset has too few tracks to draw one.
    table : pd.DataFrame
        By track: ``genre``, ``artist``, ``title``, ``part``, ``file``, what `measure` returns,
        ``faults`` (keys of `FAULTS`, joined by semicolons) and ``remark``.
    pairs : tuple of Pair
        Identical ones first.
    looked_for_near, compared : bool
        Whether near duplicates were looked for, and whether checksums were compared.
    remarks : sequence of str
        What could not be read in its folder and what was passed over, a sentence each.
    """

    dataset: str
    split: str
    table: pd.DataFrame = field(repr=False)
    pairs: tuple[Pair, ...] = ()
    looked_for_near: bool = False
    compared: bool = False
    remarks: Sequence[str] = ()

    def having(self, fault: str) -> list[str]:
        """Return the tracks that have a fault."""
        return [t for t, faults in self.table["faults"].items() if fault in faults.split("; ")]

    @property
    def counts(self) -> pd.DataFrame:
        """Numbers of ``tracks``, of those ``available`` and of those ``readable``, by genre."""
        available = ~self.table.index.isin(self.having("missing"))
        readable = available & ~self.table.index.isin(self.having("unreadable"))
        flags = pd.DataFrame({"tracks": True, "available": available, "readable": readable})
        return flags.groupby(self.table["genre"].to_numpy(), sort=False).sum().rename_axis("genre")

    def words(self) -> list[str]:
        """Return what was found, a sentence each; what is well is said too."""
        totals = self.counts.sum()
        lines = [
            f"{self.dataset}: {totals['tracks']} tracks of {len(self.counts)} genres; "
            f"{totals['available']} available, {totals['readable']} readable.",
            *map(format_plain, self.remarks),
        ]
        if self.compared and totals["readable"]:
            same = totals["readable"] - len(self.having("changed"))
            lines.append(f"{same} have the same audio as the usual copy (SHA-256).")
        for fault in FAULTS:
            of_pairs = fault in ("identical", "near duplicate")
            if fault != "missing" and not of_pairs and (tracks := self.having(fault)):
                lines.append(_sentence(f"{fault.capitalize()} ({FAULTS[fault]})", tracks))
        lines += self._words_of_pairs("identical", "identical tracks")
        if self.looked_for_near:
            return lines + self._words_of_pairs("near duplicate", "near duplicates")
        return [*lines, "Near duplicates were not looked for."]

    def _words_of_pairs(self, kind: str, plural: str) -> list[str]:
        pairs = [pair for pair in self.pairs if pair.kind == kind]
        if not pairs:
            return [f"No {plural}."]
        across = [pair for pair in pairs if pair.across_genres]
        named = ", ".join(f"{pair.first} = {pair.second}" for pair in across)
        line = f"{len(pairs)} pairs of {plural}, {len(across)} of them across two genres"
        lines = [line + (f" ({named})." if across else ".")]
        if self.split:
            split = [pair for pair in pairs if pair.straddles]
            named = ", ".join(f"{pair.first} = {pair.second}" for pair in split)
            line = f"{len(split)} of these are in different parts of the split {self.split}"
            lines.append(line + (f": {named}." if split else "."))
        return lines


def _sentence(subject: str, tracks: Sequence[str], limit: int = 6) -> str:
    more = f" and {len(tracks) - limit} more" * (len(tracks) > limit)
    plural = "s" * (len(tracks) > 1)
    return f"{subject}: {len(tracks)} track{plural}, {', '.join(tracks[:limit])}{more}."


# === One file ===


def measure(path: Path) -> dict[str, Any]:
    """Return the properties of a sound file.

    Returns
    -------
    dict
        ``seconds``, ``sample_rate``, ``channels``, ``peak``, ``clipped_percent``,
        ``silent_seconds`` (the longest silence), ``sha256`` (as 16-bit mono WAV), ``note`` and
        ``is_incomplete``; or ``silent`` alone; or ``reason`` alone, why it cannot be read.
    """
    from deepmusic import audio
    from deepmusic.audio import encode

    try:
        song = audio.load_song(path, sample_rate=None)
    except SilenceError:
        return {"silent": True}
    except AudioError as error:
        return {"reason": format_plain(error)}
    return {
        "seconds": round(song.duration, 3),
        "sample_rate": song.source_sample_rate,
        "channels": song.source_channels,
        "peak": round(float(np.abs(song.samples).max()), 5),
        "clipped_percent": round(clipped_percent(song.samples), 4),
        "silent_seconds": round(longest_silence(song.samples, song.sample_rate), 1),
        "sha256": encode.digest_as_wav(song),
        "note": song.note,
        "is_incomplete": song.is_incomplete,
    }


def clipped_percent(samples: np.ndarray) -> float:
    """Return the percentage of samples in runs of three or more at full scale (-1, 1)."""
    if samples.size < 3:
        return 0.0
    full = np.abs(samples) >= _FULL_SCALE
    starts = full[:-2] & full[1:-1] & full[2:]
    return float(100 * np.convolve(starts, np.ones(3)).astype(bool).mean())


def longest_silence(samples: np.ndarray, sample_rate: int) -> float:
    """Return the longest silence in mono samples, in s, in steps of 0.1 s."""
    length = round(_BLOCK_SECONDS * sample_rate)
    blocks = samples[: samples.size // length * length].reshape(-1, length)
    # The range, since a constant offset is no sound.
    loud = np.flatnonzero(np.ptp(blocks, axis=1) / 2 >= _SILENT_LEVEL)
    gaps = np.diff(loud, prepend=-1, append=len(blocks)) - 1
    return float(gaps.max() * _BLOCK_SECONDS)


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
    on_progress: Progress = no_progress,
) -> Report:
    """Measure all audio of a dataset, and report its faults.

    Parameters
    ----------
    dataset : Dataset
    split, fold
        The protocol that tells each track's part; the dataset's default one if not given.
    vectors, log_mels
        By track, as in `deepmusic.data.duplicates.near`; without them, that is not called.
    jobs, cluster, on_progress
        As in `deepmusic.data.parallel.map_unordered`.

    Raises
    ------
    DatasetError
        If the named split is unknown or cannot be drawn, or the cluster does not answer.
    """
    drawn = _split(dataset, split, fold)
    paths = tracks_with_audio(dataset)
    measured = dict(
        parallel.map_unordered(measure, paths, jobs=jobs, cluster=cluster, on_progress=on_progress)
    )
    digests = {
        track: measured.get(track, {}).get("sha256") or dataset.expected.sha256.get(track, "")
        for track in dataset.tracks
    }
    doubled = [("identical", *pair, 1.0) for pair in duplicates.identical(digests)]
    if vectors is not None and log_mels is not None:
        doubled += [
            ("near duplicate", first, second, correlation)
            for first, second, correlation in duplicates.near(vectors, log_mels)
            if not digests[first] or digests[first] != digests[second]
        ]
    part_of = _parts_by_recording(dataset, drawn)
    pairs = []
    faults = {t: _faults(t, measured.get(t), dataset.expected) for t in dataset.tracks}
    for kind, first, second, correlation in doubled:
        genres = dataset.tracks[first].genre, dataset.tracks[second].genre
        parts = part_of[first], part_of[second]
        pairs.append(Pair(kind, first, second, genres, parts, correlation))
        words = "the same as" if kind == "identical" else "sounds like"
        faults[first].append((kind, f"{words} {second}"))
        faults[second].append((kind, f"{words} {first}"))
    rows = [
        {
            "track": track.id,
            "genre": track.genre,
            "artist": track.artist,
            "title": track.title,
            "part": part_of[track.id],
            "file": format_name(paths.get(track.id, "")),
            **{name: measured.get(track.id, {}).get(name) for name in _MEASURES},
            "sha256": measured.get(track.id, {}).get("sha256", ""),
            "faults": "; ".join(dict.fromkeys(fault for fault, _ in faults[track.id])),
            "remark": "; ".join(remark for _, remark in faults[track.id] if remark),
        }
        for track in dataset.tracks.values()
    ]
    return Report(
        dataset.name,
        drawn.name,
        pd.DataFrame(rows).set_index("track"),
        tuple(pairs),
        looked_for_near=vectors is not None and log_mels is not None,
        compared=bool(dataset.expected.sha256),
        remarks=dataset.remarks,
    )


def _split(dataset: Dataset, name: str | None, fold: int | None) -> Split:
    """Return the split; without a name, an empty one where the dataset is too small to draw any."""
    try:
        return dataset.split(name or dataset.splits[0], fold)
    except DatasetError:
        if name:
            raise
        return Split("", (), (), ())


def _parts_by_recording(dataset: Dataset, split: Split) -> Mapping[str, str]:
    """Return the part of each recording: both, where its segments are in two."""
    parts = defaultdict(set)
    for part, tracks in split.parts.items():
        for track in tracks:
            parts[dataset.tracks[track].recording].add(part)
    joined = {recording: " and ".join(sorted(found)) for recording, found in parts.items()}
    return defaultdict(lambda: "unused", joined)


def _faults(
    track: str, found: Mapping[str, Any] | None, expected: ExpectedFiles
) -> list[tuple[str, str]]:
    """Return the faults of a track's file, each with a remark."""
    if found is None:
        return [("missing", "")]
    if "reason" in found:
        return [("unreadable", expected.unreadable.get(track) or found["reason"])]
    if "silent" in found:
        return [("silent", "silent throughout")]
    faults = []
    seconds, sample_rate = found["seconds"], found["sample_rate"]
    if found["note"]:
        faults.append(("cut off" if found["is_incomplete"] else "odd", found["note"]))
    if expected.sha256.get(track, found["sha256"]) != found["sha256"]:
        faults.append(("changed", ""))
    if found["silent_seconds"] >= min(_SILENT_SECONDS, seconds):
        faults.append(("silent", f"{found['silent_seconds']:.1f} s of silence"))
    if found["clipped_percent"] > _CLIPPED_PERCENT:
        clipped = f"{found['clipped_percent']:.2f} % of its samples are clipped"
        faults.append(("clipped", clipped))
    if expected.seconds and not expected.seconds[0] <= seconds <= expected.seconds[1]:
        faults.append(("length", f"lasts {seconds:.1f} s"))
    if expected.sample_rate and sample_rate != expected.sample_rate:
        remark = f"{sample_rate:,} Hz instead of {expected.sample_rate:,} Hz"
        faults.append(("sample rate", remark))
    return faults
