"""Augmentation: within range, reproducible, and no more than its settings say."""

import numpy as np
import pytest

from deepmusic.config import AugmentConfig, MelConfig
from deepmusic.training.augment import augment, mix_up

MEL = MelConfig()
OFF = AugmentConfig(
    time_masks=0, mel_masks=0, time_mask_frames=0, mel_mask_bands=0, gain_db=0, tilt_db=0,
    mel_shift=0,
)  # fmt: skip
STEPS_PER_DB = 255 / MEL.top_db


def only(**changes) -> AugmentConfig:
    return OFF.model_copy(update=changes)


def changed(batch: np.ndarray, settings: AugmentConfig, seed: int = 0) -> np.ndarray:
    return augment(batch, settings, MEL, np.random.default_rng(seed))


@pytest.fixture
def batch() -> np.ndarray:
    """Windows of which no two neighbouring values are alike."""
    shape = (200, 128, 39)
    return np.random.default_rng(1).uniform(0, 255, shape).astype(np.float32)


def test_shape_type_and_range(batch):
    result = changed(batch, AugmentConfig(gain_db=40, tilt_db=40))
    assert result.shape == batch.shape
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 255


def test_one_seed_gives_one_result(batch):
    settings = AugmentConfig()
    np.testing.assert_array_equal(changed(batch, settings, 3), changed(batch, settings, 3))
    assert not np.array_equal(changed(batch, settings, 3), changed(batch, settings, 4))


@pytest.mark.parametrize("settings", [AugmentConfig(), OFF, only(mel_shift=3), only(mel_masks=2)])
def test_the_input_stays_as_it_is(batch, settings):
    before = batch.copy()
    result = changed(batch, settings)
    np.testing.assert_array_equal(batch, before)
    assert not np.shares_memory(result, batch)


def test_nothing_changes_where_all_is_off(batch):
    np.testing.assert_array_equal(changed(batch, OFF), batch)
    masks_without_width = only(mel_masks=5, time_masks=5)
    np.testing.assert_array_equal(changed(batch, masks_without_width), batch)


@pytest.mark.parametrize(
    ("settings", "axis", "widest"),
    [
        (only(time_masks=1, time_mask_frames=6), 2, 6),
        (only(mel_masks=1, mel_mask_bands=16), 1, 16),
        (only(mel_masks=1, mel_mask_bands=500), 1, 128),
    ],
)
def test_a_mask_is_one_stripe_no_wider_than_said(batch, settings, axis, widest):
    masked = changed(batch, settings) != batch
    other = 3 - axis
    stripes = masked.all(axis=other)
    np.testing.assert_array_equal(stripes, masked.any(axis=other))
    widths = stripes.sum(axis=1)
    assert widths.max() <= widest
    # With 200 windows every width of a few turns up, the widest and none at all among them.
    if widest == 6:
        assert set(widths) == set(range(7))
    edges = np.diff(np.pad(stripes, ((0, 0), (1, 1))).astype(int), axis=1)
    assert ((edges == 1).sum(axis=1) == (widths > 0)).all()


def test_a_mask_takes_the_mean_of_its_window(batch):
    result = changed(batch, only(time_masks=1, time_mask_frames=39))
    masked = result != batch
    mean = np.broadcast_to(batch.mean(axis=(1, 2), keepdims=True), batch.shape)
    np.testing.assert_allclose(result[masked], mean[masked], rtol=1e-5)


def test_two_masks_cover_at_most_twice_as_much(batch):
    masked = (changed(batch, only(mel_masks=2, mel_mask_bands=16)) != batch).all(axis=2)
    assert 16 < masked.sum(axis=1).max() <= 32


def test_gain_is_in_db():
    batch = np.full((500, 128, 4), 127.5, np.float32)
    steps = changed(batch, only(gain_db=6)) - batch
    np.testing.assert_allclose(np.ptp(steps, axis=(1, 2)), 0, atol=1e-4)
    db = steps[:, 0, 0] / STEPS_PER_DB
    assert -6 <= db.min() < -5.5
    assert 5.5 < db.max() <= 6


