"""Analyse the demo music for Recommend: ``assets/demo_music/analyzed.npz``.

Run with ``python tools/analyze_demo_music.py`` after its sound or the pretrained network changed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.audio import load_song
from deepmusic.library import shipped_songs
from deepmusic.library.embeddings import MUSICNN, load_embedder
from deepmusic.library.song_index import analyze_song


def main() -> None:
    """Write what is compared of each piece."""
    embedder = load_embedder(MUSICNN)
    paths = sorted(shipped_songs.FILE.parent.glob("*.opus"))
    shipped_songs.write([analyze_song(load_song(path), embedder) for path in paths])
    print(f"{shipped_songs.FILE}: {len(paths)} songs, {shipped_songs.FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
