"""Synthetic bands, one for each genre of GTZAN: instruments, drums, chords, and their scores."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

_PARTIALS = np.arange(1, 25)
_SAWTOOTH = 1.0 / _PARTIALS
_SQUARE = (_PARTIALS % 2) / _PARTIALS
_BOWED = _PARTIALS**-1.3
#: A string plucked at a fifth of its length lacks every fifth partial.
_PLUCKED = np.sin(np.pi * _PARTIALS / 5) / _PARTIALS


@dataclass(frozen=True, eq=False)
class Instrument:
    """A pitched sound: a sum of partials, perhaps distorted."""

    partials: Sequence[float] | np.ndarray  #: amplitudes, from the fundamental upwards
    decay: float = 0.0  #: the k-th partial falls as ``exp(-k * decay * t)``, `t` in s
    attack: float = 0.004  #: time to full loudness, in s
    drive: float = 0.0  #: gain into a tanh distortion; 0 leaves the sound clean
    chorus: float = 0.0  #: distance in pitch of two players, in cents; 0 is one player
    vibrato: float = 0.0  #: swing of the pitch, in cents


@dataclass(frozen=True)
class Drum:
    """An unpitched sound: a sine that falls in pitch, and a burst of noise."""

    pitch: tuple[float, float] = (200.0, 200.0)  #: start and end of the fall, in Hz
    decay: float = 20.0  #: the sine falls as ``exp(-decay * t)``, `t` in s
    noise: float = 1.0  #: share of the noise in the sound, 0 to 1
    noise_band: tuple[float, float] = (200.0, 8000.0)  #: its lowest and highest frequency, in Hz
    noise_decay: float = 20.0  #: as `decay`, of the noise


@dataclass(frozen=True)
class Part:
    """What one player of a band plays."""

    sound: str  #: a key of `INSTRUMENTS` or of `DRUMS`
    level: float  #: peak of a full hit before mixing
    patterns: str  #: patterns with ``|`` between them; one is drawn for each phrase
    lowest: int = 60  #: MIDI note above which roots and melodies stay (60 is middle C, 262 Hz)
    steps: float = 2.0  #: length of a note
    rest: float = 0.0  #: share of the phrases that the player sits out


@dataclass(frozen=True)
class Band:
    """An imitation of a genre: tempo, chords and players."""

    genre: str  #: one of `deepmusic.config.GTZAN_GENRES`
    description: str  #: one sentence on how it sounds
    tempo: tuple[float, float]  #: of the slowest and the fastest song, in beats a minute
    progressions: str  #: chords as if the key were C, one a bar, with ``|`` between progressions
    parts: tuple[Part, ...] = field(repr=False)
    steps_per_beat: int = 4  #: 4 plays sixteenth notes, 3 the triplets of a swing or shuffle
    scale: str = "major"  #: a key of `SCALES`, for the melodies
    looseness: float = 0.005  #: largest distance of a hit from its time, in s
    room: float = 0.35  #: time in which the room's echo falls by 60 dB, in s


INSTRUMENTS: dict[str, Instrument] = {
    "acoustic guitar": Instrument(_PLUCKED, decay=1.6, attack=0.001),
    "banjo": Instrument(np.sqrt(_PARTIALS) * _PLUCKED, decay=2.5, attack=0.001),
    "bass guitar": Instrument(_PLUCKED[:12], decay=1.0),
    "brass": Instrument(_SAWTOOTH[:14], decay=0.3, attack=0.03, chorus=10),
    "cello": Instrument(_BOWED, attack=0.09, vibrato=12),
    "crunch guitar": Instrument(_SAWTOOTH[:12], decay=0.4, drive=4, chorus=6),
    "double bass": Instrument((1, 0.6, 0.35, 0.15, 0.1), decay=1.8, attack=0.008),
    "electric piano": Instrument((1, 0.3, 0.1, 0.3, 0.05, 0, 0.12), decay=1.0),
    "fiddle": Instrument(_BOWED, attack=0.05, vibrato=25),
    "lead guitar": Instrument(_SAWTOOTH[:10], decay=0.2, drive=3, attack=0.01, vibrato=25),
    "metal guitar": Instrument(_SAWTOOTH[:16], decay=0.15, drive=25, chorus=8),
    "muted guitar": Instrument(_PLUCKED, decay=5.0, attack=0.001),
    "organ": Instrument((1, 0.9, 0.5, 0.5, 0, 0.3, 0, 0.25), chorus=5),
    "palm mute": Instrument(_SAWTOOTH[:10], decay=2.5, drive=18, chorus=8),
    "piano": Instrument((1, 0.55, 0.35, 0.2, 0.14, 0.08, 0.05, 0.03), decay=0.7, chorus=2),
    "pulse synth": Instrument(_SQUARE, decay=0.5, chorus=12),
    "saxophone": Instrument((0.7, 1, 0.8, 0.6, 0.5, 0.3, 0.2, 0.1), attack=0.03, vibrato=18),
    "strings": Instrument(_BOWED, attack=0.18, chorus=14, vibrato=8),
    "sub bass": Instrument((1, 0.12, 0.06), decay=0.7, attack=0.006),
    "supersaw": Instrument(_SAWTOOTH, chorus=22, attack=0.01),
    "violin": Instrument(_BOWED, attack=0.08, vibrato=20),
}

DRUMS: dict[str, Drum] = {
    "brush": Drum(noise_band=(1500, 7000), noise_decay=22),
    "clap": Drum(noise_band=(900, 4500), noise_decay=24),
    "closed hat": Drum(noise_band=(6500, 11000), noise_decay=70),
    "crash": Drum(noise_band=(2500, 11000), noise_decay=3.5),
    "deep kick": Drum((110, 42), decay=6, noise=0.05, noise_decay=90),
    "hard kick": Drum((320, 60), decay=22, noise=0.3, noise_band=(2000, 6000), noise_decay=120),
    "kick": Drum((170, 52), decay=13, noise=0.1, noise_decay=90),
    "open hat": Drum(noise_band=(6000, 11000), noise_decay=13),
    "ride": Drum((3400, 3400), decay=18, noise=0.85, noise_band=(5000, 10500), noise_decay=8),
    "rim": Drum((1750, 1650), decay=70, noise=0.4, noise_band=(1200, 5000), noise_decay=60),
    "shaker": Drum(noise_band=(5000, 10000), noise_decay=40),
    "snare": Drum((230, 180), decay=24, noise=0.65, noise_band=(700, 9000), noise_decay=17),
}

#: Notes of a chord, in semitones above its root, by what follows the root's letter in its name.
CHORD_TONES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7, 12),
    "7": (0, 4, 7, 10),
    "9": (0, 4, 10, 14),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
}

ROOTS = {"C": 0, "Db": 1, "D": 2, "Eb": 3, "E": 4, "F": 5, "G": 7, "Ab": 8, "A": 9, "Bb": 10}

#: In semitones above C.
SCALES: dict[str, tuple[int, ...]] = {
    "blues": (0, 3, 5, 6, 7, 10),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "pentatonic": (0, 2, 4, 7, 9),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}

#: Loudness of a hit, by its symbol in a pattern.
GAINS = {"o": 0.45, "x": 0.8, "X": 1.0, "c": 0.8, "C": 1.0}


def _read_bands() -> dict[str, Band]:
    scores = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        genre: Band(genre, **score | {"parts": tuple(Part(**part) for part in score["parts"])})
        for genre, score in scores.items()
    }


BANDS: dict[str, Band] = _read_bands()
