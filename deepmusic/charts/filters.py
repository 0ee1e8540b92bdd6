"""Filters of a first convolution as one image."""

import base64
import io

import numpy as np

from deepmusic.charts.style import DIFFERENCE_COLOURS

#: About how wide an image is, and how high, in pixels.
_WIDTH, _HEIGHT = 360, 200

#: Between two filters, in pixels.
_GAP = 4


def filters_image(filters: np.ndarray, *, dark: bool = False) -> np.ndarray:
    """Return filters side by side, time to the right and low bands below.

    Each is scaled by itself: its strongest weight has the strongest colour, and zero the middle
    one.

    Parameters
    ----------
    filters : np.ndarray [shape=(n_filters, n_bands, n_frames)]
        At least one.
    dark : bool
        Whether the page is dark.

    Returns
    -------
    np.ndarray [shape=(height, width, 4)], uint8
        RGBA; what lies between the filters is transparent.
    """
    n_filters, n_bands, n_frames = filters.shape
    # Filters that span all bands are tall, and stand in one row.
    columns = n_filters if n_bands > 4 * n_frames else -(-n_filters // 2)
    rows = -(-n_filters // columns)
    wide = max(1, (_WIDTH // columns - _GAP) // n_frames)
    high = max(1, (_HEIGHT // rows - _GAP) // n_bands)
    if n_bands <= 4 * n_frames:
        wide = high = min(wide, high)
    cell_height, cell_width = n_bands * high + _GAP, n_frames * wide + _GAP
    image = np.zeros((rows * cell_height - _GAP, columns * cell_width - _GAP, 4), np.uint8)
    for index, one in enumerate(filters):
        top, left = index // columns * cell_height, index % columns * cell_width
        strongest = np.abs(one).max()
        scaled = 0.5 + 0.5 * one[::-1].astype(float) / (strongest if strongest > 0 else 1)
        large = scaled.repeat(high, axis=0).repeat(wide, axis=1)
        image[top : top + large.shape[0], left : left + large.shape[1]] = _coloured(large, dark)
    return image


def data_address(image: np.ndarray) -> str:
    """Return an image [shape=(height, width, 4)], uint8, as the address of a PNG that holds it.

    A file of a page that changes each second would be gone before a slow browser asks for it.
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _coloured(values: np.ndarray, dark: bool) -> np.ndarray:
    """Return the colours [shape=(height, width, 4)] of values from 0 to 1."""
    stops = [stop for stop, _ in DIFFERENCE_COLOURS[dark]]
    colours = np.array([tuple(bytes.fromhex(colour[1:])) for _, colour in DIFFERENCE_COLOURS[dark]])
    channels = [np.interp(values, stops, colours[:, channel]) for channel in range(3)]
    return np.stack([*channels, np.full(values.shape, 255)], axis=-1).astype(np.uint8)
