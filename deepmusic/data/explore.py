"""Views of a dataset: a map of its clips, the spectra and the dynamics of its genres."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from deepmusic.config import MelConfig
from deepmusic.data.dataset import Dataset
from deepmusic.files import ASSETS

#: A log-mel's bytes reach over about this many dB below the clip's loudest point.
_RANGE_DB = 80.0

_SEED, _PERPLEXITY = 0, 30

#: Figures computed from GTZAN, and no part of it.
SHIPPED = ASSETS / "gtzan"


def decibels(log_mel: np.ndarray) -> np.ndarray:
    """Return a uint8 log-mel in dB below the clip's loudest point, near enough for a chart."""
    return log_mel.astype(np.float32) * (_RANGE_DB / 255) - _RANGE_DB


def band_frequencies(mel: MelConfig) -> np.ndarray:
    """Return the centre frequency of each mel band, in Hz [shape=(n_mels,)]."""
    import librosa

    return librosa.mel_frequencies(mel.n_mels + 2, fmin=0, fmax=mel.sample_rate / 2)[1:-1]


def spectra(log_mels: Mapping[str, np.ndarray], dataset: Dataset) -> pd.DataFrame:
    """Return the mean spectrum of each genre that has log-mels.

    Parameters
    ----------
    log_mels : mapping of str to np.ndarray [shape=(n_mels, n_frames)], uint8
        By track of the dataset.

    Returns
    -------
    pd.DataFrame
        By genre, a column for each mel band, lowest first: mean over clips and time, in dB below
        the loudest point of each clip.
    """
    means = {track: decibels(log_mel).mean(axis=1) for track, log_mel in log_mels.items()}
    table = pd.DataFrame.from_dict(means, orient="index")
    return table.groupby([dataset.tracks[track].genre for track in table.index]).mean()


def dynamics(log_mel: np.ndarray) -> float:
    """Return the dynamic range of a uint8 log-mel: its frames' 5th to 95th percentile, in dB."""
    power = (10 ** (decibels(log_mel) / 10)).sum(axis=0)
    low, high = np.percentile(10 * np.log10(power), (5, 95))
    return float(high - low)


def flat_map(vectors: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return a t-SNE projection of embeddings to a plane.

    Neighbours stay neighbours on it; distances between far groups mean nothing. A PCA, which keeps
    distances instead, mixes most genres of GTZAN in one cloud.

    Parameters
    ----------
    vectors : mapping of str to np.ndarray [shape=(n_dimensions,)]
        Of unit length, by track.

    Returns
    -------
    pd.DataFrame
        By track: ``x`` and ``y``, from -1 to 1. The same for the same vectors.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    matrix = np.stack(list(vectors.values())).astype(np.float64)
    if len(matrix) > 3:
        perplexity = min(_PERPLEXITY, (len(matrix) - 1) / 3)
        method = TSNE(perplexity=perplexity, init="pca", metric="cosine", random_state=_SEED)
    else:
        method = PCA(n_components=2)
        matrix = np.vstack([matrix, np.zeros((max(0, 2 - len(matrix)), matrix.shape[1]))])
    points = method.fit_transform(matrix)[: len(vectors)]
    points = points / max(np.abs(points).max(), 1e-9)
    return pd.DataFrame(points, index=pd.Index(vectors, name="track"), columns=["x", "y"])


def draw_map(vectors: Mapping[str, np.ndarray], log_mels: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return the `flat_map` of embeddings, with each clip's `dynamics`."""
    table = flat_map(vectors)
    table["dynamics"] = [dynamics(log_mels[track]) for track in table.index]
    return table


def shipped_map() -> pd.DataFrame:
    """Return the map of GTZAN that DeepMusic ships: ``x``, ``y``, ``dynamics`` by track."""
    return pd.read_csv(SHIPPED / "map.csv", index_col="track", dtype={"track": str})


def shipped_spectra() -> pd.DataFrame:
    """Return the spectra of GTZAN's genres that DeepMusic ships (see `spectra`)."""
    return pd.read_csv(SHIPPED / "spectra.csv", index_col="genre")


def filter_tracks(
    table: pd.DataFrame,
    genres: Sequence[str] = (),
    artist: str | None = None,
    part: str | None = None,
    fault: str | None = None,
) -> pd.DataFrame:
    """Return the rows that fit every filter (of `fault`, a piece is enough); an empty one fits all.

    The table has ``genre``, ``artist``, ``part`` and ``fault`` by track.
    """
    kept = table["fault"].str.contains(fault or "", regex=False)
    for column, wanted in (("genre", genres), ("artist", [artist]), ("part", [part])):
        if any(wanted):
            kept &= table[column].isin(wanted)
    return table[kept]
