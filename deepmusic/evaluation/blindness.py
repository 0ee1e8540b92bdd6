"""What each network is blind to: its accuracy on windows with something taken away."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepmusic import models
from deepmusic.audio import features
from deepmusic.audio.features import hz_to_mel, mel_to_hz
from deepmusic.files import ASSETS

#: Measured by ``benchmarks/blindness.py``.
PATH = ASSETS / "blindness.json"

_LOW_BANDS, _SHIFT = 16, 6


class Loss(NamedTuple):
    """Something taken from windows [shape=(n_windows, n_mels, n_frames)], by a random generator."""

    title: str
    apply: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    is_random: bool = False


def _without_bands(low: int | None, high: int | None) -> Callable[..., np.ndarray]:
    """Return a loss of the bands from `low` to `high`."""

    def apply(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        frames = frames.copy()
        frames[:, low:high] = 0
        return frames

    return apply


def _higher(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    moved = np.zeros_like(frames)
    moved[:, _SHIFT:] = frames[:, :-_SHIFT]
    return moved


def _mean_frame(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    mean = np.rint(frames.mean(axis=2, keepdims=True)).astype(frames.dtype)
    return np.broadcast_to(mean, frames.shape)


def _shuffle(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.stack([window[:, rng.permutation(window.shape[1])] for window in frames])


LOSSES = {
    "as is": Loss("as it is", lambda frames, rng: frames),
    "reversed": Loss("backwards", lambda frames, rng: frames[:, :, ::-1]),
    "shuffled": Loss("frames shuffled in each window", _shuffle, True),
    "no treble": Loss("upper half of the bands off", _without_bands(64, None)),
    "no bass": Loss("lowest 16 bands off", _without_bands(None, _LOW_BANDS)),
    "higher": Loss("six bands higher", _higher),
    "mean": Loss("one mean frame repeated", _mean_frame),
}


def hear(name: str, samples: np.ndarray, sample_rate: int, seconds: float = 3.0) -> np.ndarray:
    """Return samples with a loss of `LOSSES` made audible, window by window.

    Of "higher" nothing is made audible, since that changes bands and not sound: the samples as
    they are. The mean frame becomes noise of the window's own spectrum.
    """
    rng = np.random.default_rng(0)
    length = round(seconds * sample_rate)
    windows = [samples[start : start + length] for start in range(0, len(samples), length)]
    changed = [_hear_window(name, window, sample_rate, rng) for window in windows]
    return np.concatenate(changed).astype(np.float32)


def _hear_window(
    name: str, window: np.ndarray, sample_rate: int, rng: np.random.Generator
) -> np.ndarray:
    if name == "reversed":
        return window[::-1]
    if name == "shuffled":
        n_frames = max(1, round(len(window) / sample_rate * 13))
        parts = np.array_split(window, n_frames)
        return np.concatenate([parts[index] for index in rng.permutation(n_frames)])
    if name in ("no treble", "no bass", "mean"):
        spectrum = np.fft.rfft(window)
        frequencies = np.fft.rfftfreq(len(window), 1 / sample_rate)
        top = hz_to_mel(11_025)
        if name == "no treble":
            spectrum[frequencies > mel_to_hz(top * 64.5 / 129)] = 0
        elif name == "no bass":
            spectrum[frequencies < mel_to_hz(top * (_LOW_BANDS + 0.5) / 129)] = 0
        else:
            spectrum = np.abs(spectrum) * np.exp(2j * np.pi * rng.random(len(spectrum)))
        return np.fft.irfft(spectrum, len(window))
    return window


def measure(
    predict: Callable[[np.ndarray], np.ndarray],
    clips: Sequence[np.ndarray],
    labels: Sequence[int],
    width: int,
    seeds: Sequence[int] = (0, 1, 2),
) -> dict[str, list[np.ndarray]]:
    """Return the genres predicted for clips after each of `LOSSES`, once a seed if it is random.

    Parameters
    ----------
    predict : callable
        Returns probabilities [shape=(n_windows, n_genres)] of windows, from 0 to 255.
    clips : sequence of np.ndarray [shape=(n_mels, n_frames)]
        Log-mels.
    labels : sequence of int
        Of the clips; as many.
    width : int
        Frames of a window.
    seeds : sequence of int
        Of the random losses.
    """
    if len(clips) != len(labels):
        raise ValueError(f"Give a label for each clip. Received: {len(clips)}, {len(labels)}")
    found: dict[str, list[np.ndarray]] = {}
    for name, loss in LOSSES.items():
        for seed in seeds if loss.is_random else seeds[:1]:
            rng = np.random.default_rng(seed)
            answers = [
                predict(loss.apply(features.windows(clip, width), rng)).mean(axis=0).argmax()
                for clip in clips
            ]
            found.setdefault(name, []).append(np.array(answers))
    return found


def summarise(
    answers: Sequence[np.ndarray], labels: Sequence[int], genres: Sequence[str]
) -> dict[str, Any]:
    """Return accuracy (mean of the seeds), its 95 % interval, the seeds', and the worst confusion.

    The interval is Wilson's for the seed in the middle.
    """
    from deepmusic.evaluation.metrics import wilson_interval

    truth = np.array(labels)
    shares = [float((one == truth).mean()) for one in answers]
    middle = answers[int(np.argsort(shares)[len(shares) // 2])]
    counts = np.zeros((len(genres), len(genres)), int)
    np.add.at(counts, (truth, middle), 1)
    np.fill_diagonal(counts, 0)
    label, predicted = divmod(int(counts.argmax()), len(genres))
    hits = [bool(one) for one in middle == truth]
    return {
        "accuracy": round(float(np.mean(shares)), 4),
        "interval": [round(end, 4) for end in wilson_interval(hits)],
        "seeds": [round(one, 4) for one in shares],
        "confusion": [genres[label], genres[predicted], int(counts[label, predicted])],
    }


def shipped() -> dict[str, Any]:
    """Return what ``benchmarks/blindness.py`` measured; empty if it is not shipped."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    return found


def table(measured: Mapping[str, Any]) -> str:
    """Return what was measured as text, a line for each loss."""
    names = list(models.MODELS)
    lines = [
        f"What each network is blind to: clip accuracy on {measured['protocol']} "
        f"({measured['clips']} clips; 95 % intervals)",
        f"{'':32}" + "".join(f"{models.title(name):>22}" for name in names),
    ]
    for name, loss in LOSSES.items():
        cells = [measured["losses"][name][model] for model in names]
        lines.append(
            f"{loss.title:32}"
            + "".join(
                f"{one['accuracy']:8.3f} ({one['interval'][0]:.3f}-{one['interval'][1]:.3f})"
                for one in cells
            )
        )
    return "\n".join(lines)
