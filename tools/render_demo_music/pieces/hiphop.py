"""Hip-hop: a hard beat, a deep bass, and a piano loop; later a whining lead."""

import score as s
from mixer import Desk, Strip, chorus, compress, echo, high_pass, low_pass, peak, saturate, shelf
from theory import voicings

CHORDS = ["Dm7", "Dm7", "Gm7", "A7alt"]
BASS = (
    "D2:.75 D2:.25' .:.5 D2:.25 F2 G2:.5 .:.25 D2:.25 C2:.5 A1:.5 .:.25 C2:.25",
    "D2:.75 D2:.25' .:.5 D2:.25 F2 A2:.5 .:.25 G2:.25 F2:.5 D2:.5 C2:.5",
    "G1:.75 G1:.25' .:.5 G1:.25 Bb1 D2:.5 .:.25 G1:.25 F2:.5 D2:.5 Bb1:.5",
    "A1:.75 A1:.25' .:.5 A1:.25 C#2 E2:.5 .:.25 A1:.25 G2:.5 E2:.5 C#2:.5",
)
WHISTLE = """
A5:1.5~^1 G5:.25 F5 G5:1~ D5:1 | F5:.5^1 E5:.25 D5:1.25~ .:2 |
Bb5:1.5~^1 A5:.25 G5 A5:1~ F5:1 | E5:.5^1 F5:.25 E5:.25 C#5:2~ .:1
"""
#: Chords of the piano, and single notes between: beat, length, velocity.
LOOP = ((0, 1.4, 92), (1.5, 0.25, 70), (1.75, 0.6, 86), (2.75, 0.25, 70), (3, 0.9, 88))


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    piece = s.Score("hiphop", "Palm Shadow Cruise", bpm=94, swing=0.56, swing_unit=0.5)
    kick = piece.drums("kick", 25, Strip(-10, (peak(55, 4), saturate(2)), 0.03), loose=0.003)
    clap = piece.drums("snare and clap", 25, Strip(-12.5, (saturate(2),), 0.2), loose=0.004)
    hats = piece.drums("hats", 25, Strip(-24, (high_pass(3000),), 0.08), loose=0.005)
    scratch = piece.drums("scratches", 25, Strip(-23, (high_pass(300),), 0.15), loose=0.004)
    bass = piece.part(
        "bass",
        80,
        Strip(-16, (low_pass(900), saturate(1.8), peak(60, 4)), 0.0),
        bank=8,
        velocity=108,
    )
    lead = piece.part(
        "synth lead",
        80,
        Strip(-25.5, (low_pass(5000), chorus(), echo(0.32, 0.2)), 0.35),
        bank=8,
        velocity=90,
        vibrato=0.35,
    )
    piano = piece.part("piano", 0, Strip(-24.5, (low_pass(3000),), 0.2), velocity=84, pan=-0.3)
    choir = piece.part(
        "voices", 53, Strip(-26, (high_pass(250), shelf(5000, 3)), 0.4), velocity=90, pan=0.2
    )

    for bar in range(11):
        at = 4.0 * bar
        chord = CHORDS[bar % 4]
        last = bar == 10
        kick.hits(at, s.KICK, "X..x......xX...." if bar % 2 == 0 else "X..x..x...X...x.")
        clap.hits(at, s.SNARE, "....X.......X..." if bar % 4 != 3 else "....X.......X.xx")
        clap.hits(at, s.CLAP, "....X.......X...")
        hats.hits(at, s.CLOSED_HAT, "xoxoxoxoxoxoxoxo" if bar % 2 else "x.xox.xox.xox.xo")
        if bar % 2 == 1:
            hats.hits(at, s.OPEN_HAT, "..............x.")
        bass.line(at, BASS[bar % 4])
        shape = voicings([chord], "D4", 4)[0]
        for beat, beats, loud in LOOP:
            piano.chord(at + beat, shape if loud > 80 else shape[-1:], beats, loud, 0.006)
        if not last:
            choir.line(at, "A4+D5:.5!' .:1.5 A4+D5:.5!' .:1.5" if bar % 4 in (2, 3) else ".:4")
    lead.line(24, WHISTLE)
    for at in (6, 22, 38):
        scratch.hits(at, 29, "..x.x.xx", gain=0.9)
        scratch.hits(at, 30, "...x.x..", gain=0.9)
    end = 44.0
    kick.hits(end, s.KICK, "X")
    bass.line(end, "D2:2")
    piano.chord(end, voicings(["Dm9"], "D4")[0], 3, 80, 0.02)
    lead.line(end, "A5:2~")
    return piece, Desk(0.8, 6000, (compress(3, -4), saturate(1.5)), fade=0.9)
