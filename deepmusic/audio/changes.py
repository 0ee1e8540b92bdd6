"""Changes of a song that one can hear: tempo, pitch, backwards, filters, hiss, MP3, loudness.

Tempo and pitch are FFmpeg's ``atempo`` (by PyAV), which changes a network's answer least: of 20
clips made faster by a quarter and slower again, the pretrained network kept its genre on 0.95,
against 0.70 with librosa's phase vocoder, which took seven times as long
(``benchmarks/stretching.py``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from deepmusic.audio import degrade
from deepmusic.audio.features import clip_bounds
from deepmusic.audio.song import Song, song_from_array
from deepmusic.config import MelConfig
from deepmusic.errors import AudioError

#: Samples that go through FFmpeg at once.
_BLOCK = 1 << 16

#: Order of the filters that cut frequencies away.
_ORDER = 4


@dataclass(frozen=True)
class Change:
    """A change of sound by one number.

    Attributes
    ----------
    title : str
        For people to read.
    unit : str
        Of its value, behind the number; empty for what is on (1) or off (0).
    steps : tuple of float
        Values to choose from, in order; the first and the last are its limits.
    neutral : float
        Value that changes nothing that one could hear.
    apply : callable
        From samples [shape=(n_samples,)], float32, their rate in Hz and the value to changed ones.
    """

    title: str
    unit: str
    steps: tuple[float, ...]
    neutral: float
    apply: Callable[[np.ndarray, int, float], np.ndarray]

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off, without a value between."""
        return not self.unit

    @property
    def heading(self) -> str:
        """Its title with a capital."""
        return self.title[0].upper() + self.title[1:]

    def describe(self, value: float) -> str:
        """Return the change with its value, such as ``speed 1.25 times``."""
        return self.title if self.is_switch else f"{self.title} {value:g} {self.unit}"

    def check(self, value: float) -> None:
        """Raise `AudioError` for a value beyond the limits."""
        low, high = self.steps[0], self.steps[-1]
        if not low <= value <= high:
            raise AudioError(
                f"{self.heading} goes from {low:g} to {high:g}{self.unit and ' '}"
                f"{self.unit}. Received: {value:g}"
            )


def speed(y: np.ndarray, sample_rate: int, factor: float) -> np.ndarray:
    """Return sound `factor` times as fast, at the same pitch."""
    return y if factor == 1 else _filter(y, sample_rate, ("atempo", f"{factor:.6f}"))


def pitch(y: np.ndarray, sample_rate: int, semitones: float) -> np.ndarray:
    """Return sound that is higher by some semitones, as fast as before."""
    if semitones == 0:
        return y
    factor = 2 ** (semitones / 12)
    return _filter(
        y,
        sample_rate,
        ("asetrate", f"{round(sample_rate * factor)}"),
        ("aresample", f"{sample_rate}"),
        ("atempo", f"{1 / factor:.6f}"),
    )


def low_pass(y: np.ndarray, sample_rate: int, hertz: float) -> np.ndarray:
    """Return sound without what is higher than a frequency."""
    return _cut(y, sample_rate, hertz, "lowpass")


def high_pass(y: np.ndarray, sample_rate: int, hertz: float) -> np.ndarray:
    """Return sound without what is lower than a frequency."""
    return _cut(y, sample_rate, hertz, "highpass")


def _cut(y: np.ndarray, sample_rate: int, hertz: float, kind: str) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    if not 0 < hertz < sample_rate / 2:
        return y  # Nothing lies beyond.
    return sosfilt(butter(_ORDER, hertz, kind, fs=sample_rate, output="sos"), y).astype(np.float32)


