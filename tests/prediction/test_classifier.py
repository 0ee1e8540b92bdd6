"""From a song to genres, with the shipped networks."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from benchmarks.onnx_fidelity import keras_network
from deepmusic import models, prediction
from deepmusic.audio import load_song, song_from_array, synth
from deepmusic.audio.features import windows
from deepmusic.config import MelConfig
from deepmusic.errors import AudioError, ModelError
from deepmusic.prediction import classify
from deepmusic.runs import shipped_run

SAMPLE_RATE = 22_050


@pytest.fixture(scope="module")
def classifiers():
    return prediction.load_classifiers(list(models.MODELS))


def song_of(samples, sample_rate=SAMPLE_RATE):
    return song_from_array(samples, sample_rate=sample_rate)


def test_every_network_and_the_ensemble_answer(classifiers, music):
    predictions = classify(song_of(music), classifiers)
    assert list(predictions) == ["cnn", "crnn", "cnn_gru", "ensemble"]
    for predicted in predictions.values():
        np.testing.assert_allclose(predicted.window_probabilities.sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_allclose(
            predicted.song_probabilities, predicted.window_probabilities.mean(axis=0), rtol=1e-5
        )
        assert predicted.genre == predicted.genres[predicted.song_probabilities.argmax()]


def test_ensemble_is_the_mean_of_its_members(classifiers, music):
    predictions = classify(song_of(music), classifiers)
    members = [predictions[name].window_probabilities for name in models.MODELS]
    np.testing.assert_allclose(
        predictions["ensemble"].window_probabilities, np.mean(members, axis=0), rtol=1e-6
    )


def test_one_network_alone_has_no_ensemble(classifiers, music):
    assert list(classify(song_of(music), {"cnn": classifiers["cnn"]})) == ["cnn"]


def test_windows_cover_the_song(classifiers):
    song = song_of(synth.play("pop", seconds=40))
    predicted = classifiers["cnn"].predict(song)
    assert predicted.starts[0] == 0
    assert np.all(np.diff(predicted.starts) > 0)
    assert np.all(predicted.starts[1:] < predicted.ends[:-1]), "neighbours overlap"
    assert predicted.ends[-1] == pytest.approx(song.duration, abs=0.2)


def test_predictions_are_those_of_the_network_on_its_windows(classifiers, music):
    classifier = classifiers["crnn"]
    song = song_of(music)
    clip = prediction.compute_log_mels(song, classifier.config.mel)[0]
    batch = windows(clip.frames, 39).astype(np.float32)
    expected = np.asarray(keras_network(shipped_run("crnn"))(batch))
    np.testing.assert_allclose(classifier.predict(song).window_probabilities, expected, atol=1e-5)


@pytest.mark.parametrize("seconds", [3.0, 3.5, 29.9, 52.0])
def test_any_length_from_a_window_on(classifiers, seconds):
    predicted = classifiers["crnn"].predict(song_of(synth.play("reggae", seconds=seconds)))
    assert len(predicted.window_probabilities) >= seconds / 3.1 - 1


def test_a_song_shorter_than_a_window_is_refused(classifiers):
    song = song_from_array(synth.play("jazz", seconds=1.2), sample_rate=SAMPLE_RATE, name="x.mp3")
    message = r"x\.mp3 lasts 1\.2 s; a window is 3\.0 s\. Choose a longer clip\."
    with pytest.raises(AudioError, match=message):
        classify(song, classifiers)


def test_a_refusal_never_names_one_length_twice(classifiers):
    with pytest.raises(AudioError, match=r"lasts 2\.9 s; a window is 3\.0 s"):
        classify(song_of(synth.play("jazz", seconds=2.96)), classifiers)


def test_a_long_song_is_a_row_of_clips(classifiers):
    predicted = classifiers["crnn"].predict(song_of(synth.play("disco", seconds=65)))
    assert sorted(predicted.clip_probabilities) == [0, 1]
    first = predicted.window_probabilities[predicted.clip_index == 0]
    np.testing.assert_allclose(predicted.clip_probabilities[0], first.mean(axis=0), rtol=1e-6)


def test_each_clip_has_its_own_level(classifiers):
    """A quiet second half is predicted as it is alone."""
    loud, quiet = synth.play("rock", seconds=30), 0.05 * synth.play("classical", seconds=30)
    both = classifiers["cnn"].predict(song_of(np.concatenate([loud, quiet])))
    alone = classifiers["cnn"].predict(song_of(quiet))
    np.testing.assert_allclose(both.clip_probabilities[1], alone.song_probabilities, atol=0.02)


def test_silent_clips_have_no_say(classifiers):
    music = synth.play("blues", seconds=30)
    silence = np.zeros(30 * SAMPLE_RATE, np.float32)
    predicted = classifiers["cnn"].predict(song_of(np.concatenate([music, silence])))
    assert sorted(predicted.clip_probabilities) == [0]
    assert predicted.ends[-1] < 31


def test_path_bytes_and_array_give_one_result(classifiers, music, tmp_path):
    path = tmp_path / "song.wav"
    stereo = np.stack([music, 0.5 * music], axis=1)
    soundfile.write(path, stereo, SAMPLE_RATE, subtype="FLOAT")
    songs = [load_song(path), load_song(path.read_bytes()), song_of(stereo.T)]
    first, *others = (
        classify(song, classifiers)["ensemble"].window_probabilities for song in songs
    )
    for other in others:
        np.testing.assert_array_equal(first, other)


def test_sample_rate_hardly_matters(classifiers):
    """What was recorded at 44.1 kHz gives the same prediction as at 22.05 kHz."""
    high = synth.play("metal", seconds=12, sample_rate=44_100)
    buffer = io.BytesIO()
    soundfile.write(buffer, high, 44_100, format="FLAC")
    through_file = classifiers["cnn"].predict(load_song(buffer.getvalue()))
    direct = classifiers["cnn"].predict(song_of(high, 44_100))
    difference = np.abs(through_file.song_probabilities - direct.song_probabilities)
    assert difference.max() < 0.02


def test_threads_share_a_classifier(classifiers):
    genres = ["blues", "jazz", "metal", "pop"]
    songs = [song_of(synth.play(genre, seconds=5)) for genre in genres]
    alone = [classifiers["cnn_gru"].predict(song).window_probabilities for song in songs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(classifiers["cnn_gru"].predict, songs * 6))
    for index, predicted in enumerate(together):
        np.testing.assert_array_equal(predicted.window_probabilities, alone[index % len(songs)])


def test_a_song_at_another_rate_is_refused(music):
    with pytest.raises(ModelError, match=r"reads 16000 Hz.*Received: 22050 Hz"):
        prediction.compute_log_mels(song_of(music), MelConfig(sample_rate=16_000))
