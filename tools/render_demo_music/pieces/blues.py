"""Blues: a twelve-bar shuffle in E; an electric guitar calls and answers over boogie guitar."""

import score as s
from mixer import Desk, Strip, amplifier, compress, high_pass, low_pass, peak, saturate, shelf
from theory import pitch

CHORDS = ["E", "A", "E", "E", "A", "A", "E", "E", "B", "A", "E", "B"]
BOOGIE = {
    "E": ("E2", "B2", "C#3", "D3"),
    "A": ("A2", "E3", "F#3", "G3"),
    "B": ("B2", "F#3", "G#3", "A3"),
}
WALK = {
    "E": "E2 G#2 B2 C#3",
    "A": "A1 C#2 E2 F#2",
    "B": "B1 D#2 F#2 A2",
}
LEAD = """
. :.5 B4 D5 E5:1~^2 D5:.5 B4 A4 | G4 E4:1.5~ .:2 |
.:.5 B4 D5 E5:1!~^2 G5:.5! E5 D5 | B4 D5 B4 A4 G4 E4:1.5~ |
.:.5 C#5^1 E5 A5:1.5!~ G5:.5 E5 | D5 C#5 A4:1~ .:2 |
.:.5 B4 D5 E5:1~^2 D5:.5 B4 G4 | G#4^1 E4:1.5~ .:1 B4:.5 D5 |
D#5:1^1 F#5:.5 A5:1!~^2 F#5:.5 D#5 B4 | C#5 E5 G5:1!^1 E5:.5 C#5 A4 G4 |
E5 B4 D5 B4 C#5 B4 C5 B4 | B4:1! .:.5 B3 D4 D#4 E4^1 F#4 |
E4:3~
""".replace(". :", ".:")


def compose() -> tuple[s.Score, Desk]:
    piece = s.Score("blues", "Corner Table Shuffle", bpm=103, swing=0.655)
    lead = piece.part(
        "lead guitar",
        27,
        Strip(-17, (amplifier(5, 4500, 3),), 0.3),
        loose=0.014,
        late=0.012,
        velocity=96,
        vibrato=0.3,
    )
    boogie = piece.part(
        "boogie guitar", 27, Strip(-22.5, (amplifier(2.2, 4000, 2),), 0.2), pan=-0.5
    )
    piano = piece.part("piano", 3, Strip(-25.5, (high_pass(150),), 0.25), pan=0.45, loose=0.012)
    bass = piece.part("bass", 32, Strip(-20, (compress(3), low_pass(2500)), 0.05), loose=0.01)
    kick = piece.drums("kick", 0, Strip(-24, (low_pass(3000),), 0.1))
    snare = piece.drums("snare", 0, Strip(-24, (shelf(5000, -3),), 0.3), late=0.006)
    cymbals = piece.drums("cymbals", 0, Strip(-31, (shelf(6000, -4),), 0.25))

    lead.line(0, LEAD)
    for bar, chord in enumerate(CHORDS):
        at = 4.0 * bar
        low, fifth, sixth, seventh = (pitch(name) for name in BOOGIE[chord])
        last = bar == len(CHORDS) - 1
        for eighth, top in enumerate((fifth, fifth, sixth, sixth, seventh, sixth, fifth, sixth)):
            accent = 92 if eighth % 2 == 0 else 70
            if not (last and eighth > 3):
                boogie.chord(at + eighth / 2, (low, top), 0.42, accent, 0.006)
        bass.line(at, WALK[chord], velocity=92)
        if bar % 2 == 1:  # the piano answers where the guitar rests
            root = pitch(BOOGIE[chord][0]) + 24
            for beat in (1.5, 2.5, 3.5) if bar % 4 == 1 else (0.5, 2.5):
                piano.chord(at + beat, (root + 4, root + 7, root + 10), 0.4, 84, 0.004)
        kick.hits(at, s.KICK, "x..g x..." if bar % 2 else "x... x..g", step=0.5)
        snare.hits(at, s.SNARE, "..X. ..X." if bar % 4 != 3 else "..X. .oXx", step=0.5)
        cymbals.hits(at, s.RIDE, "x.xo x.xo", step=0.5)
        if bar in (0, 4):
            cymbals.hits(at, s.CRASH, "o", step=0.5)
    end = 48.0
    boogie.chord(end, [pitch(n) for n in ("E2", "B2", "G#3", "D4", "F#4")], 3, 90, 0.02)
    piano.chord(end, [pitch(n) for n in ("E3", "G#3", "D4", "F#4")], 3, 80, 0.01)
    bass.line(end, "E1:3", velocity=96)
    kick.hits(end, s.KICK, "X")
    cymbals.hits(end, s.CRASH, "x")
    return piece, Desk(0.9, 5000, (compress(2, -4), saturate(1.3), peak(3000, 1)), fade=0.5)
