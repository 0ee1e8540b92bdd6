"""Degradations of sound as uploads have them: telephone band, MP3, noise, gain, speed."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: What an MP3 of 64 kbit/s is made from: 44.1 kHz in stereo, as most are.
_MP3_RATE, _MP3_CHANNELS, _MP3_KBITS = 44_100, 2, 64

#: Range of constant bit rates of MPEG-1 Layer III, which libsndfile maps to 1 ... 0, in kbit/s.
_MP3_LOWEST, _MP3_HIGHEST = 32, 320

#: What a telephone passes, in Hz.
_PHONE_BAND = (300.0, 3400.0)


@dataclass(frozen=True)
class Degradation:
    """A way in which a sound can be worse than the original."""

    title: str  #: for people to read
    #: from samples [shape=(n_samples,)], float32, and their rate in Hz to degraded ones
    apply: Callable[[np.ndarray, int], np.ndarray]


def gain(y: np.ndarray, decibels: float) -> np.ndarray:
    """Return samples with a gain; what exceeds full scale is clipped, as in a file."""
    return np.clip(y * np.float32(10 ** (decibels / 20)), -1, 1)


def phone_band(y: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the band of a telephone, 300 to 3400 Hz."""
    from scipy.signal import butter, sosfilt

    passes = butter(4, _PHONE_BAND, btype="bandpass", fs=sample_rate, output="sos")
    return sosfilt(passes, y).astype(np.float32)


def noise(y: np.ndarray, signal_to_noise: float) -> np.ndarray:
    """Return samples with white noise, `signal_to_noise` dB weaker; its seed is fixed."""
    level = np.sqrt(np.mean(np.square(y, dtype=np.float64))) * 10 ** (-signal_to_noise / 20)
    hiss = np.random.default_rng(0).normal(0, level, y.shape).astype(np.float32)
    return y + hiss


def speed(y: np.ndarray, factor: float) -> np.ndarray:
    """Return sound `factor` times as fast and as high, as from a turntable."""
    import soxr

    return soxr.resample(y, factor, 1.0).astype(np.float32, copy=False)


def mp3(
    y: np.ndarray, sample_rate: int, kbits: float = _MP3_KBITS, channels: int = _MP3_CHANNELS
) -> np.ndarray:
    """Return samples after MP3 of 44.1 kHz, at a bit rate from 33 to 320 kbit/s."""
    import soundfile
    import soxr

    stored = io.BytesIO()
    wide = soxr.resample(np.clip(y, -1, 1), sample_rate, _MP3_RATE)
    soundfile.write(
        stored,
        np.repeat(wide[:, None], channels, axis=1),
        _MP3_RATE,
        format="MP3",
        bitrate_mode="CONSTANT",
        compression_level=(_MP3_HIGHEST - kbits) / (_MP3_HIGHEST - _MP3_LOWEST),
    )
    stored.seek(0)
    decoded, _ = soundfile.read(stored, dtype="float32", always_2d=True)
    narrow = soxr.resample(decoded.mean(axis=1), _MP3_RATE, sample_rate)
    return narrow[: len(y)].astype(np.float32, copy=False)


DEGRADATIONS: dict[str, Degradation] = {
    "original": Degradation("as it is", lambda y, sample_rate: y),
    "mp3": Degradation("MP3, 64 kbit/s", mp3),
    "phone": Degradation("telephone band, 300-3400 Hz", phone_band),
    "louder": Degradation("6 dB louder, clipped", lambda y, sample_rate: gain(y, 6.0)),
    "quieter": Degradation("6 dB quieter", lambda y, sample_rate: gain(y, -6.0)),
    "faster": Degradation("2 % faster", lambda y, sample_rate: speed(y, 1.02)),
    "slower": Degradation("2 % slower", lambda y, sample_rate: speed(y, 0.98)),
    "noise": Degradation("white noise, 20 dB below", lambda y, sample_rate: noise(y, 20.0)),
}
