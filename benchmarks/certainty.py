"""Is it music, and how surely? Run with ``python benchmarks/certainty.py``.

Asks the whole chain, from sound to word: 40 sounds that are no music, made here by espeak-ng, flite
and numpy and not looked at when the detectors were tuned; and clips of GTZAN where they are
available (``DEEPMUSIC_GTZAN``), as they are and after telephone, clipping, noise and a faster tape.
"""

import argparse
import io
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.audio import degrade, load_song
from deepmusic.data import open_dataset
from deepmusic.errors import DeepMusicError
from deepmusic.prediction import Recognizer

RATE, SECONDS = 22_050, 12
TEXT = (
    "Good morning. The train to the coast leaves from platform nine at a quarter past eight. "
    "Please keep your bags with you. The restaurant car is at the end of the train."
)
VOICES = ("da", "nl", "hu", "ro", "sv", "tr", "vi", "sw", "el", "cy", "en+m7", "en+f4")
FLITE = ("awb", "kal", "rms", "slt")
CHANGES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "as it is": lambda y, rate: y,
    "telephone": degrade.phone_band,
    "clipped by 9 dB": lambda y, rate: degrade.gain(y, 9.0),
    "noise at 10 dB": lambda y, rate: degrade.noise(y, 10.0),
    "10 % faster": lambda y, rate: degrade.speed(y, 1.1),
}


def spoken() -> Iterator[tuple[str, np.ndarray]]:
    """Yield speech of synthetic voices."""
    for voice in VOICES if shutil.which("espeak-ng") else ():
        said = ["espeak-ng", "-v", voice, "--stdout", TEXT]
        yield f"espeak {voice}", _read(subprocess.run(said, capture_output=True, check=True).stdout)
    for voice in FLITE if shutil.which("flite") else ():
        said = ["flite", "-voice", voice, "-t", TEXT, "-o", "/dev/stdout"]
        yield f"flite {voice}", _read(subprocess.run(said, capture_output=True, check=True).stdout)


def _read(wav: bytes) -> np.ndarray:
    import soundfile

    # A program that writes into a pipe leaves the length open.
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    return np.interp(np.arange(0, len(samples), rate / RATE), np.arange(len(samples)), samples)


