"""Spectrograms as PNG images, in the colour map magma."""

import base64
import functools
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.audio import features
from deepmusic.audio.features import ClipLogMel
from deepmusic.config import MelConfig

if TYPE_CHECKING:
    from PIL import Image

#: Frequencies marked beside a spectrogram, in Hz.
FREQUENCY_TICKS = (250, 500, 1000, 2000, 4000, 8000)

_WIDEST_PNG = 2000


def spectrogram_png(clips: Sequence[ClipLogMel], mel: MelConfig) -> bytes:
    """Mel-spectrogram of a song as a PNG, low frequencies at the bottom.

    It has ``n_mels`` rows and a column for each frame (fewer for songs of over 46 s). All clips
    share one dB scale: black is ``mel.top_db`` below the loudest point, pale yellow is that point.
    """
    n_frames = sum(clip.decibels.shape[1] for clip in clips)
    n_columns = min(n_frames, _WIDEST_PNG)
    edges = np.linspace(0, n_frames, n_columns, endpoint=False).astype(int)
    decibels = np.full((mel.n_mels, n_columns), -np.inf, np.float32)
    end = 0
    for clip in clips:
        first, end = end, end + clip.decibels.shape[1]
        # The loudest of the frames that share a column, so that drum hits stay visible.
        columns = np.searchsorted(edges, np.arange(first, end), side="right") - 1
        drawn, starts = np.unique(columns, return_index=True)
        loudest = np.maximum.reduceat(clip.decibels, starts, axis=1)
        decibels[:, drawn] = np.maximum(decibels[:, drawn], loudest)
    return to_png(_magma_image(_to_bytes((decibels - decibels.max()) / mel.top_db + 1)))


def activation_png(values: np.ndarray) -> bytes:
    """Activations of a filter [shape=(n_frames, n_mels)] as a PNG; bright is their maximum."""
    return to_png(_magma_image(_to_bytes(values.T / (float(values.max()) or 1.0))))


def level_png(decibels: np.ndarray, top_db: float = 80.0) -> bytes:
    """Levels in dB [shape=(n_bins, n_frames)] as a PNG; bright is the loudest point."""
    return to_png(_magma_image(_to_bytes((decibels - decibels.max()) / top_db + 1)))


def log_mel_png(log_mel: np.ndarray, width: int = 384, height: int = 128) -> bytes:
    """Log-mel of a clip (uint8, as the networks read it) as a PNG of a size in pixels."""
    from PIL import Image

    image = _magma_image(log_mel).convert("RGB")
    return to_png(image.resize((width, height), Image.Resampling.BILINEAR))


def resize_png(png: bytes, width: int, height: int) -> bytes:
    """Return a PNG at another size, with its pixels left as sharp as they are."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    return to_png(image.resize((width, height), Image.Resampling.NEAREST))


def _to_bytes(level: np.ndarray) -> np.ndarray:
    """Scale 0 to 1 to 0 to 255, clipped."""
    return np.rint(np.clip(level, 0, 1) * 255).astype(np.uint8)


def _magma_image(level: np.ndarray) -> "Image.Image":
    """Draw uint8 levels in magma, the first row at the bottom."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(level[::-1]), mode="P")
    image.putpalette(magma().tobytes())
    return image


def to_png(image: "Image.Image") -> bytes:
    """Return an image as the bytes of a PNG."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


@functools.cache
def magma() -> np.ndarray:
    """Return magma as 256 rows of red, green and blue, uint8; not to be written to."""
    from plotly.colors import sample_colorscale, unlabel_rgb

    colours = sample_colorscale("Magma", 256)
    rows = np.array([unlabel_rgb(colour) for colour in colours]).astype(np.uint8)
    rows.flags.writeable = False
    return rows


def frequency_ticks(mel: MelConfig) -> list[tuple[str, float]]:
    """Return labels such as ``1 kHz``, and their height from 0 (bottom) to 1 (top)."""
    top = features.hz_to_mel(mel.sample_rate / 2)
    below = [frequency for frequency in FREQUENCY_TICKS if frequency < mel.sample_rate / 2]
    labels = [f"{hz // 1000} kHz" if hz >= 1000 else f"{hz} Hz" for hz in below]
    return [(label, features.hz_to_mel(hz) / top) for label, hz in zip(labels, below, strict=True)]


def data_url(content: bytes, media_type: str = "image/png") -> str:
    """Return a PNG, or another file, as a ``data:`` URL."""
    return f"data:{media_type};base64," + base64.b64encode(content).decode("ascii")
