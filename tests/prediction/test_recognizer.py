"""The front door: `deepmusic.load` and what its `predict` returns."""

import doctest
import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import deepmusic
from deepmusic import models
from deepmusic.audio import load_song, song_from_array
from deepmusic.errors import AudioError, ModelError
from deepmusic.prediction import classify, genre_segments, load_classifiers, measures, pretrained
from deepmusic.prediction.pretrained import PretrainedClassifier
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL

RATE = 22_050


@pytest.fixture(scope="module")
def recognizer():
    return deepmusic.load(model="crnn")


@pytest.fixture
def path(music, tmp_path) -> Path:
    soundfile.write(tmp_path / "song.flac", music, RATE)
    return tmp_path / "song.flac"


def test_the_example_of_the_package_runs():
    assert doctest.testmod(deepmusic) == doctest.TestResults(failed=0, attempted=8)


def test_the_pretrained_network_answers_and_the_paper_s_beside_it(path):
    song = deepmusic.load().predict(path)
    networks = load_classifiers(list(models.MODELS), DEPLOYED_PROTOCOL)
    beside = classify(load_song(path), networks)
    for name, prediction in beside.items():
        assert song.predictions[name].genre == prediction.genre
    expected = PretrainedClassifier().predict(load_song(path))
    assert song.genre == expected.genre
    assert (song.answer.genre, song.answer.probability) == (song.genre, song.probability)
    assert list(song.predictions) == ["musicnn", *models.MODELS, "ensemble"]
    assert next(iter(song.probabilities.items())) == (song.genre, expected.confidence)
    assert list(song.probabilities.values()) == sorted(song.probabilities.values(), reverse=True)
    assert sum(song.probabilities.values()) == pytest.approx(1)
    assert list(song.segments) == genre_segments(expected)
    assert (song.name, song.notes, song.model) == ("song.flac", (), "musicnn")
    assert song.duration == pytest.approx(6)


def test_paths_bytes_files_and_samples_give_one_result(recognizer, path):
    samples, _ = soundfile.read(path, dtype="float32")
    songs = [
        recognizer.predict(path),
        recognizer.predict(str(path)),
        recognizer.predict(path.read_bytes(), name="a.flac"),
        recognizer.predict(io.BytesIO(path.read_bytes())),
        recognizer.predict(samples, sample_rate=RATE),
    ]
    with path.open("rb") as file:
        songs.append(recognizer.predict(file))
    assert [s.name for s in songs] == [*["song.flac"] * 2, "a.flac", "sound", "array", "song.flac"]
    assert all(song.probabilities == songs[0].probabilities for song in songs)


def test_a_prediction_becomes_json_and_a_table(recognizer, path):
    song = recognizer.predict(path)
    stated = json.loads(json.dumps(song.to_dict()))
    assert stated["genre"] == song.genre
    assert stated["probabilities"] == song.probabilities
    assert stated["segments"][0] == song.segments[0]._asdict()
    table = song.to_dataframe()
    assert list(table) == ["start", "end", "genre", "probability"]
    assert [tuple(row) for row in table.itertuples(index=False)] == list(song.segments)
    assert song.genre in repr(song) and len(repr(song)) < 200


def test_a_protocol_is_named(path):
    by_paper = deepmusic.load("crnn", protocol="paper").predict(path)
    expected = classify(load_song(path), load_classifiers(["crnn"], BENCHMARK_PROTOCOL))["crnn"]
    assert max(by_paper.probabilities.values()) == expected.confidence
    with pytest.raises(ModelError, match=r"all_clips, paper\. Received: 'nowhere'"):
        deepmusic.load("crnn", protocol="nowhere")


def test_without_the_pretrained_network_the_three_answer(path, monkeypatch, tmp_path):
    monkeypatch.setattr(measures, "FOLDER", tmp_path)
    for shipped in (pretrained.shipped_trunk, measures.shipped_measures):
        shipped.cache_clear()
    song = deepmusic.load().predict(path)
    assert song.model == "ensemble"
    assert (song.genre, song.certainty) == (song.predictions["ensemble"].genre, None)
    assert song.probability == song.predictions["ensemble"].confidence
    assert "Without the pretrained network" in song.notes[0]
    with pytest.raises(ModelError, match="cannot be read"):
        deepmusic.load("musicnn")


def test_under_paper_there_is_no_pretrained_network():
    with pytest.raises(ModelError, match="all_clips alone"):
        deepmusic.load("musicnn", protocol="paper")


def test_what_cannot_be_used_is_refused(recognizer, music):
    with pytest.raises(ModelError, match="ensemble, cnn, crnn, cnn_gru"):
        deepmusic.load("resnet")
    with pytest.raises(TypeError, match="Received: ndarray with sample_rate=None"):
        recognizer.predict(np.zeros(3))
    with pytest.raises(TypeError, match="states its own"):
        recognizer.predict("song.mp3", sample_rate=RATE)
    with pytest.raises(AudioError, match=r"short lasts 2\.0 s"):
        recognizer.predict(music[: 2 * RATE], sample_rate=RATE, name="short")


def test_a_changed_song_is_predicted(recognizer, music):
    song = song_from_array(music, sample_rate=RATE, name="song")
    plain, same = recognizer.predict(song), recognizer.what_if(song)
    assert same.probabilities == plain.probabilities
    faster = recognizer.what_if(music, sample_rate=RATE, speed=2)
    assert faster.duration == pytest.approx(plain.duration / 2, rel=0.02)
    with pytest.raises(AudioError, match="Received: 9"):
        recognizer.what_if(song, speed=9)
