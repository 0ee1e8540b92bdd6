"""Disco: four on the floor in A minor; bass in octaves, scratching guitar, strings on top."""

import score as s
from mixer import Desk, Strip, chorus, compress, high_pass, peak, shelf
from theory import above, voicings

CHORDS = [
    "Am7",
    "Am7",
    "Dm7",
    "G7",
    "Cmaj7",
    "Fmaj7",
    "Bm7b5",
    "E7",
    "Am7",
    "Dm7",
    "G7",
    "Cmaj7",
    "Fmaj7",
    "E7",
]
STRINGS = """
A5:1.5! G5:.5 A5:1 C6 | B5:2~ G5:.5 A5 B5:1 | G5:1.5 E5:.5 G5:1 B5 | A5:2.5~ .:.5 A5:.25 B5 C6 D6 |
E6:1.5! D6:.5 C6:1 A5 | B5:1.5 G#5:.5 E5:1 E5:.25 F#5 G#5 B5
"""
VERSE = """
E5:.5' E5' .:1 G5:.5 E5:1 D5:.5 | C5:.5 A4:1.5~ .:2 |
F5:.5' F5' .:1 A5:.5 F5:1 E5:.5 | D5:.5 B4:1.5~ .:2 |
E5:.5' E5' .:1 G5:.5 B5:1 G5:.5 | A5:1.5~ .:.5 E5:.25 F5 G5 A5 B5 C6 D6 E6
"""
BRASS = ". . .:.5 {0}:.5' .:.5 {0}:.5!'"


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    piece = s.Score("disco", "Mirror Ball Avenue", bpm=118)
    kick = piece.drums("kick", 0, Strip(-18, (peak(70, 4), peak(3500, 2)), 0.08), loose=0.003)
    clap = piece.drums("snare and clap", 0, Strip(-20, (shelf(6000, 2),), 0.3), loose=0.006)
    hats = piece.drums("hats", 0, Strip(-22, (high_pass(500), shelf(7000, 2)), 0.12), loose=0.005)
    conga = piece.drums("congas", 0, Strip(-29, (), 0.25), loose=0.01)
    bass = piece.part("bass", 33, Strip(-17.5, (compress(4), peak(900, 2)), 0.03), velocity=100)
    guitar = piece.part(
        "guitar", 28, Strip(-21.5, (high_pass(250), chorus()), 0.2), bank=8, pan=0.5, velocity=84
    )
    keys = piece.part("electric piano", 4, Strip(-27, (chorus(),), 0.3), pan=-0.4, velocity=76)
    strings = piece.part(
        "strings", 48, Strip(-21.5, (high_pass(200), shelf(5000, 2)), 0.45), velocity=100
    )
    high = piece.part(
        "solo violins", 40, Strip(-27, (shelf(5000, -3),), 0.5), velocity=90, pan=-0.2
    )
    brass = piece.part("brass", 61, Strip(-25, (), 0.3), velocity=104, pan=0.25)

    shapes = voicings(CHORDS, "C5", 3)
    for bar, (chord, shape) in enumerate(zip(CHORDS, shapes, strict=True)):
        at = 4.0 * bar
        root = above(chord, "E1")
        fifth = root + (6 if "b5" in chord else 7)
        kick.hits(at, s.KICK, "X...X...X...X...")
        clap.hits(at, s.SNARE, "....X.......X..." if bar % 4 != 3 else "....X.......X.xX")
        clap.hits(at, s.CLAP, "....x.......x...")
        hats.hits(at, s.CLOSED_HAT, "x.go x.go x.go x.go".replace("o", "."))
        hats.hits(at, s.OPEN_HAT, "..X. ..X. ..X. ..X.")
        conga.hits(at, s.OPEN_CONGA, "...x..x....x..x.")
        conga.hits(at, s.LOW_CONGA, "x.......x..o....")
        notes = (root, root + 12, root, root + 12, root, root + 12, fifth, root + 12)
        for eighth, note in enumerate(notes):
            bass.chord(at + eighth / 2, (note,), 0.4, 104 if eighth % 2 == 0 else 92)
        if bar >= 1:
            scratch = "X.ox.oX.x.ox.oxo"
            for number, mark in enumerate(scratch):
                if mark != ".":
                    guitar.chord(at + number / 4, shape, 0.12, s.MARKS[mark] * 0.95, 0.002)
        keys.chord(at, voicings([chord], "A3")[0], 1.4, 74, 0.004)
        keys.chord(at + 2.5, voicings([chord], "A3")[0], 1.2, 66, 0.004)
        if bar % 2 == 1:
            brass.chord(at + 2.5, [n + 0 for n in shape], 0.22, 96)
            brass.chord(at + 3.5, [n + 0 for n in shape], 0.22, 108)
    strings.line(7, "E5:.25 G#5 B5 D6")
    for part, octave in ((strings, 0), (strings, -12), (high, 0)):
        part.line(8, VERSE, up=octave)
        part.line(32, STRINGS, up=octave)
    hats.hits(0, s.CRASH, "x")
    hats.hits(32, s.CRASH, "x")
    end = 56.0
    for part, names in (
        (strings, "A4+C5+E5+A5:3!"),
        (brass, "A4+C5+E5:.5!"),
        (bass, "A1:2!"),
        (keys, "A3+C4+E4+G4:3"),
    ):
        part.line(end, names)
    kick.hits(end, s.KICK, "X")
    hats.hits(end, s.CRASH, "X")
    return piece, Desk(1.1, 8000, (compress(3, -5), shelf(9000, 1.5)), fade=0.7)
