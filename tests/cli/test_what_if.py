"""``deepmusic what-if``."""

import json

import numpy as np
import pytest
import soundfile

from deepmusic.audio import synth
from tests.cli import run


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "song.flac"
    soundfile.write(path, synth.play("jazz", seconds=9), 22_050)
    return path


def test_answers_for_each_value_as_json(path):
    asked = ("what-if", path, "--model", "crnn", "--speed", "0.75:1.5:3", "--reverse")
    result = run(*asked, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["before"]["duration"] == pytest.approx(9, abs=0.01)
    changes = [(one["change"], one["value"]) for one in found["changes"]]
    assert changes == [("speed", 0.75), ("speed", 1.125), ("speed", 1.5), ("reverse", 1)]
    durations = [one["duration"] for one in found["changes"]]
    assert durations == pytest.approx([12, 8, 6, 9], rel=0.02)
    for one in [found["before"], *found["changes"]]:
        (network,) = one["networks"].values()
        assert sum(network["probabilities"].values()) == pytest.approx(1, abs=0.001)
        assert network["genre"] == max(network["probabilities"], key=network["probabilities"].get)
        assert one["answer"]
    text = run(*asked).stdout.splitlines()
    assert [line.split("  ")[0] for line in text[1:]] == [
        "as it is",
        "speed 0.75 times",
        "speed 1.125 times",
        "speed 1.5 times",
        "backwards",
    ]


def test_a_changed_sound_is_written(path, tmp_path):
    wanted = tmp_path / "faster.wav"
    result = run("what-if", path, "--model", "crnn", "--speed", "1.5", "--sound", wanted)
    assert result.exit_code == 0, result.output
    assert soundfile.info(wanted).duration == pytest.approx(6, rel=0.02)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--speed", "0.1:2:8"), "Speed goes from 0.5 to 2 times. Received: 0.1"),
        (("--speed", "fast"), "Received: fast"),
        (("--pitch", "1:2"), "Received: 1:2"),
        (("--pitch", "nan"), "Received: nan"),
        (("--reverse", "--clip", "3"), "Received: 3"),
        (("--reverse", "--telephone", "--sound", "x.wav"), "Received: 2 changes"),
        ((), "Choose a change"),
    ],
)
def test_what_cannot_be_tried_ends_with_a_sentence(path, options, words):
    result = run("what-if", path, "--model", "crnn", *options)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("samples", "words"),
    [(np.sin(np.arange(44_100) / 9) / 2, "a window is 3.0 s"), (np.zeros(198_450), "is silent")],
)
def test_too_short_or_silent_ends_with_a_sentence(tmp_path, samples, words):
    soundfile.write(tmp_path / "bad.flac", samples, 22_050)
    result = run("what-if", tmp_path / "bad.flac", "--model", "crnn", "--reverse")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output
