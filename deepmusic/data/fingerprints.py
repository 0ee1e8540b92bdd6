"""Fingerprints of sounds: they tell a copy in another encoding, and a part of a song.

A fingerprint is a coarse log-mel without its mean spectrum and its loudness: how the spectrum
changes, which no encoding alters and no two recordings have in common.
"""

from collections.abc import Sequence

import numpy as np

from deepmusic.audio import Song, features
from deepmusic.config import MUSICNN_FRONT_END

#: Correlation of two fingerprints from which on they are of one recording. On GTZAN's clips, MP3 of
#: 64 kbit/s, Ogg, and sound that begins half a frame later reach 0.83; other passages of a clip
#: 0.54 (0.84 where a loop repeats), other songs 0.27: of 100 clips, a part of 6 s was found in its
#: own each time, and in none of the others. Sounds of less than 3 s have less to tell
#: them by: notes of one instrument reach 0.92.
SAME, SAME_NOTE = 0.75, 0.97

#: Frames of 16 ms and mel bands that make one of a fingerprint; its frames in 20 s, and in 3 s.
_FRAMES, _BANDS, MOST_FRAMES, _NOTE_FRAMES = 4, 3, 312, 47

#: Frames by which an encoding may begin earlier or later: 0.2 s.
_SHIFT = 3


def fingerprint(song: Song, most_frames: int = MOST_FRAMES) -> np.ndarray:
    """Return the fingerprint of a song from its start on.

    Parameters
    ----------
    song : Song
        Of any sample rate and level.
    most_frames : int
        Of 64 ms; by default 20 s.

    Returns
    -------
    np.ndarray [shape=(n_frames, 32)], float16
        Of zero mean by row and by column.
    """
    import soxr

    rate = MUSICNN_FRONT_END.sample_rate
    seconds = (most_frames + 1) * _FRAMES * MUSICNN_FRONT_END.seconds_per_frame
    samples = song.samples[: round(seconds * song.sample_rate)]
    if song.sample_rate != rate:
        samples = soxr.resample(samples, song.sample_rate, rate, quality="LQ")
    power = features.mel_power(features.bring_to_level(samples), MUSICNN_FRONT_END)
    n_frames = min(len(power) // _FRAMES, most_frames)
    blocks = power[: n_frames * _FRAMES].reshape(n_frames, _FRAMES, -1, _BANDS)
    means = blocks.mean(axis=(1, 3))
    # Of neighbours, since sound that begins between two frames is in both of them. The ends are
    # left out: that a sound begins is what the steadiest ones have in common.
    log_mel = np.log10(1 + 10_000 * (means[2:-1] + means[1:-2]) / 2)
    if not len(log_mel):
        return np.zeros((0, log_mel.shape[1]), np.float16)
    log_mel -= log_mel.mean(axis=1, keepdims=True)
    log_mel -= log_mel.mean(axis=0)
    return log_mel.astype(np.float16)


def same_recording(prints: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Return the pairs, by number, of fingerprints of whole files that hold one recording."""
    if len(prints) < 2:
        return []
    lengths = np.array([len(one) for one in prints])
    table = np.zeros((len(prints), lengths.max() + _SHIFT, prints[0].shape[1]), np.float32)
    for row, one in zip(table, prints, strict=True):
        row[: len(one)] = one
    flat = table.reshape(len(table), -1)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    best = flat @ flat.T
    for shift in range(1, _SHIFT + 1):
        step = shift * table.shape[2]
        later = flat[:, step:] @ flat[:, :-step].T
        best = np.maximum(best, np.maximum(later, later.T))
    is_long = np.minimum.outer(lengths, lengths) >= _NOTE_FRAMES
    first, second = np.nonzero(np.triu(best >= np.where(is_long, SAME, SAME_NOTE), 1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def contains(song: np.ndarray, parts: Sequence[np.ndarray]) -> list[bool]:
    """Tell of each fingerprint whether it is contained in that of a song, or contains it."""
    if not len(song):
        return [False] * len(parts)
    searched = _Searched(song)
    return [
        searched.find(part) if len(part) <= len(song) else _Searched(part).find(song)
        for part in parts
    ]


class _Searched:
    """A fingerprint in which others are searched for, at every shift."""

    def __init__(self, song: np.ndarray) -> None:
        from scipy.fft import next_fast_len, rfft

        self._song = song.astype(np.float32)
        self._size = next_fast_len(len(song), real=True)
        self._spectrum = rfft(self._song, self._size, axis=0)
        self._energies: dict[int, np.ndarray] = {}

    def find(self, part: np.ndarray) -> bool:
        """Tell whether a fingerprint, no longer than this, correlates with it somewhere."""
        from scipy.fft import irfft, rfft

        n = len(part)
        if not n:
            return False
        part = part - part.mean(axis=0, dtype=np.float32)
        norm = float(np.linalg.norm(part))
        if not norm:
            return False
        product = (self._spectrum * rfft(part, self._size, axis=0).conj()).sum(axis=1)
        products = irfft(product, self._size)[: len(self._song) - n + 1]
        found = products / (norm * np.sqrt(self._energy(n)))
        return bool(found.max() >= (SAME if n >= _NOTE_FRAMES else SAME_NOTE))

    def _energy(self, n: int) -> np.ndarray:
        """Return the energy of every n frames in a row, without their mean."""
        if n not in self._energies:
            song = self._song.astype(np.float64)
            before = np.zeros((1, song.shape[1]))
            sums, squares = (
                np.concatenate([before, one.cumsum(axis=0)]) for one in (song, song**2)
            )
            means = (sums[n:] - sums[:-n]) ** 2 / n
            energy = (squares[n:] - squares[:-n] - means).sum(axis=1)
            self._energies[n] = np.maximum(energy, 1e-6)
        return self._energies[n]
