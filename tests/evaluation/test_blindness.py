"""What each network is blind to."""

import numpy as np
import pytest

from deepmusic.evaluation import blindness

RATE = 22_050


def window():
    return np.random.default_rng(0).integers(1, 256, (2, 128, 10)).astype(np.uint8)


def lose(name, seed=0):
    return blindness.LOSSES[name].apply(window(), np.random.default_rng(seed))


def test_each_loss_takes_what_it_says():
    frames = window()
    np.testing.assert_array_equal(lose("as is"), frames)
    np.testing.assert_array_equal(lose("reversed")[..., 0], frames[..., -1])
    shuffled = lose("shuffled")
    assert (shuffled != frames).any()
    np.testing.assert_array_equal(np.sort(shuffled, axis=2), np.sort(frames, axis=2))
    assert (shuffled != lose("shuffled", seed=1)).any()
    assert (lose("no treble")[:, 64:] == 0).all()
    np.testing.assert_array_equal(lose("no treble")[:, :64], frames[:, :64])
    assert (lose("no bass")[:, :16] == 0).all()
    np.testing.assert_array_equal(lose("higher")[:, 6:], frames[:, :-6])
    assert (lose("higher")[:, :6] == 0).all()
    assert np.ptp(lose("mean"), axis=2).max() == 0


def test_a_network_that_goes_by_the_first_frame_alone_suffers_from_order():
    """Genre 0 starts loud, genre 1 ends loud."""
    clips = [np.zeros((128, 20), np.uint8) for _ in range(2)]
    clips[0][:, :10] = clips[1][:, 10:] = 200

    def predict(frames):
        loud = frames[:, :, 0].mean(axis=1, keepdims=True) > 100
        return np.hstack([loud, ~loud]).astype(float)

    found = blindness.measure(predict, clips, [0, 1], width=20)
    assert found["as is"][0].tolist() == [0, 1]
    assert found["reversed"][0].tolist() == [1, 0]
    assert len(found["shuffled"]) == 3
    said = blindness.summarise(found["reversed"], [0, 1], ("jazz", "rock"))
    assert said["accuracy"] == 0
    assert said["confusion"] == ["jazz", "rock", 1]


def test_clips_without_labels_are_refused():
    with pytest.raises(ValueError, match="Received: 1, 0"):
        blindness.measure(lambda frames: frames, [np.zeros((128, 20))], [], width=20)


def test_losses_can_be_heard():
    times = np.arange(3 * RATE) / RATE
    low, high = (np.sin(2 * np.pi * f * times) for f in (60, 8_000))
    dull = blindness.hear("no treble", low + high, RATE)
    np.testing.assert_allclose(dull, low, atol=0.05)
    thin = blindness.hear("no bass", low + high, RATE)
    np.testing.assert_allclose(thin, high, atol=0.05)
    np.testing.assert_allclose(blindness.hear("reversed", low, RATE), low[::-1], atol=1e-6)
    noise = blindness.hear("mean", low + high, RATE)
    assert len(noise) == len(times)


def test_what_is_shipped_tells_that_the_crnn_lives_on_order():
    losses = blindness.shipped()["losses"]
    assert set(losses) == set(blindness.LOSSES)
    shuffled = {name: one["accuracy"] for name, one in losses["shuffled"].items()}
    assert min(shuffled, key=shuffled.get) == "crnn"
    assert "frames shuffled" in blindness.table(blindness.shipped())
