"""How well are classes taught from five clips each? Run with ``python benchmarks/teach.py``.

Needs GTZAN (``DEEPMUSIC_GTZAN``). Genres stand for classes of one's own: of each, five clips of
10 s are learnt and five are tested, no artist in both, in several draws of classes and clips.
Beside the head on the pretrained network, the CRNN learns the same clips from scratch. musicnn has
very likely heard songs of GTZAN, under other labels.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=5)
    options = parser.parse_args()
    began = time.perf_counter()
    clips = read_clips()
    seconds = time.perf_counter() - began
    print(f"{len(clips)} clips of {SECONDS} s decoded and embedded in {seconds:.1f} s")
    print("classes  on the pretrained network       CRNN from scratch")
    for n_classes in (2, 5, 10):
        heads, scratch = [], []
        for seed in range(options.draws):
            rng = np.random.default_rng(seed)
            genres = sorted(rng.choice(GTZAN_GENRES, n_classes, replace=False).tolist())
            learnt, tested = draw(clips, genres, rng)
            heads.append(by_head(clips, learnt, tested))
            scratch.append(from_scratch(clips, genres, learnt, tested, seed))
        row = [np.array(found).T for found in (heads, scratch)]
        print(
            f"{n_classes:>7}  "
            + "    ".join(
                f"{accuracy.mean():.3f} ± {accuracy.std(ddof=1):.3f} in {took.mean():5.1f} s"
                for accuracy, took in row
            )
        )


if __name__ == "__main__":
    main()
