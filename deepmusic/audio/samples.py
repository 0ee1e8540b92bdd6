"""Samples of a song while it is decoded: in memory, or of a long one in a temporary file."""

import mmap
import tempfile
from typing import IO, Any

import numpy as np

from deepmusic.config import MelConfig
from deepmusic.errors import AudioError

#: Samples (6 min, 32 MB) beyond which a song lies in a temporary file.
MOST_IN_MEMORY = 1 << 23


class GrowingSamples:
    """Samples that grow where they lie: to join blocks at the end would take them twice.

    Many lie in a temporary file. An hour takes 320 MB, of which a page reads 30 s at once.

    Parameters
    ----------
    name : str
        Of the song, for errors.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._samples = np.zeros(0, np.float32)
        self._n = 0
        self._file: IO[bytes] | None = None

    def append(self, block: np.ndarray) -> None:
        """Add a block [shape=(n_samples,)]; raise `AudioError` where a file finds no room."""
        end = self._n + len(block)
        if end > MOST_IN_MEMORY:
            self._write(block)
            return
        if end > len(self._samples):
            self._samples.resize(end + max(len(block), end // 8), refcheck=False)
        self._samples[self._n : end] = block
        self._n = end

    def _write(self, block: np.ndarray) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115  (`__del__` closes it.)
                self._file.write(self._samples[: self._n].data)
                self._samples.resize(0, refcheck=False)
            self._file.write(block.data)
            self._n += len(block)
        except OSError as error:
            minutes = MOST_IN_MEMORY / MelConfig().sample_rate / 60
            raise AudioError(
                f"{self._name} is longer than {minutes:.0f} min, and needs room in the folder for "
                f"temporary files ({error.strerror or error}). Make room, or set TMPDIR to another."
            ) from error

    def finish(self) -> np.ndarray:
        """Return all samples [shape=(n_samples,)], read-only where they lie in a file."""
        if self._file is None:
            self._samples.resize(self._n, refcheck=False)
            return self._samples
        with self._file:
            self._file.flush()
            mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, np.float32)

    def __del__(self) -> None:
        if self._file:  # The sound may have ended with an error.
            self._file.close()


def file_of(samples: np.ndarray) -> mmap.mmap | None:
    """Return the file in which samples lie; None if they are in memory."""
    base: Any = samples
    while isinstance(base, (np.ndarray, memoryview)):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, mmap.mmap) else None


def let_go(samples: np.ndarray) -> None:
    """Let memory forget samples that lie in a file, until they are read again."""
    file = file_of(samples)
    if file and hasattr(file, "madvise"):  # Not on Windows, which forgets when it must.
        file.madvise(mmap.MADV_DONTNEED)
