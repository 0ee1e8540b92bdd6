"""How long does a question take? Run with ``python benchmarks/neighbours.py [FOLDER]``.

Makes libraries of 1e3, 1e5 and 1e6 made-up songs with vectors as wide as the shipped networks make
them (3 GB on disk for the largest; in FOLDER, or where temporary files go), and prints how long it
takes to open each, to rank all of its songs, and to answer a whole question: ranking, facts,
copies, artists, reasons. The median of several rounds, and the first, which maps the arrays.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from deepmusic import embeddings, recommend
from deepmusic.library import Library

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 7
_CHUNK = 50_000


def make(folder: Path, count: int) -> Library:
    """Fill a library with songs that nobody played, by 5 songs an artist."""
    library = Library(folder)
    dimensions = sum(config.dense_units for config in embeddings.network_configs())
    library.prepare(dimensions)
    rng = np.random.default_rng(0)
    made = {
        "embeddings": lambda n: embeddings.unit(rng.random((n, dimensions), np.float32)),
        "timbre": lambda n: rng.random((n, 80), np.float32),
        "profiles": lambda n: rng.dirichlet(np.ones(10), n).astype(np.float32),
    }
    for name, draw in made.items():
        with (folder / f"{name}.float32").open("wb") as file:
            for start in range(0, count, _CHUNK):
                draw(min(_CHUNK, count - start)).tofile(file)
    facts = ("", "", 200.0, 120.0, 900.0)
    with library._connect() as connection:
        connection.executemany(
            "INSERT INTO songs VALUES (?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (n, f"/m/{n}".encode(), str(n), f"Song {n}", f"Artist {n // 5}", *facts)
                for n in range(count)
            ),
        )
    return library


def timed(what: Callable[[], object], rounds: int) -> list[float]:
    """Return how long each round takes, in ms."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        times.append(1000 * (time.perf_counter() - began))
    return times


def measure(library: Library, count: int) -> str:
    """Ask one library several times; return a line of the table."""
    opened = timed(library.collection, 3)
    collection = library.collection()
    query = recommend.like_songs(collection, [count // 2])
    ranked = timed(lambda: collection.embeddings @ query.embedding, ROUNDS)
    answered = timed(lambda: recommend.recommend(collection, query), ROUNDS)
    return (
        f"{count:9,}  {statistics.median(opened):5.0f} ms  "
        f"{statistics.median(ranked):6.1f} ms {ranked[0]:6.0f} ms  "
        f"{statistics.median(answered):5.0f} ms {answered[0]:6.0f} ms"
    )


def main() -> None:
    """Print one line a size."""
    print(
        f"{'songs':>9}  {'open':>8}  {'rank all':>9} {'(first)':>9}  {'answer':>8} {'(first)':>9}"
    )
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for count in SIZES:
        with tempfile.TemporaryDirectory(dir=root) as folder:
            print(measure(make(Path(folder), count), count), flush=True)


if __name__ == "__main__":
    main()
