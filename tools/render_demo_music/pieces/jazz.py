"""Jazz: a swinging trio; the piano improvises over a song in B flat, the bass walks."""

import score as s
from mixer import Desk, Strip, compress, high_pass, peak, shelf
from theory import pitch, voicings

CHORDS = [
    "Cm7",
    "F13",
    "Bbmaj9",
    "G7alt",
    "Cm7",
    "F13",
    "Dm7",
    "G7alt",
    "Fm9",
    "Bb13",
    "Ebmaj9",
    "Ab9",
    "Bbmaj9/D",
    "G7alt",
    "Cm7",
    "F13",
    "Bb69",
    "Bb69",
]
LINE = """
.:.5 G4 Bb4 D5 F5:1 Eb5:.5 D5 | C5 A4 C5 Eb5 G5 F5 E5 Eb5 |
D5:1' .:.5 F4 A4 C5 D5 F5 | Eb5 D5 Db5 B4 Ab4 G4:1' .:.5 |
.:1 G4:.5 C5 Eb5:1/3 F5 Eb5 D5:.5 C5 | A4 G4 Gb4 F4 A4 C5 Eb5 D5 |
F5:1.5! D5:.5 C5' .:.5 A4 C5 | B4 D5 F5 Ab5! G5 F5 Eb5 Db5 |
C5:1 .:.5 Ab4 C5 Eb5 G5 F5 | Db5 C5 Bb4 Ab4 G4 E4 F4 Ab4 |
G4:1 Bb4:.5 D5 F5:1/3 G5 F5 D5:.5 Bb4 | Gb5:1! Eb5:.5 C5 Bb4 Ab4:1' .:.5 |
F5:.5 D5:1' F5:.5 D5:1' C5:.5 Bb4 | B4 G4 Ab4 B4 D5 F5 Eb5 Db5 |
C5 Eb5 G4 Bb4 A4 C5 Eb5 G5 | F5:1/3 Gb5 F5 Eb5:.5 D5 C5 A4 Bb4 C5 |
D5:1! .:.5 F5' .:1 G5:.5 F5 | D5:1' Bb4:1' .:2
"""
WALK = """
C2:1 Eb2 G2 Gb2 | F2 A1 C2 B1 | Bb1 D2 F2 Ab2 | G2 F2 Eb2 Db2 |
C2 D2 Eb2 E2 | F2 Eb2 C2 Eb2 | D2 F2 A2 Ab2 | G2 B1 D2 Gb2 |
F2 Ab2 C3 B2 | Bb2 Ab2 F2 E2 | Eb2 G2 Bb2 A2 | Ab2 Gb2 Eb2 C2 |
D2 F2 Bb1 D2 | G1 B1 D2 Db2 | C2 G2 Eb2 Gb2 | F2 C2 A1 B1 |
Bb1 D2 F2 D2 | Bb1:2 Bb1:2
"""
#: Beats of the left hand's chords, in a bar.
COMPING = ((1.5, 3.5), (0.0, 2.5), (0.5,), (1.5, 3.0), (0.0, 1.5), (2.5,))


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    piece = s.Score("jazz", "Second Set", bpm=148, swing=0.63)
    right = piece.part(
        "piano right hand", 0, Strip(-19, (), 0.3), loose=0.012, late=0.018, velocity=82
    )
    left = piece.part("piano left hand", 0, Strip(-25, (), 0.3), loose=0.012, velocity=62)
    bass = piece.part(
        "upright bass", 32, Strip(-19.5, (compress(2.5), peak(900, 2)), 0.12), loose=0.008
    )
    ride = piece.drums("ride", 32, Strip(-26, (high_pass(300), shelf(7000, -2)), 0.35), loose=0.006)
    drums = piece.drums("brushes and hat", 32, Strip(-28, (), 0.35), loose=0.01)

    right.line(0, LINE)
    bass.line(0, WALK, velocity=90)
    for bar, notes in enumerate(voicings(CHORDS, "F3")):
        at = 4.0 * bar
        last = bar == len(CHORDS) - 1
        if not last:
            for beat in COMPING[bar * 5 % len(COMPING)]:
                left.chord(at + beat, notes, 0.45 if beat % 1 else 1.2, 66, 0.003)
            ride.hits(at, s.RIDE, "x.x o x.x o".replace(" ", ""), step=0.5, gain=0.95)
            drums.hits(at, s.PEDAL_HAT, "..x...x.", step=0.5, gain=0.8)
            drums.hits(at, s.KICK, "g.g.g.g.", step=0.5, gain=0.7)
            drums.hits(
                at,
                s.SNARE,
                ("...o....", "......g.", ".o...o..", "..g....o")[bar % 4],
                step=0.5,
                gain=0.8,
            )
    left.chord(68, [pitch(n) for n in ("D3", "G3", "C4")], 1.0, 74)
    left.chord(70, [pitch(n) for n in ("Ab3", "C4", "D4", "G4")], 2.5, 70, 0.02)
    right.chord(70, [pitch(n) for n in ("C5", "E5", "Bb5")], 2.5, 70, 0.03)
    ride.hits(68, s.RIDE, "x...", step=0.5)
    drums.hits(69.5, s.SNARE, "oX", step=0.25)
    ride.hits(70, s.CRASH, "o")
    return piece, Desk(1.2, 6500, (compress(1.6, -2),), fade=0.7)
