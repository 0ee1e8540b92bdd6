"""Pop: a verse for piano and voice-like synth, then a chorus in F with the hook."""

import score as s
from mixer import Desk, Strip, chorus, compress, duck, echo, high_pass, low_pass, peak, shelf
from theory import above, voicings

CHORDS = ["Dm7", "Bbmaj7", "F", "C", "F", "C", "Dm", "Bb", "F", "C", "Dm", "Bb"]
VERSE = """
.:.5 A4:.25 A4 A4:.5 G4 F4 G4 A4:1_ | .:.5 F4:.25 F4 D5:.5 C5 A4:1.5~ .:.5 |
.:.5 A4:.25 A4 A4:.5 C5 A4 G4 F4:1_ | G4:.5 G4 A4 G4:1.5~^1 C5:.5 C5
"""
HOOK = """
C5:.5 F5 A5 A5:1~ G5:.5 F5 G5 | G5:1.5~ E5:.5 C5:1 .:.5 C5 | F5 F5 A5 A5:1~ G5:.5 F5 D5 |
D5:1.5~ F5:.5 D5:1.5~ C5:.5 | F5 F5 A5 C6:1~ A5:.5 G5 F5 | G5:1.5~ E5:.5 G5:1.5~ F5:.5 |
A5 A5 G5 F5:1~ D5:.5 F5 G5 | F5:2.5~ .:1.5
"""


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    bpm = 101
    piece = s.Score("pop", "Say It Like Summer", bpm=bpm)
    kick = piece.drums("kick", 24, Strip(-15, (peak(60, 4),), 0.04), loose=0.002)
    clap = piece.drums("snare and clap", 24, Strip(-16.5, (shelf(6000, 3),), 0.3), loose=0.004)
    hats = piece.drums("hats", 24, Strip(-24, (high_pass(3000), shelf(6000, 3)), 0.1), loose=0.004)
    pumping = duck([beat * 60 / bpm for beat in range(16, 48)], 0.45)
    bass = piece.part(
        "synth bass", 39, Strip(-17.5, (low_pass(1500), compress(3), pumping), 0.0), velocity=100
    )
    piano = piece.part("piano", 0, Strip(-22.5, (high_pass(120), shelf(6000, 3)), 0.3), velocity=80)
    guitar = piece.part(
        "acoustic guitar",
        25,
        Strip(-28, (high_pass(250), shelf(6000, 4)), 0.2),
        pan=0.5,
        velocity=76,
    )
    pad = piece.part("pad", 89, Strip(-25.5, (high_pass(200), pumping), 0.5), velocity=80)
    strings = piece.part(
        "synth strings", 50, Strip(-25.5, (high_pass(250), chorus(), pumping), 0.5), velocity=84
    )
    voice = piece.part(
        "voice",
        54,
        Strip(-17.5, (high_pass(150), shelf(6000, 4), echo(0.3, 0.16)), 0.35),
        velocity=98,
        vibrato=0.2,
    )
    thirds = piece.part("choir", 52, Strip(-26, (high_pass(250),), 0.5), velocity=84, pan=-0.3)
    sparkle = piece.part(
        "bells", 98, Strip(-27, (high_pass(400), echo(0.45, 0.3)), 0.4), velocity=84, pan=0.4
    )

    voice.line(0, VERSE)
    voice.line(16, HOOK)
    shapes = voicings(CHORDS, "F4", 4)
    for bar, (chord, shape) in enumerate(zip(CHORDS, shapes, strict=True)):
        at = 4.0 * bar
        root = above(chord, "A1")
        chorus_on = bar >= 4
        for beat, beats in ((0, 1.4), (1.5, 0.9), (2.5, 0.9), (3.5, 0.45)):
            piano.chord(at + beat, shape, beats, 84 if beat == 0 else 70, 0.004)
        piano.chord(at, (root, root + 12), 3.8, 74)
        if chorus_on:
            kick.hits(at, s.KICK, "X.....x.X.x....." if bar % 2 == 0 else "X.....x.X...x.x.")
            clap.hits(at, s.SNARE, "....X.......X..." if bar % 4 != 3 else "....X.......X.xx")
            clap.hits(at, s.CLAP, "....x.......x...")
            hats.hits(at, s.CLOSED_HAT, "x.o.x.oox.o.x.oo")
            hats.hits(at, s.OPEN_HAT, "..............x." if bar % 2 else "................")
            for number, mark in enumerate("X.x.x.xxX.xxx.xx"):
                if mark != ".":
                    way = 0.006 if number % 4 == 0 else -0.005
                    guitar.chord(
                        at + number / 4, [n + 12 for n in shape[:3]], 0.3, s.MARKS[mark] * 0.8, way
                    )
            for eighth in range(8):
                note = root + (12 if eighth in (3, 7) else 0)
                bass.chord(at + eighth / 2, (note,), 0.44, 104 if eighth in (0, 3) else 90)
            pad.chord(at, shape, 3.95, 84)
            strings.chord(at, [n + 12 for n in shape[1:]], 3.95, 84)
            thirds.chord(at, shape[1:3], 3.9, 84)
            for sixteenth in range(0, 16, 2):
                sparkle.chord(
                    at + sixteenth / 4,
                    (shape[(sixteenth * 3 // 2) % 4] + 24,),
                    0.3,
                    60 + 14 * (sixteenth % 8 == 0),
                )
        else:
            bass.chord(at, (root,), 2.4, 84)
            bass.chord(at + 2.5, (root,), 1.4, 80)
            kick.hits(at, s.KICK, "x.........x.....")
            hats.hits(at, s.SIDE_STICK, "....x.......x...")
            pad.chord(at, shape, 3.95, 60)
    clap.hits(15, s.SNARE, "oxxX")
    hats.hits(16, s.CRASH, "X")
    end = 48.0
    for part, names in (
        (piano, "F2+F3+A3+C4+F4:3"),
        (pad, "F3+A3+C4:3"),
        (bass, "F1:2"),
        (voice, "A4:2~"),
    ):
        part.line(end, names)
    kick.hits(end, s.KICK, "X")
    hats.hits(end, s.CRASH, "x")
    return piece, Desk(1.1, 9000, (compress(2.5, -5), shelf(9000, 1.5)), fade=0.7)
