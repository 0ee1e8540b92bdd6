"""Song descriptors: tempo, brightness (spectral centroid), timbre (MFCC statistics)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepmusic.audio.features import N_MFCCS, ClipLogMel, mfccs
from deepmusic.config import MelConfig

#: Of 128 mel bands, those below 5.5 kHz.
_N_MELS, _LOWER_BANDS = 128, 96


@dataclass(frozen=True)
class Descriptors:
    """Descriptors of a song.

    Attributes
    ----------
    tempo : float
        In beats per minute; half or double of what a listener taps is a usual mistake.
    brightness : float
        Centre of gravity of the mel spectrum, in Hz.
    timbre : np.ndarray [shape=(80,)], float32
        Mean and standard deviation of 40 MFCCs (`mfcc_statistics`).
    """

    tempo: float
    brightness: float
    timbre: np.ndarray


def mfcc_statistics(clip: np.ndarray) -> np.ndarray:
    """Return mean and standard deviation over time of a clip's first 40 MFCCs [80]."""
    coefficients = mfccs(clip)
    return np.concatenate([coefficients.mean(axis=1), coefficients.std(axis=1)])


def recording_distance(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the distance of recordings, regardless of their format, bit rate and volume.

    Mean MFCCs are turned back into mean spectra. Their upper quarter is left out, since rips differ
    there; so is their level. The rest is scaled to fit, because a log-mel's scale depends on the
    quietest sound in it, even if that is the silence an encoder puts before a song.

    Parameters
    ----------
    one : np.ndarray [shape=(>=40,)]
        Mean MFCCs of a recording; what follows them is not read.
    others : np.ndarray [shape=(n, >=40)]
        Of the others.

    Returns
    -------
    np.ndarray [shape=(n,)]
        Root mean square over the bands, in steps of a log-mel (0 to 255).
    """
    query, known = _envelope(one), _envelope(others)
    scale = np.clip(known @ query / max(float(query @ query), 1e-9), 0.5, 2.0)
    return np.sqrt(np.mean((scale[:, None] * query - known) ** 2, axis=1))


def _envelope(means: np.ndarray) -> np.ndarray:
    """Return the spectral envelope of mean MFCCs in the lower bands, without its level."""
    from scipy.fft import idct

    coefficients = means[..., :N_MFCCS]
    bands = idct(coefficients, n=_N_MELS, axis=-1, norm="ortho")[..., :_LOWER_BANDS]
    return bands - bands.mean(axis=-1, keepdims=True)


def tempo(decibels: np.ndarray, mel: MelConfig) -> float:
    """Estimate the tempo of a clip from the rhythm of its onsets.

    Parameters
    ----------
    decibels : np.ndarray [shape=(n_mels, n_frames)]
        What `deepmusic.audio.features.log_mel` returned.
    mel : MelConfig
        Front end.

    Returns
    -------
    float
        In beats per minute, by autocorrelation with a preference for 120 (Ellis, "Beat tracking by
        dynamic programming", 2007; librosa's implementation).
    """
    import librosa

    step = {"sr": mel.sample_rate, "hop_length": mel.hop_length}
    onsets = librosa.onset.onset_strength(S=decibels, **step)
    return float(librosa.feature.tempo(onset_envelope=onsets, **step)[0])


def brightness(decibels: np.ndarray, mel: MelConfig) -> float:
    """Return the centre of gravity of a clip's mean mel spectrum, in Hz."""
    import librosa

    power = (10 ** (decibels / 10)).mean(axis=1)
    frequencies = librosa.mel_frequencies(mel.n_mels + 2, fmax=mel.sample_rate / 2)[1:-1]
    return float((power * frequencies).sum() / power.sum())


def describe(log_mels: Sequence[ClipLogMel], mel: MelConfig) -> Descriptors:
    """Describe a song: the median tempo of its clips, and the mean of the rest.

    Parameters
    ----------
    log_mels : sequence of ClipLogMel
        What `deepmusic.prediction.compute_log_mels` returned; silent clips do not count.
    mel : MelConfig
        Front end.
    """
    audible = [clip for clip in log_mels if clip.frames.shape[1]]
    return Descriptors(
        tempo=float(np.median([tempo(clip.decibels, mel) for clip in audible])),
        brightness=float(np.mean([brightness(clip.decibels, mel) for clip in audible])),
        timbre=np.mean([mfcc_statistics(clip.frames) for clip in audible], axis=0).astype(
            np.float32
        ),
    )
