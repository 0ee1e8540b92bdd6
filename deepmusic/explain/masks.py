"""Evidence by masking: blank out parts of a log-mel, and see what the network says then.

The paper's networks are asked about random masks, as in RISE (Petsiuk et al., BMVC 2018); a ridge
regression for each window, smooth over neighbours, finds how much each part changes the log-odds
(as LIME does for images; Ribeiro et al., KDD 2016). The pretrained network is slow: in each of its
windows, one band of frequencies after another is blanked.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from deepmusic.audio import Song, features, is_silent
from deepmusic.audio.changes import check_clip
from deepmusic.config import MUSICNN_FRONT_END
from deepmusic.errors import AudioError, ModelError
from deepmusic.explain.evidence import Evidence
from deepmusic.formatting import format_genre
from deepmusic.models import MODELS, PRETRAINED
from deepmusic.prediction import Classifier, check_length, load_classifiers
from deepmusic.prediction.pretrained import WINDOW_FRAMES, PretrainedClassifier, tagger_windows
from deepmusic.protocols import DEPLOYED_PROTOCOL

#: Mel bands and seconds of a part, number of masks, and share of the parts that a mask leaves.
CELL_MELS, CELL_SECONDS, N_MASKS, KEEP = 8, 1.0, 56, 0.7

#: Weight of the ridge, as a share of the masks' mean variance.
_RIDGE = 0.3

#: Distance over which neighbouring parts are expected to say the same, in parts: the standard
#: deviation of a Gaussian.
_NEAR = 0.7

#: A probability is kept this far from 0 and 1.
_EDGE = 1e-4

#: Bands of the pretrained network's 96 mels that are blanked together.
_PRETRAINED_MELS = 16


class Wanted(NamedTuple):
    """The genre to explain and the one to contrast it with, as columns of the probabilities."""

    genre: int
    against: int | None

    def log_odds(self, probabilities: np.ndarray) -> np.ndarray:
        """Return log-odds [shape=(...)] of probabilities [shape=(..., n_genres)]."""
        inside = np.clip(probabilities, _EDGE, 1 - _EDGE)
        other = 1 - inside[..., self.genre] if self.against is None else inside[..., self.against]
        return np.log(inside[..., self.genre] / other)


def explain(
    song: Song,
    network: Classifier | PretrainedClassifier | str = PRETRAINED,
    genre: str | None = None,
    against: str | None = None,
    *,
    clip: int = 0,
) -> Evidence:
    """Find what in a clip of a song speaks for a genre.

    Parameters
    ----------
    song : Song
        At the network's sample rate (the pretrained one takes any).
    network : Classifier, PretrainedClassifier or str
        Whose prediction is explained; ``musicnn``, ``cnn``, ``crnn`` or ``cnn_gru`` is the shipped
        one that answers, loaded anew in each call.
    genre : str, optional
        By default the one that it predicts for the clip.
    against : str, optional
        Another genre, for "why this one and not that"; by default all others.
    clip : int
        Which of the song's clips of 30 s, the first by default.

    Returns
    -------
    Evidence
        Of parts of 1 s by 8 mel bands, of the pretrained network 3 s by 16.

    Raises
    ------
    ModelError
        If there is no such network, it does not know a genre, or both genres are the same.
    AudioError
        If there is no such clip, or it is silent or shorter than a window.
    """
    if isinstance(network, str):
        network = _load_shipped(network)
    if isinstance(network, PretrainedClassifier):
        return _explain_pretrained(song, network, genre, against, clip)
    mel = network.config.mel
    if song.sample_rate != mel.sample_rate:
        raise ModelError(f"The network reads {mel.sample_rate} Hz. Received: {song.sample_rate} Hz")
    check_length(song, [network.config])
    bounds = features.clip_bounds(len(song.samples), mel)
    check_clip(song, clip, len(bounds))
    start, stop = bounds[clip]
    found = next(features.clip_log_mels(song.samples[start:stop], mel, is_silent=is_silent))
    width = network.config.window_frames
    if found.frames.shape[1] < width:
        raise _without_evidence(song, clip, bounds)
    frames = found.frames.astype(np.float32)
    genres = network.config.genres
    plain = network.predict_windows(features.windows(frames, width))[1]
    wanted = _choose(genres, plain.mean(axis=0), genre, against)
    seconds = found.seconds_per_frame
    n_bands = -(-mel.n_mels // CELL_MELS)
    n_steps = max(1, round(frames.shape[1] * seconds / CELL_SECONDS))
    return Evidence(
        map=mask_regression(frames, network, wanted, (n_bands, n_steps)),
        times=start / mel.sample_rate + np.linspace(0, frames.shape[1] * seconds, n_steps + 1),
        frequencies=_band_edges(mel.sample_rate / 2, n_bands),
        genre=genres[wanted.genre],
        against=None if wanted.against is None else genres[wanted.against],
        model=network.name,
        log_odds=float(wanted.log_odds(plain.mean(axis=0))),
    )


def _load_shipped(name: str) -> Classifier | PretrainedClassifier:
    if name == PRETRAINED:
        return PretrainedClassifier()
    if name not in MODELS:
        raise ModelError(f"Choose one of: {', '.join([PRETRAINED, *MODELS])}. Received: {name!r}")
    return load_classifiers([name], DEPLOYED_PROTOCOL)[name]


def mask_regression(
    frames: np.ndarray,
    network: Classifier,
    wanted: Wanted,
    shape: tuple[int, int],
    n_masks: int = N_MASKS,
    seed: int = 0,
) -> np.ndarray:
    """Return how much each part of a clip adds to a genre's log-odds.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_mels, n_frames)], float32
        A clip as the network reads it.
    network : Classifier
    wanted : Wanted
    shape : (int, int)
        Number of bands and of steps.
    n_masks, seed : int
        Random masks, shared by all windows.

    Returns
    -------
    np.ndarray [shape=(n_bands, n_steps)]
        Mean over the windows that hold a part.
    """
    width = network.config.window_frames
    n_frames = frames.shape[1]
    left = (np.random.default_rng(seed).random((n_masks, *shape)) < KEEP).astype(np.float32)
    mean = frames.mean(axis=1, keepdims=True)
    starts = features.window_starts(n_frames, width)
    rows, columns = _soft(shape[0], len(frames)), _soft(shape[1], n_frames)
    answers = []
    for one in left:
        mask = rows @ one @ columns.T
        masked = mean + (frames - mean) * mask
        answers.append(network.predict_windows(features.windows(masked, width))[1])
    odds = wanted.log_odds(np.stack(answers))
    edges = np.linspace(0, n_frames, shape[1] + 1)
    total, weight = np.zeros(shape), np.zeros(shape[1])
    for number, start in enumerate(starts):
        # Share of each step within the window.
        inside = np.minimum(edges[1:], start + width) - np.maximum(edges[:-1], start)
        inside = inside.clip(0) / np.diff(edges)
        steps = np.flatnonzero(inside > 0)
        x = (left[:, :, steps] * inside[steps]).reshape(n_masks, -1)
        x = x - x.mean(axis=0)
        y = odds[:, number] - odds[:, number].mean()
        smooth = x @ np.kron(_alike(shape[0]), _alike(len(steps)))
        gram = smooth @ x.T
        ridge = _RIDGE * np.trace(gram) / n_masks
        found = smooth.T @ np.linalg.solve(gram + ridge * np.eye(n_masks), y)
        total[:, steps] += found.reshape(shape[0], -1) * inside[steps]
        weight[steps] += inside[steps]
    return total / np.maximum(weight, 1e-9)


def _alike(n: int) -> np.ndarray:
    """Return how alike parts in a row are expected to be [shape=(n, n)], by their distance."""
    places = np.arange(n)
    return np.exp(-((places[:, None] - places) ** 2) / (2 * _NEAR**2))


def _soft(n_cells: int, n: int) -> np.ndarray:
    """Return weights [shape=(n, n_cells)] that spread cells over n places, with soft edges."""
    places = (np.arange(n) + 0.5) / n * n_cells - 0.5
    distance = np.abs(places.clip(0, n_cells - 1)[:, None] - np.arange(n_cells))
    return np.maximum(0, 1 - distance).astype(np.float32)


def pretrained_windows(song: Song, clip: int = 0) -> np.ndarray:
    """Return the windows [shape=(n, 187, 96)] of a clip that the pretrained network reads.

    Raises
    ------
    AudioError
        As `explain`.
    """
    import soxr

    mel = MUSICNN_FRONT_END
    samples = soxr.resample(song.samples, song.sample_rate, mel.sample_rate, quality="HQ")
    bounds = features.clip_bounds(len(samples), mel)
    check_clip(song, clip, len(bounds))
    start, stop = bounds[clip]
    windows = tagger_windows(samples[start:stop])
    scale = song.sample_rate / mel.sample_rate
    # Asked of the song as it is: resampling rings at the edges of silence.
    own = [(first * scale, end * scale) for first, end in bounds]
    if not len(windows) or is_silent(song.samples[slice(*np.rint(own[clip]).astype(int))]):
        raise _without_evidence(song, clip, own)
    return windows


def _explain_pretrained(
    song: Song, network: PretrainedClassifier, genre: str | None, against: str | None, clip: int
) -> Evidence:
    """Blank one band of frequencies after another, in all windows of a clip."""
    mel = MUSICNN_FRONT_END
    windows = pretrained_windows(song, clip)

    def ask(frames: np.ndarray) -> np.ndarray:
        return network.head.predict(network.trunk.predict_windows(frames)[0])

    genres = network.head.genres
    plain = ask(windows)
    logits = np.log(np.clip(plain, _EDGE, 1))
    whole = np.exp(logits.mean(axis=0))
    whole /= whole.sum()
    wanted = _choose(genres, whole, genre, against)
    n_bands = mel.n_mels // _PRETRAINED_MELS
    found = np.zeros((n_bands, len(windows)))
    for band in range(n_bands):
        rows = slice(band * _PRETRAINED_MELS, (band + 1) * _PRETRAINED_MELS)
        masked = windows.copy()
        masked[:, :, rows] = windows[:, :, rows].mean(axis=(0, 1))
        found[band] = wanted.log_odds(plain) - wanted.log_odds(ask(masked))
    seconds = WINDOW_FRAMES * mel.seconds_per_frame
    return Evidence(
        map=found,
        times=clip * mel.clip_seconds + np.arange(len(windows) + 1) * seconds,
        frequencies=_band_edges(mel.sample_rate / 2, n_bands),
        genre=genres[wanted.genre],
        against=None if wanted.against is None else genres[wanted.against],
        model=network.name,
        log_odds=float(wanted.log_odds(whole)),
    )


def _choose(
    genres: tuple[str, ...], probabilities: np.ndarray, genre: str | None, against: str | None
) -> Wanted:
    # As people write it, too: "Hip-Hop".
    known = {word.lower(): n for n, one in enumerate(genres) for word in (one, format_genre(one))}
    for name in (genre, against):
        if name is not None and name.lower() not in known:
            raise ModelError(f"Choose one of: {', '.join(genres)}. Received: {name!r}")
    wanted = Wanted(
        int(probabilities.argmax()) if genre is None else known[genre.lower()],
        None if against is None else known[against.lower()],
    )
    if wanted.genre == wanted.against:
        raise ModelError(f"Choose two different genres. Received: {against!r} twice")
    return wanted


def _without_evidence(song: Song, clip: int, bounds: Sequence[tuple[float, float]]) -> AudioError:
    """Return what to raise of a clip, from the bounds of all, in samples of the song."""
    start, stop = bounds[clip]
    silent = is_silent(song.samples[round(start) : round(stop)])
    why = "silent" if silent else "shorter than a window of 3 s"
    return AudioError(
        f"Clip {clip} of {song.name} is {why}, and has no evidence. Choose another "
        f"{'clip' if len(bounds) > 1 else 'song'}."
    )


def _band_edges(highest: float, n_bands: int) -> np.ndarray:
    """Return the edges of bands [shape=(n_bands + 1,)] of equal width in mel, in Hz."""
    mels = np.linspace(0, features.hz_to_mel(highest), n_bands + 1)
    return np.array([features.mel_to_hz(mel) for mel in mels])
