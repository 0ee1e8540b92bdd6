"""Fingerprints: copies in other encodings, and parts of songs."""

import io

import numpy as np
import pytest
import soundfile

from deepmusic.audio import Song, load_song, song_from_array, synth
from deepmusic.data.fingerprints import contains, fingerprint, same_recording

RATE = 22_050


def song(samples: np.ndarray) -> Song:
    return song_from_array(samples.astype(np.float32), sample_rate=RATE, name="song")


def note(frequency: float) -> np.ndarray:
    """A note of 2 s that fades, of seven partials."""
    time = np.arange(2 * RATE) / RATE
    partials = sum(np.sin(2 * np.pi * frequency * k * time) / k for k in range(1, 8))
    noise = np.random.default_rng(int(frequency)).normal(0, 0.001, time.size)
    return 0.2 * partials * np.exp(-2 * time) + noise


@pytest.fixture(scope="module")
def pieces() -> list[np.ndarray]:
    genres = ("metal", "metal", "jazz", "disco")
    return [synth.play(genre, seconds=6, seed=seed) for seed, genre in enumerate(genres)]


def test_it_is_of_one_size_and_zero_mean(pieces):
    found = fingerprint(song(pieces[0]))
    assert found.shape == (91, 32)
    assert fingerprint(song(pieces[0]), 50).shape == (47, 32)
    assert np.abs(found.astype(float).mean(axis=0)).max() < 1e-3
    assert fingerprint(song(pieces[0][: RATE // 10])).shape == (0, 32)


def test_copies_are_found_in_other_encodings_and_others_are_not(pieces):
    prints = [fingerprint(song(piece)) for piece in pieces]
    assert same_recording(prints) == []
    assert same_recording([]) == []
    for kind in ("MP3", "OGG"):
        file = io.BytesIO()
        soundfile.write(file, 0.1 * pieces[1], RATE, format=kind)
        prints.append(fingerprint(load_song(file.getvalue(), name=kind)))
    prints.append(fingerprint(song(pieces[1][RATE // 10 :])))
    assert same_recording(prints) == [(1, 4), (1, 5), (1, 6), (4, 5), (4, 6), (5, 6)]


def test_notes_of_one_instrument_are_not_copies():
    prints = [fingerprint(song(note(pitch))) for pitch in (220, 233, 247, 262)]
    assert same_recording(prints) == []
    rng = np.random.default_rng(0)
    noises = [fingerprint(song(rng.normal(0, 0.1, 5 * RATE))) for _ in range(3)]
    assert same_recording(noises) == []
    assert contains(prints[0], prints) == [True, False, False, False]


def test_a_part_is_found_wherever_it_is(pieces):
    whole = fingerprint(song(np.concatenate(pieces)))
    part = fingerprint(song(pieces[2][RATE + 777 : 5 * RATE]))
    assert contains(whole, [part, part[:1], part[:0], 0 * part]) == [True, False, False, False]
    assert contains(part, [whole]) == [True]
    assert contains(fingerprint(song(np.concatenate(pieces[:2]))), [part]) == [False]
    assert contains(part[:0], [whole]) == [False]
