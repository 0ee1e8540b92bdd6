"""A mixing desk: filters, amplifier, compressor, room, and a mix at a given loudness.

Sound is float64 [shape=(2, n_samples)] at `RATE`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import signal

RATE = 48_000
Effect = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Strip:
    """A channel of the desk: loudness while it plays, in dB, effects, and its share of the room."""

    level: float
    effects: Sequence[Effect] = ()
    room: float = 0.2


@dataclass(frozen=True)
class Desk:
    """What the sum goes through: room, effects of the whole mix, fade at the end in s."""

    room_seconds: float = 0.8
    room_bright: float = 6000.0
    bus: Sequence[Effect] = ()
    fade: float = 0.6


def high_pass(frequency: float, order: int = 2) -> Effect:
    """Leave out what lies below a frequency."""
    return _filter(signal.butter(order, frequency, "highpass", fs=RATE, output="sos"))


def low_pass(frequency: float, order: int = 2) -> Effect:
    """Leave out what lies above a frequency."""
    return _filter(signal.butter(order, frequency, "lowpass", fs=RATE, output="sos"))


def peak(frequency: float, decibels: float, q: float = 0.9) -> Effect:
    """Raise or lower what lies around a frequency (the Audio EQ Cookbook's peaking filter)."""
    amplitude = 10 ** (decibels / 40)
    w = 2 * np.pi * frequency / RATE
    alpha = np.sin(w) / (2 * q)
    b = [1 + alpha * amplitude, -2 * np.cos(w), 1 - alpha * amplitude]
    a = [1 + alpha / amplitude, -2 * np.cos(w), 1 - alpha / amplitude]
    return _filter(signal.tf2sos(b, a))


def shelf(frequency: float, decibels: float) -> Effect:
    """Raise or lower all above a frequency, or all below one under 500 Hz."""
    gain = 10 ** (decibels / 20)
    kind = "lowpass" if frequency < 500 else "highpass"
    sos = signal.butter(1, frequency, kind, fs=RATE, output="sos")
    return lambda sound: sound + (gain - 1) * signal.sosfilt(sos, sound)


def saturate(drive: float) -> Effect:
    """Round the peaks as tape does, with level and timbre else kept."""

    def effect(sound: np.ndarray) -> np.ndarray:
        loud = _loudness(sound)
        pushed = np.tanh(sound / loud * 0.25 * drive)
        return pushed * loud / _loudness(pushed)

    return effect


def amplifier(drive: float, cabinet: float = 5000.0, bite: float = 4.0) -> Effect:
    """Play a clean guitar through two stages of a tube amplifier and a loudspeaker."""
    tighten = high_pass(110 if drive > 20 else 80)
    stages = (high_pass(75), low_pass(cabinet, 4), peak(2600, bite), peak(400, -2.0), peak(130, 2))

    def effect(sound: np.ndarray) -> np.ndarray:
        share = np.sqrt(np.mean(sound**2, axis=1, keepdims=True))
        share = share / np.sqrt(np.mean(share**2) + 1e-18)
        mono = tighten(sound.mean(axis=0, keepdims=True))[0]
        # Harmonics above half the sample rate would fold back as a rattle.
        fine = signal.resample_poly(mono / (_loudness(mono[None]) + 1e-12) * 0.3, 4, 1)
        fine = np.tanh(drive * fine + 0.15) - np.tanh(0.15)
        fine = np.tanh(1.6 * fine)
        mono = signal.resample_poly(fine, 1, 4)[: len(mono)]
        out = mono[None] * share
        for stage in stages:
            out = stage(out)
        return out

    return effect


def compress(ratio: float, threshold: float = -8.0, attack: float = 0.01, release: float = 0.12):
    """Lower what is louder than the sound's own level plus a threshold in dB."""
    block = 48

    def effect(sound: np.ndarray) -> np.ndarray:
        n_blocks = -(-sound.shape[1] // block)
        padded = np.pad(np.abs(sound).max(axis=0), (0, n_blocks * block - sound.shape[1]))
        level = 20 * np.log10(padded.reshape(n_blocks, block).max(axis=1) / _loudness(sound) + 1e-9)
        wanted = np.minimum(0, (threshold + 12 - level) * (1 - 1 / ratio))
        down, up = (1 - np.exp(-block / RATE / time) for time in (attack, release))
        gain, now = np.empty(n_blocks), 0.0
        for number, value in enumerate(wanted):
            now += (value - now) * (down if value < now else up)
            gain[number] = now
        smooth = np.interp(np.arange(sound.shape[1]), np.arange(n_blocks) * block, gain)
        return sound * 10 ** (smooth / 20)

    return effect


def lo_fi(rate: float, bits: int = 10, wow: float = 0.0015) -> Effect:
    """Sound as an old sampler plays a record: fewer samples, coarser steps, an uneven turntable."""

    def effect(sound: np.ndarray) -> np.ndarray:
        n_samples = sound.shape[1]
        time = np.arange(n_samples) / RATE
        bent = time + wow * np.sin(2 * np.pi * 0.55 * time) / (2 * np.pi * 0.55) * 2
        held = np.floor(bent * rate) / rate * RATE
        index = np.clip(held, 0, n_samples - 1).astype(int)
        top = np.abs(sound).max() + 1e-12
        steps = 2 ** (bits - 1)
        coarse = np.round(low_pass(rate * 0.45, 4)(sound)[:, index] / top * steps) / steps * top
        return low_pass(rate * 0.42, 2)(coarse)

    return effect


def chorus(depth: float = 0.0025, rate: float = 0.7, mix: float = 0.5) -> Effect:
    """Add a copy whose delay swings, the other way in the other ear."""

    def effect(sound: np.ndarray) -> np.ndarray:
        positions = np.arange(sound.shape[1])
        swing = np.sin(2 * np.pi * rate * positions / RATE)
        out = []
        for channel, sign in zip(sound, (1, -1), strict=True):
            delay = RATE * (0.012 + depth * sign * swing)
            out.append(channel + mix * np.interp(positions - delay, positions, channel, left=0))
        return np.array(out)

    return effect


def echo(seconds: float, feedback: float = 0.3, dark: float = 3500.0) -> Effect:
    """Repeat the sound, softer and darker each time."""

    def effect(sound: np.ndarray) -> np.ndarray:
        out, copy, shift = sound.copy(), sound, round(seconds * RATE)
        for _ in range(4):
            copy = low_pass(dark, 1)(np.pad(copy, ((0, 0), (shift, 0)))[:, : sound.shape[1]])
            copy = copy[::-1] * feedback
            out += copy
        return out

    return effect


def duck(beats: Sequence[float], depth: float = 0.5, seconds: float = 0.22) -> Effect:
    """Lower the sound at each of some times in s, as a compressor keyed by the kick does."""

    def effect(sound: np.ndarray) -> np.ndarray:
        time = np.arange(sound.shape[1]) / RATE
        last = np.searchsorted(beats, time, side="right") - 1
        since = time - np.asarray(beats)[np.maximum(last, 0)]
        gain = np.where(last >= 0, 1 - depth * np.clip(1 - since / seconds, 0, 1), 1)
        return sound * gain

    return effect


def noise(decibels: float, crackle: float = 0.0, seed: int = 7) -> Effect:
    """Lay the hiss and the crackle of a record under the sound."""

    def effect(sound: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(seed)
        hiss = low_pass(7000)(rng.standard_normal(sound.shape)) * 10 ** (decibels / 20)
        clicks = (rng.random(sound.shape[1]) < crackle / RATE) * rng.exponential(
            0.05, sound.shape[1]
        )
        return sound + hiss + low_pass(5000)(np.tile(clicks, (2, 1)))

    return effect


def mix(stems: Sequence[tuple[np.ndarray, Strip]], desk: Desk, seconds: float) -> np.ndarray:
    """Bring stems to their levels, add them and their room up, and treat the sum."""
    n_samples = round(seconds * RATE)
    dry = np.zeros((2, n_samples))
    sent = np.zeros((2, n_samples))
    for sound, strip in stems:
        sound = np.pad(sound, ((0, 0), (0, max(0, n_samples - sound.shape[1]))))[:, :n_samples]
        for effect in strip.effects:
            sound = effect(sound)
        sound = sound * 10 ** (strip.level / 20) / _loudness(sound)
        dry += sound
        sent += strip.room * sound
    total = dry + _room(sent, desk.room_seconds, desk.room_bright)
    for effect in desk.bus:
        total = effect(total)
    n_fade = round(desk.fade * RATE)
    total[:, n_samples - n_fade :] *= np.cos(np.linspace(0, np.pi / 2, n_fade)) ** 2
    return total


def limit(sound: np.ndarray, ceiling: float) -> np.ndarray:
    """Keep the peaks under a ceiling, looking 4 ms ahead."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    reach = round(0.004 * RATE)
    tops = maximum_filter1d(np.abs(sound).max(axis=0), 2 * reach + 1)
    gain = np.minimum(1, ceiling / np.maximum(tops, 1e-9))
    return sound * uniform_filter1d(gain, reach)


def _room(sound: np.ndarray, seconds: float, bright: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    time = np.arange(round(1.3 * seconds * RATE)) / RATE
    response = rng.standard_normal((2, len(time))) * np.exp(-6.9 * time / seconds)
    dull = low_pass(bright * 0.35, 1)(response)
    # High frequencies die first.
    mixed = np.exp(-4 * time / seconds)
    response = low_pass(bright, 1)(response * mixed + dull * (1 - mixed))
    response = high_pass(160)(response)
    start = round(0.012 * RATE)
    for number in range(7):
        at = start + int(rng.integers(0, round(0.05 * RATE)))
        response[number % 2, at] += 4 * (0.8**number)
    response = np.pad(response, ((0, 0), (start, 0)))
    response /= np.sqrt(np.sum(response**2, axis=1, keepdims=True))
    wet = signal.oaconvolve(sound, response, axes=1)[:, : sound.shape[1]]
    return wet


def _loudness(sound: np.ndarray) -> float:
    """Return the root mean square of the moments in which something sounds."""
    block = RATE // 10
    n_blocks = sound.shape[1] // block
    power = (sound[:, : n_blocks * block] ** 2).mean(axis=0).reshape(n_blocks, block).mean(axis=1)
    active = power > power.max(initial=1e-18) * 10**-3
    return float(np.sqrt(power[active].mean() + 1e-18))


def _filter(sos: np.ndarray) -> Effect:
    return lambda sound: signal.sosfilt(sos, sound)
