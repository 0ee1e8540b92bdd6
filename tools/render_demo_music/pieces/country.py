"""Country: a train beat in G; fiddle and steel guitar share the tune over acoustic guitars."""

import score as s
from mixer import Desk, Strip, amplifier, compress, high_pass, low_pass, shelf
from theory import above, pitch

CHORDS = ["G", "C", "G", "D", "C", "G", "D", "G", "C", "G", "D", "G"]
OPEN = {
    "G": ("G2 B2 D3 G3 B3 G4", "G2", "D2"),
    "C": ("C3 E3 G3 C4 E4", "C3", "G2"),
    "D": ("D3 A3 D4 F#4", "D3", "A2"),
}
FIDDLE = """
B4:.5^1 D5 E5 D5 B4:1~ G4:.5 A4 | C5 E5^1 G5:1~ E5:.5 D5 C5 A4 |
B4 D5 G5:1~^1 D5:.5 B4 A4 G4 | A4 F#4 A4 B4 D5:1.5~ .:.5
"""
STEEL = """
G4:1.5^2 A4:.5 E5:2~^2 | D5:1.5 B4:.5 G4:2~^1 |
F#4:1^2 A4 D5:1.5~^2 C5:.5 | B4:1.5~^2 A4:.5 G4:2~
"""
TOGETHER = """
E5:.5^1 G5 A5 G5 E5:1~ C5:.5 E5 | D5 G5^1 B5:1~ G5:.5 D5 B4 D5 |
A4 D5 F#5 A5 G5 F#5 E5 D5 | G5:1 D5:.5 B4 G4:1.5~ .:.5
"""
PICKING = "D5:.5'^2 B4' A4:.25 G4 E4:.5' D4:.25 E4 G4:.5' A4:.25 B4 G4:.5'"


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    piece = s.Score("country", "Gate Left Open", bpm=106, swing=0.53, swing_unit=0.5)
    bright = (high_pass(120), shelf(5000, 3))
    strum = piece.part("acoustic guitar", 25, Strip(-19.5, bright, 0.2), pan=-0.5, velocity=80)
    picked = piece.part(
        "second acoustic guitar", 25, Strip(-21.5, bright, 0.2), pan=0.5, velocity=74
    )
    bass = piece.part("bass", 33, Strip(-19.5, (compress(3), low_pass(1800)), 0.05), velocity=92)
    fiddle = piece.part(
        "fiddle", 110, Strip(-19.5, (shelf(5000, -3),), 0.35), velocity=92, pan=0.15, late=0.006
    )
    steel = piece.part(
        "steel guitar",
        26,
        Strip(-19, (), 0.4),
        bank=8,
        velocity=88,
        pan=-0.2,
        late=0.012,
        vibrato=0.2,
    )
    tele = piece.part(
        "electric guitar", 27, Strip(-23, (amplifier(1.5, 6000, 4),), 0.2), velocity=96, pan=0.35
    )
    snare = piece.drums("snare", 0, Strip(-25.5, (shelf(6000, 2),), 0.25), loose=0.006)
    kick = piece.drums("kick", 0, Strip(-24, (low_pass(2500),), 0.1))

    fiddle.line(0, FIDDLE)
    steel.line(16, STEEL)
    fiddle.line(32, TOGETHER)
    tele.line(12, PICKING)
    tele.line(28, PICKING)
    steel.line(32, "C4+E4:4~^2 | B3+D4:4~^2 | A3+D4:4~^2 | B3+D4:3~ .:1", velocity=74)
    for bar, chord in enumerate(CHORDS):
        at = 4.0 * bar
        names, root, fifth = OPEN[chord]
        strings = [pitch(name) for name in names.split()]
        for beat in range(4):
            low = pitch(root if beat % 2 == 0 else fifth)
            if beat % 2 == 0:
                strum.chord(at + beat, (low,), 0.9, 88)
                bass.chord(at + beat, (above(chord, "E1", 0 if beat == 0 else 7),), 0.85, 94)
            else:
                strum.chord(at + beat, strings[-4:], 0.45, 84, 0.007)
                strum.chord(at + beat + 0.5, strings[-3:], 0.4, 62, -0.006)
        order = (0, 2, 3, 1, 2, 3, 1, 2)
        for eighth, number in enumerate(order):
            note = strings[number % len(strings)] + (12 if number else 0)
            picked.chord(at + eighth / 2, (min(note, 79),), 0.6, 80 - 10 * (eighth % 2))
        snare.hits(
            at, s.SNARE, "ogxg ogXg ogxg ogXg" if bar % 4 != 3 else "ogxg ogXg oxox xxXX", gain=0.8
        )
        snare.hits(at, s.SIDE_STICK, "....x... ....x...", gain=0.8)
        kick.hits(at, s.KICK, "x.......x...o...")
    end = 48.0
    strum.chord(end, [pitch(n) for n in OPEN["G"][0].split()], 3, 92, 0.015)
    bass.line(end, "G1:3")
    steel.line(end, "B4+D5:3~^2")
    fiddle.line(end, "G4+D5:3~")
    kick.hits(end, s.KICK, "X")
    snare.hits(end, s.CRASH, "o")
    return piece, Desk(0.9, 7000, (compress(2, -4), shelf(8000, 1)), fade=0.7)
