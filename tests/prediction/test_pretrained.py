"""The pretrained network: fidelity, levels, faults."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soxr

from deepmusic.audio import features, load_song, song_from_array, synth
from deepmusic.config import GTZAN_GENRES, MUSICNN_FRONT_END
from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.errors import AudioError, ModelError
from deepmusic.models import PRETRAINED
from deepmusic.prediction import measures, pretrained
from deepmusic.prediction.pretrained import (
    WINDOW_SECONDS,
    Head,
    PretrainedClassifier,
    Trunk,
    tagger_windows,
)


@pytest.fixture(scope="module")
def song():
    return song_from_array(synth.play("jazz", seconds=7), sample_rate=22_050, name="jazz.wav")


@pytest.fixture(scope="module")
def classifier():
    return PretrainedClassifier()


def test_a_song_is_predicted_by_windows_clips_and_as_a_whole(classifier, song):
    prediction = classifier.predict(song)
    assert prediction.model == PRETRAINED
    assert prediction.genres == GTZAN_GENRES
    np.testing.assert_allclose(prediction.starts, [0, WINDOW_SECONDS])
    np.testing.assert_allclose(prediction.window_probabilities.sum(axis=1), 1, rtol=1e-5)
    assert prediction.song_probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_the_song_s_answer_is_the_head_s_to_the_mean_embedding(classifier, song):
    embedded = classifier.trunk.embed(song)
    expected = classifier.head.predict(embedded.embeddings.mean(axis=0, keepdims=True))[0]
    found = classifier.predict_embedded(embedded, song.duration).song_probabilities
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_long_song_has_clips_and_silent_ones_none(classifier):
    music = synth.play("rock", seconds=30)
    samples = np.concatenate([music, np.zeros_like(music), music])
    prediction = classifier.predict(song_from_array(samples, sample_rate=22_050))
    assert sorted(prediction.clip_probabilities) == [0, 2]
    one, other = prediction.clip_probabilities.values()
    np.testing.assert_allclose(one, other, atol=0.02)
    assert prediction.ends.max() <= 90


@pytest.mark.parametrize("gain_db", [-30, -20, 20, 30])
def test_the_level_does_not_matter(classifier, song, gain_db):
    louder = song_from_array(
        synth.play("jazz", seconds=7) * 10 ** (gain_db / 20), sample_rate=22_050
    )
    np.testing.assert_allclose(
        classifier.predict(louder).song_probabilities,
        classifier.predict(song).song_probabilities,
        atol=2e-3,
    )


def test_the_front_end_is_musicnn_s():
    import librosa

    y = synth.play("blues", seconds=4, sample_rate=16_000)
    y = y / np.sqrt(np.mean(y**2)) * 10 ** (features.LEVEL_DBFS / 20)
    power = librosa.feature.melspectrogram(y=y, sr=16_000, n_fft=512, hop_length=256, n_mels=96)
    expected = np.log10(1 + 10_000 * power).T[:187]
    np.testing.assert_allclose(tagger_windows(y)[0], expected, atol=1e-3)


@pytest.mark.slow
def test_embeddings_are_those_of_the_original():
    """Beside GTZAN may lie what the original network made of its clips."""
    archive = Path(os.environ.get(ENVIRONMENT_VARIABLE, ""), "../pretrained/gtzan_musicnn.npz")
    if not archive.is_file():
        pytest.skip("needs the stored embeddings")
    stored = np.load(archive)
    rows = {track: row for row, track in enumerate(stored["track"].astype(str))}
    paths = sorted(Path(os.environ[ENVIRONMENT_VARIABLE], "genres").rglob("*.flac"))
    for path in paths[::25]:
        if path.stem not in rows:
            continue
        # The original read clips at the level that they had.
        samples = load_song(path, sample_rate=16_000).samples
        level = np.sqrt(np.mean(samples.astype(np.float64) ** 2))
        windows = tagger_windows(samples)
        power = (10**windows - 1) / 10_000 * (level / 10 ** (features.LEVEL_DBFS / 20)) ** 2
        original = np.log10(1 + 10_000 * power).astype(np.float32)
        embeddings, tags = pretrained.shipped_trunk().predict_windows(original)
        for found, expected in ((embeddings, "embedding"), (tags, "tags")):
            wanted = stored[expected][rows[path.stem], ::2].astype(np.float32)
            # Its windows lie 93 frames apart, these 187: half a percent of a window later each.
            assert np.corrcoef(found[:1].ravel(), wanted[:1].ravel())[0, 1] > 0.9999


@pytest.mark.parametrize("sample_rate", [16_000, 22_050, 44_100])
def test_clips_are_parts_of_the_whole_song_resampled(sample_rate):
    samples = np.random.default_rng(7).uniform(-1, 1, round(77.7 * sample_rate)).astype("float32")
    song = song_from_array(samples, sample_rate=sample_rate, target_sample_rate=sample_rate)
    clips = list(pretrained._resampled_clips(song, MUSICNN_FRONT_END))
    whole = soxr.resample(song.samples, sample_rate, 16_000, quality="HQ")
    assert [start for start, _ in clips] == [0, 480_000, 960_000]
    assert np.array_equal(np.concatenate([clip for _, clip in clips]), whole)


def test_what_is_too_short_or_silent_is_refused(classifier):
    short = song_from_array(synth.play("jazz", seconds=2.5), sample_rate=22_050, name="short")
    with pytest.raises(AudioError, match=r"short holds no window of 3\.0 s"):
        classifier.predict(short)


def test_altered_weights_are_refused(monkeypatch, tmp_path):
    folder = tmp_path / "musicnn"
    shutil.copytree(measures.FOLDER, folder)
    monkeypatch.setattr(measures, "FOLDER", folder)
    data = bytearray((folder / "musicnn.onnx").read_bytes())
    data[-1000] ^= 1
    (folder / "musicnn.onnx").write_bytes(data)
    with pytest.raises(ModelError, match="is not the file that was shipped"):
        Trunk()
    (folder / "musicnn.onnx").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        Trunk()


def test_a_head_is_written_and_read(tmp_path):
    rng = np.random.default_rng(0)
    head = Head(("a", "b"), rng.normal(size=(200, 2)), np.zeros(2), {"n": 1})
    head.save(tmp_path / "head.json")
    again = Head.load(tmp_path / "head.json")
    assert (again.genres, again.facts) == (head.genres, {"n": 1})
    x = rng.normal(size=(4, 200))
    np.testing.assert_allclose(again.predict(x), head.predict(x), atol=1e-3)


@pytest.mark.parametrize(
    "change", [{"bias": [0.0]}, {"kernel": [[1.0]]}, {"genres": None}, {"kernel": "x"}]
)
def test_a_damaged_head_is_refused(change, tmp_path):
    content = json.loads((measures.FOLDER / "head.json").read_text())
    path = tmp_path / "head.json"
    path.write_text(json.dumps(content | change))
    with pytest.raises(ModelError, match="missing or damaged"):
        Head.load(path)


def test_the_shipped_head_states_what_was_measured():
    facts = pretrained.shipped_head().facts["elsewhere"]
    low, high = facts["interval"]
    assert low < facts["accuracy"] < high
    assert sum(genre["clips"] for genre in facts["by_genre"].values()) == facts["clips"]
