"""The image of a first convolution's filters."""

import base64
import io

import numpy as np
from PIL import Image

from deepmusic.charts.filters import data_address, filters_image


def test_small_filters_stand_in_two_rows_scaled_by_themselves():
    filters = np.zeros((16, 3, 3), np.float16)
    filters[0, 0, 2] = 0.5  # Lowest band, last frame: lower right.
    filters[1, 2, 0] = -9  # Highest band, first frame: upper left.
    image = filters_image(filters)
    side = (image.shape[0] - 4) // 2
    step = image.shape[1] // 8
    middle = image[side // 2, side // 2].tolist()
    assert image.shape[2] == 4
    assert image[side - 1, side - 1].tolist() != middle
    assert image[0, 0].tolist() == middle
    strongest = image[0, side + 4].tolist()
    assert strongest == [0xB3, 0x59, 0x00, 255]
    assert image[side + 1, 0, 3] == 0, "between filters it is transparent"
    assert image.shape[1] > 7 * step


def test_filters_over_all_bands_stand_in_one_row():
    image = filters_image(np.random.default_rng(0).normal(size=(16, 128, 5)), dark=True)
    assert 128 <= image.shape[0] <= 200
    assert 16 * 5 <= image.shape[1] <= 400
    assert filters_image(np.zeros((1, 128, 5))).shape[0] == image.shape[0]


def test_an_address_holds_the_image():
    image = np.random.default_rng(0).integers(0, 256, (7, 5, 4), np.uint8)
    kind, _, text = data_address(image).partition(",")
    assert kind == "data:image/png;base64"
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))), image)
