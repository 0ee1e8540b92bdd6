"""Embeddings: unit length, one meaning for clips and songs, and what they say about sound."""

import numpy as np
import pytest

from benchmarks.onnx_fidelity import keras_network
from deepmusic.audio import features, song_from_array, synth
from deepmusic.config import FRONT_ENDS
from deepmusic.errors import AudioError
from deepmusic.library import embeddings
from deepmusic.library.embeddings import (
    NetworksEmbedder,
    concatenate,
    embed_clips,
    embed_song,
    l2_normalize,
)
from deepmusic.library.song_index import analyze_song
from deepmusic.prediction import align_windows, classify, compute_log_mels
from deepmusic.runs import shipped_run

SAMPLE_RATE = 22_050
MEL = FRONT_ENDS["compact"]


@pytest.fixture(scope="module")
def networks():
    return embeddings.load_networks()


def song_of(samples, name="song"):
    return song_from_array(samples, sample_rate=SAMPLE_RATE, name=name)


def embed(samples, networks):
    song = song_of(samples)
    return embed_song(compute_log_mels(song, MEL), song.duration, networks)


def test_unit_vectors_have_length_one_and_zeros_stay():
    np.testing.assert_allclose(l2_normalize(np.array([[3.0, 4.0], [0, 0]])), [[0.6, 0.8], [0, 0]])


def test_the_cosine_of_concatenated_vectors_is_the_mean_of_the_networks_cosines():
    rng = np.random.default_rng(0)
    small, large = (l2_normalize(rng.normal(size=(2, width))) for width in (8, 300))
    one, other = concatenate([small, large])
    expected = (small[0] @ small[1] + large[0] @ large[1]) / 2
    assert one @ other == pytest.approx(expected, abs=1e-6)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-6)


def test_an_embedding_is_the_mean_of_the_layer_before_the_genres(networks, music):
    (network,) = networks[:1]
    (clip,) = compute_log_mels(song_of(music), MEL)
    outputs, probabilities = network.predict_windows(features.windows(clip.frames, 39))
    assert outputs.shape[1] == network.config.dense_units
    # The genres are read from the embedding and from nothing else.
    weights, bias = keras_network(shipped_run("cnn")).get_layer("genres").get_weights()
    logits = outputs @ weights + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    mean = l2_normalize(l2_normalize(outputs).mean(axis=0))
    np.testing.assert_allclose(embed_clips({"a": clip.frames}, [network])["a"], mean, atol=1e-6)


def test_clips_and_songs_give_the_same_embedding(networks, music):
    (clip,) = compute_log_mels(song_of(music), MEL)
    as_clip = embed_clips({"a": clip.frames}, networks)["a"]
    np.testing.assert_allclose(embed(music, networks).song, as_clip, atol=1e-5)


def test_many_clips_in_one_go_are_as_each_alone(networks, monkeypatch):
    monkeypatch.setattr(embeddings, "_CLIPS_AT_ONCE", 2)
    rng = np.random.default_rng(1)
    clips = {
        str(width): rng.integers(0, 256, (128, width), dtype=np.uint8)
        for width in (39, 80, 50, 38, 120)
    }
    together = embed_clips(clips, networks[:2])
    assert list(together) == ["39", "80", "50", "120"], "38 frames are no window"
    for track, vector in together.items():
        alone = embed_clips({track: clips[track]}, networks[:2])[track]
        np.testing.assert_allclose(vector, alone, atol=1e-5)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_no_clip_at_all_gives_no_embedding(networks):
    assert embed_clips({}, networks) == {}


def test_the_genres_are_those_of_the_ensemble(networks, music):
    song = song_of(music)
    predicted = classify(song, {network.name: network for network in networks})["ensemble"]
    found = embed(music, networks)
    np.testing.assert_allclose(found.profile, predicted.song_probabilities, atol=1e-6)
    np.testing.assert_allclose(found.starts, predicted.starts)


def test_a_band_is_nearer_to_itself_than_to_another(networks):
    metal, again, classical = (
        embed(synth.play(genre, seconds=8, seed=seed), networks).song
        for genre, seed in (("metal", 1), ("metal", 2), ("classical", 1))
    )
    assert metal @ again > metal @ classical


def test_a_passage_takes_the_windows_inside_it(networks):
    two = np.concatenate([synth.play("metal", seconds=15), synth.play("classical", seconds=15)])
    found = embed(two, networks)
    first, second = found.passage(0, 15), found.passage(15, 30)
    metal = embed(synth.play("metal", seconds=15, seed=3), networks).song
    assert first @ metal > second @ metal
    # Between two middles lies no window: then the nearest stands in.
    np.testing.assert_allclose(found.passage(0.01, 0.02), found.windows[0], atol=1e-6)


def test_windows_of_another_length_are_matched_by_their_middles():
    few = (np.array([0.0, 4.0]), np.array([4.0, 8.0]))
    many = (np.arange(0.0, 7.0), np.arange(1.0, 8.0))
    finest, (of_few, of_many) = align_windows([few, many])
    assert finest == 1
    assert of_many.tolist() == list(range(7))
    assert of_few.tolist() == [0, 0, 0, 0, 1, 1, 1], "a tie goes to the earlier"


def test_a_song_shorter_than_a_window_is_refused(networks):
    with pytest.raises(AudioError, match=r"a window is 3\.0 s"):
        analyze_song(song_of(synth.play("jazz", seconds=1.2)), NetworksEmbedder(networks))
