"""Pictures of results."""

import io

import numpy as np
import pytest
from PIL import Image

from deepmusic import synth
from deepmusic.audio import song_from_array
from deepmusic.charts.lesson import memory_chart, spectrogram_chart, waveform_chart
from deepmusic.charts.library import MapPoint, song_map
from deepmusic.charts.song import genre_chart, genre_runs, vote_chart
from deepmusic.charts.spectrogram import activation_png, frequency_ticks, spectrogram_png
from deepmusic.charts.style import genre_colour
from deepmusic.config import FRONT_ENDS, GTZAN_GENRES
from deepmusic.prediction import Prediction, picture_song

MEL = FRONT_ENDS["compact"]


def picture_of(samples) -> np.ndarray:
    song = song_from_array(samples, sample_rate=22_050)
    png = spectrogram_png(picture_song(song, MEL), MEL)
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def test_low_notes_are_at_the_bottom():
    picture = picture_of(synth.tone(200.0, seconds=5.0))
    assert picture.shape == (128, 216)
    assert picture.mean(axis=1).argmax() > 100


def test_a_long_song_keeps_to_a_width():
    assert picture_of(synth.tone(440.0, seconds=100.0)).shape == (128, 2000)


def test_loud_is_bright_and_clips_share_one_scale():
    loud = synth.tone(440.0, seconds=30.0, amplitude=0.8)
    quiet = synth.tone(440.0, seconds=30.0, amplitude=0.008)
    picture = picture_of(np.concatenate([loud, quiet]))
    assert picture[:, 300].max() > picture[:, -300].max() + 50


def test_frequencies_rise_with_height():
    labels, heights = zip(*frequency_ticks(MEL), strict=True)
    assert labels[:3] == ("250 Hz", "500 Hz", "1 kHz")
    assert list(heights) == sorted(heights)
    assert heights[0] > 0 and heights[-1] < 1


def test_every_genre_has_a_colour_of_its_own():
    assert len({genre_colour(genre) for genre in GTZAN_GENRES}) == 10
    assert genre_colour("polka").startswith("#")


@pytest.fixture
def predictions():
    rows = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    starts = np.array([0.0, 1.5, 3.0])
    one = Prediction("cnn", ("blues", "jazz"), starts, starts + 3, np.zeros(3, int), rows)
    return {"cnn": one, "ensemble": one}


def test_stretches_touch_and_cover_the_song(predictions):
    stretches = genre_runs(predictions["cnn"])
    assert [s["genre"] for s in stretches] == ["blues", "jazz", "blues"]
    assert [s["start"] for s in stretches] == [0.0, 2.25, 3.75]
    assert [s["end"] for s in stretches] == [2.25, 3.75, 6.0]
    assert stretches[1]["probability"] == 0.8


def test_chart_is_sorted_by_the_featured_network(predictions):
    figure = genre_chart(predictions, "ensemble")
    bar = figure.data[0]
    assert list(bar.y) == ["jazz", "blues"]
    assert list(bar.x) == pytest.approx([100 * 1.3 / 3, 100 * 1.7 / 3])
    assert [trace.name for trace in figure.data[1:]] == ["CNN"]


def test_a_map_names_its_songs_and_numbers_the_results_best_on_top():
    points = [
        MapPoint(0, 1, "<b>Evil</b>", "jazz"),
        MapPoint(1, 2, "So What", "jazz", rank=1),
        MapPoint(2, 3, "Hurt", "rock", rank=2),
    ]
    drawn = song_map(points, (5.0, 6.0), ("rock", "jazz", "pop"))
    rock, jazz, results, query = drawn.data
    assert (rock.name, jazz.name) == ("rock", "jazz"), "in the order of the genres, but for absent"
    assert jazz.text[0] == "&lt;b&gt;Evil&lt;/b&gt;"
    assert list(results.text) == ["<b>2</b>", "<b>1</b>"]
    assert list(results.customdata) == ["Hurt", "So What"]
    assert (query.x[0], query.y[0]) == (5, 6)
    assert len(song_map(points[:1], None, ("jazz",)).data) == 1


def test_a_filter_is_drawn_low_notes_down_and_its_strongest_answer_brightest():
    values = np.zeros((4, 8))
    values[2, 0] = 0.5
    picture = np.asarray(Image.open(io.BytesIO(activation_png(values))).convert("L"))
    assert picture.shape == (8, 4)
    assert np.unravel_index(picture.argmax(), picture.shape) == (7, 2)
    silent = Image.open(io.BytesIO(activation_png(np.zeros((4, 8)))))
    assert np.asarray(silent.convert("L")).max() < 5


def test_memory_is_sorted_by_its_end_and_only_leaders_are_drawn():
    states = np.array([[0.9, 0.0, -0.2], [0.1, -0.5, 0.7]])
    guesses = np.array([[0.2, 0.5, 0.3], [0.6, 0.2, 0.2]])
    figure = memory_chart(states, guesses, ("blues", "jazz", "rock"), 3.0)
    heat, *lines = figure.data
    assert np.array(heat.z).tolist() == [[0.0, -0.5], [0.9, 0.1], [-0.2, 0.7]]
    assert list(heat.x) == [0.75, 2.25]
    assert [line.name for line in lines] == ["blues", "jazz"]
    assert list(lines[0].y) == [20.0, 60.0]


def test_the_vote_is_the_mean_of_its_windows(predictions):
    heat, bars = vote_chart(predictions["cnn"]).data
    assert list(bars.y) == ["jazz", "blues"]
    assert np.array(heat.z).mean(axis=1) == pytest.approx(list(bars.x))


def test_waveform_and_spectrogram_frame_the_same_seconds():
    low, high = np.full(10, -0.5), np.full(10, 0.25)
    wave = waveform_chart(low, high, 30.0, (3.0, 6.0))
    ticks = frequency_ticks(MEL)
    spectrogram = spectrogram_chart(b"png", 30.0, ticks, (3.0, 6.0))
    for figure in (wave, spectrogram):
        assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (3.0, 6.0)
        assert list(figure.layout.xaxis.range) == [0, 30.0]
    assert wave.layout.yaxis.range[1] > 0.5
