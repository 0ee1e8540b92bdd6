"""Charts of scores."""

import pytest

from deepmusic.charts.scores import (
    IntervalRow,
    calibration_chart,
    coverage_chart,
    interval_chart,
    measure_chart,
)
from deepmusic.evaluation.scores import Measured
from tests.evaluation.examples import scored, scored_blues


def test_the_diagonal_and_the_filled_bins_are_drawn(two_genres):
    score = scored_blues(("blues", 0.8), ("rock", 0.8), ("blues", 0.6))
    figure = calibration_chart([score])
    diagonal, line = figure.data
    assert list(diagonal.x) == list(diagonal.y)
    assert list(line.x) == pytest.approx([60, 80]) and list(line.y) == [100, 50]
    assert line.marker.size[1] > line.marker.size[0]
    assert figure.layout.xaxis.tickfont.size >= 16 and figure.layout.yaxis.title.font.size >= 16


def test_what_was_not_measured_is_said_and_not_drawn():
    figure = interval_chart(
        [
            IntervalRow("paper", "cnn", Measured(0.8, 0.75, 0.84), paper=0.72),
            IntervalRow("fault_filtered", "cnn"),
        ],
        ceiling=0.945,
    )
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["<b>80.0 %</b>", "not measured yet"]
    assert [trace.name for trace in figure.data] == [
        "paper",
        "the paper",
        "ceiling of about 94.5 %",
    ]
    assert figure.layout.xaxis.range[0] == 70
    assert figure.layout.xaxis.tickfont.size >= 16
    assert list(figure.layout.yaxis.ticktext) == ["paper ", "fault_filtered "]


def test_charts_take_any_name_and_nothing():
    figure = interval_chart([IntervalRow("<b>x", "svm", Measured(0.0, 0.0, 1.0))])
    assert figure.layout.yaxis.ticktext[0].startswith("&lt;b&gt;")
    interval_chart([])
    measure_chart([], "recall")


def test_genres_that_are_easy_stand_left():
    one = scored("A", rock_1=["rock"], rock_2=["blues"], blues_1=["blues"])
    other = scored("B", rock_1=["blues"])
    figure = measure_chart([one, other], "recall")
    assert list(figure.data[0].x) == ["blues", "rock"]
    assert list(figure.data[1].y) == [None, 0.0]


def test_coverage_is_drawn_as_it_was_measured():
    figure = coverage_chart([("Pretrained", "musicnn", [(0.5, 0.9), (1.0, 0.7)])])
    assert figure.data[0].x == (50, 100)
    assert figure.data[0].y == (90, 70)
