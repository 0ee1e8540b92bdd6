"""Whose change of tempo disturbs networks least? Run with ``python benchmarks/stretching.py``.

GTZAN's test clips (``paper``) with sound (``DEEPMUSIC_GTZAN``) are made a quarter faster and slower
again, or four semitones higher and lower again, by FFmpeg's atempo (`deepmusic.audio.changes`) and
by librosa's phase vocoder. Printed is how often each network keeps its genre, how far its
probabilities move (half of the sum of their differences), and the time for one change.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.audio import SAMPLE_RATE, Song, changes, load_song, song_from_array
from deepmusic.data import open_dataset
from deepmusic.models import MODELS, PRETRAINED
from deepmusic.prediction import classify, load_classifiers
from deepmusic.prediction.pretrained import PretrainedClassifier


def ways() -> dict:
    """Return there and back by each library, as functions of samples."""
    from librosa import effects

    return {
        "tempo, atempo": [lambda y, x=x: changes.speed(y, SAMPLE_RATE, x) for x in (1.25, 0.8)],
        "tempo, librosa": [lambda y, x=x: effects.time_stretch(y, rate=x) for x in (1.25, 0.8)],
        "pitch, atempo": [lambda y, n=n: changes.pitch(y, SAMPLE_RATE, n) for n in (4, -4)],
        "pitch, librosa": [
            lambda y, n=n: effects.pitch_shift(y, sr=SAMPLE_RATE, n_steps=n, res_type="soxr_hq")
            for n in (4, -4)
        ],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=20)
    options = parser.parse_args()
    dataset = open_dataset("gtzan")
    tracks = np.random.default_rng(0).permutation(dataset.split("paper").test)
    paths = [path for track in tracks if (path := dataset.audio_path(track))][: options.clips]
    networks, pretrained = load_classifiers(list(MODELS)), PretrainedClassifier()

    def ask(song: Song) -> dict[str, np.ndarray]:
        found = classify(song, networks) | {PRETRAINED: pretrained.predict(song)}
        return {name: one.song_probabilities for name, one in found.items()}

    kept: dict[tuple[str, str], list] = {}
    seconds = dict.fromkeys(ways(), 0.0)
    for path in paths:
        song = load_song(path)
        before = ask(song)
        for way, (there, back) in ways().items():
            began = time.perf_counter()
            samples = back(there(song.samples))
            seconds[way] += (time.perf_counter() - began) / 2 / len(paths)
            after = ask(song_from_array(samples, sample_rate=SAMPLE_RATE))
            for name, one in before.items():
                moved = float(np.abs(one - after[name]).sum() / 2)
                same = one.argmax() == after[name].argmax()
                kept.setdefault((way, name), []).append((same, moved))
    for way, took in seconds.items():
        shares = ", ".join(
            "{} {:.2f} ({:.2f})".format(name, *np.mean(rows, axis=0))
            for (one, name), rows in kept.items()
            if one == way
        )
        print(f"{way}: {took:.2f} s; genre kept (moved): {shares}; {len(paths)} clips")


if __name__ == "__main__":
    main()
