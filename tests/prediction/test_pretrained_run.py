"""A user's own run of the pretrained network, with a network made here in place of its file."""

import numpy as np
import pytest

from deepmusic import models
from deepmusic.audio import Song, features, song_from_array, synth
from deepmusic.config import FROZEN, RunConfig
from deepmusic.explain import explain
from deepmusic.models.transfer import WINDOW_FRAMES
from deepmusic.prediction import pretrained_run
from deepmusic.prediction.pretrained import tagger_windows
from deepmusic.runs import Run
from deepmusic.training import recipes

RATE = 16_000


class LoudBands:
    """A network whose genres are the means of ten parts of the bands."""

    def __init__(self, run: Run) -> None:
        self.asked: list[np.ndarray] = []

    def run(self, frames: np.ndarray, outputs: list[str]) -> list[np.ndarray]:
        assert outputs == ["probabilities"]
        self.asked.append(frames)
        parts = np.array_split(frames.mean(axis=2), 10, axis=1)
        found = np.stack([part.mean(axis=1) for part in parts], axis=1) + 1e-3
        return [found / found.sum(axis=1, keepdims=True)]


@pytest.fixture
def classifier(monkeypatch, tmp_path):
    monkeypatch.setattr(pretrained_run, "Network", LoudBands)
    model, train = recipes.recipe(models.PRETRAINED, "class", FROZEN)
    run = Run.create(tmp_path / "run", RunConfig(model=model, train=train))
    return pretrained_run.PretrainedRun(run)


@pytest.fixture(scope="module")
def song() -> Song:
    samples = synth.play("jazz", seconds=8, sample_rate=RATE)
    return song_from_array(samples, sample_rate=RATE)


def test_it_is_asked_about_the_frames_that_it_was_trained_on(classifier):
    samples = synth.play("jazz", seconds=8, sample_rate=RATE)
    frames = features.clip_frames(samples, models.spec(models.PRETRAINED).config.mel)[1]
    classifier.trunk.predict_windows(tagger_windows(samples))
    first, second = classifier.trunk._network.asked
    assert first.shape == second.shape == (1, 96, WINDOW_FRAMES)
    assert np.abs(first[0] - frames[:, :WINDOW_FRAMES]).max() <= 0.51
    assert np.abs(second[0] - frames[:, WINDOW_FRAMES : 2 * WINDOW_FRAMES]).max() <= 0.51


def test_its_prediction_is_the_mean_of_its_windows(classifier, song):
    found, tags = classifier.describe(song)
    assert (found.model, tags) == (models.PRETRAINED, [])
    asked = np.concatenate(classifier.trunk._network.asked)
    expected = LoudBands(None).run(asked, ["probabilities"])[0]
    np.testing.assert_allclose(found.window_probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(found.song_probabilities, expected.mean(axis=0), atol=1e-5)
    assert found.other_logits is None, "what was measured of the shipped one holds for that alone"


def test_what_mattered_to_it_can_be_shown(classifier, song):
    evidence = explain(song, classifier, "blues")
    assert (evidence.model, evidence.genre) == (models.PRETRAINED, "blues")
    assert evidence.map.shape == (6, 2), "bands, windows"
    assert np.abs(evidence.map).max() > 0
