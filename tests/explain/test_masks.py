"""Evidence by masking, on networks whose answers are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from deepmusic.audio import song_from_array, synth
from deepmusic.errors import AudioError, ModelError
from deepmusic.explain import explain
from deepmusic.explain.masks import Wanted, mask_regression
from deepmusic.explain.truth import SHARES, curve
from deepmusic.prediction import classify, load_classifiers
from deepmusic.prediction.pretrained import PretrainedClassifier
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL

RATE = 22_050
SHAPE = (16, 30)


def listener(rows: slice) -> SimpleNamespace:
    """Return a network that predicts its first genre where some mel bands are loud."""

    def predict_windows(frames):
        odds = np.exp((frames[:, rows].mean(axis=(1, 2)) - 100) / 20)
        first = odds / (1 + odds)
        return None, np.stack([first, 1 - first], axis=1)

    return SimpleNamespace(
        predict_windows=predict_windows, config=SimpleNamespace(window_frames=39), name="listener"
    )


def test_a_planted_cue_is_found():
    """The top 5 % of the map cover the bands that the network reads, where they are loud."""
    found = 0
    for number in range(20):
        rng = np.random.default_rng(number)
        band, step = rng.integers(16), rng.integers(2, 28)
        frames = rng.uniform(60, 90, (128, 387)).astype(np.float32)
        rows = slice(8 * band, 8 * band + 8)
        columns = slice(round(387 * step / 30), round(387 * (step + 1) / 30))
        frames[rows, columns] = 255
        evidence = mask_regression(frames, listener(rows), Wanted(0, None), SHAPE)
        best = np.argsort(-evidence.ravel())[: round(0.05 * evidence.size)]
        found += (band * SHAPE[1] + step) in best
    assert found >= 19


def test_a_contrast_turns_around():
    frames = np.random.default_rng(0).uniform(0, 255, (128, 100)).astype(np.float32)
    one = mask_regression(frames, listener(slice(0, 16)), Wanted(0, 1), (16, 8))
    other = mask_regression(frames, listener(slice(0, 16)), Wanted(1, 0), (16, 8))
    np.testing.assert_allclose(one, -other, atol=1e-6)
    plain = mask_regression(frames, listener(slice(0, 16)), Wanted(0, None), (16, 8))
    np.testing.assert_allclose(one, plain, atol=1e-6)


def test_what_the_network_does_not_read_has_no_evidence():
    frames = np.random.default_rng(0).uniform(0, 255, (128, 387)).astype(np.float32)
    frames[:8] += np.linspace(0, 200, 387)
    evidence = mask_regression(frames, listener(slice(0, 8)), Wanted(0, None), SHAPE)
    # Random masks leave some noise on the others.
    assert np.abs(evidence[0]).mean() > 4 * np.abs(evidence[2:]).mean()


@pytest.fixture(scope="module")
def song():
    return song_from_array(synth.play("jazz", seconds=12), sample_rate=RATE)


def test_other_weights_give_another_map(song):
    """Sanity check of Adebayo et al. (2018): evidence is of the network, not of the sound."""
    maps = [
        explain(song, load_classifiers(["crnn"], protocol)["crnn"], "jazz").map
        for protocol in (DEPLOYED_PROTOCOL, BENCHMARK_PROTOCOL)
    ]
    assert maps[0].shape == maps[1].shape
    assert np.corrcoef(maps[0].ravel(), maps[1].ravel())[0, 1] < 0.9


def test_the_predicted_genre_is_explained(song):
    networks = load_classifiers(["crnn"], DEPLOYED_PROTOCOL)
    evidence = explain(song, networks["crnn"])
    assert evidence.genre == classify(song, networks)["crnn"].genre
    assert evidence.model == "crnn"
    assert len(evidence.times) == evidence.map.shape[1] + 1
    assert len(evidence.frequencies) == evidence.map.shape[0] + 1
    assert evidence.frequencies[-1] == pytest.approx(RATE / 2)
    assert evidence.end == pytest.approx(12, abs=0.2)
    np.testing.assert_array_equal(evidence.map, explain(song, networks["crnn"]).map)


def test_a_shipped_network_goes_by_its_name(song):
    loaded = load_classifiers(["crnn"], DEPLOYED_PROTOCOL)["crnn"]
    found = explain(song, "crnn", "jazz", "pop")
    np.testing.assert_array_equal(found.map, explain(song, loaded, "jazz", "pop").map)
    with pytest.raises(ModelError, match="Received: 'rnn'"):
        explain(song, "rnn")


def test_the_pretrained_network_is_explained_window_by_window(song):
    evidence = explain(song, PretrainedClassifier(), "jazz", "rock")
    assert evidence.map.shape == (6, 4)
    assert evidence.frequencies[-1] == pytest.approx(8000)
    assert "for jazz rather than rock" in evidence.sentence()
    assert len(evidence.resynthesise(song)) == pytest.approx(RATE * evidence.end, abs=1)


def test_the_second_clip_has_its_own_evidence():
    samples = np.concatenate([synth.play("rock", seconds=30), synth.play("jazz", seconds=30)])
    song = song_from_array(samples, sample_rate=RATE)
    evidence = explain(song, load_classifiers(["crnn"], DEPLOYED_PROTOCOL)["crnn"], clip=1)
    assert (evidence.start, evidence.end) == pytest.approx((30, 60), abs=0.2)


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"genre": "polka"}, ModelError, "Received: 'polka'"),
        ({"genre": "hiphop", "against": "Hip-hop"}, ModelError, "two different genres"),
        ({"clip": 1}, AudioError, "Received: 1"),
    ],
)
def test_what_cannot_be_explained_is_said(song, asked, error, words):
    for network in (load_classifiers(["crnn"])["crnn"], PretrainedClassifier()):
        with pytest.raises(error, match=words):
            explain(song, network, **asked)


def test_silence_has_no_evidence():
    samples = np.concatenate([np.zeros(RATE * 30), synth.play("jazz", seconds=30)])
    song = song_from_array(samples, sample_rate=RATE)
    for network in (load_classifiers(["crnn"])["crnn"], PretrainedClassifier()):
        with pytest.raises(AudioError, match=r"Clip 0 .* is silent, and has no evidence"):
            explain(song, network, clip=0)


def test_deletion_takes_the_important_parts_first():
    """The network reads the lowest band alone."""
    frames = np.full((128, 100), 60.0)
    frames[:8, ::2] = 250
    network = listener(slice(0, 8))
    important = np.zeros((16, 10))
    important[0] = 1
    best = curve(frames, important, network, 0)
    worst = curve(frames, -important, network, 0)
    assert len(best) == len(SHARES)
    assert best[0] == worst[0]
    # A band's mean is as loud as the band: only what varies can be taken away.
    np.testing.assert_allclose(worst, worst[0], atol=1e-6)
    inserted = curve(frames, important, network, 0, insertion=True)
    assert inserted[-1] == pytest.approx(best[0])
