"""The demo music as it is analysed, so that nobody who opens it waits for a network.

``tools/analyze_demo_music.py`` writes what is read here.
"""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepmusic.files import ASSETS, replacing
from deepmusic.library import embeddings
from deepmusic.library.embeddings import SongEmbedding
from deepmusic.library.song_index import AnalyzedSong, Entry

FILE = ASSETS / "demo_music" / "analyzed.npz"

#: What is stored of the entries and of the embeddings, a row a song.
_MEASURED = ("digest", "note", "duration", "tempo", "brightness")
_EMBEDDED = ("starts", "ends", "windows", "song", "probabilities", "tags")


def write(songs: Sequence[AnalyzedSong], path: Path = FILE) -> None:
    """Write songs that were analysed in the current space; of each as many windows."""
    arrays: dict[str, Any] = {
        name: np.array([getattr(song.entry, name) for song in songs]) for name in _MEASURED
    }
    for name in _EMBEDDED:
        arrays[name] = np.stack([getattr(song.embedding, name) for song in songs])
    arrays["timbre"] = np.stack([song.timbre for song in songs])
    arrays["genres"] = np.array(songs[0].embedding.genres)
    arrays["stamp"] = np.array(embeddings.stamp())
    with replacing(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def read(path: Path = FILE) -> dict[str, AnalyzedSong]:
    """Read what `write` wrote.

    Returns
    -------
    dict of str to AnalyzedSong
        By the SHA-256 of the file, without titles; empty if it is missing or damaged, or was
        computed by other networks than those in use.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        if arrays["stamp"].item() != embeddings.stamp():
            return {}
        genres = tuple(arrays["genres"].tolist())
        return {
            digest: AnalyzedSong(
                Entry(-1, "", **{name: arrays[name][row].item() for name in _MEASURED}),
                SongEmbedding(**{name: arrays[name][row] for name in _EMBEDDED}, genres=genres),
                arrays["timbre"][row],
            )
            for row, digest in enumerate(arrays["digest"].tolist())
        }
    except (OSError, EOFError, ValueError, LookupError, zipfile.BadZipFile):
        return {}
