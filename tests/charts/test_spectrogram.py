"""Spectrograms as images."""

import io

import numpy as np
from PIL import Image

from deepmusic.audio import song_from_array, synth
from deepmusic.charts.spectrogram import (
    activation_png,
    frequency_ticks,
    log_mel_png,
    magma,
    spectrogram_png,
)
from deepmusic.config import FRONT_ENDS
from deepmusic.prediction import compute_log_mels

MEL = FRONT_ENDS["compact"]


def drawn(samples) -> np.ndarray:
    song = song_from_array(samples, sample_rate=22_050)
    png = spectrogram_png(compute_log_mels(song, MEL), MEL)
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def test_low_notes_are_at_the_bottom():
    log_mel = drawn(synth.tone(200.0, seconds=5.0))
    assert log_mel.shape == (128, 216)
    assert log_mel.mean(axis=1).argmax() > 100


def test_a_long_song_keeps_to_a_width():
    assert drawn(synth.tone(440.0, seconds=100.0)).shape == (128, 2000)


def test_each_column_of_a_long_song_is_the_loudest_of_its_frames():
    mel = FRONT_ENDS["compact"]
    song = song_from_array(synth.play("rock", seconds=95, seed=2), sample_rate=22_050)
    clips = compute_log_mels(song, mel)
    decibels = np.concatenate([clip.decibels for clip in clips], axis=1)
    edges = np.linspace(0, decibels.shape[1], 2000, endpoint=False).astype(int)
    loudest = np.maximum.reduceat(decibels, edges, axis=1)
    levels = np.clip((loudest - loudest.max()) / mel.top_db + 1, 0, 1) * 255
    image = Image.open(io.BytesIO(spectrogram_png(clips, mel)))
    assert np.array_equal(np.asarray(image)[::-1], np.rint(levels).astype(np.uint8))


def test_loud_is_bright_and_clips_share_one_scale():
    loud = synth.tone(440.0, seconds=30.0, amplitude=0.8)
    quiet = synth.tone(440.0, seconds=30.0, amplitude=0.008)
    log_mel = drawn(np.concatenate([loud, quiet]))
    assert log_mel[:, 300].max() > log_mel[:, -300].max() + 50


def test_frequencies_rise_with_height():
    labels, heights = zip(*frequency_ticks(MEL), strict=True)
    assert labels[:3] == ("250 Hz", "500 Hz", "1 kHz")
    assert list(heights) == sorted(heights)
    assert heights[0] > 0 and heights[-1] < 1


def test_a_filter_is_drawn_low_notes_down_and_its_strongest_answer_brightest():
    values = np.zeros((4, 8))
    values[2, 0] = 0.5
    log_mel = np.asarray(Image.open(io.BytesIO(activation_png(values))).convert("L"))
    assert log_mel.shape == (8, 4)
    assert np.unravel_index(log_mel.argmax(), log_mel.shape) == (7, 2)
    silent = Image.open(io.BytesIO(activation_png(np.zeros((4, 8)))))
    assert np.asarray(silent.convert("L")).max() < 5


def test_log_mels_have_one_scale_and_low_notes_at_the_bottom():
    one = np.zeros((128, 60), np.uint8)
    one[:64] = 255
    image = Image.open(io.BytesIO(log_mel_png(one, 384, 128))).convert("RGB")
    assert image.size == (384, 128)
    palette = magma()
    assert image.getpixel((10, 2)) == tuple(palette[0])
    assert image.getpixel((10, 125)) == tuple(palette[255])
