"""Evidence over a spectrogram, as a transparent PNG: a spotlight on what speaks for a genre."""

import io
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.audio import features
from deepmusic.audio.features import ClipLogMel
from deepmusic.charts.spectrogram import spectrogram_png, to_png
from deepmusic.config import MelConfig

if TYPE_CHECKING:
    from deepmusic.explain import Evidence

#: How dark the rest becomes, and what speaks against the genre is tinted with.
_DARKEST = 215
_AGAINST = (64, 200, 255)

#: Share of the map's strongest values that share the full strength.
_TOP = 0.02

#: Columns for each second.
_COLUMNS = 8

#: Width and height of an image of its own, and of one of a passage, in pixels.
_SIZE = (1200, 400)
_PASSAGE_SIZE = (480, 320)


def evidence_png(evidence: "Evidence", mel: MelConfig) -> bytes:
    """Return a PNG to lay over the part of a spectrogram that evidence is about.

    What speaks for the genre stays as it is, the rest is dark, and what speaks against it blue.

    Parameters
    ----------
    evidence : Evidence
        Its bands may differ from those of the spectrogram.
    mel : MelConfig
        Of the spectrogram: a row for each of its bands, low frequencies at the bottom.
    """
    from PIL import Image

    top = features.hz_to_mel(mel.sample_rate / 2)
    heights = (np.arange(mel.n_mels) + 0.5) / mel.n_mels * top
    edges = np.array([features.hz_to_mel(hz) for hz in evidence.frequencies])
    bands = np.searchsorted(edges, heights, side="right") - 1
    length = evidence.times[-1] - evidence.times[0]
    n_columns = max(1, round(_COLUMNS * length))
    seconds = evidence.times[0] + (np.arange(n_columns) + 0.5) / n_columns * length
    steps = (np.searchsorted(evidence.times, seconds, side="right") - 1).clip(
        0, evidence.map.shape[1] - 1
    )
    inside = (bands >= 0) & (bands < len(evidence.map))
    rows = np.where(
        inside[:, None], evidence.map[bands.clip(0, len(evidence.map) - 1)][:, steps], 0.0
    )
    strongest = float(np.quantile(np.abs(evidence.map), 1 - _TOP)) or 1.0
    strength = np.clip(rows / strongest, -1, 1)
    pixels = np.zeros((*rows.shape, 4), np.uint8)
    pixels[..., 3] = np.rint(_DARKEST * (1 - np.abs(strength)))
    against = strength < 0
    pixels[against, :3] = np.rint(np.outer(-strength[against], _AGAINST))
    pixels[against, 3] = _DARKEST
    image = Image.fromarray(np.ascontiguousarray(pixels[::-1]), mode="RGBA")
    return to_png(image.resize((n_columns, mel.n_mels), Image.Resampling.BILINEAR))


def evidence_over_spectrogram(clip: ClipLogMel, evidence: "Evidence", mel: MelConfig) -> bytes:
    """Return a clip's spectrogram with its evidence laid over, as a PNG of `_SIZE`."""
    from PIL import Image

    below, above = (
        Image.open(io.BytesIO(png)).convert("RGBA").resize(_SIZE, Image.Resampling.BILINEAR)
        for png in (spectrogram_png([clip], mel), evidence_png(evidence, mel))
    )
    return to_png(Image.alpha_composite(below, above).convert("RGB"))


def passage_png(
    clip: ClipLogMel, evidence: "Evidence", mel: MelConfig, passage: tuple[float, float]
) -> bytes:
    """Return the part of `evidence_over_spectrogram` between two times in the song, in s."""
    from PIL import Image

    image = Image.open(io.BytesIO(evidence_over_spectrogram(clip, evidence, mel)))
    left, right = np.interp(passage, (evidence.start, evidence.end), (0, image.width))
    part = image.crop((round(left), 0, max(round(right), round(left) + 1), image.height))
    return to_png(part.resize(_PASSAGE_SIZE, Image.Resampling.BILINEAR))
