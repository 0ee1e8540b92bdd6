"""Rock: a riff in A for two crunchy guitars, then a lead over bass and a hard four."""

import score as s
from mixer import Desk, Strip, amplifier, compress, high_pass, peak, saturate, shelf
from theory import pitch

RIFF_A = "A2+E3:.75! C3+G3:.25 D3+A3:.5! D3+A3' .:.5 A2+E3:.5 C3+G3:.5 D3+A3:.5"
RIFF_B = "A2+E3:.75! C3+G3:.25 D3+A3:.5! Eb3+Bb3:.5 D3+A3:.5 C3+G3:.5 A2+E3:1"
BASS_A = "A1:.75 C2:.25 D2:.5 D2' .:.5 A1:.5 C2 D2"
BASS_B = "A1:.75 C2:.25 D2:.5 Eb2 D2 C2 A1:1"
CHORDS = ["F", "G", "A", "A", "F", "G", "D", "E"]
POWER = {"F": "F2+C3+F3", "G": "G2+D3+G3", "A": "A2+E3+A3", "D": "D3+A3+D4", "E": "E2+B2+E3"}
ROOT = {"F": "F1", "G": "G1", "A": "A1", "D": "D2", "E": "E1"}
LEAD = """
.:.5 A4 C5 D5 E5:1!~^2 D5:.5 C5 | D5:1.5~^2 B4:.5 G4:1 A4:.5 B4 |
C5:1!^1 A4:.5 G4 A4:1.5~ .:.5 | E4 G4 A4 C5 D5:1~^2 C5:.5 A4 |
C5:.5 F5:1!~ E5:.5 C5 A4 C5:1 | D5:.5 G5:1!~ F#5:.5 D5 B4 D5:1 |
A5:1.5!~^2 F#5:.5 D5 E5 F#5 A5 | G#5:1!^1 B5:2!~^2 G#5:.5 E5 |
A5:3~
"""


def compose() -> tuple[s.Score, Desk]:
    """Return the score and its mix."""
    piece = s.Score("rock", "Gravel Road Engine", bpm=122)
    left = piece.part(
        "guitar left", 27, Strip(-17, (amplifier(9, 4800, 4),), 0.12), pan=-0.8, velocity=100
    )
    right = piece.part(
        "guitar right",
        27,
        Strip(-17.5, (amplifier(13, 5200, 3),), 0.12),
        pan=0.8,
        velocity=96,
        loose=0.014,
    )
    lead = piece.part(
        "lead guitar", 27, Strip(-19, (amplifier(18, 5000, 4),), 0.3), velocity=104, late=0.008
    )
    bass = piece.part(
        "bass", 34, Strip(-19, (amplifier(1.6, 3000, 2), compress(4)), 0.03), velocity=104
    )
    kick = piece.drums("kick", 16, Strip(-19, (peak(65, 3), peak(3500, 4), peak(350, -4)), 0.1))
    snare = piece.drums("snare and toms", 16, Strip(-18.5, (peak(200, 2), saturate(1.3)), 0.35))
    cymbals = piece.drums("cymbals", 16, Strip(-24.5, (high_pass(400),), 0.25))

    for bar in range(6):
        at = 4.0 * bar
        riff, low = (RIFF_B, BASS_B) if bar % 2 else (RIFF_A, BASS_A)
        left.line(at, riff)
        if bar >= 2:  # one guitar begins; the band comes in after two bars
            right.line(at, riff)
            bass.line(at, low)
            kick.hits(at, s.KICK, "X.....xX ..X.x..." if bar % 2 else "X.....x. X.x.....")
            snare.hits(at, s.SNARE, "....X..g ....X..." if bar < 5 else "....X... X.XX....")
            cymbals.hits(at, s.CLOSED_HAT, "x.o.x.o. x.o.x.o.")
        else:
            cymbals.hits(at, s.PEDAL_HAT, "x...x... x...x...")
    snare.hits(4 + 3, s.SNARE, "xXXX")
    snare.hits(23, s.HIGH_TOM, "XX")
    snare.hits(23.5, s.LOW_TOM, "XX")
    cymbals.hits(8, s.CRASH, "X")
    for bar, chord in enumerate(CHORDS):
        at = 24.0 + 4 * bar
        names = [pitch(name) for name in POWER[chord].split("+")]
        for guitar in (left, right):
            guitar.chord(at, names, 1.4, 108, 0.008)
            for beat, beats in ((1.5, 0.9), (2.5, 0.45), (3.0, 0.45), (3.5, 0.45)):
                guitar.chord(at + beat, names, beats, 92, 0.008)
        bass.line(at, " ".join([f"{ROOT[chord]}:.5"] * 8))
        kick.hits(at, s.KICK, "X.x...x. X.x....." if bar % 2 else "X.....x. X.....x.")
        snare.hits(at, s.SNARE, "....X... ....X..g" if bar % 4 != 3 else "....X... X..XXXXX")
        cymbals.hits(at, s.CRASH if bar % 2 == 0 else s.RIDE, "X")
        cymbals.hits(at, s.RIDE, "..x.x.x. x.x.x.x.")
    lead.line(24, LEAD)
    end = 56.0
    for guitar in (left, right):
        guitar.chord(end, [pitch(n) for n in ("A2", "E3", "A3", "C#4")], 5, 112, 0.01)
    bass.line(end, "A1:5!")
    kick.hits(end, s.KICK, "X")
    cymbals.hits(end, s.CRASH, "X")
    cymbals.hits(end, s.CRASH_2, "X")
    return piece, Desk(0.7, 6500, (compress(2.5, -5), saturate(1.5), shelf(7000, 1)), fade=0.9)
