"""Charts of a dataset."""

import pandas as pd

from deepmusic.charts.dataset import map_chart


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
