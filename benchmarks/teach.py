"""How well are classes taught from five clips each? Run with ``python benchmarks/teach.py``.

Needs GTZAN (``DEEPMUSIC_GTZAN``). Genres stand for classes of one's own: of each, five clips of
10 s are learnt and five are tested, no artist in both, in several draws of classes and clips.
Beside the head on the pretrained network, the CRNN learns the same clips from scratch. musicnn has
very likely heard songs of GTZAN, under other labels.

With ``--speech``, the classes are speech and singing, no voice in both parts; it needs the program
espeak-ng and no data. Both are synthetic: espeak-ng speaks sentences, and sings their words one by
one, each on a steady pitch with vibrato.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import soundfile

from deepmusic import models
from deepmusic.audio import Song, load_song, song_from_array
from deepmusic.audio.features import windows
from deepmusic.config import GTZAN_GENRES
from deepmusic.data import open_dataset
from deepmusic.data.gtzan import read_facts
from deepmusic.prediction import compute_log_mels
from deepmusic.prediction.own_classes import embed_sound
from deepmusic.prediction.pretrained import Embedded
from deepmusic.training.examples import Example
from deepmusic.training.teach import teach

N_CLIPS, SECONDS = 5, 10

SPEECH = ("spoken", "sung")
#: Men's and women's, and their accents.
VOICES = tuple(
    f"{accent}+{voice}"
    for accent, voices in {
        "en-us": ("f1", "f2", "m1", "m2"),
        "en-gb": ("f3", "f4", "m3", "m4"),
        "en-gb-scotland": ("f5", "m5"),
        "en-gb-x-rp": ("m6", "m7"),
    }.items()
    for voice in voices
)
TEXTS = (
    "The morning train was late again, and no one at the station seemed to mind the rain.",
    "Over the hills and far away the lights of home are burning low tonight.",
    "She counted seven boats along the harbour wall, and none of them had sails.",
    "We walked along the river for a while, and talked about the summer and the sea.",
)
#: In semitones: a scale of five notes an octave, on which melodies go up and down.
SCALE = (0, 2, 4, 7, 9, 12)
#: espeak-ng's steps of pitch a semitone, and the vibrato: in semitones and in Hz.
PITCH_STEPS, VIBRATO, VIBRATO_RATE = 5.3, 0.3, 5.5


class Clip(NamedTuple):
    """A clip of GTZAN that has sound."""

    genre: str
    artist: str
    song: Song
    embedded: Embedded
    windows: np.ndarray


def read_clips() -> dict[str, Clip]:
    """Return all clips that have sound, cut to `SECONDS`."""
    dataset = open_dataset("gtzan")
    artist = {row["track"]: row["artist_group"] or row["track"] for row in read_facts()}
    config = models.spec("crnn").config
    found = {}
    for track in dataset.audio_tracks:
        song = load_song(dataset.audio_path(track))
        samples = song.samples[: SECONDS * song.sample_rate]
        part = song_from_array(samples, sample_rate=song.sample_rate, name=track)
        genre = dataset.tracks[track].genre
        frames = compute_log_mels(part, config.mel)[0].frames
        cut = windows(frames, config.window_frames)
        found[track] = Clip(genre, artist[track], part, embed_sound(part), cut)
    return found


def say(voice: str, text: str, *options: str) -> np.ndarray:
    """Return what a voice says, at 22,050 Hz."""
    command = ["espeak-ng", "-v", voice, "-m", "--stdout", *options, text]
    spoken = subprocess.run(command, capture_output=True, check=True).stdout
    return soundfile.read(io.BytesIO(spoken), dtype="float32")[0]


def sing(voice: str, text: str, rng: np.random.Generator) -> np.ndarray:
    """Return the words of a text as a melody, a note each."""
    notes, place = [], int(rng.integers(len(SCALE)))
    for word in text.replace(",", "").replace(".", "").split():
        place = int(np.clip(place + rng.integers(-2, 3), 0, len(SCALE) - 1))
        pitch, speed = round(35 + PITCH_STEPS * SCALE[place]), int(rng.integers(80, 160))
        flat = f'<prosody range="0%">{word}</prosody>'
        note = say(voice, flat, "-p", str(pitch), "-s", str(speed))
        loud = np.flatnonzero(np.abs(note) > 0.02 * np.abs(note).max())
        notes.append(note[loud[0] : loud[-1]])
    samples = np.concatenate(notes)
    depth = (2 ** (VIBRATO / 12) - 1) / (2 * np.pi * VIBRATO_RATE)
    time_of = np.arange(len(samples)) / 22_050
    swung = time_of + depth * np.sin(2 * np.pi * VIBRATO_RATE * time_of)
    return np.interp(swung, time_of, samples).astype(np.float32)


def make_clips() -> dict[str, Clip]:
    """Return speech and singing of all voices, of `SECONDS` each."""
    rng = np.random.default_rng(0)
    config = models.spec("crnn").config
    found = {}
    for voice, (number, text) in product(VOICES, enumerate(TEXTS)):
        text = " ".join([text, TEXTS[number - 1]])
        # A slow speaker's vowels are as long as those of a song.
        speed = str(rng.integers(80, 180))
        for label, samples in zip(
            SPEECH, (say(voice, text, "-s", speed), sing(voice, text, rng)), strict=True
        ):
            name = f"{voice} {number} {label}"
            part = song_from_array(samples[: SECONDS * 22_050], sample_rate=22_050, name=name)
            frames = compute_log_mels(part, config.mel)[0].frames
            cut = windows(frames, config.window_frames)
            found[name] = Clip(label, voice, part, embed_sound(part), cut)
    return found


def draw_voices(clips: dict[str, Clip], rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return `N_CLIPS` of each class to learn, by voices of their own, and all others to test."""
    learning = set(rng.permutation(VOICES)[:N_CLIPS])
    learnt = [
        str(rng.choice([name for name, one in clips.items() if (one.artist, one.genre) == of]))
        for of in product(sorted(learning), SPEECH)
    ]
    return learnt, [name for name, one in clips.items() if one.artist not in learning]


