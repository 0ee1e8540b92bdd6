"""``deepmusic explain``."""

import io
import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from deepmusic.audio import synth
from tests.cli import run


@pytest.fixture
def path(tmp_path):
    soundfile.write(tmp_path / "song.flac", synth.play("jazz", seconds=9), 22_050)
    return tmp_path / "song.flac"


def test_a_sentence_a_picture_and_two_sounds(path, tmp_path):
    asked = ("explain", path, "--model", "crnn", "--genre", "jazz")
    result = run(
        *asked,
        *("--evidence", tmp_path / "kept.wav", "--rest", tmp_path / "rest.wav"),
        *("--png", tmp_path / "map.png"),
    )
    assert result.exit_code == 0, result.output
    assert "jazz" in result.stdout
    kept, rest = (soundfile.read(tmp_path / name)[0] for name in ("kept.wav", "rest.wav"))
    assert len(kept) == len(rest) == pytest.approx(9 * 22_050, rel=0.02)
    assert np.abs(kept - rest).max() > 0.01
    image = Image.open(io.BytesIO((tmp_path / "map.png").read_bytes()))
    assert image.size[0] > 3 * image.size[1] - 1
    found = json.loads(run(*asked[:-1], "Jazz", "--json").stdout)
    assert found["sentence"] == result.stdout.strip()
    assert len(found["map"]) == len(found["frequencies"]) - 1
    assert {len(row) for row in found["map"]} == {len(found["times"]) - 1}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--genre", "polka"), "Received: 'polka'"),
        (("--genre", "jazz", "--against", "jazz"), "two different genres"),
        (("--clip", "3"), "one clip, 0. Received: 3"),
        (("--keep", "0"), "0"),
    ],
)
def test_what_cannot_be_explained_ends_with_a_sentence(path, options, words):
    result = run("explain", path, "--model", "crnn", *options)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.sin(np.arange(44_100) / 9) / 2, "a window is 3.0 s"),
        (np.zeros(198_450), "has no evidence"),
    ],
)
def test_too_short_or_silent_ends_with_a_sentence(tmp_path, samples, words):
    soundfile.write(tmp_path / "bad.flac", samples, 22_050)
    result = run("explain", tmp_path / "bad.flac", "--model", "crnn")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output
