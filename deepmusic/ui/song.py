"""A visitor's song: its file, its decoded form, and what pages show of it."""

import hashlib
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from deepmusic.audio import Song, file_of
from deepmusic.config import MelConfig
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL, Protocol


@dataclass(frozen=True)
class SongFile:
    """The file of a song that a visitor chose."""

    name: str
    data: bytes
    #: What people call it; empty for what its tags say.
    title: str = field(default="", kw_only=True)
    #: Caption beside it, as Markdown, such as its part of GTZAN; and more about that.
    remark: str = ""
    details: str | None = None
    #: Whether it was chosen as a clip of GTZAN. Networks with a held-out test set predict these;
    #: networks trained on all of GTZAN predict any other song.
    of_gtzan: bool = False

    @property
    def protocol(self) -> Protocol:
        """Protocol of the networks that predict it."""
        return BENCHMARK_PROTOCOL if self.of_gtzan else DEPLOYED_PROTOCOL

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class SongView:
    """What pages show of a song; without its samples."""

    #: In s.
    duration: float
    #: Sample rate and channels, as text.
    source: str
    #: What was cut, damaged or left out of the file; usually nothing.
    notes: tuple[str, ...]
    #: Log-mel as PNG, with labels of frequencies and their heights from 0 to 1.
    spectrogram: bytes
    frequency_ticks: list[tuple[str, float]]
    #: What a browser plays, None for the file itself; and its media type.
    sound: bytes | None
    mime_type: str


@dataclass(frozen=True)
class EvidenceView:
    """What the player shows and plays of the evidence for a genre."""

    sentence: str
    #: Transparent PNG over the part of the song from `start` to `end`, in s.
    overlay: bytes
    start: float
    end: float
    #: That part with what mattered alone, and without it, as FLAC.
    kept: bytes
    rest: bytes


class DecodedSong:
    """A decoded song and its log-mels by front end, shared by all pages and visitors."""

    def __init__(self, song: Song) -> None:
        self.song = song
        self._log_mels: dict[MelConfig, list[Any]] = {}
        self._lock = threading.Lock()

    @property
    def n_bytes(self) -> int:
        """Bytes that its samples and the log-mels computed so far take in memory."""
        clips = [clip for clips in list(self._log_mels.values()) for clip in clips]
        samples = 0 if file_of(self.song.samples) else self.song.samples.nbytes
        return samples + sum(clip.decibels.nbytes + clip.frames.nbytes for clip in clips)

    def log_mels(self, mel: MelConfig) -> list[Any]:
        """Return `deepmusic.prediction.compute_log_mels` of the song, computed once a front end."""
        from deepmusic import prediction

        with self._lock:
            if mel not in self._log_mels:
                self._log_mels[mel] = prediction.compute_log_mels(self.song, mel)
            return self._log_mels[mel]
