"""Spectrograms as PNG images in magma."""

import base64
import io
from collections.abc import Sequence

import numpy as np

from deepmusic.config import MelConfig
from deepmusic.features import ClipPicture

#: Frequencies marked beside a spectrogram, in Hz.
FREQUENCY_TICKS = (250, 500, 1000, 2000, 4000, 8000)

_WIDEST_PNG = 2000


def spectrogram_png(clips: Sequence[ClipPicture], mel: MelConfig) -> bytes:
    """Draw a song's mel-spectrogram, low notes at the bottom, on one dB scale for all its clips.

    Parameters
    ----------
    clips : sequence of ClipPicture
        The song, clip by clip.
    mel : MelConfig
        Front end; ``top_db`` is the range of the colours.

    Returns
    -------
    bytes
        A PNG of `n_mels` rows and one column a frame (fewer for songs of over 46 s), in magma:
        black is ``top_db`` below the loudest point, pale yellow is that point.
    """
    decibels = np.concatenate([clip.decibels for clip in clips], axis=1)
    n_frames = decibels.shape[1]
    if n_frames > _WIDEST_PNG:
        # The loudest of the frames that share a column, so that drum hits stay visible.
        edges = np.linspace(0, n_frames, _WIDEST_PNG, endpoint=False).astype(int)
        decibels = np.maximum.reduceat(decibels, edges, axis=1)
    level = np.clip((decibels - decibels.max()) / mel.top_db + 1, 0, 1)
    return _magma_png(level)


def _magma_png(level: np.ndarray) -> bytes:
    """Draw levels of 0 to 1 [rows, columns] in magma, the first row at the bottom."""
    from PIL import Image

    image = Image.fromarray(np.rint(level[::-1] * 255).astype(np.uint8), mode="P")
    image.putpalette(magma().tobytes())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def magma() -> np.ndarray:
    """Return magma as 256 rows of red, green and blue, uint8."""
    from plotly.colors import sequential, unlabel_rgb, validate_colors

    stops = np.array([unlabel_rgb(colour) for colour in validate_colors(sequential.Magma, "rgb")])
    position = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(position, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def frequency_ticks(mel: MelConfig) -> list[tuple[str, float]]:
    """Place frequency marks beside a mel-spectrogram.

    Returns
    -------
    list of (str, float)
        A label such as ``1 kHz``, and its height from 0 (bottom) to 1 (top).
    """
    import librosa

    top = librosa.hz_to_mel(mel.sample_rate / 2)
    return [
        (
            f"{frequency // 1000} kHz" if frequency >= 1000 else f"{frequency} Hz",
            float(librosa.hz_to_mel(frequency) / top),
        )
        for frequency in FREQUENCY_TICKS
        if frequency < mel.sample_rate / 2
    ]


def activation_png(values: np.ndarray) -> bytes:
    """Draw what one filter saw in a window: dark is nothing, bright is its own strongest answer.

    Parameters
    ----------
    values : np.ndarray [shape=(n_columns, n_mels)]
        One filter's activations, 0 or more.

    Returns
    -------
    bytes
        A PNG of `n_mels` rows, low pitches at the bottom, and `n_columns` columns.
    """
    top = float(values.max())
    return _magma_png(np.clip(values.T / top, 0, 1) if top > 0 else np.zeros(values.T.shape))


def data_url(png: bytes) -> str:
    """Return a PNG as an address that a browser needs to fetch nothing for."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def log_mel_png(picture: np.ndarray, width: int = 384, height: int = 128) -> bytes:
    """Draw what a network reads of a clip, in magma: black is 80 dB below its loudest point.

    Parameters
    ----------
    picture : np.ndarray [shape=(n_mels, n_columns)], uint8
        What `deepmusic.features.picture` returned.
    width, height : int
        In pixels; low notes are at the bottom.
    """
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture[::-1]), mode="P")
    image.putpalette(magma().tobytes())
    image = image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def resize_png(png: bytes, width: int, height: int) -> bytes:
    """Return a PNG at another size, with its pixels left as sharp as they are."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    buffer = io.BytesIO()
    image.resize((width, height), Image.Resampling.NEAREST).save(buffer, format="PNG")
    return buffer.getvalue()
