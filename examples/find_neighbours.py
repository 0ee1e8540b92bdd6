"""Index a folder of music, and print the songs that sound most like one of them.

Run with ``python examples/find_neighbours.py FOLDER FOLDER/song.mp3``.
"""

import sys
from pathlib import Path

from deepmusic.library import indexing, recommend
from deepmusic.library.store import Library


def main(folder: Path, song: Path) -> None:
    """Print similarity, name and reasons; the library lies in DEEPMUSIC_LIBRARY or library/."""
    library = Library()
    indexing.index(folder, library)
    index = library.open()
    ids = [entry.id for entry in index.entries if entry.path == song.resolve()]
    query = recommend.query_by_ids(index, ids)
    for result in recommend.recommend(index, query, limit=5, per_artist=2):
        print(f"{result.similarity:.3f}  {result.entry.name}: {'; '.join(result.reasons)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
