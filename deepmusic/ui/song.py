"""A song on a page: what was chosen, its analysis, and what is shown of it."""

import hashlib
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deepmusic.audio import Song
from deepmusic.config import MelConfig
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL, Protocol


@dataclass(frozen=True)
class SongFile:
    """A song that a visitor chose.

    Attributes
    ----------
    name : str
        For people to read.
    data : bytes
        Content of the file.
    remark : str
        What to say beside it, such as that it is synthetic.
    of_gtzan : bool
        Whether it was chosen as a clip of GTZAN. The networks of the tables predict it, which never
        learnt from the test clips; any other song those that learnt from all of GTZAN.
    """

    name: str
    data: bytes
    remark: str = ""
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
    """What a page shows of a song without any network. Holds no samples.

    Attributes
    ----------
    duration : float
        In s.
    source : str
        Sample rate and channels, in words.
    note : str
        What is wrong with the file, if it could be used all the same.
    spectrogram : bytes
        PNG.
    frequency_ticks : list of (str, float)
        Labels and heights from 0 to 1.
    sound, mime_type : bytes or None, str
        What the browser plays instead of the file where it cannot play that; else None.
    """

    duration: float
    source: str
    note: str
    spectrogram: bytes
    frequency_ticks: list[tuple[str, float]]
    sound: bytes | None
    mime_type: str


class SongAnalysis:
    """A decoded song and its log-mels by front end; shared by all pages and visitors.

    Parameters
    ----------
    song : Song
        What `deepmusic.audio.load_song` returned.
    """

    def __init__(self, song: Song) -> None:
        self.song = song
        self._log_mels: dict[MelConfig, list[Any]] = {}
        self._lock = threading.Lock()

    def log_mels(self, mel: MelConfig) -> list[Any]:
        """Return what `deepmusic.prediction.compute_log_mels` gives, computed once a front end."""
        from deepmusic import prediction

        with self._lock:
            if mel not in self._log_mels:
                self._log_mels[mel] = prediction.compute_log_mels(self.song, mel)
            return self._log_mels[mel]
