"""Metal: a galloping riff in E, palm-muted, over double bass drums; then leads in thirds."""

import re

import score as s
from mixer import Desk, Strip, amplifier, compress, high_pass, peak, saturate, shelf
from theory import pitch

#: Palm-muted E and power chords over four bars.
CHUGS = "x.xxx.xxx.xx.... x.xxx.xxx.xx.... x.xxx.xxx.xx.... x.xxx.xx........"
STABS = """
.:3 G2+D3+G3:1! | .:3 Bb2+F3+Bb3:.5! A2+E3+A3 | .:3 G2+D3+G3:1! |
.:2 F2+C3+F3:.75! G2+D3+G3:.75 F#2+C#3+F#3:.5
"""
CHORUS = ("E2+B2+E3", "C3+G3+C4", "G2+D3+G3", "D3+A3+D4") * 2
ROOTS = ("E1", "C2", "G1", "D2") * 2
LEAD = """
B4:1.5~ E5:.5 G5:1 F#5:.5 E5 | E5:1~ D5:.5 C5 G5:1.5~ E5:.5 |
D5:1 G5:.5 A5 B5:1.5~ A5:.5 | A5:1 F#5:.5 D5 A4:1 B4 |
B4:.5 E5 G5 B5 E5 G5 B5 E6 | C5 E5 G5 C6 B5:1~ G5 |
D5:.5 G5 B5 D6 B5 A5 G5 A5 | F#5:1~ A5:.5 B5 C6:1 D#6
"""
THIRD = {"B4": "G4", "E5": "C5", "G5": "E5", "F#5": "D5", "D5": "B4", "C5": "A4", "A5": "F#5"}
THIRD |= {"B5": "G5", "A4": "F#4", "E6": "C6", "C6": "A5", "D6": "B5", "D#6": "B5"}


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    piece = s.Score("metal", "Iron Meridian", bpm=172)
    tight = {"loose": 0.004, "velocity": 112.0}
    guitars = []
    for side, pan, drive in (("left", -0.9, 120), ("right", 0.9, 100)):
        amp = (amplifier(drive, 5200, 4), peak(500, -3), peak(110, 3))
        guitars.append(
            (
                piece.part(f"palm mutes {side}", 28, Strip(-19.5, amp, 0.06), pan=pan, **tight),
                piece.part(f"guitar {side}", 27, Strip(-19, amp, 0.1), pan=pan, **tight),
            )
        )
    lead = piece.part(
        "lead guitar", 27, Strip(-25, (amplifier(30, 5500, 3),), 0.35), pan=0.2, velocity=110
    )
    harmony = piece.part(
        "harmony guitar", 27, Strip(-27, (amplifier(30, 5500, 3),), 0.35), pan=-0.2, velocity=106
    )
    bass = piece.part("bass", 34, Strip(-20, (amplifier(8, 4000, 4), compress(4)), 0.0), **tight)
    punch = (peak(65, 4), peak(400, -6), peak(4000, 7), saturate(1.5))
    kick = piece.drums("kick", 16, Strip(-13.5, punch, 0.04), loose=0.003)
    snare = piece.drums(
        "snare and toms", 16, Strip(-16.5, (peak(200, 3), saturate(1.5)), 0.3), loose=0.004
    )
    cymbals = piece.drums("cymbals", 16, Strip(-17.5, (high_pass(500),), 0.2))

    for start in (0, 16, 32):
        for mutes, open_strings in guitars:
            for number, mark in enumerate(CHUGS.replace(" ", "")):
                if mark == "x":
                    at = start + number / 4
                    mutes.chord(
                        at, (pitch("E2"), pitch("B2")), 0.22, 118 if number % 4 == 0 else 96
                    )
            open_strings.line(start, STABS)
        bass.hits(start, pitch("E1"), CHUGS)
        bass.line(start, re.sub(r"\+[^:! ]+", "", STABS), up=-12)
    for bar in range(12):
        at = 4.0 * bar
        full = bar >= 4
        kick.hits(
            at,
            s.KICK,
            "xxxxxxxxxxxxxxxx"
            if full
            else ("X.XXX.XXX.XXX..." if bar % 4 != 3 else "X.XXX.XXX..X..X."),
        )
        if full:
            snare.hits(at, s.SNARE, "....X.......X..." if bar % 4 != 3 else "....X...X..XX.XX")
            cymbals.hits(at, s.RIDE_BELL, "x...x...x...x...")
        else:
            cymbals.hits(at, s.CRASH, "........ ....X..." if bar % 4 != 3 else "........X..X..X.")
            snare.hits(at, s.SNARE, "........ ....X..." if bar % 4 != 3 else "........X..X..X.")
    snare.hits(15, s.SNARE, "xXXX")
    snare.hits(46, s.HIGH_TOM, "XX..")
    snare.hits(46.5, s.MID_TOM, "XX")
    snare.hits(47, s.LOW_TOM, "XXXX")
    for bar, (chord, root) in enumerate(zip(CHORUS, ROOTS, strict=True)):
        at = 48.0 + 4 * bar
        for _, open_strings in guitars:
            for beat, beats in ((0, 1.4), (1.5, 0.45), (2, 0.9), (3, 0.45), (3.5, 0.45)):
                open_strings.chord(at + beat, [pitch(n) for n in chord.split("+")], beats, 114)
        bass.line(at, " ".join([f"{root}:.5"] * 8))
        kick.hits(at, s.KICK, "xxxxxxxxxxxxxxxx")
        snare.hits(at, s.SNARE, "....X.......X..." if bar != 7 else "X.X.X.X.XXXXXXXX")
        cymbals.hits(at, s.CRASH if bar % 2 else s.CRASH_2, "X.......x.......")
        cymbals.hits(at, s.CRASH, "....x.......x...")
    lead.line(48, LEAD)
    harmony.line(48, re.sub(r"[A-G]#?\d", lambda match: THIRD[match[0]], LEAD))
    end = 80.0
    for _, open_strings in guitars:
        open_strings.line(end, "E2+B2+E3:5!")
    bass.line(end, "E1:5")
    lead.line(end, "E5:5~")
    kick.hits(end, s.KICK, "X")
    snare.hits(end, s.SNARE, "X")
    cymbals.hits(end, s.CRASH, "X")
    cymbals.hits(end, s.CRASH_2, "X")
    return piece, Desk(
        0.8, 7000, (compress(2, -4), saturate(1.4), peak(500, -4), shelf(5000, 1.5)), fade=0.6
    )
