"""Changes that leave the genre alone: masks, gain, tilt and a shift in pitch."""

import numpy as np

from deepmusic.config import AugmentConfig, MelConfig

#: A narrow band begins below the first and ends above the second, as shares of the mel scale: of
#: 0 to 11 kHz, up to 410 Hz, and from 2.4 kHz on. A telephone keeps 300 to 3400 Hz.
_LOW_CUT, _HIGH_CUT = 0.12, 0.56


def augment(
    batch: np.ndarray, settings: AugmentConfig, mel: MelConfig, rng: np.random.Generator
) -> np.ndarray:
    """Return a changed copy of a batch of training windows.

    Parameters
    ----------
    batch : np.ndarray [shape=(n_windows, n_mels, columns)], float32
        Windows from 0 to 255.
    settings : AugmentConfig
        How much of each change.
    mel : MelConfig
        Front end; its ``top_db`` says how many dB the 255 steps are.
    rng : np.random.Generator
        Source of chance.

    Returns
    -------
    np.ndarray [shape=(n_windows, n_mels, columns)], float32
        From 0 to 255.
    """
    changed = _shift_mels(batch, settings.mel_shift, rng)
    changed = changed + _gain_and_tilt(batch.shape, settings, 255.0 / mel.top_db, rng)
    np.clip(changed, 0, 255, out=changed)
    if settings.noise_db:
        changed = _bury_in_noise(changed, settings, 255.0 / mel.top_db, rng)
    if settings.narrow_share:
        changed = np.where(_outside_a_narrow_band(changed, settings, rng), 0, changed)
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
    """Blend each window, and its target, with another of the batch (Zhang et al., ICLR 2018).

    Parameters
    ----------
    batch : np.ndarray [shape=(n_windows, n_mels, columns)], float32
        Windows from 0 to 255.
    targets : np.ndarray [shape=(n_windows, n_genres)], float32
        Share of each genre.
    alpha : float
        The share of the stronger window is drawn from Beta(alpha, alpha), folded to 0.5 ... 1.
    rng : np.random.Generator
        Source of chance.

    Returns
    -------
    (np.ndarray, np.ndarray)
        Of the same shapes; each row of targets still sums to 1.
    """
    share = rng.beta(alpha, alpha, len(batch)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    other = rng.permutation(len(batch))
    of_window, of_target = share[:, None, None], share[:, None]
    return (
        of_window * batch + (1 - of_window) * batch[other],
        of_target * targets + (1 - of_target) * targets[other],
    )


def _gain_and_tilt(
    shape: tuple[int, ...], settings: AugmentConfig, steps_per_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Return [n_windows, n_mels, 1] steps to add: one gain and one slope a window."""
    gain = rng.uniform(-settings.gain_db, settings.gain_db, (shape[0], 1, 1))
    slope = rng.uniform(-settings.tilt_db, settings.tilt_db, (shape[0], 1, 1))
    band = np.linspace(-0.5, 0.5, shape[1])[None, :, None]
    return ((gain + slope * band) * steps_per_db).astype(np.float32)


def _bury_in_noise(
    batch: np.ndarray, settings: AugmentConfig, steps_per_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Raise half the windows' floor, and stretch what is above it as the front end would."""
    floor = rng.uniform(0, settings.noise_db * steps_per_db, (len(batch), 1, 1))
    floor = (floor * (rng.random(floor.shape) < 0.5)).astype(np.float32)
    return (np.maximum(batch, floor) - floor) * (255 / (255 - floor))


def _outside_a_narrow_band(
    batch: np.ndarray, settings: AugmentConfig, rng: np.random.Generator
) -> np.ndarray:
    """Return where a cheap microphone or a telephone leaves nothing [n_windows, n_mels, 1]."""
    n_windows, n_mels, _ = batch.shape
    low = rng.uniform(0, _LOW_CUT, n_windows) * n_mels
    high = rng.uniform(_HIGH_CUT, 1, n_windows) * n_mels
    band = np.arange(n_mels)
    outside = (band < low[:, None]) | (band >= high[:, None])
    chosen = rng.random(n_windows) < settings.narrow_share
    return (outside & chosen[:, None])[:, :, None]


def _shift_mels(batch: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Move each window up or down by whole bands; the edge band repeats."""
    if most == 0:
        return batch
    n_mels = batch.shape[1]
    shift = rng.integers(-most, most + 1, batch.shape[0])
    source = np.clip(np.arange(n_mels)[None, :] - shift[:, None], 0, n_mels - 1)
    return np.take_along_axis(batch, source[:, :, None], axis=1)


def _mask(shape: tuple[int, ...], axis: int, widest: int, rng: np.random.Generator) -> np.ndarray:
    """Return a boolean array, true on one random stripe of each window."""
    length = shape[axis]
    width = rng.integers(0, min(widest, length) + 1, shape[0])
    start = (rng.random(shape[0]) * (length - width + 1)).astype(int)
    position = np.arange(length)
    stripe = (position >= start[:, None]) & (position < (start + width)[:, None])
    return stripe[:, :, None] if axis == 1 else stripe[:, None, :]
