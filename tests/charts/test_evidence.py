"""Evidence over a spectrogram."""

import io
from types import SimpleNamespace

import numpy as np
from PIL import Image

from deepmusic.audio.features import ClipLogMel, hz_to_mel
from deepmusic.charts.evidence import evidence_png, passage_png
from deepmusic.config import FRONT_ENDS

MEL = FRONT_ENDS["compact"]


def drawn(found: np.ndarray, frequencies, times) -> np.ndarray:
    """Return alpha and colours with low frequencies first."""
    evidence = SimpleNamespace(map=found, frequencies=frequencies, times=times)
    image = Image.open(io.BytesIO(evidence_png(evidence, MEL)))
    assert image.mode == "RGBA"
    return np.asarray(image)[::-1]


def test_what_speaks_for_the_genre_is_left_bright():
    """One patch of 400 to 800 Hz in the second second."""
    found = np.zeros((3, 4))
    found[1, 1] = 1.0
    pixels = drawn(found, np.array([0, 400, 800, 8000]), np.arange(5.0))
    assert pixels.shape[0] == MEL.n_mels
    clear = pixels[..., 3] == 0
    top = hz_to_mel(MEL.sample_rate / 2)
    rows, columns = np.flatnonzero(clear.any(axis=1)), np.flatnonzero(clear.any(axis=0))
    expected = MEL.n_mels * np.array([hz_to_mel(400), hz_to_mel(800)]) / top
    np.testing.assert_allclose([rows[0], rows[-1] + 1], expected, atol=1)
    np.testing.assert_allclose(
        [columns[0], columns[-1] + 1], pixels.shape[1] * np.array([0.25, 0.5]), atol=1
    )
    assert not pixels[~clear][:, :3].any()


def test_what_speaks_against_it_is_blue():
    found = np.array([[-1.0, 0.5]])
    pixels = drawn(found, np.array([0, 11_025]), np.arange(3.0))
    red, green, blue = pixels[40, 2, :3]
    assert blue > green > red
    assert pixels[40, 2, 3] > pixels[40, -2, 3]


def test_no_evidence_leaves_all_dark():
    pixels = drawn(np.zeros((2, 2)), np.array([0, 1000, 8000]), np.arange(3.0))
    assert (pixels[..., 3] > 200).all()


def test_a_passage_is_cut_from_its_place():
    """What speaks for the genre lies in the last quarter of the clip alone."""
    found = SimpleNamespace(
        map=np.array([[0.0, 0.0, 0.0, 1.0]]),
        frequencies=np.array([0, 11_025]),
        times=np.arange(10.0, 15.0),
        start=10.0,
        end=14.0,
    )
    decibels = np.zeros((MEL.n_mels, 172), np.float32)
    clip = ClipLogMel(10.0, decibels, np.zeros((MEL.n_mels, 51), np.uint8), 0.08)

    def light(passage) -> float:
        png = passage_png(clip, found, MEL, passage)
        return float(np.asarray(Image.open(io.BytesIO(png))).mean())

    assert light((13.0, 14.0)) > 3 * light((10.0, 12.0)) > 0
