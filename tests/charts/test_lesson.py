"""Charts of the lesson."""

import numpy as np

from deepmusic.charts.lesson import memory_chart, spectrogram_chart, waveform_chart
from deepmusic.charts.spectrogram import frequency_ticks
from deepmusic.config import FRONT_ENDS

MEL = FRONT_ENDS["compact"]


def test_memory_is_sorted_by_its_end_and_only_leaders_are_drawn():
    states = np.array([[0.9, 0.0, -0.2], [0.1, -0.5, 0.7]])
    guesses = np.array([[0.2, 0.5, 0.3], [0.6, 0.2, 0.2]])
    figure = memory_chart(states, guesses, ("blues", "jazz", "rock"), 3.0)
    heat, *lines = figure.data
    assert np.array(heat.z).tolist() == [[0.0, -0.5], [0.9, 0.1], [-0.2, 0.7]]
    assert list(heat.x) == [0.75, 2.25]
    assert [line.name for line in lines] == ["blues", "jazz"]
    assert list(lines[0].y) == [20.0, 60.0]


def test_waveform_and_spectrogram_frame_the_same_seconds():
    low, high = np.full(10, -0.5), np.full(10, 0.25)
    wave = waveform_chart(low, high, 30.0, (3.0, 6.0))
    ticks = frequency_ticks(MEL)
    spectrogram = spectrogram_chart(b"png", 30.0, ticks, (3.0, 6.0))
    for figure in (wave, spectrogram):
        assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (3.0, 6.0)
        assert list(figure.layout.xaxis.range) == [0, 30.0]
    assert wave.layout.yaxis.range[1] > 0.5
