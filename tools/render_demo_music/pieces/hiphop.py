"""Hip-hop: a dusty two-bar loop of electric piano and flute over a heavy, swung beat."""

import score as s
from mixer import Desk, Strip, compress, high_pass, lo_fi, low_pass, noise, peak, saturate
from theory import pitch, voicings

LOOP = (("Dm9", 0.0, 1.6), ("Dm9", 1.75, 0.5), ("Gm9", 2.5, 1.4))
ANSWER = (("Bbmaj9", 0.0, 1.6), ("Bbmaj9", 1.75, 0.5), ("A7alt", 2.5, 1.4))
FLUTE = ".:.5 A5 F5:.25 E5 D5:.75~ .:.75 C5:.25 D5 F5:.5~ | .:.5 A5 G5:.25 F5 D5:1.5~ .:1"
BASS = "D2:.75 .:.75 D2:.25 F2 G2:1 .:.5 A2:.25 C2 | Bb1:.75 .:.75 Bb1:.25 D2 A1:1 .:.5 C2:.25 C#2"


def compose() -> tuple[s.Score, Desk]:
    piece = s.Score("hiphop", "Block 9 Basement", bpm=91, swing=0.58, swing_unit=0.5)
    kick = piece.drums("kick", 8, Strip(-16, (peak(60, 5), saturate(2.2)), 0.04), loose=0.004)
    snare = piece.drums(
        "snare", 8, Strip(-17, (peak(220, 3), saturate(2.5)), 0.15), loose=0.004, late=0.01
    )
    hats = piece.drums("hats", 8, Strip(-26, (high_pass(2000),), 0.08), loose=0.006)
    scratch = piece.drums("scratches", 8, Strip(-25, (high_pass(300),), 0.15), loose=0.004)
    bass = piece.part(
        "bass", 33, Strip(-17.5, (low_pass(500), saturate(1.6), peak(70, 4)), 0.0), velocity=104
    )
    sampled = (lo_fi(13000, 9), low_pass(2600), high_pass(140), compress(3))
    keys = piece.part(
        "sampled electric piano", 4, Strip(-22.5, sampled, 0.1), velocity=80, loose=0.015
    )
    flute = piece.part(
        "sampled flute",
        73,
        Strip(-25, (lo_fi(13000, 9), low_pass(4000)), 0.3),
        velocity=84,
        vibrato=0.2,
    )

    for bar in range(11):
        at = 4.0 * bar
        for chord, beat, beats in LOOP if bar % 2 == 0 else ANSWER:
            keys.chord(at + beat, voicings([chord], "D4")[0], beats, 84, 0.008)
            keys.chord(
                at + beat,
                (pitch({"D": "D3", "G": "G2", "B": "Bb2", "A": "A2"}[chord[0]]),),
                beats,
                70,
            )
        if bar < 2:
            continue
        dropped = bar == 10
        if not dropped:
            kick.hits(at, s.KICK, "X..x..X...x..... " if bar % 2 == 0 else "X..x......xX..x.")
            snare.hits(at, s.SNARE, "....X..g....X..." if bar % 4 != 1 else "....X..g....X.gx")
            hats.hits(at, s.CLOSED_HAT, "x.x.xox.x.x.x.xo")
            hats.hits(at, s.OPEN_HAT, "..............o." if bar % 4 == 3 else "................")
    for bar in (0, 2, 4, 6, 8):
        flute.line(4.0 * bar, FLUTE)
    for bar in (2, 4, 6, 8):
        bass.line(4.0 * bar, BASS)
    scratch.hits(6, 29, "..x.x.xx", gain=0.9)
    scratch.hits(6, 30, "...x.x..", gain=0.9)
    for at in (22, 38):
        scratch.hits(at, 29, "x..xx.x.", gain=0.9)
        scratch.hits(at, 30, "..x..x.x", gain=0.9)
    kick.hits(40, s.KICK, "X")
    snare.hits(44, s.SNARE, "X")
    bass.line(40, "D2:2")
    return piece, Desk(0.6, 6000, (noise(-62, 9), saturate(1.6), compress(2.5, -4)), fade=0.9)
