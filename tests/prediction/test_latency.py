"""Latency of networks."""

from deepmusic.prediction.latency import median_milliseconds


def test_calls_are_timed_in_turn_and_warm():
    calls = []
    asked = {name: lambda name=name: calls.append(name) for name in "ab"}
    assert median_milliseconds(asked, repeats=2).keys() == {"a", "b"}
    assert "".join(calls) == "ababab"
