"""Synthesise short, royalty-free clips, one for each genre of GTZAN."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from deepmusic.audio.bands import (
    BANDS,
    CHORD_TONES,
    DRUMS,
    GAINS,
    INSTRUMENTS,
    ROOTS,
    SCALES,
    Band,
    Drum,
    Instrument,
)
from deepmusic.config import GTZAN_GENRES
from deepmusic.errors import DatasetError

BEATS_PER_BAR = BARS_PER_PHRASE = 4

PEAK = 0.8

#: Level of the hiss under every clip: no recording is perfectly silent.
NOISE_FLOOR_DBFS = -65.0


def play(
    genre: str, *, seconds: float = 30.0, seed: int = 0, sample_rate: int = 22_050
) -> np.ndarray:
    """Synthesise a song of a genre. The same arguments always give the same samples.

    Parameters
    ----------
    genre : str
        A key of `BANDS`.
    seconds : float
        Length, in s.
    seed : int
        Zero or above; draws tempo, key, chords, patterns, melody and levels.
    sample_rate : int
        In Hz.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        Mono samples with a peak of about 0.8.

    Raises
    ------
    DatasetError
        If there is no such band.

    Examples
    --------
    >>> play("jazz", seconds=2).shape
    (44100,)
    """
    if genre not in BANDS:
        raise DatasetError(f"Choose a genre: {', '.join(BANDS)}. Received: {genre!r}")
    band = BANDS[genre]
    # Two generators, so that a song is the same song at every sample rate.
    score_rng, sound_rng = np.random.default_rng([GTZAN_GENRES.index(genre), seed]).spawn(2)
    n_samples = round(seconds * sample_rate)
    mix = _mix(_score(band, seconds, score_rng), n_samples, sample_rate, sound_rng)
    mix = _in_room(mix, band.room, sample_rate, sound_rng)
    mix *= PEAK / np.abs(mix).max(initial=1e-6)
    hiss = sound_rng.standard_normal(n_samples, dtype=np.float32)
    return mix + np.float32(10 ** (NOISE_FLOOR_DBFS / 20)) * hiss


def tone(
    frequency: float, *, seconds: float = 5.0, sample_rate: int = 22_050, amplitude: float = 0.5
) -> np.ndarray:
    """Return a sine [shape=(n_samples,)], float32, of a frequency in Hz."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


@dataclass(frozen=True)
class _Hit:
    """One drum hit, note or chord: times in s, pitches as MIDI notes (none for a drum)."""

    sound: str
    start: float
    seconds: float
    gain: float
    notes: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Chord:
    """A chord in the song's key: pitch class of its root, and semitones above the root."""

    root: int
    tones: tuple[int, ...]

    @classmethod
    def parse(cls, name: str, key: int) -> "_Chord":
        letters = 2 if name[1:2] == "b" else 1
        return cls((ROOTS[name[:letters]] + key) % 12, CHORD_TONES[name[letters:]])

    def notes(self, symbol: str, lowest: int) -> tuple[int, ...]:
        """Return the MIDI notes of a symbol, with the root at or just above `lowest`."""
        root = lowest + (self.root - lowest) % 12
        if symbol in "cC":
            return tuple(root + interval for interval in self.tones)
        third = 3 if 3 in self.tones else 4
        seventh = 11 if 11 in self.tones else 10
        degrees = {"1": 0, "2": 2, "3": third, "5": 7, "6": 9, "7": seventh, "8": 12}
        return (root + degrees[symbol],)


class _Melody:
    """A walk up and down a scale that rests on notes of the chord."""

    def __init__(self, scale: str, key: int, lowest: int, rng: np.random.Generator):
        self._ladder = [n for n in range(lowest, lowest + 19) if (n - key) % 12 in SCALES[scale]]
        self._position = len(self._ladder) // 2
        self._rng = rng

    def next_note(self, chord: _Chord, *, on_beat: bool) -> int:
        leap = _draw((-2, -1, -1, 0, 1, 1, 2), self._rng)
        self._position = min(max(self._position + leap, 0), len(self._ladder) - 1)
        note = self._ladder[self._position]
        if not on_beat:
            return note
        chord_classes = {(chord.root + interval) % 12 for interval in chord.tones}
        restful = [n for n in self._ladder if n % 12 in chord_classes]
        return min(restful, key=lambda n: abs(n - note), default=note)


