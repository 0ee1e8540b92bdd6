"""Charts of a song's predictions."""

import numpy as np
import pytest

from deepmusic.charts.song import genre_chart, vote_chart
from deepmusic.charts.style import genre_colour
from deepmusic.prediction import Prediction, genre_segments


@pytest.fixture
def predictions():
    rows = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    starts = np.array([0.0, 1.5, 3.0])
    one = Prediction("cnn", ("blues", "jazz"), starts, starts + 3, np.zeros(3, int), rows)
    return {"cnn": one, "ensemble": one}


def test_segments_touch_and_cover_the_song(predictions):
    segments = genre_segments(predictions["cnn"])
    assert [s.genre for s in segments] == ["blues", "jazz", "blues"]
    assert [s.start for s in segments] == [0.0, 2.25, 3.75]
    assert [s.end for s in segments] == [2.25, 3.75, 6.0]
    assert segments[1].probability == 0.8


def test_chart_is_sorted_by_the_featured_network(predictions):
    figure = genre_chart(predictions, "ensemble")
    bar = figure.data[0]
    assert list(bar.text) == list(figure.layout.yaxis.ticktext) == ["jazz", "blues"]
    assert list(bar.x) == pytest.approx([100 * 1.3 / 3, 100 * 1.7 / 3])
    (cnn,) = figure.data[1:]
    assert "CNN" in cnn.hovertemplate


def test_a_network_of_other_genres_stands_alone(predictions):
    figure = genre_chart({"fma": predictions["cnn"]}, "fma")
    (bar,) = figure.data
    assert bar.marker.color == (genre_colour("jazz"), genre_colour("blues"))


def test_no_network_s_mark_hides_another_s_nor_is_cut_by_the_axis(predictions):
    alike = {name: predictions["cnn"] for name in ("cnn", "crnn", "cnn_gru", "ensemble")}
    figure = genre_chart(alike, "ensemble")
    heights = [trace.y[0] for trace in figure.data[1:]]
    # Rows are 27 px high, marks 9.
    assert min(abs(np.diff(sorted(heights)))) * 27 > 7
    assert figure.layout.xaxis.range[0] < 0
    assert not any(trace.cliponaxis for trace in figure.data[1:])


def test_the_vote_is_the_mean_of_its_windows(predictions):
    heat, bars = vote_chart(predictions["cnn"]).data
    assert list(bars.y) == ["jazz", "blues"]
    assert np.array(heat.z).mean(axis=1) == pytest.approx(list(bars.x))
