"""Heard this before? With synthetic bands in the place of GTZAN's clips."""

import io

import numpy as np
import pytest
import soundfile

from deepmusic import embeddings, familiar, retrieval, synth
from deepmusic.audio import load_song, song_from_array
from deepmusic.config import FRONT_ENDS
from deepmusic.datasets.gtzan import read_facts
from deepmusic.prediction import picture_song
from deepmusic.traits import mfcc_statistics

pytestmark = pytest.mark.usefixtures("networks_once")

SAMPLE_RATE = 22_050
MEL = FRONT_ENDS["compact"]

#: Bands that stand for clips of GTZAN, by the rows of its list.
CLIPS = {123: "metal", 456: "jazz", 800: "pop"}


@pytest.fixture(scope="module")
def bands():
    return {row: synth.play(genre, seconds=30, seed=row) for row, genre in CLIPS.items()}


def hear(samples):
    song = song_from_array(samples, sample_rate=SAMPLE_RATE)
    pictures = picture_song(song, MEL)
    return pictures, embeddings.embed_song(song, pictures, embeddings.load_networks())


@pytest.fixture(scope="module", autouse=True)
def known(bands, networks_once):
    statistics = np.full((1000, 80), np.nan, np.float32)
    width = sum(config.dense_units for config in embeddings.network_configs())
    vectors = np.full((1000, width), np.nan, np.float32)
    for row, samples in bands.items():
        pictures, embedded = hear(samples)
        statistics[row] = mfcc_statistics(pictures[0].columns)
        vectors[row] = embedded.song
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval, "read", lambda name: statistics)
        patch.setattr(retrieval, "vectors", lambda name: vectors)
        yield


def found(samples):
    return familiar.find(*hear(samples))


def mp3(samples):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, format="MP3")
    return load_song(buffer.getvalue()).samples


def test_a_clip_is_recognised_with_all_that_is_known_of_it(bands):
    (match,) = found(bands[456])
    facts = read_facts()[456]
    assert (match.track, match.artist, match.title) == (
        facts["track"],
        facts["artist"],
        facts["title"],
    )
    assert match.part in ("train", "valid", "test")
    assert match.start == 0
    assert match.distance == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(
    "change",
    [lambda y: y / 5, lambda y: y[SAMPLE_RATE:], mp3],
    ids=["quieter", "without its first second", "as MP3"],
)
def test_another_rip_is_recognised(bands, change):
    assert [match.track for match in found(change(bands[123]))] == [read_facts()[123]["track"]]


def test_a_clip_amid_other_music_is_recognised_where_it_lies(bands):
    around = synth.play("classical", seconds=40, seed=9)
    samples = np.concatenate([around[: 20 * SAMPLE_RATE], bands[800], around[20 * SAMPLE_RATE :]])
    (match,) = found(samples)
    assert match.track == read_facts()[800]["track"]
    assert match.start == pytest.approx(20, abs=1)


def test_other_songs_of_the_same_band_are_not(bands):
    for row, genre in CLIPS.items():
        assert found(synth.play(genre, seconds=30, seed=row + 1)) == []