def noises() -> Iterator[tuple[str, np.ndarray]]:
    """Yield sounds of things, synthetic, 12 s each."""
    rng = np.random.default_rng(7)
    t = np.arange(RATE * SECONDS) / RATE
    white = rng.standard_normal(len(t))
    brown = np.cumsum(white) - np.convolve(np.cumsum(white), np.ones(2000) / 2000, "same")
    brown /= np.abs(brown).max()

    def at(times: np.ndarray, one: Callable[[], np.ndarray]) -> np.ndarray:
        mixed = np.zeros(len(t))
        for start in (times * RATE).astype(int):
            sound = one()[: len(t) - start]
            mixed[start : start + len(sound)] += sound
        return mixed

    def burst(seconds: float, decay: float, low: float = 0.0) -> np.ndarray:
        n = int(seconds * RATE)
        sound = rng.standard_normal(n) * np.exp(-np.arange(n) / RATE / decay)
        return np.convolve(sound, np.ones(max(1, int(low))) / max(1, int(low)), "same")

    def chirp(start: float, stop: float, seconds: float) -> np.ndarray:
        s = np.arange(int(seconds * RATE)) / RATE
        return np.sin(2 * np.pi * (start * s + (stop - start) * s**2 / 2 / seconds)) * np.hanning(
            len(s)
        )

    some = np.sort(rng.uniform(0, SECONDS - 1, 25))
    yield "hair dryer", white * 0.3 + 0.2 * np.sin(2 * np.pi * 210 * t)
    yield "vacuum cleaner", 0.5 * brown + 0.2 * white + 0.1 * np.sin(2 * np.pi * 470 * t)
    yield "engine, idling", 0.8 * np.sin(2 * np.pi * 27 * t) ** 21 + 0.2 * brown
    yield "engine, revving", np.sin(2 * np.pi * np.cumsum(60 + 50 * np.sin(0.8 * t)) / RATE) ** 9
    yield "train on rails", at(np.arange(0, 11, 0.7), lambda: burst(0.12, 0.03, 9)) + 0.2 * brown
    yield "steps on gravel", at(np.arange(0.2, 11, 0.55), lambda: burst(0.2, 0.08))
    yield "hammer", at(np.arange(0.3, 11, 0.9), lambda: burst(0.3, 0.02, 3))
    yield "saw", white * (0.5 + 0.5 * np.sign(np.sin(2 * np.pi * 1.6 * t)))
    yield "drops", at(some, lambda: chirp(900 + 900 * rng.random(), 2500, 0.05))
    yield "crickets", np.sin(2 * np.pi * 4300 * t) * (np.sin(2 * np.pi * 31 * t) > 0.2)
    yield "birds", at(some, lambda: chirp(2500 + 2000 * rng.random(), 5500 * rng.random(), 0.15))
    yield "frogs", at(np.arange(0, 11, 0.4), lambda: chirp(400, 250, 0.2) * 0.7)
    yield "geiger counter", at(np.sort(rng.uniform(0, 11, 200)), lambda: burst(0.004, 0.001))
    crackles = np.sort(rng.uniform(0, 11, 300))
    yield "fire", at(crackles, lambda: burst(0.02, 0.004)) + 0.05 * brown
    bits = np.repeat(rng.random(SECONDS * 300) > 0.5, len(t) // (SECONDS * 300) + 1)[: len(t)]
    yield "modem", np.sin(2 * np.pi * np.where(bits, 1270, 2225) * t)
    yield "telephone, ringing", np.sin(2 * np.pi * 440 * t) * ((t % 3) < 1) + 0.01 * white
    yield "reversing lorry", np.sin(2 * np.pi * 1250 * t) * ((t % 1) < 0.5)
    yield (
        "alarm clock",
        np.sign(np.sin(2 * np.pi * 2000 * t)) * ((t % 0.25) < 0.1) * ((t % 1) < 0.8),
    )
    yield "sonar", at(np.arange(0, 11, 3.0), lambda: chirp(1500, 1500, 1.2))
    yield "radio, being tuned", at(some, lambda: chirp(3000, 300, 0.8)) * 0.4 + 0.2 * white
    yield "heart", at(np.arange(0, 11, 0.85), lambda: burst(0.2, 0.04, 120) * 4)
    bell = at(some + 0.07, lambda: chirp(3000, 3000, 0.3))
    yield "typewriter", at(some, lambda: burst(0.03, 0.006)) + 0.05 * bell
    yield "wind chill", white * 0.2 * (1.2 + np.sin(2 * np.pi * 0.2 * t)) + 0.4 * brown
    yield "fan with a rattle", 0.3 * brown + at(np.arange(0, 11, 0.11), lambda: burst(0.01, 0.003))


def ask(recognizer: Recognizer, sounds: Iterator[tuple[str, np.ndarray, int]]) -> Counter[str]:
    """Return how often each word was given; print what is not told to be no music."""
    words: Counter[str] = Counter()
    for name, samples, rate in sounds:
        try:
            song = recognizer.predict(samples, sample_rate=rate, name=name)
        except DeepMusicError as error:
            words["refused"] += 1
            print(f"  {name}: {error}")
            continue
        words[str(song.certainty)] += 1
        if rate == RATE and song.certainty != "not_music" and len(samples) < 20 * RATE:
            print(f"  {name}: {song.answer.sentence} ({song.probability:.2f})")
    return words


def main() -> None:
    """Print how often each word is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=100, help="of GTZAN at most")
    options = parser.parse_args()
    recognizer = Recognizer("musicnn")
    made = [(name, samples * 0.3, RATE) for name, samples in [*spoken(), *noises()]]
    words = ask(recognizer, iter(made))
    print(f"{len(made)} sounds that are no music: {dict(words)}")
    dataset = open_dataset("gtzan")
    found = {track: dataset.audio_path(track) for track in dataset.tracks}
    paths = [path for path in found.values() if path is not None][: options.clips]
    for change, apply in CHANGES.items():
        began = time.perf_counter()
        songs = ((path.stem, load_song(path)) for path in paths)
        changed = (
            (name, apply(song.samples, song.sample_rate), song.sample_rate) for name, song in songs
        )
        words = ask(recognizer, changed)
        took = (time.perf_counter() - began) / max(1, len(paths))
        print(f"{len(paths)} clips of GTZAN, {change}: {dict(words)}; {took:.2f} s a clip")


if __name__ == "__main__":
    main()
