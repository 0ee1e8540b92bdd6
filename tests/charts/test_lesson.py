"""Charts of the lesson."""

import io

import numpy as np
import pytest
from PIL import Image

from deepmusic.charts.lesson import (
    branches_chart,
    kernel_png,
    memory_chart,
    spectrogram_chart,
    stft_chart,
    waveform_chart,
)
from deepmusic.charts.spectrogram import frequency_ticks
from deepmusic.config import FRONT_ENDS
from deepmusic.prediction.inspect_layers import BranchStates

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


@pytest.mark.parametrize("duration", [3.0, 4.0, 7.0, 30.0])
def test_a_time_axis_of_any_length_has_several_ticks(duration):
    chart = waveform_chart(np.full(10, -0.5), np.full(10, 0.25), duration, (0.0, 3.0))
    assert 3 <= duration / chart.layout.xaxis.dtick <= 10


def test_a_filter_is_drawn_a_pixel_each_weight_with_pitch_upwards():
    kernel = np.zeros((3, 3))
    kernel[2, 0] = 1.0  # Late, low.
    image = np.asarray(Image.open(io.BytesIO(kernel_png(kernel))))
    assert image.shape == (3, 3, 3)
    assert image[2, 2].tolist() == [0x4A, 0x2F, 0xC4]
    assert image[0, 0].tolist() == [0xF4, 0xF3, 0xF8]


def test_the_stft_marks_one_frame_of_its_length():
    figure = stft_chart(np.zeros(3000), np.zeros((129, 20)), 6.0, 3.0, 0.1)
    assert {(round(s.x0, 2), round(s.x1, 2)) for s in figure.layout.shapes} == {(7.45, 7.55)}
    assert list(figure.layout.xaxis2.range) == [6.0, 9.0]


def test_branches_show_the_three_leading_genres_by_each():
    states = BranchStates(
        np.array([[0.0, 1.0], [0.5, -1.0]]),
        np.array([[0.5, -1.0], [0.0, 1.0]]),
        np.array([0.7, 0.1, 0.1, 0.1]),
        np.array([0.0, 0.6, 0.4, 0.0]),
        np.array([0.3, 0.3, 0.3, 0.1]),
    )
    figure = branches_chart(states, ("blues", "jazz", "rock", "pop"), 3.0)
    heats, bars = figure.data[:2], figure.data[2:]
    assert np.array(heats[0].z).tolist() == [[1.0, -1.0], [0.0, 0.5]]
    assert np.array(heats[1].z).tolist() == [[-1.0, 1.0], [0.5, 0.0]], "its end is the first step"
    assert [list(bar.x) for bar in bars] == [["blues", "jazz", "rock"]] * 3
    assert list(bars[1].y) == [0.0, 60.0, 40.0]
