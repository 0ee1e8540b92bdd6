"""How do time and memory grow with the clips? Run with ``python benchmarks/scaling.py [--most N]``.

Of 100 to 10,000 clips (``--most``), in a process of its own each time:

- feature extraction: log-mels of WAV files of 30 s (22.05 kHz noise; a few files under many names),
  by one worker, by two, and by a Dask cluster of two local workers, up to 3,000 clips;
- one epoch of the CNN on log-mels of the front end ``fma``, three windows of 10 s a clip.

Memory is the peak of the process that asks, with all log-mels in it; workers have about 200 MB
each.
The lines are fitted to the measured points by least squares of relative errors; what they say of
all of FMA (106,574 clips), and of 32 workers, is no measurement.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

CLIPS = (100, 300, 1_000, 3_000, 10_000)
FMA_LARGE = 106_574
CLUSTER = 32
FILES = 20

#: Where one worker would take too long.
MOST_SLOW = 3_000

WAYS = {"1 worker": 1, "2 workers": 2, "Dask, 2 workers": None, "CNN, one epoch": None}
TWO, DASK, EPOCH = list(WAYS)[1:]


def write_sounds(folder: Path) -> None:
    """Write a few WAV files of noise."""
    import soundfile

    rng = np.random.default_rng(0)
    for number in range(FILES):
        samples = 0.1 * rng.standard_normal(30 * 22_050)
        soundfile.write(folder / f"{number}.wav", samples, 22_050, subtype="PCM_16")


def extract(way: str, clips: int, folder: Path) -> float:
    """Return the seconds of computing log-mels, workers warm."""
    from contextlib import nullcontext
    from functools import partial

    from distributed import LocalCluster

    from deepmusic.config import FRONT_ENDS
    from deepmusic.data import logmels, parallel

    compute = partial(logmels.compute, mel=FRONT_ENDS["compact"])
    sounds = {number: folder / f"{number % FILES}.wav" for number in range(clips)}
    local = {
        **{"n_workers": 2, "threads_per_worker": 1},
        **{"dashboard_address": ":0", "local_directory": str(folder)},
    }
    with LocalCluster(**local) if way == DASK else nullcontext() as cluster:
        where: dict[str, Any] = (
            {"cluster": cluster.scheduler_address} if cluster else {"jobs": WAYS[way]}
        )
        warm = dict(list(sounds.items())[:FILES])
        list(parallel.map_unordered(compute, warm, **where))
        began = time.perf_counter()
        found = dict(parallel.map_unordered(compute, sounds, **where))
        seconds = time.perf_counter() - began
    assert all(isinstance(log_mel, np.ndarray) for log_mel in found.values())
    return seconds


def train(clips: int, folder: Path) -> float:
    """Return the seconds of an epoch on so many training clips, the second of two."""
    from deepmusic.config import RunConfig
    from deepmusic.data.fma_archive import FmaArchive
    from deepmusic.protocols import OWN
    from deepmusic.runs import Run
    from deepmusic.training import fit, recipes

    few = 40
    total = clips + 2 * few
    path = folder / f"{clips}.npz"
    np.savez(
        path,
        logmel=np.random.default_rng(0).integers(0, 256, (total, 128, 128), np.uint8),
        track=[f"{number:06d}" for number in range(total)],
        genre=[f"genre {number % 8}" for number in range(total)],
        part=["train"] * clips + ["valid"] * few + ["test"] * few,
    )
    dataset = FmaArchive(path)
    sizes, recipe = recipes.for_dataset(*recipes.recipe("cnn", "class"), dataset)
    recipe = recipe.changed(data=str(path), split=OWN, epochs=2)
    run = Run.create(folder / f"run-{clips}", RunConfig(model=sizes, train=recipe))
    fit.train(run, dataset)
    return float(run.history()[-1]["seconds"])


def one(way: str, clips: int, folder: Path) -> None:
    """Measure, and print seconds and MB as JSON; memory is looked at 20 times a second."""
    import psutil

    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peak[0] = max(peak[0], psutil.Process().memory_info().rss)

    threading.Thread(target=watch, daemon=True).start()
    seconds = train(clips, folder) if way == EPOCH else extract(way, clips, folder)
    done.set()
    print(json.dumps([seconds, peak[0] / 2**20]))


def line(clips: list[int], values: list[float]) -> tuple[float, float]:
    """Fit value = start + slope * clips by relative errors."""
    weights = 1 / np.array(values)
    columns = np.stack([np.ones(len(clips)), clips], axis=1) * weights[:, None]
    (start, slope), *_ = np.linalg.lstsq(columns, np.ones(len(clips)), rcond=None)
    return float(start), float(slope)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=CLIPS[-1], help="clips")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], int(options.one[1]), Path(options.one[2]))
        return
    steps = [clips for clips in CLIPS if clips <= options.most]
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| | clips | seconds | MB at most |\n|---|---|---|---|", flush=True)
    lines = []
    with tempfile.TemporaryDirectory(prefix="deepmusic-scaling-") as name:
        write_sounds(Path(name))
        for way in WAYS:
            mine = [n for n in steps if n <= MOST_SLOW or way in (TWO, EPOCH)]
            found: dict[int, list[float]] = {}
            for clips in mine:
                command = [sys.executable, __file__, "--one", way, str(clips), name]
                done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
                if done.returncode:
                    print(f"| {way} | {clips:,} | failed | |", flush=True)
                    continue
                found[clips] = json.loads(done.stdout.splitlines()[-1])
                print(
                    "| {} | {:,} | {:.1f} | {:.0f} |".format(way, clips, *found[clips]), flush=True
                )
            if len(found) > 1:
                columns = zip(*found.values(), strict=True)
                lines.append((way, *(line(list(found), list(column)) for column in columns)))
    print(f"by the fitted line, {FMA_LARGE:,} clips:")
    for way, (start, slope), (start_mb, slope_mb) in lines:
        if slope <= 0:
            print(f"  {way}: more clips took no longer, so there is no line; raise --most")
            continue
        seconds, memory = start + slope * FMA_LARGE, start_mb + slope_mb * FMA_LARGE
        # The network's own memory hides that of the clips, unless they are many.
        size = f", {memory:,.0f} MB" if slope_mb > 0 else ""
        print(f"  {way}: {slope * 1000:.1f} ms a clip, {seconds / 60:.0f} minutes{size}")
        if way == DASK:
            minutes = (start + slope * FMA_LARGE * 2 / CLUSTER) / 60
            print(f"  Dask, {CLUSTER} workers, if each is as fast as these: {minutes:.0f} minutes")


if __name__ == "__main__":
    main()
