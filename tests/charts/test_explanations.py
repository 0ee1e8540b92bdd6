"""How far explanations can be believed, as a chart."""

import pytest

from deepmusic.charts.explanations import belief_chart


def test_a_mark_for_each_network_and_order_with_its_interval():
    curves = {
        f"{kind} {order}": [share, share - 0.1, share + 0.05]
        for kind, share in (("deletion", 0.3), ("insertion", 0.6))
        for order in ("evidence", "random", "energy")
    }
    figure = belief_chart({"cnn": {"log_mels": curves}, "crnn": {"log_mels": curves}}, "insertion")
    assert len(figure.data) == 3
    assert list(figure.data[0].y) == ["CRNN", "CNN"]
    assert list(figure.data[0].x) == pytest.approx([60, 60])
    assert list(figure.data[0].error_x.array) == pytest.approx([5, 5])
    assert list(figure.data[0].error_x.arrayminus) == pytest.approx([10, 10])
