"""Embeddings of clips and sounds that train and measure the certainty of answers."""

from dataclasses import dataclass

import numpy as np

from deepmusic.config import GTZAN_GENRES

FOLDS = 5


@dataclass
class Clips:
    """Mean embeddings of all clips and sounds, and what they are.

    `kind` is a genre of the ten for labelled clips, ``other``, ``unlabelled``, ``degraded``,
    ``not music``, ``solo instrument``, ``speech over music`` or ``music``; `detail` says more;
    `group` is what must be held out together.
    """

    x: np.ndarray
    kind: np.ndarray
    genre: np.ndarray
    detail: np.ndarray
    group: np.ndarray
    elsewhere: np.ndarray

    @property
    def is_ten(self) -> np.ndarray:
        return np.isin(self.genre, GTZAN_GENRES)

    def folds(self, seed: int) -> np.ndarray:
        names, index = np.unique(self.group, return_inverse=True)
        shuffled = np.random.default_rng(seed).permutation(len(names))
        return shuffled[index] % FOLDS


def read_clips(gtzan, elsewhere, degraded, sounds, artists: dict[str, str]) -> Clips:
    """Join the archives that `tools/train_head.py` names."""

    def mean(archive, every=1) -> np.ndarray:
        return archive["embedding"][:, ::every].astype(np.float64).mean(axis=1)

    def artist(tracks) -> np.ndarray:
        return np.array([f"gtzan {artists.get(track, track)}" for track in tracks])

    tracks, worse = gtzan["track"].astype(str), degraded["track"].astype(str)
    genre, role = elsewhere["genre"].astype(str), sounds["role"].astype(str)
    # The music under speech is GTZAN's, and held out with its artist.
    under = np.array([how.partition(".flac")[0] for how in sounds["how"].astype(str)])
    over = role == "speech over music"
    named = np.isin(genre, GTZAN_GENRES)
    none = np.full(len(role), "")
    return Clips(
        x=np.concatenate([mean(gtzan, 2), mean(elsewhere), mean(degraded), mean(sounds)]),
        kind=np.concatenate(
            [
                np.full(len(tracks), "gtzan"),
                np.where(named, "elsewhere", np.where(genre == "", "unlabelled", "other")),
                np.full(len(worse), "degraded"),
                role,
            ]
        ),
        genre=np.concatenate([_genres(tracks), genre, _genres(worse), none]),
        detail=np.concatenate(
            [_genres(tracks), genre, degraded["kind"].astype(str), sounds["family"].astype(str)]
        ),
        group=np.concatenate(
            [
                artist(tracks),
                np.char.add("elsewhere ", elsewhere["artist_group"].astype(str)),
                artist(worse),
                np.where(over, artist(under), sounds["group"].astype(str)),
            ]
        ),
        elsewhere=np.concatenate(
            [
                np.full(len(tracks), -1),
                np.arange(len(genre)),
                np.full(len(worse) + len(role), -1),
            ]
        ),
    )


def _genres(tracks: np.ndarray) -> np.ndarray:
    return np.array([track.partition(".")[0] for track in tracks])
