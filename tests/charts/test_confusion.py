"""Charts of confusion matrices."""

import math

import pytest

from deepmusic.charts.confusion import confusion_chart, precision_chart
from deepmusic.evaluation import (
    confusion,
)
from deepmusic.evaluation.confusion import PRECISION
from tests.evaluation.examples import POP_ROCK_JAZZ


def test_a_matrix_has_numbers_and_something_to_click(first):
    counts = confusion.confusion_matrix(first, POP_ROCK_JAZZ)
    figure = confusion_chart(counts, unit="clips", top=4, title="<b>x", chosen=("rock", "pop"))
    heatmap, marks = figure.data
    assert [list(row) for row in heatmap.text] == [["1", "1", ""], ["3", "1", ""], ["", "", ""]]
    assert (heatmap.zmin, heatmap.zmax) == (0, 4)
    cells = dict(zip(zip(marks.y, marks.x, strict=True), marks.customdata, strict=True))
    assert cells["rock", "pop"] == 3 and len(cells) == 9
    (outline,) = figure.layout.shapes
    assert (outline.x0, outline.x1, outline.y0, outline.y1) == (-0.5, 0.5, 0.5, 1.5)
    assert figure.layout.title.text == "&lt;b&gt;x"
    # Names are turned only where they would touch.
    assert figure.layout.xaxis.tickangle is None
    assert figure.layout.xaxis.autotickangles == (0, -90)


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_from_the_back_row(first, dark):
    counts = confusion.confusion_matrix(first, POP_ROCK_JAZZ)
    for signed in (False, True):
        figure = confusion_chart(counts, unit="clips", top=4, dark=dark, signed=signed)
        for axis in (figure.layout.xaxis, figure.layout.yaxis):
            assert axis.tickfont.size >= 16 and axis.title.font.size >= 16
        assert not figure.layout.shapes


def test_a_difference_has_signs_and_a_middle(first, second):
    matrix = confusion.confusion_matrix(first, POP_ROCK_JAZZ) - confusion.confusion_matrix(
        second, POP_ROCK_JAZZ
    )
    heatmap = confusion_chart(matrix, unit="clips", top=2, signed=True).data[0]
    assert [list(row) for row in heatmap.text] == [
        ["+1", "+1", ""],
        ["+2", "", "\N{MINUS SIGN}1"],
        ["", "", "\N{MINUS SIGN}1"],
    ]
    assert (heatmap.zmin, heatmap.zmax) == (-2, 2)


def test_no_number_is_an_empty_cell(first):
    precision = confusion.normalize(confusion.confusion_matrix(first, POP_ROCK_JAZZ), PRECISION)
    for signed in (False, True):
        chart = confusion_chart(precision, unit="%", top=100, signed=signed)
        assert chart.data[0].text[0][2] == ""


def test_our_precision_stands_beside_the_papers():
    figure = precision_chart(
        {"pop": 70.0, "rock": math.nan}, {"rock": 40.0, "pop": 80.0}, "cnn", name="CNN"
    )
    printed, ours = figure.data[1:]
    assert (printed.name, ours.name) == ("paper", "ours")
    assert list(printed.y) == ["rock", "pop"], "the paper's best is on top"
    assert list(printed.x) == [40, 80] and ours.x[1] == 70
