"""Blues: eight slow bars in A; harmonica, then electric guitar, over organ and triplets."""

import score as s
from mixer import (
    Desk,
    Strip,
    amplifier,
    chorus,
    compress,
    high_pass,
    low_pass,
    peak,
    saturate,
    shelf,
)
from theory import pitch, voicings

#: Two chords a bar.
CHORDS = (
    *("A7", "A7", "E7", "E7", "D7", "D7", "D7", "D#dim7"),
    *("A7", "A7", "E7", "E7", "A7", "D7", "A7", "E7"),
)
BASS = """
A1:2/3 A1:1/3? C#2:1 E2:2/3 E2:1/3? F#2:1 | E2:2/3 E2:1/3? D2:1 B1:2/3 B1:1/3? C#2:1 |
D2:2/3 D2:1/3? F#2:1 A2:2/3 A2:1/3? F#2:1 | D2:2/3 D2:1/3? C2:1 D#2:2/3 D#2:1/3? D#2:1 |
E2:2/3 E2:1/3? C#2:1 A1:2/3 A1:1/3? C#2:1 | E2:2/3 E2:1/3? D2:1 B1:2/3 B1:1/3? G#1:1 |
A1:2/3 A1:1/3? C#2:1 D2:2/3 D2:1/3? D#2:1 | E2:1 C#2:2/3 C2:1/3 B1:2/3 B1:1/3? E2:1 | A1:3
"""
HARP = """
.:2/3 C5:1/3^2 E5:2/3!~^2 D5:1/3 C5:2/3~^2 A4:1/3 A4:1~ |
.:2/3 G5:1/3^2 A5:1!~^3 G5:2/3~ E5:1/3 D5:1/3^2 E5 G4 |
A4:1/3 C5 D5 F#5:1!~^3 D5:2/3~ C5:1/3^2 A4:1~ | .:1 A4:1/3^2 C5 D5 C5:2~v1
"""
LEAD = """
.:2 .:2/3 A4:1/3 C5 D5^3 E5 |
G5:1!~^3 E5:2/3~ C5:1/3^2 A4:2/3~ C5:1/3 A4:1~ |
.:2/3 B4:1/3 D5 E5 G5 B5:1!~^3 A5:1/3 G5 E5 |
C#5:2/3~^2 E5:1/3 A5:2/3!~^3 G5:1/3 F#5:1~ D5:2/3~ C5:1/3^2 |
A4:2/3~ C#5:1/3 E5 Eb5 D5 C#5:2/3~^2 B4:1/3 .:1 | A4:3~
"""


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    piece = s.Score("blues", "Last Train, Slow Rain", bpm=69)
    lead = piece.part(
        "lead guitar",
        27,
        Strip(-17, (amplifier(6, 4500, 3),), 0.35),
        loose=0.02,
        late=0.02,
        velocity=96,
        vibrato=0.6,
    )
    harp = piece.part(
        "harmonica",
        22,
        Strip(-17.5, (amplifier(5, 4500, 3),), 0.4),
        late=0.02,
        velocity=96,
        vibrato=0.5,
    )
    piano = piece.part(
        "piano", 3, Strip(-29, (high_pass(120),), 0.25), pan=0.4, loose=0.014, velocity=76
    )
    organ = piece.part(
        "organ",
        16,
        Strip(-21, (chorus(0.002, 5.8, 0.7), saturate(1.5), low_pass(4500)), 0.3),
        pan=-0.4,
    )
    bass = piece.part("bass", 33, Strip(-19.5, (compress(3), low_pass(1800)), 0.05), loose=0.012)
    kick = piece.drums("kick", 8, Strip(-15, (low_pass(3000), peak(70, 3)), 0.1))
    snare = piece.drums("snare", 8, Strip(-16, (shelf(5000, -3),), 0.35), late=0.012)
    cymbals = piece.drums("cymbals", 8, Strip(-24.5, (shelf(6000, -4),), 0.25))

    harp.line(0, HARP)
    lead.line(12, LEAD)
    harp.line(28, "E5:4~^2 | E5:3~^1", velocity=70)
    bass.line(0, BASS, velocity=92)
    third = 1 / 3
    shapes = voicings(list(CHORDS), "E4", 3)
    pads = voicings(list(CHORDS), "A3", 3)
    for half, (shape, pad) in enumerate(zip(shapes, pads, strict=True)):
        at = 2.0 * half
        organ.chord(at, pad, 1.97, 70)
        for number in range(6):
            if half != 15 or number < 5:
                loud = 88 if number % 3 == 0 else 62
                piano.chord(at + number * third, shape, 0.28, loud, 0.004)
    for bar in range(8):
        at = 4.0 * bar
        organ.swell(at, at + 2, 80, 108)
        organ.swell(at + 2, at + 4, 108, 84)
        kick.hits(at, s.KICK, "x....o x....." if bar % 2 == 0 else "x....o x.o...", step=third)
        kick.hits(at + 2, s.KICK, "..o", step=third)
        snare.hits(at, s.SNARE, "...X.. ...X.." if bar % 4 != 3 else "...X.. ...Xxx", step=third)
        cymbals.hits(at, s.RIDE, "xooxoo xooxoo", step=third)
        if bar in (0, 4):
            cymbals.hits(at, s.CRASH, "o", step=third)
    end = 32.0
    organ.chord(end, [pitch(n) for n in ("A3", "C#4", "G4")], 3, 76)
    piano.chord(end, [pitch(n) for n in ("A2", "E3", "G3", "C#4", "B4")], 3, 80, 0.02)
    kick.hits(end, s.KICK, "X")
    cymbals.hits(end, s.CRASH, "x")
    return piece, Desk(1.0, 4500, (compress(2, -4), saturate(1.3)), fade=0.7)