def _filter(y: np.ndarray, sample_rate: int, *filters: tuple[str, str]) -> np.ndarray:
    """Return samples behind a chain of FFmpeg's filters, each with its arguments."""
    import av
    import av.filter

    graph = av.filter.Graph()
    nodes = [
        graph.add_abuffer(sample_rate=sample_rate, format="fltp", layout="mono"),
        *(graph.add(name, arguments) for name, arguments in filters),
        graph.add("aformat", "sample_fmts=fltp"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    parts = [np.zeros(0, np.float32)]

    def pull() -> None:
        try:
            while True:
                parts.append(graph.pull().to_ndarray()[0])
        except (av.error.BlockingIOError, av.error.EOFError):
            return

    for start in range(0, len(y), _BLOCK):
        block = np.ascontiguousarray(y[None, start : start + _BLOCK], np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = sample_rate, start
        graph.push(frame)
        pull()
    graph.push(None)
    pull()
    return np.concatenate(parts)


_DECIBELS = (-20.0, -15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0)

#: Changes by name, as pages and the command line list them.
CHANGES: dict[str, Change] = {
    "speed": Change(
        "speed", "times", (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 2.0), 1.0, speed
    ),
    "pitch": Change(
        "pitch",
        "semitones",
        (-12.0, -8.0, -5.0, -3.0, -1.0, 0.0, 1.0, 3.0, 5.0, 8.0, 12.0),
        0.0,
        pitch,
    ),
    "reverse": Change("backwards", "", (0.0, 1.0), 0.0, lambda y, sr, on: y[::-1] if on else y),
    "lowpass": Change(
        "low-pass",
        "Hz",
        (200.0, 400.0, 700.0, 1000.0, 1500.0, 2500.0, 4000.0, 6000.0, 20_000.0),
        20_000.0,
        low_pass,
    ),
    "highpass": Change(
        "high-pass",
        "Hz",
        (0.0, 80.0, 150.0, 300.0, 500.0, 800.0, 1500.0, 3000.0, 5000.0),
        0.0,
        high_pass,
    ),
    "bass": Change(
        "bass",
        "dB",
        _DECIBELS,
        0.0,
        lambda y, sr, dB: _filter(y, sr, ("bass", f"gain={dB}:frequency=200")),
    ),
    "treble": Change(
        "treble",
        "dB",
        _DECIBELS,
        0.0,
        lambda y, sr, dB: _filter(y, sr, ("treble", f"gain={dB}:frequency=3000")),
    ),
    "hiss": Change(
        "hiss",
        "dB below the music",
        (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 100.0),
        100.0,
        lambda y, sr, dB: degrade.noise(y, dB),
    ),
    "telephone": Change(
        "telephone", "", (0.0, 1.0), 0.0, lambda y, sr, on: degrade.phone_band(y, sr) if on else y
    ),
    "mp3": Change(
        "MP3",
        "kbit/s",
        (40.0, 48.0, 64.0, 96.0, 128.0, 192.0, 256.0, 320.0),
        320.0,
        lambda y, sr, kbits: degrade.mp3(y, sr, kbits, channels=1),
    ),
    "gain": Change(
        "gain",
        "dB, clipped",
        (-40.0, -20.0, -10.0, 0.0, 6.0, 12.0, 18.0, 24.0, 30.0, 40.0),
        0.0,
        lambda y, sr, dB: degrade.gain(y, dB),
    ),
}


#: Changes to try on any song, by what they are called: some turn its genre.
PRESETS: dict[str, tuple[str, float]] = {
    "backwards": ("reverse", 1.0),
    "a quarter faster": ("speed", 1.25),
    "a fifth slower": ("speed", 0.8),
    "five semitones lower": ("pitch", -5.0),
    "without bass": ("highpass", 300.0),
    "without treble": ("lowpass", 1000.0),
}


def change_song(song: Song, clip: int | None = None, **values: float) -> Song:
    """Return a song with changes, in the order in which they are given.

    Parameters
    ----------
    song : Song
    clip : int, optional
        Which of its clips of 30 s is changed and returned; by default the whole song.
    **values
        Numbers by names of `CHANGES`, such as ``speed=1.25``.

    Raises
    ------
    AudioError
        If there is no such clip or change, a value is beyond its limits, or nothing can be heard
        any more.

    Examples
    --------
    >>> from deepmusic.audio import song_from_array, synth
    >>> jazz = song_from_array(synth.play("jazz", seconds=10), sample_rate=22_050)
    >>> round(change_song(jazz, speed=1.25).duration)
    8
    """
    check_changes(values)
    if clip is not None:
        song = cut_clip(song, clip)
    if not values:
        return song
    samples, words = song.samples, []
    for name, value in values.items():
        change = CHANGES[name]
        samples = change.apply(samples, song.sample_rate, value)
        words.append(change.describe(value))
    changed = song_from_array(
        samples,
        sample_rate=song.sample_rate,
        target_sample_rate=song.sample_rate,
        name=f"{song.name} ({', '.join(words)})",
    )
    return replace(changed, notes=(*song.notes, *changed.notes))


def check_changes(values: Mapping[str, float]) -> None:
    """Raise `AudioError` for a change that there is not, or a value beyond its limits."""
    for name, value in values.items():
        if name not in CHANGES:
            raise AudioError(f"Choose one of: {', '.join(CHANGES)}. Received: {name!r}")
        CHANGES[name].check(value)


def cut_clip(song: Song, clip: int) -> Song:
    """Return one of a song's clips of 30 s as a song; raise `AudioError` if it has none such."""
    bounds = clip_bounds(len(song.samples), MelConfig(sample_rate=song.sample_rate))
    check_clip(song, clip, len(bounds))
    return replace(song, samples=song.samples[slice(*bounds[clip])])


def check_clip(song: Song, clip: int, n_clips: int) -> None:
    """Raise `AudioError` if a song has no such clip of 30 s."""
    if not 0 <= clip < n_clips:
        has = f"{n_clips} clips of 30 s, 0 to {n_clips - 1}" if n_clips > 1 else "one clip, 0"
        raise AudioError(f"{song.name} has {has}. Received: {clip}")
