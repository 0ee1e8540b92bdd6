"""The file of one's own classes, and predictions by it."""

import io
import json
import zipfile

import numpy as np
import pytest

import deepmusic
from deepmusic.audio import synth
from deepmusic.errors import AudioError, ModelError
from deepmusic.prediction import OwnClasses
from deepmusic.prediction.own_classes import is_classes


@pytest.fixture(scope="module")
def classes() -> OwnClasses:
    kernel = np.random.default_rng(0).normal(size=(200, 3)) * 0.1
    return OwnClasses(("a", "b", "my band"), kernel, np.zeros(3), {"accuracy": 0.5})


def changed(classes: OwnClasses, sign: bool = False, **values) -> bytes:
    """Return the file with other values in it, as a tamperer would write it."""
    from deepmusic.prediction import own_classes

    with zipfile.ZipFile(io.BytesIO(classes.to_bytes())) as archive:
        stored = json.loads(archive.read("classes.json")) | values
    if sign:
        content = {key: stored[key] for key in ("labels", "kernel", "bias", "facts")}
        stored["sha256"] = own_classes._digest(content)
    return packed(json.dumps(stored))


def packed(text: str | bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("classes.json", text)
    return file.getvalue()


def test_it_is_written_and_read(classes, tmp_path, music):
    classes.save(tmp_path / "my.zip")
    again = deepmusic.load(tmp_path / "my.zip")
    assert isinstance(again, OwnClasses)
    assert again.labels == classes.labels
    assert again.facts == {"accuracy": 0.5}
    one, other = (each.predict(music, sample_rate=22_050) for each in (classes, again))
    assert one.label == other.label == max(one.probabilities, key=one.probabilities.get)
    np.testing.assert_allclose(
        list(one.probabilities.values()), list(other.probabilities.values()), atol=1e-4
    )
    assert sum(one.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert len(one.segments) == 2
    assert json.loads(json.dumps(one.to_dict()))["label"] == one.label


def test_a_short_sound_is_repeated(classes):
    tone = synth.tone(440.0, seconds=1)
    found = classes.predict(tone, sample_rate=22_050)
    whole = classes.predict(np.tile(tone, 4), sample_rate=22_050)
    assert found.duration == 1
    assert found.probabilities == pytest.approx(whole.probabilities, abs=0.02)
    with pytest.raises(AudioError, match=r"0\.3 s are needed"):
        classes.predict(tone[:2000], sample_rate=22_050)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"version": 2}, "version 2"),
        ({"version": "\x1b[2J"}, "version"),
        ({"format": "other"}, "no file of classes"),
        ({"pretrained": "0" * 64}, "another pretrained network"),
        ({"bias": [9.0, 0.0, 0.0]}, "was changed or damaged"),
        ({"labels": ["x", "y", "z"]}, "was changed or damaged"),
    ],
)
def test_another_or_a_changed_file_is_refused(classes, values, match):
    with pytest.raises(ModelError, match=match):
        OwnClasses.load(changed(classes, **values))


@pytest.mark.parametrize(
    "values",
    [
        {"bias": [float("nan"), 0.0, 0.0]},
        {"bias": [0.0]},
        {"kernel": [[1.0] * 3]},
        {"kernel": "x"},
        {"labels": ["a", "A", "b"]},
        {"labels": ["a", " b", "c"]},
        {"labels": ["a"] * 100},
        {"facts": 3},
    ],
)
def test_a_signed_file_that_makes_no_sense_is_refused(classes, values):
    with pytest.raises(ModelError):
        OwnClasses.load(changed(classes, sign=True, **values))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK no zip",
        packed(b"\x80\x04pickle"),
        packed("[]"),
        packed("[" * 100_000),
        packed(b"0" * 50_000_000),
    ],
    ids=["empty", "no zip", "pickle", "list", "deep", "bomb"],
)
def test_what_is_no_file_of_classes_is_refused(data, tmp_path):
    (tmp_path / "my.zip").write_bytes(data)
    with pytest.raises(ModelError, match="is no file of classes"):
        OwnClasses.load(tmp_path / "my.zip")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        OwnClasses.load(tmp_path / "none.zip")


def test_a_file_of_classes_is_recognised(classes):
    assert is_classes(classes.to_bytes())
    assert not is_classes(b"PK no zip")
