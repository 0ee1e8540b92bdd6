"""Reggae: one drop in G minor; skank, bubbling organ, a bass line to sing, voices on top."""

import score as s
from mixer import Desk, Strip, compress, echo, high_pass, low_pass, peak, saturate, shelf
from theory import voicings

CHORDS = ["Gm", "Gm", "Cm", "Dm", "Gm", "Gm", "Eb", "Dm"]
BASS = {
    "Gm": "G1:.75 .:.25 G1:.5 Bb1 D2:.75 .:.25 C2:.5 Bb1",
    "Cm": "C2:.75 .:.25 C2:.5 Eb2 G2:.75 .:.25 F2:.5 Eb2",
    "Dm": "D2:.75 .:.25 D2:.5 F2 A1:.75 .:.25 C2:.5 A1",
    "Eb": "Eb2:.75 .:.25 Eb2:.5 D2 Bb1:.75 .:.25 C2:.5 D2",
}
TUNE = """
.:1 D5:.5 F5 G5:1.5~ F5:.5 | D5:.5 C5 Bb4:1~ .:2 |
.:1 G5:.5 F5 Eb5:1.5~ D5:.5 | C5:.5 D5 A4:1~ .:2 |
.:1 D5:.5 F5 G5:1~ Bb5:.5 A5 | G5:.5 F5 D5:1~ .:2 |
.:1 Bb5:.5 A5 G5:1~ F5:.5 Eb5 | D5:.5 F5 D5:1~ .:1 C5:.5 D5 | Bb4:2~
"""


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    piece = s.Score("reggae", "Harbour Road", bpm=74, swing=0.56, swing_unit=0.5)
    bass = piece.part(
        "bass",
        33,
        Strip(-14.5, (low_pass(700), peak(90, 5), compress(3)), 0.0),
        late=0.006,
        velocity=104,
    )
    guitar = piece.part(
        "guitar",
        28,
        Strip(-20, (high_pass(250),), 0.3),
        pan=0.4,
        velocity=88,
        loose=0.006,
    )
    piano = piece.part(
        "piano", 0, Strip(-26, (high_pass(250), low_pass(5000)), 0.3), pan=-0.4, velocity=80
    )
    organ = piece.part(
        "organ", 16, Strip(-22, (low_pass(4500),), 0.25), pan=-0.15, velocity=76, loose=0.006
    )
    tune = piece.part(
        "voices",
        53,
        Strip(-22, (low_pass(7000), echo(0.58, 0.3)), 0.35),
        velocity=88,
        late=0.01,
        vibrato=0.15,
    )
    kick = piece.drums("kick", 25, Strip(-14, (peak(70, 4), low_pass(3000)), 0.08))
    rim = piece.drums("side stick", 25, Strip(-17.5, (saturate(1.2), echo(0.42, 0.12)), 0.35))
    hats = piece.drums("hats", 25, Strip(-19, (high_pass(800), shelf(7000, -3)), 0.15), loose=0.008)

    tune.line(2, TUNE, up=-12)
    rim.hits(0, s.HIGH_TOM, "..X.xX..")
    rim.hits(1, s.LOW_TOM, "..X.")
    rim.hits(1.5, s.SNARE, ".X")
    for bar, (chord, shape) in enumerate(zip(CHORDS, voicings(CHORDS, "D4", 3), strict=True)):
        at = 2 + 4.0 * bar
        bass.line(at, BASS[chord])
        for beat in range(4):
            guitar.chord(at + beat + 0.5, [n + 12 for n in shape], 0.14, 96, 0.006)
            piano.chord(at + beat + 0.5, shape, 0.16, 84, 0.003)
            organ.chord(at + beat + 0.25, shape[:2], 0.12, 58)
            organ.chord(at + beat + 0.5, shape, 0.18, 88)
            organ.chord(at + beat + 0.75, shape[:2], 0.12, 58)
        kick.hits(at, s.KICK, "........X.......")
        rim.hits(at, s.SIDE_STICK, "........X......." if bar % 2 == 0 else "......o.X....x..")
        hats.hits(at, s.CLOSED_HAT, "x.ogx.ogx.ogx.og")
        if bar % 4 == 3:
            rim.hits(at + 3, s.HIGH_TOM, "X.x.", gain=0.9)
            rim.hits(at + 3.5, s.LOW_TOM, "X.", gain=0.9)
    end = 34.0
    bass.line(end, "G1:3")
    guitar.line(end, "G3+Bb3+D4+G4:3")
    organ.line(end, "G3+Bb3+D4:3")
    kick.hits(end, s.KICK, "X")
    hats.hits(end, s.CRASH, "o")
    return piece, Desk(0.9, 6000, (compress(2, -4), peak(1200, 3), shelf(4000, 4)), fade=0.9)
