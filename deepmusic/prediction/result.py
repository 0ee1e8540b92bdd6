"""Predictions of a song, by window, clip and as a whole; and the mean of several networks'."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from deepmusic.errors import ModelError
from deepmusic.models import ENSEMBLE


@dataclass(frozen=True)
class Prediction:
    """Genre probabilities of a song by one network, or by the ensemble.

    Attributes
    ----------
    model : str
        Name of the network, or ``ensemble``.
    genres : tuple of str
        In the order of the probabilities.
    starts, ends : np.ndarray [shape=(n_windows,)]
        Of each window, in s from the start of the song.
    clip_index : np.ndarray [shape=(n_windows,)], int
        Number of the clip that holds each window.
    window_probabilities : np.ndarray [shape=(n_windows, n_genres)]
        Each row sums to 1.
    pooling : str
        How windows are joined: ``mean`` of the probabilities, as in the paper, or ``geometric``,
        their normalised geometric mean, which is a linear head's answer to the mean embedding.
    non_music_logits, other_logits : np.ndarray [shape=(n_windows,)] or None
        Log-odds that a window is no music, and that it is of another genre than these, by a network
        that can tell (see `deepmusic.prediction.certainty`).
    """

    model: str
    genres: tuple[str, ...]
    starts: np.ndarray
    ends: np.ndarray
    clip_index: np.ndarray
    window_probabilities: np.ndarray
    pooling: Literal["mean", "geometric"] = "mean"
    non_music_logits: np.ndarray | None = None
    other_logits: np.ndarray | None = None

    def select(self, windows: np.ndarray) -> "Prediction":
        """Return the prediction from some of the windows alone, by mask or index."""
        return replace(
            self,
            starts=self.starts[windows],
            ends=self.ends[windows],
            clip_index=self.clip_index[windows],
            window_probabilities=self.window_probabilities[windows],
            non_music_logits=_rows(self.non_music_logits, windows),
            other_logits=_rows(self.other_logits, windows),
        )

    @cached_property
    def song_probabilities(self) -> np.ndarray:
        """Mean over all windows, or over the clips where windows are joined geometrically."""
        if self.pooling == "geometric":
            return np.mean(list(self.clip_probabilities.values()), axis=0)
        return self._pool(self.window_probabilities)

    @cached_property
    def clip_probabilities(self) -> dict[int, np.ndarray]:
        """Mean over the windows of a clip [shape=(n_genres,)], by clip; of silent ones none."""
        return {
            int(clip): self._pool(self.window_probabilities[self.clip_index == clip])
            for clip in np.unique(self.clip_index)
        }

    def _pool(self, rows: np.ndarray) -> np.ndarray:
        if self.pooling == "mean":
            return rows.mean(axis=0)
        pooled = np.exp(np.log(np.maximum(rows, 1e-30)).mean(axis=0))
        return pooled / pooled.sum()

    @property
    def genre(self) -> str:
        """The most probable genre of the song."""
        return self.genres[int(self.song_probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.song_probabilities.max())

    @cached_property
    def window_genres(self) -> list[str]:
        """The most probable genre of each window."""
        return [self.genres[index] for index in self.window_probabilities.argmax(axis=1)]

    def to_dict(self) -> dict[str, Any]:
        """Return the probabilities of song, clips and windows as plain values, ready for JSON."""

        def by_genre(row: np.ndarray) -> dict[str, float]:
            return dict(zip(self.genres, map(float, row), strict=True))

        return {
            "genre": self.genre,
            "probabilities": by_genre(self.song_probabilities),
            "clips": [
                {"clip": clip, "probabilities": by_genre(row)}
                for clip, row in self.clip_probabilities.items()
            ],
            "windows": [
                {
                    "start": round(float(start), 3),
                    "end": round(float(end), 3),
                    "probabilities": by_genre(row),
                }
                for start, end, row in zip(
                    self.starts, self.ends, self.window_probabilities, strict=True
                )
            ],
        }


def _rows(values: np.ndarray | None, windows: np.ndarray) -> np.ndarray | None:
    return None if values is None else values[windows]


def ensemble(members: Sequence[Prediction]) -> Prediction:
    """Return the mean of several networks' predictions of one song, window by window.

    Its windows are those of the member with most; of another member the window counts whose middle
    lies nearest. Raises `ModelError` if the members' genres differ.
    """
    if len(genres := {member.genres for member in members}) != 1:
        raise ModelError(f"Networks of an ensemble need the same genres. Received: {genres}")
    spans = [(member.starts, member.ends) for member in members]
    finest, rows = align_windows(spans)
    aligned = [member.window_probabilities[row] for member, row in zip(members, rows, strict=True)]
    return Prediction(
        model=ENSEMBLE,
        genres=members[finest].genres,
        starts=members[finest].starts,
        ends=members[finest].ends,
        clip_index=members[finest].clip_index,
        window_probabilities=np.mean(aligned, axis=0),
    )


def align_windows(
    spans: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[int, list[np.ndarray]]:
    """Match the windows of several networks over one song by their middles.

    Parameters
    ----------
    spans : sequence of (np.ndarray [shape=(n_windows,)], np.ndarray [shape=(n_windows,)])
        Starts and ends of each network's windows, in s.

    Returns
    -------
    (int, list of np.ndarray [shape=(n_most_windows,)])
        Index of the network with most windows; and for each network, of each of those windows, the
        index of its own window that lies nearest.
    """
    finest = max(range(len(spans)), key=lambda index: len(spans[index][0]))
    middles = [(starts + ends) / 2 for starts, ends in spans]
    distances = [np.abs(middle[None, :] - middles[finest][:, None]) for middle in middles]
    return finest, [distance.argmin(axis=1) for distance in distances]
