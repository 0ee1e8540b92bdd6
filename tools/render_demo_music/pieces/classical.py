"""Classical: an andante in A minor for piano and strings; cello, then violin, carry the theme."""

import score as s
from mixer import Desk, Strip, high_pass, shelf
from theory import pitch

#: Harmony by half bars: bass of the piano, broken chord, second violin, viola.
HARMONY = (
    ("A2 E4 A4 C5", "C5", "E4"),
    ("A2 E4 A4 C5", "C5", "E4"),
    ("D3 F4 A4 D5", "D5", "F4"),
    ("G#2 E4 B4 D5", "D5", "E4"),
    ("A2 E4 A4 C5", "C5", "E4"),
    ("C3 E4 G4 C5", "C5", "G4"),
    ("F2 F4 A4 C5", "C5", "F4"),
    ("G2 F4 G4 B4", "B4", "F4"),
    ("C3 E4 G4 C5", "E5", "G4"),
    ("E3 E4 G4 C5", "C5", "G4"),
    ("D3 F4 A4 D5", "D5", "A4"),
    ("G#2 E4 B4 D5", "B4", "E4"),
    ("E3 E4 A4 C5", "A4", "E4"),
    ("E2 E4 G#4 D5", "G#4", "E4"),
    ("F2 F4 A4 C5", "A4", "F4"),
    ("E2 D4 G#4 B4", "G#4", "D4"),
)
CELLO = """
E4:1.5~ D4:.5 C4:1 B3:.5 A3 | F4:1.5~ E4:.5 D4:1 B3:1 | C4:1.5~ B3:.5 A3:1 C4:.5 E4 |
A4:1.5~ G4:.5 F4:1 D4:1 | C4:2_ E3:2 | D3:2_ G#3:2 | E3:2_ E3:2 | F3:2_ E3:2 | A2:4
"""
VIOLIN = """
.:4 | .:2 .:1 E5?:1 | E5:2_ G5?:2 | F5?:2_ D5?:1 F5:1 | G5:1.5!~ F5:.5 E5:1 D5:.5 C5 |
A5:1.5!~ G5:.5 F5:1 E5:.5 D5 | C5:1.5~ B4:.25 C5 E5:1~ D5:.5 B4 |
A4:1 C5 F5:1~ D5:.5 B4 | A4:4~
"""


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    slower = ((27.0, 72.0), (30.0, 66.0), (32.0, 54.0))
    piece = s.Score("classical", "Andante for an Empty Hall", bpm=76, tempi=slower)
    hall = 0.55
    cello = piece.part(
        "cello", 42, Strip(-19, (), hall), loose=0.02, velocity=88, vibrato=0.12, pan=0.4
    )
    violin = piece.part(
        "first violin",
        40,
        Strip(-20, (shelf(5000, -4),), hall),
        loose=0.02,
        velocity=84,
        vibrato=0.12,
        pan=-0.5,
    )
    second = piece.part(
        "second violin", 40, Strip(-28, (shelf(4000, -5),), hall), loose=0.03, pan=-0.2
    )
    viola = piece.part("viola", 41, Strip(-27, (), hall), loose=0.03, pan=0.2)
    section = piece.part("strings", 48, Strip(-29, (high_pass(150),), 0.7), loose=0.03, velocity=60)
    piano = piece.part("piano", 0, Strip(-18.5, (), 0.4), loose=0.012, velocity=62)

    cello.line(0, CELLO)
    violin.line(0, VIOLIN)
    for half, (chord, upper, lower) in enumerate(HARMONY):
        at = 2.0 * half
        low, *tones = (pitch(name) for name in chord.split())
        arch = 8 * (half % 4 in (1, 2)) + 10 * (8 <= half < 13)
        piano.chord(at, (low, low - 12) if low >= 40 else (low,), 1.9, 66 + arch)
        figure = (tones[0], tones[1], tones[2], tones[1])
        for number, note in enumerate((*figure, *figure)[1:]):
            piano.chord(at + 0.25 * (number + 1), (note,), 0.3, 50 + arch + 6 * (note == tones[2]))
        piano.pedal(at, at + 2)
        if half >= 4:
            second.chord(at, (pitch(upper),), 1.97, 60 + arch)
            viola.chord(at, (pitch(lower),), 1.97, 60 + arch)
        if half >= 8:
            section.chord(at, (low + 12, *tones), 2.0, 56 + arch)
    for part in (cello, violin, second, viola, section):
        for bar in range(9):
            part.swell(4.0 * bar, 4.0 * bar + 2, 78, 112 if bar < 8 else 90)
            part.swell(
                4.0 * bar + 2.1, 4.0 * bar + 3.9, 112 if bar < 8 else 90, 78 if bar < 8 else 40
            )
    end = 32.0
    piano.chord(end, [pitch(n) for n in ("A1", "A2", "E3", "A3", "C4", "E4", "A4")], 4, 58, 0.05)
    piano.pedal(end, end + 4)
    second.chord(end, (pitch("C4"),), 3.8, 56)
    viola.chord(end, (pitch("E3"),), 3.8, 56)
    return piece, Desk(2.1, 5500, (shelf(7000, -2),), fade=0.8)
