"""What goes wrong in a training, from its history alone."""

import math

import pytest

from deepmusic.training.diagnosis import diagnose


def history(loss, accuracy, val_loss, val_accuracy):
    columns = zip(loss, accuracy, val_loss, val_accuracy, strict=True)
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    return [
        {"epoch": epoch} | dict(zip(names, row, strict=True)) for epoch, row in enumerate(columns)
    ]


def line(start, end, n):
    return [start + (end - start) * index / (n - 1) for index in range(n)]


def test_a_training_that_goes_well_is_not_spoken_of():
    good = history(line(2.3, 0.3, 9), line(0.1, 0.9, 9), line(2.3, 0.5, 9), line(0.1, 0.85, 9))
    for n_epochs in range(len(good) + 1):
        assert diagnose(good[:n_epochs], 10) is None


def test_a_loss_that_is_no_number_is_said_at_once():
    rows = history([2.0, math.nan], [0.1, 0.1], [2.0, 2.0], [0.1, 0.1])
    assert "no number since epoch 2" in diagnose(rows, 10)


def test_validation_at_chance_with_a_rising_loss():
    rows = history(line(3, 2.4, 5), [0.1] * 5, line(4, 60, 5), [0.1] * 5)
    assert "stuck at chance (10 %)" in diagnose(rows, 10)
    assert "its loss rises" in diagnose(rows, 10)
    assert "chance (50 %)" in diagnose(history([0.7] * 5, [0.5] * 5, [0.7] * 5, [0.5] * 5), 2)


def test_validation_at_chance_while_training_succeeds_is_told_apart():
    rows = history(line(2, 0.5, 5), line(0.3, 0.9, 5), line(4, 9, 5), [0.1] * 5)
    assert "memorises" in diagnose(rows, 10)


def test_training_that_gains_nothing_either():
    rows = history([2.3] * 5, [0.1] * 5, [2.3] * 5, [0.1] * 5)
    assert "and so is training" in diagnose(rows, 10)


def test_steps_that_overshot_are_told_from_a_network_that_cannot_learn():
    rows = history([25.9, *[2.3] * 5], [0.1] * 6, [2.5, *[2.3] * 5], [0.1] * 6)
    assert "first loss of 26. The learning rate is too high" in diagnose(rows, 10)


def test_overfitting_is_dated():
    val_loss = [2.0, 1.2, 0.8, 1.0, 1.2, 1.3, 1.4]
    rows = history(line(2, 0.1, 7), line(0.3, 1, 7), val_loss, [0.3, 0.6, *[0.7] * 5])
    assert "overfits since epoch 3" in diagnose(rows, 10)
    assert "from 0.80 to 1.40" in diagnose(rows, 10)
    assert diagnose(rows[:4], 10) is None
    falling = history([2.0] * 7, line(0.3, 1, 7), val_loss, [0.7] * 7)
    assert diagnose(falling, 10) is None, "training does not get better meanwhile"


def test_a_network_that_is_too_small():
    flat = history([1.9] * 12, [0.3] * 12, [1.9] * 12, [0.3] * 12)
    assert "no more at 30 %" in diagnose(flat, 10)
    assert diagnose(flat[:11], 10) is None
    rising = history([1.9] * 12, line(0.2, 0.5, 12), [1.9] * 12, [0.3] * 12)
    assert diagnose(rising, 10) is None


@pytest.mark.parametrize("n_epochs", [0, 1, 9])
def test_a_training_without_validation_is_not_judged(n_epochs):
    rows = [{"epoch": epoch, "loss": 2.3, "accuracy": 0.1} for epoch in range(n_epochs)]
    assert diagnose(rows, 10) is None
