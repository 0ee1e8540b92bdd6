"""What becomes of a verdict when the sound is worse than GTZAN's: phones, MP3, noise, loudness.

The networks are asked about the same test clips again after each change, through the front end
of the app. Clips whose sound is not at hand cannot be changed, so a table says how many were.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepmusic.errors import DatasetError, RunError
from deepmusic.evaluation import share_interval
from deepmusic.runs import shipped_path

if TYPE_CHECKING:
    from deepmusic.runs import Run

#: What an MP3 of 64 kbit/s is made from: 44.1 kHz in stereo, as most are.
_MP3_RATE, _MP3_CHANNELS, _MP3_KBITS = 44_100, 2, 64
#: Range of constant bit rates of MPEG-1 Layer III, which libsndfile maps to 1 ... 0, in kbit/s.
_MP3_LOWEST, _MP3_HIGHEST = 32, 320

#: What a telephone passes, in Hz.
_PHONE_BAND = (300.0, 3400.0)


@dataclass(frozen=True)
class Change:
    """One way in which a sound can be worse than the original.

    Attributes
    ----------
    title : str
        For people to read.
    apply : callable
        From samples [shape=(n_samples,)], float32, and their rate in Hz to changed samples at the
        same rate.
    """

    title: str
    apply: Callable[[np.ndarray, int], np.ndarray]


def gain(y: np.ndarray, decibels: float) -> np.ndarray:
    """Change the loudness; what exceeds full scale is clipped, as a file would do."""
    return np.clip(y * np.float32(10 ** (decibels / 20)), -1, 1)


def phone_band(y: np.ndarray, sample_rate: int) -> np.ndarray:
    """Keep what a telephone passes, 300 to 3400 Hz."""
    from scipy.signal import butter, sosfilt

    passes = butter(4, _PHONE_BAND, btype="bandpass", fs=sample_rate, output="sos")
    return sosfilt(passes, y).astype(np.float32)


def noise(y: np.ndarray, signal_to_noise: float) -> np.ndarray:
    """Add white noise, `signal_to_noise` dB weaker than the sound; the seed is fixed."""
    level = np.sqrt(np.mean(np.square(y, dtype=np.float64))) * 10 ** (-signal_to_noise / 20)
    hiss = np.random.default_rng(0).normal(0, level, y.shape).astype(np.float32)
    return y + hiss


def speed(y: np.ndarray, factor: float) -> np.ndarray:
    """Play `factor` times as fast, with the pitch going along, as a turntable does."""
    import soxr

    return soxr.resample(y, factor, 1.0).astype(np.float32, copy=False)


def mp3(y: np.ndarray, sample_rate: int) -> np.ndarray:
    """Store as MP3 of 64 kbit/s (44.1 kHz, stereo) and read that."""
    import soundfile
    import soxr

    stored = io.BytesIO()
    wide = soxr.resample(np.clip(y, -1, 1), sample_rate, _MP3_RATE)
    soundfile.write(
        stored,
        np.repeat(wide[:, None], _MP3_CHANNELS, axis=1),
        _MP3_RATE,
        format="MP3",
        bitrate_mode="CONSTANT",
        compression_level=(_MP3_HIGHEST - _MP3_KBITS) / (_MP3_HIGHEST - _MP3_LOWEST),
    )
    stored.seek(0)
    heard, _ = soundfile.read(stored, dtype="float32")
    narrow = soxr.resample(heard.mean(axis=1), _MP3_RATE, sample_rate)
    return narrow[: len(y)].astype(np.float32, copy=False)


CHANGES: dict[str, Change] = {
    "original": Change("as it is", lambda y, sample_rate: y),
    "mp3": Change("MP3, 64 kbit/s", mp3),
    "phone": Change("telephone band, 300-3400 Hz", phone_band),
    "louder": Change("6 dB louder, clipped", lambda y, sample_rate: gain(y, 6.0)),
    "quieter": Change("6 dB quieter", lambda y, sample_rate: gain(y, -6.0)),
    "faster": Change("2 % faster", lambda y, sample_rate: speed(y, 1.02)),
    "slower": Change("2 % slower", lambda y, sample_rate: speed(y, 0.98)),
    "noise": Change("white noise, 20 dB below", lambda y, sample_rate: noise(y, 20.0)),
}


def stored_path(protocol: str) -> Path:
    """Return where the table of a protocol's shipped networks is kept."""
    return shipped_path("robustness.json", protocol)


def measure(runs: "Sequence[Run]") -> dict[str, Any]:
    """Ask the networks of finished runs about their protocol's test clips after each of `CHANGES`.

    Parameters
    ----------
    runs : sequence of Run
        With weights, all trained by one protocol on one collection; one of each network.

    Returns
    -------
    dict
        ``protocol``; ``clips``, how many could be heard, ``of`` how many the protocol tests; and
        ``right``: by change and by network (the ensemble last), ``accuracy`` by mean probability
        and its 95 % ``interval``.

    Raises
    ------
    RunError
        If the runs were not trained by one protocol.
    DatasetError
        If the sound of no test clip is at hand.
    """
    from deepmusic.audio import load_song
    from deepmusic.datasets import open_dataset
    from deepmusic.prediction import Classifier, classify

    if len({(recipe := run.config.train).data + recipe.split_label for run in runs}) != 1:
        raise RunError("The runs were trained by different protocols. Choose runs of one.")
    recipe = runs[0].config.train
    dataset = open_dataset(recipe.data)
    split = dataset.split(recipe.split, recipe.fold)
    paths = {track: path for track in split.test if (path := dataset.audio_path(track))}
    if not paths:
        raise DatasetError(
            f"The sound of no test clip of {split.name} is at hand, and log-mels cannot be "
            "changed. Point DEEPMUSIC_GTZAN to a folder that holds GTZAN's audio."
        )
    classifiers = {run.config.model.name: Classifier(run) for run in runs}
    right: dict[str, dict[str, list[bool]]] = {name: {} for name in CHANGES}
    for track, path in paths.items():
        song = load_song(path)
        for name, change in CHANGES.items():
            changed = replace(song, samples=change.apply(song.samples, song.sample_rate))
            for model, prediction in classify(changed, classifiers).items():
                verdict = prediction.genre == dataset.tracks[track].genre
                right[name].setdefault(model, []).append(verdict)
    return {
        "protocol": split.name,
        "clips": len(paths),
        "of": len(split.test),
        "right": {
            name: {model: _share(verdicts) for model, verdicts in by_model.items()}
            for name, by_model in right.items()
        },
    }


def _share(verdicts: list[bool]) -> dict[str, Any]:
    return {
        "accuracy": round(float(np.mean(verdicts)), 4),
        "interval": [round(end, 4) for end in share_interval(verdicts)],
    }
