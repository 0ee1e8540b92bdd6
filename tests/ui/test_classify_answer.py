"""The answer on Classify: as large as it is certain, and none for what is no music."""

import io
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from conftest import FMA_GENRES
from streamlit.testing.v1 import AppTest

from deepmusic.charts.style import genre_colour
from deepmusic.library.recommend import Result
from deepmusic.library.song_index import Entry
from deepmusic.prediction import Answer, Certainty, Content, Prediction
from deepmusic.ui import answers, cache, markdown, what_if
from deepmusic.ui.player import content_segments

ZEROS = np.zeros(1)
ROWS = np.array([[0.6, 0.4]])
PREDICTION = Prediction("musicnn", ("jazz", "rock"), ZEROS, ZEROS + 3, ZEROS, ROWS)


def answered(certainty, genre="jazz", second="rock", probability: float | None = 0.6) -> Answer:
    return Answer(certainty, genre, second, probability, 0.9, None, PREDICTION)


def sizes(certainty) -> dict[str, float]:
    """Return the genres of the headline with their size in rem."""
    html = answers.headline(answered(certainty))
    found = re.findall(r"font-size: ([\d.]+)rem; font-weight: 700\">([\w-]+)<", html)
    return {genre: float(size) for size, genre in found}


def test_a_sure_answer_is_large():
    assert sizes(Certainty.SURE) == sizes(Certainty.PROBABLY) == sizes(None)
    assert sizes(Certainty.SURE)["jazz"] > 2
    assert genre_colour("jazz") in answers.headline(answered(Certainty.SURE))
    assert "Probably" in answers.headline(answered(Certainty.PROBABLY))


def test_two_genres_stand_at_equal_size():
    torn = sizes(Certainty.TORN)
    assert list(torn) == ["jazz", "rock"]
    assert torn["jazz"] == torn["rock"] < sizes(Certainty.SURE)["jazz"]


@pytest.mark.parametrize("certainty", [Certainty.NOT_SURE, Certainty.NONE_OF_TEN])
def test_what_is_not_known_is_not_named_large(certainty):
    assert sizes(certainty) == {}
    assert answered(certainty).sentence in answers.headline(answered(certainty))


def test_no_chance_is_a_hundred_percent():
    said = answers.certainty(answered(Certainty.SURE, probability=0.9999))
    assert "over 99 %" in said
    assert "60 % that it is jazz" in answers.certainty(answered(Certainty.PROBABLY))
    assert "60 %" not in answers.certainty(answered(Certainty.NONE_OF_TEN))


def test_the_lane_of_content():
    times = np.arange(4) * 0.5
    found = content_segments(
        Content(
            times,
            music=np.array([1.0, 1, 1, 0]),
            singing=np.array([0.0, 1, 0, 0]),
            speech=np.array([0.0, 1, 1, 0]),
        )
    )
    assert [part["genre"] for part in found] == ["music", "singing", "speech", "neither"]
    assert [part["start"] for part in found] == [0, 0.5, 1, 1.5]
    assert found[-1]["end"] == 2


def test_noise_gets_no_genre_until_one_asks():
    buffer = io.BytesIO()
    noise = 0.1 * np.random.default_rng(0).standard_normal(22_050 * 6)
    soundfile.write(buffer, noise, 22_050, format="WAV")
    app = AppTest.from_file("../../app.py", default_timeout=120).run()
    app.file_uploader[0].set_value([("hiss.wav", buffer.getvalue(), "audio/wav")])
    app.run()
    assert not app.exception
    assert "No music here" in " ".join(element.proto.body for element in app.get("html"))
    assert not app.get("plotly_chart")
    (toggle,) = [toggle for toggle in app.toggle if "networks" in toggle.label]
    toggle.set_value(True).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1


def test_what_a_change_turns_is_marked():
    turned = replace(PREDICTION, window_probabilities=np.array([[0.1, 0.9]]))
    both = {"musicnn": PREDICTION, "cnn": PREDICTION}
    rows = what_if._table(both, both | {"cnn": turned}, "musicnn").split("<tr")[1:]
    assert ["border-left" in row for row in rows] == [False, True]
    assert "font-weight: 700" in rows[0]
    assert "jazz 60 %" in rows[1]
    assert "rock 90 %" in rows[1]


def show_neighbours():
    import streamlit as st

    from deepmusic.ui.classify import sounds_like
    from deepmusic.ui.song import EvidenceView, SongFile

    evidence = EvidenceView("", b"", 0.0, 1.0, b"", b"")
    sounds_like.show(st.container(), SongFile("demo-blues.opus", b""), evidence)


def test_what_sounds_like_it_plays_where_it_is_at_hand(monkeypatch):
    entries = [
        Entry(0, "One *song*", "A band", genre="blues"),
        Entry(1, "Two", genre="blues"),
        Entry(2, "Three", genre="jazz"),
    ]
    found = [Result(entry, 0.9, np.zeros(10)) for entry in entries]
    monkeypatch.setattr(cache, "find_similar_clips", lambda song: found)
    at_hand = SimpleNamespace(audio_path=lambda track: track if track == "blues.00000" else None)
    monkeypatch.setattr(cache, "gtzan", lambda: at_hand)
    monkeypatch.setattr(cache, "play_file", lambda path: (b"fLaC", "audio/flac"))
    page = AppTest.from_function(show_neighbours).run()
    assert not page.exception
    texts = [element.value for element in page.markdown]
    assert texts[1] == f"{markdown.plain('A band - One *song*')}: **blues**, 90 % alike"
    # The first clip, and demo music for jazz; that of blues is the song itself.
    assert len(page.get("audio")) == 2
    assert texts[-1] == "Demo music of jazz"


def test_a_song_can_be_asked_by_fmas_genres():
    app = AppTest.from_file("../../pages/classify.py", default_timeout=120)
    app.session_state["frame_is_up"] = True
    app.query_params.update({"source": "demo", "demo": "hiphop", "fma": "on"})
    app.run()
    assert not app.exception and not app.error
    (note,) = (text.value for text in app.caption if "genres of FMA" in text.value)
    assert all(genre in note for genre in FMA_GENRES)
    chart = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"][0]
    assert set(chart["text"]) == set(FMA_GENRES)
    (said,) = (text.value for text in app.markdown if "says the network" in text.value)
    assert said.startswith(f"**{chart['text'][-1]}**")
