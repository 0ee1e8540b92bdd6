"""Sound that a browser sends: chunks of samples, numbered, until they are confirmed."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepmusic.errors import AudioError

#: Hz.
_RATES = range(8_000, 192_001)
#: Chunks at once, and seconds of a chunk.
_MOST_CHUNKS, _MOST_SECONDS = 20, 1.0


@dataclass(frozen=True)
class Sound:
    """Consecutive chunks of one recording."""

    session: str
    first: int
    rate: int
    chunks: list[np.ndarray] = field(repr=False)
    is_last: bool = False

    def after(self, confirmed: int) -> np.ndarray:
        """Return the samples [shape=(n,)] of the chunks that came after one that is known."""
        new = self.chunks[max(0, confirmed + 1 - self.first) :]
        return np.concatenate([np.zeros(0, np.float32), *new])

    @property
    def last(self) -> int:
        """Number of the last chunk."""
        return self.first + len(self.chunks) - 1


def parse_sound(value: Any) -> Sound:
    """Return what ``listen.js`` sent; raise `AudioError` if it is nothing that it sends."""
    try:
        session, first, rate = str(value["session"])[:64], int(value["first"]), int(value["rate"])
        texts = value["chunks"]
        if rate not in _RATES or first < 0 or len(texts) > _MOST_CHUNKS:
            raise ValueError(f"rate {rate}, first {first}, {len(texts)} chunks")
        if any(len(text) > 4 * _MOST_SECONDS * rate for text in texts):
            raise ValueError("a chunk is too long")
        chunks = [
            np.frombuffer(base64.b64decode(text, validate=True), "<i2").astype(np.float32) / 32768
            for text in texts
        ]
        return Sound(session, first, rate, chunks, bool(value["stop"]))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise AudioError(f"The browser sent no sound ({error}). Reload the page.") from error
