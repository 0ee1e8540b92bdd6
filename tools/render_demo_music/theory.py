"""Pitches and chords by name, and voicings that lead into each other."""

import re

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "b": -1}
_CHORDS = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "sus4": (0, 5, 7),
    "7sus4": (0, 5, 7, 10),
    "add9": (0, 2, 4, 7),
    "9": (0, 2, 4, 10),
    "m9": (2, 3, 7, 10),
    "maj9": (2, 4, 7, 11),
    "13": (2, 4, 9, 10),
    "7b9": (1, 4, 7, 10),
    "7alt": (3, 4, 8, 10),
    "69": (2, 4, 7, 9),
}


def pitch(name: str) -> int:
    """Return the MIDI note of a name such as ``F#3`` (``C4`` is 60)."""
    letter, accidental, octave = re.fullmatch(r"([A-G])([#b]?)(-?\d)", name).groups()  # type: ignore[union-attr]
    return 12 * (int(octave) + 1) + _STEPS[letter] + _ACCIDENTALS[accidental]


def root_class(chord: str) -> int:
    """Return the pitch class of a chord's bass note: the one after a slash, if there is one."""
    return pitch(_split(chord)[2] + "4") % 12


def classes(chord: str) -> tuple[int, ...]:
    """Return a chord's pitch classes; with a ninth or thirteenth, those that a pianist plays."""
    root, kind, _ = _split(chord)
    return tuple((pitch(root + "4") + interval) % 12 for interval in _CHORDS[kind])


def above(chord: str, lowest: str, interval: int = 0) -> int:
    """Return the chord's bass note at or just above `lowest`, plus an interval in semitones."""
    low = pitch(lowest)
    return low + (root_class(chord) - low) % 12 + interval


def voicings(chords: list[str], centre: str, size: int = 4) -> list[tuple[int, ...]]:
    """Return close voicings of chords: the first around a centre, each next as near as can be."""
    middle = pitch(centre)
    found: list[tuple[int, ...]] = []
    last = None
    for chord in chords:
        options = []
        for lowest in range(middle - 9, middle + 4):
            if lowest % 12 not in classes(chord):
                continue
            ladder = [n for n in range(lowest, lowest + 25) if n % 12 in classes(chord)]
            options.append(tuple(ladder[:size]))

        def distance(option: tuple[int, ...], last: tuple[int, ...] | None = last) -> float:
            drift = abs(sum(option) / size - middle)
            if last is None:
                return drift
            return sum(abs(a - b) for a, b in zip(option, last, strict=True)) + 0.5 * drift

        last = min(options, key=distance)
        found.append(last)
    return found


def _split(chord: str) -> tuple[str, str, str]:
    root, kind, bass = re.fullmatch(r"([A-G][#b]?)([^/]*)(?:/(.+))?", chord).groups()  # type: ignore[union-attr]
    return root, kind, bass or root
