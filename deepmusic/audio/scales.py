"""Tones in equal steps, by which one can hear what a mel and a decibel are."""

import numpy as np

from deepmusic.audio.features import hz_to_mel, mel_to_hz

#: By name: tones in equal steps of frequency, of mel, and of level, the loudest first.
HERTZ, MEL, DECIBEL = "hertz", "mel", "decibel"

_LOWEST, _HIGHEST = 200.0, 6_000.0
_STEP_DB = 6.0


def steps(scale: str, n_tones: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies (in Hz) and levels (in dB) of the tones of a scale."""
    if scale == DECIBEL:
        return np.full(n_tones, 440.0), -_STEP_DB * np.arange(n_tones)
    if scale == MEL:
        mels = np.linspace(hz_to_mel(_LOWEST), hz_to_mel(_HIGHEST), n_tones)
        return np.array([mel_to_hz(one) for one in mels]), np.zeros(n_tones)
    return np.linspace(_LOWEST, _HIGHEST, n_tones), np.zeros(n_tones)


def play(scale: str, sample_rate: int = 22_050, seconds: float = 0.35) -> np.ndarray:
    """Return the tones of a scale, one after another, as mono samples."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    fade = np.minimum(1, np.minimum(times, times[::-1]) / 0.02)
    frequencies, levels = steps(scale)
    return np.concatenate(
        [
            0.5 * 10 ** (level / 20) * fade * np.sin(2 * np.pi * frequency * times)
            for frequency, level in zip(frequencies, levels, strict=True)
        ]
    ).astype(np.float32)
