"""Scores: parts written in a small notation, played with human timing, and saved as MIDI."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from theory import pitch

TICKS = 480  # in a beat
BEND_RANGE = 12  # semitones of the pitch wheel, either way
DRUM_CHANNEL = 9

KICK, SIDE_STICK, SNARE, CLAP, SNARE_2 = 36, 37, 38, 39, 40
CLOSED_HAT, PEDAL_HAT, OPEN_HAT = 42, 44, 46
LOW_TOM, MID_TOM, HIGH_TOM = 41, 45, 48
CRASH, RIDE, RIDE_BELL, TAMBOURINE, CRASH_2, SHAKER = 49, 51, 53, 54, 57, 70
MUTE_CONGA, OPEN_CONGA, LOW_CONGA = 62, 63, 64

#: Velocities of the marks in a pattern of hits.
MARKS = {"g": 34, "o": 58, "x": 86, "X": 112}

_TOKEN = re.compile(r"([A-G#b\d+]+|\.)([!?'~_]*)(?::([\d./]+))?([!?'~_]*)(?:\^(\d+))?(?:v(\d+))?")


@dataclass(frozen=True)
class Note:
    """A note: start and length in beats before swing, MIDI note, velocity, place in a strum."""

    start: float
    beats: float
    pitch: int
    velocity: float
    strum: float = 0.0  #: delay in s
    bend_from: float = 0.0  #: semitones below the note where it begins
    bend_to: float = 0.0  #: semitones below the note where it ends
    vibrato: bool = False


@dataclass
class Part:
    """One player: a track of the score.

    `late` and `loose` are the mean and the largest deviation from the beat, in s. `strip` is for
    the mixer (`mixer.Strip`); the score does not read it.
    """

    name: str
    program: int
    channel: int
    strip: Any
    bank: int = 0
    late: float = 0.0
    loose: float = 0.008
    velocity: float = 86.0
    pan: float = 0.0  #: -1 left to 1 right
    vibrato: float = 0.22  #: in semitones
    notes: list[Note] = field(default_factory=list)
    controls: list[tuple[float, int, float]] = field(default_factory=list)

    def line(self, start: float, text: str, *, velocity: float | None = None, up: int = 0) -> float:
        """Write notes one after the other from a beat on; return the beat after the last.

        ``E4:1.5`` is a note and its beats, which hold until the next number; ``E4+G4`` sounds
        together, ``.`` is a rest. Marks: ``!`` loud, ``?`` soft, ``'`` short, ``_`` to the next,
        ``~`` vibrato, ``^2`` bent up by two semitones to it, ``v2`` falling by two at its end.
        """
        beats, begin = 1.0, start
        for token in text.split():
            if token == "|":
                if abs((start - begin + 0.01) % 4 - 0.01) > 0.001:
                    raise ValueError(f"A bar of {self.name} ends {start - begin} beats on: {text}")
                continue
            match = _TOKEN.fullmatch(token)
            if not match:
                raise ValueError(f"Write notes as E4:1.5~^2. Received: {token!r} in {self.name}")
            names, early, number, late, bend_from, bend_to = match.groups()
            marks = early + late
            if number:
                beats = _number(number)
            if names != ".":
                loud = velocity or self.velocity
                loud += 14 * marks.count("!") - 22 * marks.count("?")
                share = 0.45 if "'" in marks else 1.02 if "_" in marks else 0.93
                for name in names.split("+"):
                    self.notes.append(
                        Note(
                            start,
                            beats * share,
                            pitch(name) + up,
                            loud,
                            bend_from=float(bend_from or 0),
                            bend_to=float(bend_to or 0),
                            vibrato="~" in marks,
                        )
                    )
            start += beats
        return start

    def chord(
        self,
        start: float,
        pitches: Sequence[int],
        beats: float,
        velocity: float | None = None,
        strum: float = 0.0,
    ) -> None:
        """Play pitches together; a strum of so many s a string goes down if negative."""
        ordered = sorted(pitches, reverse=strum < 0)
        for number, note in enumerate(ordered):
            loud = velocity or self.velocity
            self.notes.append(Note(start, beats, note, loud, strum=abs(strum) * number))

    def hits(
        self, start: float, note: int, pattern: str, *, step: float = 0.25, gain: float = 1.0
    ) -> None:
        """Play a drum by a pattern: X loud, x, o soft, g a ghost, anything else a rest."""
        for number, mark in enumerate(pattern.replace(" ", "").replace("|", "")):
            if mark in MARKS:
                self.notes.append(Note(start + number * step, step * 0.9, note, MARKS[mark] * gain))

    def swell(self, start: float, end: float, low: float, high: float) -> None:
        """Move the expression (controller 11) from one value to another."""
        steps = max(2, round((end - start) * 8))
        for number in range(steps + 1):
            value = low + (high - low) * number / steps
            self.controls.append((start + (end - start) * number / steps, 11, value))

    def pedal(self, start: float, end: float) -> None:
        """Hold the sustaining pedal down."""
        self.controls += [(start + 0.05, 64, 127), (end - 0.02, 64, 0)]


@dataclass
class Score:
    """A piece: tempo, feel and parts.

    `swing` is the share of the first half of each pair of `swing_unit` beats: 0.5 is straight,
    2/3 a triplet. `tempi` are beats and the tempo from there on.
    """

    genre: str
    title: str
    bpm: float
    swing: float = 0.5
    swing_unit: float = 1.0
    tempi: Sequence[tuple[float, float]] = ()
    parts: list[Part] = field(default_factory=list)

    def part(self, name: str, program: int, strip: Any, **options: Any) -> Part:
        """Add a part on a channel of its own."""
        channels = [n for n in range(16) if n != DRUM_CHANNEL]
        taken = [part.channel for part in self.parts if part.channel != DRUM_CHANNEL]
        part = Part(name, program, channels[len(taken)], strip, **options)
        self.parts.append(part)
        return part

    def drums(self, name: str, kit: int, strip: Any, **options: Any) -> Part:
        """Add drums; all tracks of drums share a channel, and so a kit."""
        part = Part(name, kit, DRUM_CHANNEL, strip, **options)
        self.parts.append(part)
        return part

    def to_midi(self, only: Part | None = None) -> bytes:
        """Return the score, or one part of it, as a standard MIDI file of format 1."""
        parts = [part for part in self.parts if only is None or part is only]
        tempi = [(0.0, self.bpm), *self.tempi]
        meta = [(0, _meta(3, f"{self.title} ({self.genre})".encode("ascii")))]
        meta += [
            (self._ticks(beat), _meta(0x51, round(6e7 / bpm).to_bytes(3, "big")))
            for beat, bpm in tempi
        ]
        tracks = [_track(meta), *(_track(self._events(part)) for part in parts)]
        head = b"MThd" + (6).to_bytes(4, "big")
        head += b"".join(n.to_bytes(2, "big") for n in (1, len(tracks), TICKS))
        return head + b"".join(tracks)

    def _ticks(self, beat: float, seconds: float = 0.0) -> int:
        beat = self._swung(beat)
        bpm = [tempo for at, tempo in [(-1.0, self.bpm), *self.tempi] if at <= beat][-1]
        return max(0, round(TICKS * (beat + seconds * bpm / 60)))

    def _swung(self, beat: float) -> float:
        unit = self.swing_unit
        whole = math.floor(beat / unit + 1e-9)
        part = beat / unit - whole
        straight, swing = 0.5, self.swing
        if part <= straight:
            part = part / straight * swing
        else:
            part = swing + (part - straight) / straight * (1 - swing)
        return (whole + part) * unit

    def _events(self, part: Part) -> list[tuple[int, bytes]]:
        # Only random() of a seeded generator is the same in every version of Python.
        rng = random.Random(f"{self.genre} {part.name}")
        channel = part.channel

        def control(number: int, value: float) -> bytes:
            return bytes((0xB0 | channel, number, round(min(max(value, 0), 127))))

        events = [
            (0, _meta(3, part.name.encode("ascii"))),
            *((0, control(n, v)) for n, v in ((0, part.bank), (101, 0), (100, 0))),
            (0, control(6, BEND_RANGE)),
            (0, bytes((0xC0 | channel, part.program))),
            (0, control(10, 64 + 63 * part.pan)),
        ]
        events += [(self._ticks(beat), control(n, value)) for beat, n, value in part.controls]
        together: dict[float, tuple[float, float]] = {}
        for note in sorted(part.notes, key=lambda n: (n.start, n.pitch)):
            # A hand plays the notes of a chord with one movement.
            if note.start not in together:
                drift = rng.random() + rng.random() - 1
                together[note.start] = drift, 1 + 0.13 * (rng.random() + rng.random() - 1)
            drift, force = together[note.start]
            shift = part.late + part.loose * drift + note.strum
            on = self._ticks(note.start, shift)
            off = max(on + 10, self._ticks(note.start + note.beats, shift))
            velocity = round(min(max(note.velocity * force, 1), 127))
            events.append((on, bytes((0x90 | channel, note.pitch, velocity))))
            events.append((off, bytes((0x80 | channel, note.pitch, 0))))
            if note.bend_from or note.bend_to or note.vibrato:
                events += self._bends(note, on, off, channel, part.vibrato)
        return sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == 0x90))

    def _bends(
        self, note: Note, on: int, off: int, channel: int, depth: float
    ) -> list[tuple[int, bytes]]:
        """Return the pitch wheel's way through a note."""
        beats_per_second = self.bpm / 60
        events = []
        for tick in [*range(on, off, 12), off]:
            seconds = (tick - on) / TICKS / beats_per_second
            left = (off - tick) / TICKS / beats_per_second
            bend = -note.bend_from * max(0.0, 1 - seconds / 0.11) ** 1.5
            bend -= note.bend_to * max(0.0, 1 - left / 0.14)
            if note.vibrato:
                grown = min(1.0, max(0.0, (seconds - 0.16) / 0.25))
                bend += depth * grown * math.sin(2 * math.pi * 5.4 * seconds)
            events.append((tick, _wheel(channel, 0.0 if tick == off else bend)))
        return events


def _number(text: str) -> float:
    whole, _, below = text.partition("/")
    return float(whole) / float(below or 1)


def _wheel(channel: int, semitones: float) -> bytes:
    value = min(max(round(8192 * (1 + semitones / BEND_RANGE)), 0), 16383)
    return bytes((0xE0 | channel, value & 0x7F, value >> 7))


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _variable(len(data)) + data


def _variable(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | (number & 0x7F))
    return bytes(reversed(digits))


def _track(events: list[tuple[int, bytes]]) -> bytes:
    body, now = b"", 0
    for tick, data in [*events, (events[-1][0] + TICKS, _meta(0x2F, b""))]:
        body += _variable(max(0, tick - now)) + data
        now = max(now, tick)
    return b"MTrk" + len(body).to_bytes(4, "big") + body
