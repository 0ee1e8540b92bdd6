"""The songs that were decoded last, for all pages and visitors: bounded in bytes and in time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from deepmusic import audio
from deepmusic.ui.song import DecodedSong


@dataclass
class _Held:
    song: DecodedSong | None = None
    used: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class DecodedSongs:
    """Decoded songs by key. Threads may share it.

    Parameters
    ----------
    most_bytes : int
        Of all songs; beyond it the least recently used ones are let go. The last one stays,
        whatever its length.
    seconds : float
        After which a song that nobody asked for is let go.
    """

    def __init__(self, most_bytes: int, seconds: float) -> None:
        self._most_bytes, self._seconds = most_bytes, seconds
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, decode: Callable[[], DecodedSong]) -> DecodedSong:
        """Return the song of a key, decoding it if need be; threads that ask at once wait."""
        with self._lock:
            held = self._held.setdefault(key, _Held())
            held.used = time.monotonic()
            self._held.move_to_end(key)
        try:
            with held.lock:
                song = held.song = held.song or decode()
        except BaseException:
            with self._lock:
                if self._held.get(key) is held:
                    del self._held[key]
            raise
        self.let_go()
        return song

    def let_go(self) -> None:
        """Let go what is too much, and what nobody asked for in time."""
        with self._lock:
            oldest = time.monotonic() - self._seconds
            for key, held in list(self._held.items()):
                if held.used < oldest and not held.lock.locked():
                    del self._held[key]
                elif held.song:
                    audio.let_go(held.song.song.samples)
            while len(self._held) > 1 and self._n_bytes() > self._most_bytes:
                self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def n_bytes(self) -> int:
        """Bytes of the samples and log-mels of all songs."""
        with self._lock:
            return self._n_bytes()

    def _n_bytes(self) -> int:
        return sum(held.song.n_bytes for held in self._held.values() if held.song)
