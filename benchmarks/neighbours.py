"""Time of a query. Run with ``python benchmarks/neighbours.py [FOLDER]``.

Makes libraries of random songs, with embeddings as wide as the shipped networks make them (in
FOLDER, or where temporary files go), and prints how long it takes to open each, and to answer a
query: ranking of all songs, copies, artists, reasons. The median of several rounds, and the size of
the library's file.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from deepmusic.config import GTZAN_GENRES
from deepmusic.library import embeddings, recommend
from deepmusic.library.embeddings import SongEmbedding
from deepmusic.library.song_index import AnalyzedSong, Entry
from deepmusic.library.store import Library
from deepmusic.prediction.pretrained import shipped_head

SIZES = (1_000, 10_000, 50_000)
ROUNDS = 5
_BATCH = 5_000


def make(folder: Path, count: int) -> Library:
    """Fill a library with random songs, 5 an artist."""
    library = Library(folder)
    library.prepare()
    rng = np.random.default_rng(0)
    ends = np.array([200.0])
    for start in range(0, count, _BATCH):
        songs = []
        for n in range(start, min(start + _BATCH, count)):
            vector = embeddings.l2_normalize(rng.random(len(shipped_head().kernel), np.float32))
            profile = rng.dirichlet(np.ones(10)).astype(np.float32)[None]
            found = SongEmbedding(ends - 200, ends, vector[None], vector, GTZAN_GENRES, profile)
            path = Path("/m", str(n))
            entry = Entry(
                -1, f"Song {n}", f"Artist {n // 5}", "", "", 200, 120, 900, str(n), "", path
            )
            timbre = rng.normal(scale=100, size=80).astype(np.float32)
            songs.append((AnalyzedSong(entry, found, timbre), (1, 1)))
        library.add(songs)
    return library


def timed(what: Callable[[], object]) -> float:
    """Return the median time of several rounds, in ms."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        what()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def measure(library: Library, count: int) -> str:
    """Query one library several times; return a line of the table."""
    index = library.open()
    query = recommend.query_by_ids(index, [index.entries[count // 2].id])
    megabytes = library.database.stat().st_size / 1e6
    opened, answered = timed(library.open), timed(lambda: recommend.recommend(index, query))
    return f"{count:9,}  {megabytes:4.0f} MB  {opened:5.0f} ms  {answered:5.0f} ms"


def main() -> None:
    """Print one line a size."""
    print(f"{'songs':>9}  {'file':>7}  {'open':>8}  {'answer':>8}")
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for count in SIZES:
        with tempfile.TemporaryDirectory(dir=root) as folder:
            print(measure(make(Path(folder), count), count), flush=True)


if __name__ == "__main__":
    main()
