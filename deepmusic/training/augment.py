"""Augmentation of training windows: masks, gain, tilt, mel shift, noise, narrow band, mixup."""

import numpy as np

from deepmusic.config import AugmentConfig, MelConfig

#: Highest lower and lowest upper edge of a narrow band, as shares of the mel scale to 11 kHz:
#: 410 Hz and 2.4 kHz. A telephone keeps 300 to 3400 Hz.
_LOW_CUT, _HIGH_CUT = 0.12, 0.56


def augment(
    batch: np.ndarray, settings: AugmentConfig, mel: MelConfig, rng: np.random.Generator
) -> np.ndarray:
    """Augment a copy of windows [shape=(n_windows, n_mels, n_frames)], float32 from 0 to 255.

    The 255 steps are ``mel.top_db`` dB.
    """
    steps_per_db = 255.0 / mel.top_db
    changed = _shift_mels(batch, settings.mel_shift, rng)
    changed = changed + _gain_and_tilt(batch.shape, settings, steps_per_db, rng)
    np.clip(changed, 0, 255, out=changed)
    if settings.noise_db:
        changed = _raise_floor(changed, settings.noise_db * steps_per_db, rng)
    if settings.narrow_share:
        changed = np.where(_outside_band(batch.shape, settings.narrow_share, rng), 0, changed)
    # Masks take the window's mean, so that they do not look like silence.
    fill = changed.mean(axis=(1, 2), keepdims=True)
    for _ in range(settings.mel_masks):
        changed = np.where(_mask(batch.shape, 1, settings.mel_mask_bands, rng), fill, changed)
    for _ in range(settings.time_masks):
        changed = np.where(_mask(batch.shape, 2, settings.time_mask_frames, rng), fill, changed)
    return changed


def mix_up(
    batch: np.ndarray, targets: np.ndarray, alpha: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mixup: blend each window, and its target, with another one (Zhang et al., ICLR 2018).

    The weight of the stronger window is drawn from Beta(alpha, alpha), folded to 0.5 ... 1. Rows of
    the targets [shape=(n_windows, n_genres)] still sum to 1.
    """
    weight = rng.beta(alpha, alpha, len(batch)).astype(np.float32)[:, None]
    weight = np.maximum(weight, 1 - weight)
    other = rng.permutation(len(batch))
    blended = weight[..., None] * batch + (1 - weight[..., None]) * batch[other]
    return blended, weight * targets + (1 - weight) * targets[other]


def _gain_and_tilt(
    shape: tuple[int, ...], settings: AugmentConfig, steps_per_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Return [shape=(n_windows, n_mels, 1)] steps to add: one gain and one slope per window."""
    gain = rng.uniform(-settings.gain_db, settings.gain_db, (shape[0], 1, 1))
    slope = rng.uniform(-settings.tilt_db, settings.tilt_db, (shape[0], 1, 1))
    band = np.linspace(-0.5, 0.5, shape[1])[None, :, None]
    return ((gain + slope * band) * steps_per_db).astype(np.float32)


def _raise_floor(batch: np.ndarray, highest: float, rng: np.random.Generator) -> np.ndarray:
    """Raise the noise floor of half the windows, and rescale as the front end would."""
    floor = rng.uniform(0, highest, (len(batch), 1, 1))
    floor = (floor * (rng.random(floor.shape) < 0.5)).astype(np.float32)
    return (np.maximum(batch, floor) - floor) * (255 / (255 - floor))


def _outside_band(shape: tuple[int, ...], share: float, rng: np.random.Generator) -> np.ndarray:
    """Return bands that a telephone cuts off, in some windows [shape=(n_windows, n_mels, 1)]."""
    n_windows, n_mels, _ = shape
    low = rng.uniform(0, _LOW_CUT, n_windows) * n_mels
    high = rng.uniform(_HIGH_CUT, 1, n_windows) * n_mels
    band = np.arange(n_mels)
    outside = (band < low[:, None]) | (band >= high[:, None])
    chosen = rng.random((n_windows, 1)) < share
    return np.expand_dims(outside & chosen, 2)


def _shift_mels(batch: np.ndarray, largest: int, rng: np.random.Generator) -> np.ndarray:
    """Shift each window by whole bands; the edge band repeats."""
    if largest == 0:
        return batch
    n_windows, n_mels, _ = batch.shape
    shift = rng.integers(-largest, largest + 1, (n_windows, 1))
    source = np.clip(np.arange(n_mels) - shift, 0, n_mels - 1)
    return np.take_along_axis(batch, source[:, :, None], axis=1)


def _mask(shape: tuple[int, ...], axis: int, widest: int, rng: np.random.Generator) -> np.ndarray:
    """Return a boolean array, true on one random stripe of each window."""
    n_windows, length = shape[0], shape[axis]
    width = rng.integers(0, min(widest, length) + 1, (n_windows, 1))
    start = (rng.random((n_windows, 1)) * (length - width + 1)).astype(int)
    position = np.arange(length)
    stripe = (position >= start) & (position < start + width)
    return np.expand_dims(stripe, 3 - axis)
