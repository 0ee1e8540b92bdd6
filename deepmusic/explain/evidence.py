"""Evidence: which parts of a spectrogram speak for a genre, in words and as sound."""

from dataclasses import dataclass, field, replace

import numpy as np

from deepmusic.audio import Song
from deepmusic.errors import ModelError
from deepmusic.formatting import format_clock, format_genre

#: What a listener calls ranges of pitch, from the highest frequency of each, in Hz.
_RANGES = (
    (420, "the bass"),
    (1300, "the low middle (voices, guitars)"),
    (3500, "the upper middle (consonants, snares)"),
    (np.inf, "the treble (cymbals, hiss)"),
)

#: Shares of the evidence from which on a range is named first, and up to which it hardly matters.
_MOST, _HARDLY = 0.45, 0.04

#: Share of the evidence that the named passage holds, and the longest one worth naming, as a share
#: of the clip.
_IN_PASSAGE, _LONGEST_PASSAGE = 0.5, 0.4

#: Log-odds below which nothing speaks for a genre.
_NOTHING = 1e-3

#: Window of the short-time Fourier transform, in s, and windows that share a sample.
_WINDOW_SECONDS, _OVERLAPS = 0.09, 4

#: Sound with parts taken out is made louder by this factor at most.
_LOUDEST_GAIN = 8.0


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against a genre in one clip of a song.

    Attributes
    ----------
    map : np.ndarray [shape=(n_bands, n_steps)]
        Log-odds of the genre that are lost where a part is masked: above 0 it speaks for the genre,
        below 0 against it.
    times : np.ndarray [shape=(n_steps + 1,)]
        Edges of the steps in the song, in s.
    frequencies : np.ndarray [shape=(n_bands + 1,)]
        Edges of the bands, in Hz.
    genre : str
        What is explained.
    against : str or None
        The genre that it is contrasted with; None for all others.
    model : str
        Name of the network.
    log_odds : float
        Of the genre in the unmasked clip.
    """

    map: np.ndarray = field(repr=False)
    times: np.ndarray = field(repr=False)
    frequencies: np.ndarray = field(repr=False)
    genre: str
    against: str | None
    model: str
    log_odds: float

    @property
    def start(self) -> float:
        """Start of the clip in the song, in s."""
        return float(self.times[0])

    @property
    def end(self) -> float:
        """End of the clip in the song, in s."""
        return float(self.times[-1])

    def between(self, start: float, end: float) -> "Evidence":
        """Return the evidence in the steps that a passage touches; the nearest step, at least."""
        first = int(np.searchsorted(self.times, start, side="right")) - 1
        last = int(np.searchsorted(self.times, end, side="left"))
        first = min(max(first, 0), self.map.shape[1] - 1)
        last = min(max(last, first + 1), self.map.shape[1])
        return replace(self, map=self.map[:, first:last], times=self.times[first : last + 1])

    def sentence(self) -> str:
        """Return what the map shows, in a listener's words, such as ``Mostly the bass ...``."""
        positive = np.maximum(self.map, 0)
        total = float(positive.sum())
        genre = format_genre(self.genre)
        rather = f" rather than {format_genre(self.against)}" if self.against else ""
        if self.map.max(initial=0) < _NOTHING:
            return f"No part of this clip speaks for {genre}{rather}."
        shares = self._shares_of_ranges(positive / total)
        named = sorted(shares, key=lambda name: -shares[name])
        if shares[named[0]] >= _MOST:
            what = f"Mostly {named[0]} speaks"
        else:
            what = " and ".join(name.partition(" (")[0] for name in named[:2])
            what = f"Above all {what} speak"
        when = self._passage(positive.sum(axis=0) / total)
        words = f"{what} for {genre}{rather}, {when}."
        if hardly := [name for name in reversed(named) if shares[name] <= _HARDLY]:
            short = [name.partition(" (")[0] for name in hardly]
            end = "matter" if len(short) > 1 else "matters"
            words += f" {' and '.join(short).capitalize()} hardly {end}."
        return words

    def _shares_of_ranges(self, shares: np.ndarray) -> dict[str, float]:
        """Return the share of each of `_RANGES` that the clip has, from shares of the cells."""
        centres = np.sqrt(np.maximum(self.frequencies[:-1], 20) * self.frequencies[1:])
        found, low = {}, 0.0
        for high, name in _RANGES:
            inside = (low <= centres) & (centres < high)
            if inside.any():
                found[name] = float(shares[inside].sum())
            low = high
        return found

    def _passage(self, shares: np.ndarray) -> str:
        """Return the shortest passage with half of the evidence, if it is short."""
        sums = np.concatenate([[0], np.cumsum(shares)])
        for n_steps in range(1, int(_LONGEST_PASSAGE * len(shares)) + 1):
            # Rounded, so that the first of equal passages is named.
            held = np.round(sums[n_steps:] - sums[:-n_steps], 6)
            if held.max() >= _IN_PASSAGE:
                first = int(held.argmax())
                start, end = self.times[first], self.times[first + n_steps]
                return f"at {format_clock(start)} to {format_clock(np.ceil(end))}"
        return "throughout"

    def resynthesise(self, song: Song, keep: float = 0.2, *, rest: bool = False) -> np.ndarray:
        """Return the recording with what mattered alone, or with the rest.

        A soft mask on the short-time Fourier transform of the recording, at its own sample rate.

        Parameters
        ----------
        song : Song
            The one that was explained.
        keep : float
            Share of the spectrogram that is kept, from 0 to 1, where a loud part counts more: parts
            are weighted by their mean magnitude. What speaks against the genre is never kept.
        rest : bool
            Whether to return everything else instead.

        Returns
        -------
        np.ndarray [shape=(n_samples,)], float32
            From `start` to `end`, as loud as the recording.

        Raises
        ------
        ModelError
            If `keep` is no share, or the song ends where the evidence begins, as another one may.
        """
        from scipy.ndimage import map_coordinates
        from scipy.signal import ShortTimeFFT
        from scipy.signal.windows import hann

        if not 0 <= keep <= 1:
            raise ModelError(f"keep must be a share from 0 to 1. Received: {keep}")
        rate = song.sample_rate
        samples = song.samples[round(self.start * rate) : round(self.end * rate)]
        if not len(samples):
            raise ModelError(
                f"The evidence begins at {self.start:.1f} s. Received: a song of "
                f"{song.duration:.1f} s. Give the one that was explained."
            )
        length = _OVERLAPS * round(_WINDOW_SECONDS * rate / _OVERLAPS)
        transform = ShortTimeFFT(hann(length, sym=False), length // _OVERLAPS, rate)
        spectrum = transform.stft(samples.astype(np.float64))
        seconds = self.start + transform.t(len(samples))
        kept = self._kept_cells(np.abs(spectrum), transform.f, seconds, keep)
        mask = map_coordinates(
            kept.astype(np.float32),
            np.meshgrid(
                _positions(self.frequencies, transform.f),
                _positions(self.times, seconds),
                indexing="ij",
            ),
            order=1,
            mode="nearest",
        )
        masked = transform.istft(spectrum * (1 - mask if rest else mask), k1=len(samples))
        loudness = np.sqrt(np.mean(samples.astype(np.float64) ** 2))
        own = np.sqrt(np.mean(masked**2))
        gain = min(_LOUDEST_GAIN, loudness / own) if own > 0 else 0.0
        peak = float(np.abs(masked).max(initial=0)) * gain
        return (masked * (gain / max(1.0, peak))).astype(np.float32)

    def _kept_cells(
        self, magnitude: np.ndarray, frequencies: np.ndarray, seconds: np.ndarray, keep: float
    ) -> np.ndarray:
        """Return which cells are kept [shape=(n_bands, n_steps)]: the most important ones."""
        n_bands, n_steps = self.map.shape
        band = np.searchsorted(self.frequencies, frequencies, side="right") - 1
        step = (np.searchsorted(self.times, seconds, side="right") - 1).clip(0, n_steps - 1)
        inside = (band >= 0) & (band < n_bands)
        cell = band[inside, None] * n_steps + step[None]
        weights = np.bincount(cell.ravel(), magnitude[inside].ravel(), n_bands * n_steps)
        order = np.argsort(-self.map.ravel(), kind="stable")
        before = np.cumsum(weights[order]) - weights[order]
        kept = np.zeros(n_bands * n_steps, bool)
        kept[order] = (before < keep * weights.sum()) & (self.map.ravel()[order] > 0)
        return kept.reshape(n_bands, n_steps)


def _positions(edges: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return where values lie among cells: 0 is the centre of the first, 1 of the second."""
    return np.interp(values, edges, np.arange(len(edges))) - 0.5