def _draw(choices: Sequence[Any], rng: np.random.Generator) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _score(band: Band, seconds: float, rng: np.random.Generator) -> Iterator[_Hit]:
    """Yield every hit of a song, one part after the other."""
    step = 60.0 / (rng.uniform(*band.tempo) * band.steps_per_beat)
    steps_per_bar = BEATS_PER_BAR * band.steps_per_beat
    key = int(rng.integers(12))
    chords = [_Chord.parse(name, key) for name in _draw(band.progressions.split("|"), rng).split()]
    for part in band.parts:
        level = part.level * 10 ** (rng.uniform(-3, 3) / 20)
        melody = _Melody(band.scale, key, part.lowest, rng)
        for step_index in range(math.ceil(seconds / step)):
            step_in_phrase = step_index % (BARS_PER_PHRASE * steps_per_bar)
            if step_in_phrase == 0:
                pattern = _draw(part.patterns.split("|"), rng).replace(" ", "")
                if rng.random() < part.rest:
                    pattern = "."
            symbol = pattern[step_in_phrase % len(pattern)]
            if symbol == ".":
                continue
            chord = chords[step_index // steps_per_bar % len(chords)]
            notes: tuple[int, ...] = ()
            if symbol == "m":
                notes = (melody.next_note(chord, on_beat=step_index % band.steps_per_beat == 0),)
            elif part.sound in INSTRUMENTS:
                notes = chord.notes(symbol, part.lowest)
            yield _Hit(
                sound=part.sound,
                start=max(0.0, step_index * step + rng.uniform(-band.looseness, band.looseness)),
                seconds=part.steps * step,
                gain=level * GAINS.get(symbol, 0.9) * rng.uniform(0.85, 1.0),
                notes=notes,
            )


def _mix(
    hits: Iterator[_Hit], n_samples: int, sample_rate: int, rng: np.random.Generator
) -> np.ndarray:
    """Add all hits up: float32 samples of any loudness."""
    # As if every song had other instruments: the partials rise or fall a little in level.
    tilt = rng.uniform(-0.35, 0.25)
    tuning = rng.uniform(0.88, 1.12)
    rendered: dict[tuple[Any, ...], np.ndarray] = {}
    mix = np.zeros(n_samples, dtype=np.float32)
    for hit in hits:
        distinct = (hit.sound, hit.notes, hit.seconds)
        if distinct not in rendered:
            if hit.sound in DRUMS:
                sound = _render_drum(DRUMS[hit.sound], tuning, sample_rate, rng)
            else:
                instrument = INSTRUMENTS[hit.sound]
                sound = _render_notes(instrument, hit.notes, hit.seconds, tilt, sample_rate)
            rendered[distinct] = (sound / np.abs(sound).max(initial=1e-6)).astype(np.float32)
        sound = rendered[distinct]
        start = round(hit.start * sample_rate)
        overlap = mix[start : start + len(sound)]  # a view, shorter at the end of the clip
        overlap += np.float32(hit.gain) * sound[: len(overlap)]
    return mix


def _render_notes(
    instrument: Instrument, notes: tuple[int, ...], seconds: float, tilt: float, sample_rate: int
) -> np.ndarray:
    time = np.arange(max(1, round(seconds * sample_rate))) / sample_rate
    players = (-instrument.chorus / 2, instrument.chorus / 2) if instrument.chorus else (0.0,)
    # A pitch that swings by v cents at r Hz is a time that swings by this many seconds.
    rate = 5.5
    swing = (2 ** (instrument.vibrato / 1200) - 1) / (2 * np.pi * rate)
    bent_time = time + swing * np.sin(2 * np.pi * rate * time)
    sound = np.zeros_like(time)
    for note in notes:
        for cents in players:
            frequency = 440.0 * 2 ** ((note - 69) / 12 + cents / 1200)
            n_partials = min(len(instrument.partials), int(0.48 * sample_rate / frequency))
            numbers = np.arange(1, n_partials + 1)
            amplitudes = np.asarray(instrument.partials)[:n_partials] * numbers**tilt
            # The k-th power of a decaying rotation is the k-th partial: all of them together are
            # a polynomial, and high partials die first, as they do on a string.
            rotation = np.exp(2j * np.pi * frequency * bent_time - instrument.decay * time)
            partials = np.zeros_like(rotation)
            for amplitude in amplitudes[::-1]:
                # Horner's rule, in place: NumPy's makes two new arrays a step.
                partials += amplitude
                partials *= rotation
            sound += partials.imag
    if instrument.drive:
        # A guitar's loudspeaker takes off the fizz of the distortion.
        sound = np.tanh(instrument.drive * sound / np.abs(sound).max(initial=1e-6))
        sound = _band_pass(sound, 70, 5000, sample_rate)
    release = min(0.03, seconds / 4)
    rise = time / instrument.attack
    fall = (time[-1] - time) / release
    return sound * np.clip(np.minimum(rise, fall), 0, 1)


def _render_drum(
    drum: Drum, tuning: float, sample_rate: int, rng: np.random.Generator
) -> np.ndarray:
    slowest = drum.noise_decay if drum.noise == 1 else min(drum.decay, drum.noise_decay)
    # Until the sound has fallen by 60 dB, but 1.5 s at most.
    time = np.arange(round(min(1.5, 6.9 / slowest) * sample_rate)) / sample_rate
    first, last = (tuning * frequency for frequency in drum.pitch)
    fall_rate = 35.0
    cycles = last * time + (first - last) * (1 - np.exp(-fall_rate * time)) / fall_rate
    body = np.sin(2 * np.pi * cycles) * np.exp(-drum.decay * time)
    noise = _band_pass(rng.standard_normal(len(time)), *drum.noise_band, sample_rate)
    noise *= np.exp(-drum.noise_decay * time)
    noise /= np.abs(noise).max(initial=1e-6)
    fade_out = np.minimum(1, (time[-1] - time) / 0.005)
    return ((1 - drum.noise) * body + drum.noise * noise) * fade_out


def _band_pass(sound: np.ndarray, low: float, high: float, sample_rate: int) -> np.ndarray:
    """Keep what lies between two frequencies, with slopes of 12 dB an octave outside."""
    n_samples = len(sound)
    length = _fast_length(2 * n_samples)
    filtered = np.fft.rfft(sound, length) * _spectrum(n_samples, low, high, sample_rate)
    whole = np.fft.irfft(filtered, length)
    return whole[:n_samples] + whole[n_samples : 2 * n_samples]


@lru_cache(maxsize=64)
def _spectrum(n_samples: int, low: float, high: float, sample_rate: int) -> np.ndarray:
    """Return the spectrum of a band pass for sounds of a length, padded to a fast one.

    Transforms of a length with large prime factors take ten times as long, and are made once.
    """
    frequency = np.fft.rfftfreq(n_samples, 1 / sample_rate)
    gain = np.minimum(1, (frequency / low) ** 2)
    gain *= np.minimum(1, (high / np.maximum(frequency, 1e-3)) ** 2)
    return np.fft.rfft(np.fft.irfft(gain, n_samples), _fast_length(2 * n_samples))


def _fast_length(n_samples: int) -> int:
    """Return the next power of two."""
    return 1 << (n_samples - 1).bit_length()


def _in_room(
    dry: np.ndarray, echo_seconds: float, sample_rate: int, rng: np.random.Generator
) -> np.ndarray:
    """Add a faint echo that dies away: convolution with decaying noise."""
    if dry.size == 0:
        return dry
    time = np.arange(max(1, round(echo_seconds * sample_rate))) / sample_rate
    response = rng.standard_normal(len(time)) * np.exp(-6.9 * time / echo_seconds)
    # The echo carries 1 to 4 % of the energy of the direct sound.
    response *= rng.uniform(0.1, 0.2) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    # NumPy's own: SciPy's convolution takes seconds to import, for which the first clip would wait.
    length = _fast_length(len(dry) + len(response))
    spectrum = np.fft.rfft(dry, length) * np.fft.rfft(response.astype(np.float32), length)
    return np.fft.irfft(spectrum, length)[: len(dry)]
