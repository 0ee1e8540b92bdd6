"""Synthetic bands as data, one for each genre of GTZAN: instruments, drums, chords, scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

_PARTIALS = np.arange(1, 25)

_SAWTOOTH = 1.0 / _PARTIALS

_SQUARE = (_PARTIALS % 2) / _PARTIALS

_BOWED = _PARTIALS**-1.3

#: A string plucked at a fifth of its length lacks every fifth partial.
_PLUCKED = np.sin(np.pi * _PARTIALS / 5) / _PARTIALS


@dataclass(frozen=True, eq=False)
class Instrument:
    """A pitched sound: a sum of partials, perhaps distorted.

    Attributes
    ----------
    partials : sequence of float
        Amplitudes of the fundamental and of the partials above it.
    decay : float
        The k-th partial dies away as ``exp(-k * decay * t)``, `t` in s. Zero sustains.
    attack : float
        Time to full loudness, in s.
    drive : float
        Gain into a tanh distortion; 0 leaves the sound clean.
    chorus : float
        Two players are this far apart in pitch, in cents; 0 is one player.
    vibrato : float
        Swing of the pitch, in cents.
    """

    partials: Sequence[float] | np.ndarray
    decay: float = 0.0
    attack: float = 0.004
    drive: float = 0.0
    chorus: float = 0.0
    vibrato: float = 0.0


@dataclass(frozen=True)
class Drum:
    """An unpitched sound: a sine that falls in pitch, and a burst of noise.

    Attributes
    ----------
    pitch : tuple of float
        Start and end of the fall, in Hz.
    decay : float
        The sine dies away as ``exp(-decay * t)``, `t` in s.
    noise : float
        Share of the noise in the sound, 0 to 1.
    noise_band : tuple of float
        Lowest and highest frequency of the noise, in Hz.
    noise_decay : float
        As `decay`, of the noise.
    """

    pitch: tuple[float, float] = (200.0, 200.0)
    decay: float = 20.0
    noise: float = 1.0
    noise_band: tuple[float, float] = (200.0, 8000.0)
    noise_decay: float = 20.0


INSTRUMENTS: dict[str, Instrument] = {
    "acoustic guitar": Instrument(_PLUCKED, decay=1.6, attack=0.001),
    "banjo": Instrument(np.sqrt(_PARTIALS) * _PLUCKED, decay=2.5, attack=0.001),
    "bass guitar": Instrument(_PLUCKED[:12], decay=1.0),
    "brass": Instrument(_SAWTOOTH[:14], decay=0.3, attack=0.03, chorus=10),
    "cello": Instrument(_BOWED, attack=0.09, vibrato=12),
    "crunch guitar": Instrument(_SAWTOOTH[:12], decay=0.4, drive=4, chorus=6),
    "double bass": Instrument((1, 0.6, 0.35, 0.15, 0.1), decay=1.8, attack=0.008),
    "electric piano": Instrument((1, 0.3, 0.1, 0.3, 0.05, 0, 0.12), decay=1.0),
    "fiddle": Instrument(_BOWED, attack=0.05, vibrato=25),
    "lead guitar": Instrument(_SAWTOOTH[:10], decay=0.2, drive=3, attack=0.01, vibrato=25),
    "metal guitar": Instrument(_SAWTOOTH[:16], decay=0.15, drive=25, chorus=8),
    "muted guitar": Instrument(_PLUCKED, decay=5.0, attack=0.001),
    "organ": Instrument((1, 0.9, 0.5, 0.5, 0, 0.3, 0, 0.25), chorus=5),
    "palm mute": Instrument(_SAWTOOTH[:10], decay=2.5, drive=18, chorus=8),
    "piano": Instrument((1, 0.55, 0.35, 0.2, 0.14, 0.08, 0.05, 0.03), decay=0.7, chorus=2),
    "pulse synth": Instrument(_SQUARE, decay=0.5, chorus=12),
    "saxophone": Instrument((0.7, 1, 0.8, 0.6, 0.5, 0.3, 0.2, 0.1), attack=0.03, vibrato=18),
    "strings": Instrument(_BOWED, attack=0.18, chorus=14, vibrato=8),
    "sub bass": Instrument((1, 0.12, 0.06), decay=0.7, attack=0.006),
    "supersaw": Instrument(_SAWTOOTH, chorus=22, attack=0.01),
    "violin": Instrument(_BOWED, attack=0.08, vibrato=20),
}

DRUMS: dict[str, Drum] = {
    "brush": Drum(noise_band=(1500, 7000), noise_decay=22),
    "clap": Drum(noise_band=(900, 4500), noise_decay=24),
    "closed hat": Drum(noise_band=(6500, 11000), noise_decay=70),
    "crash": Drum(noise_band=(2500, 11000), noise_decay=3.5),
    "deep kick": Drum((110, 42), decay=6, noise=0.05, noise_decay=90),
    "hard kick": Drum((320, 60), decay=22, noise=0.3, noise_band=(2000, 6000), noise_decay=120),
    "kick": Drum((170, 52), decay=13, noise=0.1, noise_decay=90),
    "open hat": Drum(noise_band=(6000, 11000), noise_decay=13),
    "ride": Drum((3400, 3400), decay=18, noise=0.85, noise_band=(5000, 10500), noise_decay=8),
    "rim": Drum((1750, 1650), decay=70, noise=0.4, noise_band=(1200, 5000), noise_decay=60),
    "shaker": Drum(noise_band=(5000, 10000), noise_decay=40),
    "snare": Drum((230, 180), decay=24, noise=0.65, noise_band=(700, 9000), noise_decay=17),
}

#: Notes of a chord, in semitones above its root, by what follows the root's letter in its name.
CHORD_TONES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7, 12),
    "7": (0, 4, 7, 10),
    "9": (0, 4, 10, 14),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
}

ROOTS = {"C": 0, "Db": 1, "D": 2, "Eb": 3, "E": 4, "F": 5, "G": 7, "Ab": 8, "A": 9, "Bb": 10}

#: In semitones above C.
SCALES: dict[str, tuple[int, ...]] = {
    "blues": (0, 3, 5, 6, 7, 10),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "pentatonic": (0, 2, 4, 7, 9),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}

_GAINS = {"o": 0.45, "x": 0.8, "X": 1.0, "c": 0.8, "C": 1.0}


@dataclass(frozen=True)
class Part:
    """What one player of a band plays.

    Attributes
    ----------
    sound : str
        A key of `INSTRUMENTS` or of `DRUMS`.
    level : float
        Peak of a full hit before mixing.
    patterns : str
        Patterns with ``|`` between them; one is drawn for each phrase.
    lowest : int
        Roots and melodies stay at or above this MIDI note (60 is middle C, 262 Hz).
    steps : float
        Length of a note.
    rest : float
        Share of the phrases that the player sits out.
    """

    sound: str
    level: float
    patterns: str
    lowest: int = 60
    steps: float = 2.0
    rest: float = 0.0


@dataclass(frozen=True)
class Band:
    """One imitation of a genre.

    Attributes
    ----------
    genre : str
        One of `deepmusic.config.GTZAN_GENRES`.
    description : str
        One sentence on what to listen for.
    tempo : tuple of float
        Slowest and fastest song, in beats a minute.
    progressions : str
        Chords as if the key were C, one a bar; ``|`` stands between progressions.
    parts : tuple of Part
        The players.
    steps_per_beat : int
        4 plays sixteenth notes, 3 plays the triplets of a swing or shuffle.
    scale : str
        A key of `SCALES`, for the melodies.
    looseness : float
        How far a hit may be off its time, either way, in s: people are not machines.
    room : float
        Time in which the room's echo falls by 60 dB, in s.
    """

    genre: str
    description: str
    tempo: tuple[float, float]
    progressions: str
    parts: tuple[Part, ...] = field(repr=False)
    steps_per_beat: int = 4
    scale: str = "major"
    looseness: float = 0.005
    room: float = 0.35


_ALL_BANDS = (
    Band(
        genre="blues",
        description="Shuffled drums, a boogie bass and a wailing lead guitar over twelve bars.",
        tempo=(72, 112),
        steps_per_beat=3,
        scale="blues",
        looseness=0.012,
        progressions="C7 C7 C7 C7 F7 F7 C7 C7 G7 F7 C7 G7 | C7 F7 C7 C7 F7 F7 C7 C7 G7 F7 C7 G7"
        " | C7 F7 C7 C7 F7 F7 C7 A7 D7 G7 C7 G7",
        parts=(
            Part("kick", 0.6, "x..... | x.. ... x.x ..."),
            Part("snare", 0.45, "... x.. | ... x.o ... x.."),
            Part("ride", 0.16, "X.o | x.. x.x"),
            Part("bass guitar", 0.6, "1.. 3.. 5.. 6.. | 1.1 3.3 5.5 6.6", 33, 2.5),
            Part("piano", 0.25, "... c.. ... c.. | ..c ... ..c ...", 52, 2, rest=0.2),
            Part("crunch guitar", 0.16, "1.1 ... 1.1 ... | 5.5 6.6", 45, 2, rest=0.3),
            Part("lead guitar", 0.42, "m.m m.m m.. ... ... ... ... ..m", 62, 2.8, rest=0.4),
            Part("lead guitar", 0.38, "... ... ... ... m.m mmm m.. m..", 62, 2.8, rest=0.4),
        ),
    ),
    Band(
        genre="classical",
        description="No drums: piano arpeggios, slow strings and a violin melody in a large hall.",
        tempo=(60, 108),
        looseness=0.012,
        room=1.6,
        progressions="C G Am Em F C F G | C Dm G C Am Dm G C | Am Dm E Am F Dm E Am",
        parts=(
            Part("piano", 0.4, "1.5.8.5. | 1535 8535 | 1... 5... 3... 5... | 1.3.5.8.", 48, 5),
            Part("strings", 0.28, "c... .... .... ....", 55, 15, rest=0.3),
            Part("cello", 0.32, "1... .... 5... .... | 1... .... .... ....", 36, 8, rest=0.15),
            Part("violin", 0.3, "m... m... m... .... | m... ..m. m.m. m...", 67, 4, rest=0.25),
        ),
    ),
    Band(
        genre="country",
        description="Boom-chick: bass on one and three, strummed guitar between, banjo and fiddle.",
        tempo=(96, 132),
        scale="pentatonic",
        looseness=0.008,
        progressions="C C F C C C G G | C F C G C F G C | C Am F G",
        parts=(
            Part("kick", 0.35, "x... ...."),
            Part("brush", 0.25, "o.oo X.oo | .... x.o."),
            Part("double bass", 0.6, "1... .... 5... .... | 1... .... 5... 6...", 33, 5),
            Part("acoustic guitar", 0.45, ".... C... | .... C.c.", 48, 4),
            Part("banjo", 0.26, "1358 5358 | 8535 1535 | 1.3. 5358", 60, 3, rest=0.3),
            Part("fiddle", 0.26, "m.m. m.m. m... .... | .... m.m. mmm. m...", 69, 3.5, rest=0.35),
        ),
    ),
    Band(
        genre="disco",
        description="Bass drum on every beat, open hats between, a bass in octaves and strings.",
        tempo=(112, 128),
        looseness=0.002,
        progressions="Am7 Dm7 G Cmaj7 | Am7 Am7 Dm7 Em7 | Fmaj7 G Am7 Am7 | Dm7 G Em7 Am7",
        parts=(
            Part("kick", 0.85, "X..."),
            Part("open hat", 0.26, "..X."),
            Part("closed hat", 0.12, "x.ox | xxox"),
            Part("clap", 0.4, ".... x..."),
            Part("bass guitar", 0.5, "1.8. | 1.8. 1.8. 1.8. 5.7.", 33, 1.8),
            Part("muted guitar", 0.3, "..c. .c.c | .cc. .c.c", 60, 1, rest=0.2),
            Part("strings", 0.26, "c... .... .... .... | c... .... c... ....", 64, 8, rest=0.2),
            Part("brass", 0.26, ".... .... ..C. .C.. | C..C .... .... ....", 60, 1.5, rest=0.5),
        ),
    ),
    Band(
        genre="hiphop",
        description="Sparse drums near 90 beats a minute, a very deep bass, a dark piano loop.",
        tempo=(82, 98),
        looseness=0.003,
        room=0.2,
        progressions="Am7 Am7 Dm7 Em7 | Am7 Fmaj7 Am7 Em7 | Am7 Am7 Am7 Dm7",
        parts=(
            Part(
                "deep kick", 0.95, "X... ..x. ..x. .... | X..x .... ..X. .... | X... .... .xX. ...."
            ),
            Part("snare", 0.6, ".... X... | .... X... .... X..o"),
            Part("closed hat", 0.14, "x.x. | x.x. x.xx | x.xx x.x. xxxx x.x."),
            Part("sub bass", 0.8, "1... ..1. ..1. .... | 1..1 .... ..5. 7...", 26, 5),
            Part(
                "electric piano",
                0.26,
                "c... .... ..c. .... | 1.3. 5... 7... 5...",
                55,
                5,
                rest=0.15,
            ),
            Part("rim", 0.1, "..x. ...x .... .x.. | .... .... .... ..x.", rest=0.5),
        ),
    ),
    Band(
        genre="jazz",
        description="Walking bass, swung ride cymbal, seventh chords on a piano and a saxophone.",
        tempo=(120, 190),
        steps_per_beat=3,
        looseness=0.012,
        room=0.5,
        progressions="Dm7 G7 Cmaj7 Am7 | Cmaj7 A7 Dm7 G7 | Fmaj7 Bb9 Em7 A7 Dm7 G7 Cmaj7 A7",
        parts=(
            Part("ride", 0.26, "x.. X.x | x.. X.x x.. X.."),
            Part("closed hat", 0.12, "... x.."),
            Part("brush", 0.12, "..o ... ... ..x | ... ... ..x ... | ... ..x ... ..."),
            Part(
                "double bass", 0.6, "1.. 3.. 5.. 6.. | 8.. 7.. 5.. 3.. | 1.. 2.. 3.1 5..", 31, 2.8
            ),
            Part(
                "electric piano", 0.3, "..c ... ... c.. | c.. ..c ... ... | ... ..c ..c ...", 52, 3
            ),
            Part("saxophone", 0.34, "m.m m.m m.m m.. ... ..m m.. ...", 60, 2.4, rest=0.3),
            Part("saxophone", 0.3, "... ... ... ... m.m mmm m.. ..m", 60, 2.4, rest=0.5),
        ),
    ),
    Band(
        genre="metal",
        description="Fast double bass drum under palm-muted, heavily distorted power chords.",
        tempo=(150, 195),
        scale="phrygian",
        looseness=0.004,
        room=0.25,
        progressions="C5 C5 Db5 C5 | C5 Eb5 Db5 C5 | C5 C5 Ab5 Bb5 | C5 Db5 Bb5 C5",
        parts=(
            Part("hard kick", 0.6, "xxxx | X.xx | xxxx X.x."),
            Part("snare", 0.55, ".... X... | ..X. | .... .... X... ...."),
            Part("crash", 0.22, "X... .... .... .... | x..."),
            Part("palm mute", 0.55, "C.cc | C.c. c.cc | cccc C... | cccc", 35, 0.9),
            Part(
                "metal guitar", 0.55, "C... .... .... .... | .... .... .... C...", 40, 9, rest=0.1
            ),
            Part("bass guitar", 0.35, "1.11 | 1.1.", 26, 1),
            Part("lead guitar", 0.22, "mmmm | m.m. mmm.", 69, 1.2, rest=0.6),
        ),
    ),
    Band(
        genre="pop",
        description="Bright synthesizers on I-V-vi-IV, a clapped backbeat and a simple tune.",
        tempo=(98, 126),
        scale="pentatonic",
        looseness=0.0,
        room=0.3,
        progressions="C G Am F | Am F C G | F C G Am | C Am F G",
        parts=(
            Part("kick", 0.7, "X... .... X... .... | X... ..x. x... .... | X..."),
            Part("clap", 0.45, ".... X..."),
            Part("snare", 0.3, ".... x..."),
            Part("shaker", 0.12, "o.x. | ooxo"),
            Part("bass guitar", 0.45, "1.1. | 1... ..1. | 1..1 ..1.", 31, 2),
            Part("supersaw", 0.34, "c... .... .... .... | c..c ..c. | ..c.", 60, 4, rest=0.1),
            Part("pulse synth", 0.17, "1.5.8.5. | 8.5. 3.5. | 1358", 72, 1.5, rest=0.25),
            Part("supersaw", 0.3, "m.m. m..m ..m. m... | m..m ..m. m... ....", 72, 3, rest=0.3),
        ),
    ),
    Band(
        genre="reggae",
        description="Organ and guitar chop off the beat over a deep bass; the drums drop on three.",
        tempo=(66, 84),
        looseness=0.008,
        room=0.6,
        progressions="C F C F | Am Dm Am G | C G Am F | C Dm C Dm",
        parts=(
            Part("deep kick", 0.7, ".... .... X... ...."),
            Part("rim", 0.4, ".... .... X... .... | .... .... X... ..o."),
            Part("closed hat", 0.17, "x.X. | x.Xo"),
            Part(
                "sub bass",
                0.85,
                "1... ..1. 3... 5... | 1..1 ..3. 5... .... | .... 11.. 3.1. 5...",
                29,
                3,
            ),
            Part("muted guitar", 0.5, "..C.", 57, 1),
            Part("organ", 0.26, "..c. | ..cc .ccc", 60, 0.8),
            Part("brass", 0.28, "m... m.m. m... .... | .... .... m.m. m...", 64, 3, rest=0.6),
        ),
    ),
    Band(
        genre="rock",
        description="A straight backbeat under mildly distorted guitars in eighth notes.",
        tempo=(108, 146),
        scale="pentatonic",
        looseness=0.007,
        progressions="C5 F5 G5 F5 | C5 Bb5 F5 C5 | A5 F5 C5 G5 | C5 C5 Eb5 F5",
        parts=(
            Part("kick", 0.7, "X... .... x.x. .... | X... ..x. x... .... | X..x .... X.x. ...."),
            Part("snare", 0.6, ".... X... | .... X... .... X..o"),
            Part("closed hat", 0.18, "X.x.", rest=0.3),
            Part("crash", 0.2, "X... .... .... .... .... .... .... ...."),
            Part("bass guitar", 0.5, "1.1. | 1.1. 1.1. 1.1. 5.6.", 31, 2),
            Part("crunch guitar", 0.45, "C.c. c.c. | C... ..c. | C... .... C... ..c.", 40, 3),
            Part("crunch guitar", 0.25, "C... .... .... ....", 52, 14, rest=0.3),
            Part("lead guitar", 0.4, "m.m. m... m.m. m... m... .... .... ....", 64, 4, rest=0.4),
        ),
    ),
)

BANDS: dict[str, Band] = {band.genre: band for band in _ALL_BANDS}
