"""Twenty runs at once: do all end, none lost? Run with ``python benchmarks/queue_of_twenty.py``.

Twenty threads, as twenty visitors, start a tiny CNN each on the toy set at the same moment; the
time until the last has ended is printed, and how many ended in which state.
"""

import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.runs import list_runs
from deepmusic.training import recipes, worker

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 20


def main() -> None:
    """Start them at once, and wait for the last."""
    model, recipe = recipes.recipe("cnn", "class")
    model = model.changed(filters=(4, 4), dense_units=8)
    recipe = recipe.changed(data="toy", epochs=2, windows_per_clip=1)
    with tempfile.TemporaryDirectory() as folder:
        gate = threading.Barrier(RUNS)

        def visit(number: int) -> None:
            gate.wait()
            worker.start(worker.create(model, recipe, Path(folder), owner=f"visitor {number}"))

        began = time.perf_counter()
        visitors = [threading.Thread(target=visit, args=(number,)) for number in range(RUNS)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        print(f"{RUNS} started in {time.perf_counter() - began:.1f} s, "
              f"{worker.training_slots()} at a time, load {os.getloadavg()[0]:.0f}")  # fmt: skip
        while any(run.is_locked() for run in list_runs(Path(folder))):
            time.sleep(0.5)
        runs = list_runs(Path(folder))
        print(f"after {time.perf_counter() - began:.0f} s: {dict(Counter(r.state for r in runs))}")
        print(f"{len({run.owner for run in runs})} owners, {len(runs)} runs")


if __name__ == "__main__":
    main()
