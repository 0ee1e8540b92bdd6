"""Charts of a dataset."""

import pandas as pd

from deepmusic.charts.dataset import PathPoint, map_chart


def test_the_map_names_each_track_and_rings_the_chosen_one():
    table = pd.DataFrame(
        {"x": [0, 1], "y": [0, 1], "genre": ["rock", "Ska"], "label": ["<b>a</b>", "b"]},
        index=["a", "b"],
    )
    chart = map_chart(table, ("Ska", "rock", "absent"), "b")
    assert [trace.name for trace in chart.data] == ["Ska", "rock", None]
    assert list(chart.data[1].customdata) == ["a"]
    assert len({trace.marker.color for trace in chart.data}) == 3
    assert len({trace.marker.symbol for trace in chart.data}) == 3


def test_a_song_lies_on_the_map_with_its_path():
    path = [PathPoint(0.1, 0.2, "all"), PathPoint(0, 0, "a <b>"), PathPoint(1, 1, "c")]
    table = pd.DataFrame({"x": [0.0], "y": [0.0], "genre": ["jazz"], "label": ["one"]}, ["one"])
    *_, way, star = map_chart(table, ["jazz"], None, path).data
    assert (list(way.x), list(star.x), list(star.y)) == ([0, 1], [0.1], [0.2])
    assert "<b>" not in way.text[0]
    assert way.customdata is None, "a click chooses no clip"