def test_tilt_is_a_slope_in_db_between_the_lowest_and_the_highest_band():
    batch = np.full((500, 128, 4), 127.5, np.float32)
    db = (changed(batch, only(tilt_db=6)) - batch) / STEPS_PER_DB
    np.testing.assert_allclose(db.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(np.diff(db, n=2, axis=1), 0, atol=1e-4)
    slope = db[:, -1, 0] - db[:, 0, 0]
    assert -6 <= slope.min() < -5.5
    assert 5.5 < slope.max() <= 6


def test_a_smaller_range_makes_a_db_more_steps():
    batch = np.full((1, 128, 4), 127.5, np.float32)
    settings = only(gain_db=6)
    steps = [
        (augment(batch, settings, mel, np.random.default_rng(0)) - batch)[0, 0, 0]
        for mel in (MelConfig(top_db=80), MelConfig(top_db=40))
    ]
    assert steps[1] == pytest.approx(2 * steps[0], rel=1e-4)


def test_a_shift_moves_whole_bands_and_repeats_the_edge():
    rows = np.arange(128, dtype=np.float32)[None, :, None]
    batch = np.broadcast_to(rows, (300, 128, 4)).copy()
    result = changed(batch, only(mel_shift=2))
    shift = batch[:, 64, 0] - result[:, 64, 0]
    assert set(shift) == {-2, -1, 0, 1, 2}
    expected = np.clip(rows - shift[:, None, None], 0, 127)
    np.testing.assert_array_equal(result, np.broadcast_to(expected, batch.shape))


def test_settings_reach_the_extremes_of_a_picture():
    silence, noise = np.zeros((50, 128, 4), np.float32), np.full((50, 128, 4), 255, np.float32)
    assert changed(silence, AugmentConfig()).min() >= 0
    assert changed(noise, AugmentConfig()).max() <= 255


def test_windows_are_blended_with_their_genres():
    rng = np.random.default_rng(0)
    # Every window is flat at a level of its own, and so tells how much of which is in a blend.
    batch = np.repeat(np.arange(0, 200, 2, dtype=np.float32), 4).reshape(100, 2, 2)
    targets = np.eye(100, dtype=np.float32)
    mixed, shares = mix_up(batch, targets, 0.4, rng)
    assert mixed.shape == batch.shape and mixed.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(mixed[:, 0, 0], shares @ batch[:, 0, 0], rtol=1e-4)
    # A window stays the stronger half of its blend.
    assert (shares.argmax(axis=1) == np.arange(100)).mean() > 0.98
    assert 0.55 < shares.max(axis=1).mean() < 0.95


def test_noise_buries_what_is_quiet_and_leaves_the_loudest():
    ramp = np.tile(np.linspace(0, 255, 128, dtype=np.float32)[None, :, None], (400, 1, 3))
    noisy = changed(ramp, only(noise_db=40))
    np.testing.assert_allclose(noisy[:, -1], 255, rtol=1e-5)
    buried = (noisy[:, :, 0] == 0).sum(axis=1) - 1
    assert (buried == 0).mean() == pytest.approx(0.5, abs=0.07)
    # 40 of 80 dB are half of the ramp's 128 bands.
    assert 60 < buried.max() <= 64
    assert (np.diff(noisy[:, :, 0], axis=1) >= 0).all()


def test_some_windows_are_heard_over_a_telephone():
    flat = np.full((400, 128, 3), 100, np.float32)
    heard = changed(flat, only(narrow_share=0.25))
    narrow = (heard == 0).any(axis=(1, 2))
    assert narrow.mean() == pytest.approx(0.25, abs=0.07)
    assert (heard[:, 16:71] == 100).all()
    assert (heard[narrow][:, :16] == 0).any() and (heard[narrow][:, 71:] == 0).any()