def draw(
    clips: dict[str, Clip], genres: list[str], rng: np.random.Generator
) -> tuple[list[str], list[str]]:
    """Return clips to learn and to test, no artist in both."""
    learnt, tested = [], []
    for genre in genres:
        by_artist: dict[str, list[str]] = {}
        for track in rng.permutation(sorted(clips)):
            if clips[track].genre == genre:
                by_artist.setdefault(clips[track].artist, []).append(str(track))
        sides: tuple[list[str], list[str]] = [], []
        for tracks in sorted(by_artist.values(), key=len, reverse=True):
            min(sides, key=len).extend(tracks)
        learnt += sides[0][:N_CLIPS]
        tested += sides[1][:N_CLIPS]
    return learnt, tested


def by_head(clips: dict[str, Clip], learnt: list[str], tested: list[str]) -> tuple[float, float]:
    """Return accuracy and seconds of the head."""
    learning = [
        Example(clips[track].genre, track, track, track, clips[track].embedded.embeddings)
        for track in learnt
    ]
    taught = teach(learning)
    right = [
        taught.classes.predict_embedded(one.embedded, one.song).label == one.genre
        for one in map(clips.get, tested)
        if one
    ]
    return float(np.mean(right)), taught.seconds


def from_scratch(
    clips: dict[str, Clip], genres: list[str], learnt: list[str], tested: list[str], seed: int
) -> tuple[float, float]:
    """Return accuracy and seconds of the CRNN that learnt these clips alone."""
    import keras

    keras.utils.set_random_seed(seed)
    network = models.build(models.spec("crnn").config.changed(genres=tuple(genres)))
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", jit_compile=False)
    x = np.concatenate([clips[track].windows for track in learnt])
    y = [genres.index(clips[track].genre) for track in learnt for _ in clips[track].windows]
    began = time.perf_counter()
    network.fit(x, np.array(y), batch_size=16, epochs=30, verbose=0)
    seconds = time.perf_counter() - began
    right = []
    for one in (clips[track] for track in tested):
        shares = network.predict_on_batch(one.windows).mean(axis=0)
        right.append(genres[int(shares.argmax())] == one.genre)
    return float(np.mean(right)), seconds


def measure(clips: dict[str, Clip], draws: Iterable[tuple[list[str], list[str], list[str]]]) -> str:
    """Return accuracy and seconds over draws of classes, clips to learn and to test."""
    heads, scratch = [], []
    for seed, (genres, learnt, tested) in enumerate(draws):
        heads.append(by_head(clips, learnt, tested))
        scratch.append(from_scratch(clips, genres, learnt, tested, seed))
    row = [np.array(found).T for found in (heads, scratch)]
    return "    ".join(
        f"{accuracy.mean():.3f} ± {accuracy.std(ddof=1):.3f} in {took.mean():5.1f} s"
        for accuracy, took in row
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--speech", action="store_true", help="speech against singing instead")
    options = parser.parse_args()
    if options.speech and not shutil.which("espeak-ng"):
        parser.error("--speech needs the program espeak-ng. On Debian: apt install espeak-ng")
    began = time.perf_counter()
    clips = make_clips() if options.speech else read_clips()
    seconds = time.perf_counter() - began
    print(f"{len(clips)} clips of {SECONDS} s decoded and embedded in {seconds:.1f} s")
    print("classes  on the pretrained network       CRNN from scratch")
    if options.speech:
        rngs = map(np.random.default_rng, range(options.draws))
        rows = [(list(SPEECH), *draw_voices(clips, rng)) for rng in rngs]
        print(f" speech  {measure(clips, rows)}")
        return
    for n_classes in (2, 5, 10):
        rows = []
        for seed in range(options.draws):
            rng = np.random.default_rng(seed)
            genres = sorted(rng.choice(GTZAN_GENRES, n_classes, replace=False).tolist())
            rows.append((genres, *draw(clips, genres, rng)))
        print(f"{n_classes:>7}  {measure(clips, rows)}")


if __name__ == "__main__":
    main()
