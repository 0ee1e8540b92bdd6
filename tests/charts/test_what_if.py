"""Genres over the values of a change."""

import numpy as np
import pytest

from deepmusic.audio import CHANGES
from deepmusic.charts.style import genre_colour
from deepmusic.charts.what_if import what_if_chart
from deepmusic.prediction import Prediction

GENRES = ("blues", "jazz", "rock")


def prediction(*row: float) -> Prediction:
    return Prediction("cnn", GENRES, np.zeros(1), np.ones(1), np.zeros(1, int), np.array([row]))


def test_genres_that_lead_somewhere_are_drawn_over_the_slider_s_values():
    speed = CHANGES["speed"]
    found = {value: prediction(0.7, 0.2, 0.1) for value in speed.steps}
    found[2.0] = prediction(0.1, 0.9, 0.0)
    found[0.5] = None
    figure = what_if_chart(speed, found, 1.25)
    assert [line.name for line in figure.data] == ["jazz", "blues"]
    jazz = figure.data[0]
    assert jazz.y[-1] == pytest.approx(90)
    assert jazz.y[0] is None
    assert jazz.line.color == genre_colour("jazz")
    assert figure.layout.xaxis.ticktext[-1] == "2"
    assert figure.layout.shapes[0].x0 == speed.steps.index(1.25)


def test_where_one_genre_leads_throughout_the_next_is_drawn_too():
    found = {value: prediction(0.7, 0.1, 0.2) for value in CHANGES["bass"].steps}
    figure = what_if_chart(CHANGES["bass"], found, 0)
    assert [line.name for line in figure.data] == ["blues", "rock"]


def test_nothing_is_drawn_of_a_song_that_is_too_short():
    assert not what_if_chart(CHANGES["speed"], dict.fromkeys((1.0, 2.0)), 1.0).data
