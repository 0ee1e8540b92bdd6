"""Song descriptors: tempo, brightness (spectral centroid), timbre (MFCC statistics)."""

from collections.abc import Sequence

import numpy as np

from deepmusic.audio.features import N_MFCCS, ClipLogMel, mfccs
from deepmusic.config import MelConfig

#: Of 128 mel bands, those below 5.5 kHz.
_N_MELS, _LOWER_BANDS = 128, 96


def describe(log_mels: Sequence[ClipLogMel], mel: MelConfig) -> tuple[float, float, np.ndarray]:
    """Describe a song by its clips; silent ones do not count.

    Parameters
    ----------
    log_mels : sequence of ClipLogMel
        As `deepmusic.prediction.compute_log_mels` returns them.
    mel : MelConfig
        Front end.

    Returns
    -------
    (float, float, np.ndarray [shape=(80,)])
        Tempo in BPM (the clips' median), brightness in Hz and timbre (their means).
    """
    sounding = [clip for clip in log_mels if clip.frames.shape[1]]
    return (
        float(np.median([tempo(clip.decibels, mel) for clip in sounding])),
        float(np.mean([brightness(clip.decibels, mel) for clip in sounding])),
        np.mean([mfcc_statistics(clip.frames) for clip in sounding], axis=0).astype(np.float32),
    )


def tempo(decibels: np.ndarray, mel: MelConfig) -> float:
    """Tempo of a log-mel [shape=(n_mels, n_frames)] in dB, in BPM.

    Autocorrelation of the onset strength with a preference for 120 BPM (Ellis, "Beat tracking by
    dynamic programming", 2007). Half or double of the tapped tempo is a usual mistake.
    """
    import librosa

    rate, hop = mel.sample_rate, mel.hop_length
    onsets = librosa.onset.onset_strength(S=decibels, sr=rate, hop_length=hop)
    return float(librosa.feature.tempo(onset_envelope=onsets, sr=rate, hop_length=hop)[0])


def brightness(decibels: np.ndarray, mel: MelConfig) -> float:
    """Spectral centroid of the mean of a log-mel [shape=(n_mels, n_frames)] in dB, in Hz."""
    import librosa

    power = (10 ** (decibels / 10)).mean(axis=1)
    frequencies = librosa.mel_frequencies(mel.n_mels + 2, fmax=mel.sample_rate / 2)[1:-1]
    return float((power * frequencies).sum() / power.sum())


def mfcc_statistics(frames: np.ndarray) -> np.ndarray:
    """Mean and standard deviation over time of 40 MFCCs, [shape=(80,)].

    Parameters
    ----------
    frames : np.ndarray [shape=(n_mels, n_frames)]
        A log-mel.
    """
    coefficients = mfccs(frames)
    return np.concatenate([coefficients.mean(axis=1), coefficients.std(axis=1)])


def envelope_distance(query: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distance of mean spectral envelopes, regardless of format, bit rate and volume.

    Mean MFCCs are turned back into mean spectra. Their upper quarter is left out, since rips differ
    there; so is their level. The query is scaled to fit, because a log-mel's scale depends on the
    quietest sound in it, even if that is the silence an encoder puts before a song.

    Parameters
    ----------
    query : np.ndarray [shape=(>=40,)]
        Mean MFCCs of a recording; what follows the first 40 is not read.
    others : np.ndarray [shape=(n, >=40)]
        Those of the recordings to compare with.

    Returns
    -------
    np.ndarray [shape=(n,)]
        Root mean square over the bands, in steps of a log-mel (0 to 255).
    """
    wanted, known = _envelope(query), _envelope(others)
    scale = np.clip(known @ wanted / max(float(wanted @ wanted), 1e-9), 0.5, 2.0)
    return np.sqrt(np.mean((scale[:, None] * wanted - known) ** 2, axis=1))


def _envelope(mean_mfccs: np.ndarray) -> np.ndarray:
    """Lower bands of the mean spectrum, without its level."""
    from scipy.fft import idct

    coefficients = mean_mfccs[..., :N_MFCCS]
    bands = idct(coefficients, n=_N_MELS, axis=-1, norm="ortho")[..., :_LOWER_BANDS]
    return bands - bands.mean(axis=-1, keepdims=True)
