"""Does a page that watches slow a training? Run with ``python benchmarks/watched_training.py``.

A worker trains the CNN on the toy dataset, while a browser opens the Train page and leaves it, in
turns; epochs are counted in each turn. Printed are the epochs a second with and without the page,
and their ratio, for a browser on the same machine; what share of a core the page costs the server;
and what the snapshots cost that are written for it after each epoch. Takes four minutes on two
cores. Needs Chromium.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Page

from benchmarks.load import processor_seconds
from deepmusic.data import open_dataset
from deepmusic.runs import RUNNING, Run
from deepmusic.training import recipes, worker
from tools.running_app import PATIENCE, RunningApp, running_app, running_chromium

#: What passes before epochs are counted: a page that is opened works most in its first seconds.
SETTLE_SECONDS = 4.0

#: Epochs of the training whose snapshots are timed.
EPOCHS = 15


def epochs_a_second(run: Run, seconds: float) -> float:
    """Return how many epochs a run completes a second, from the first to the last of them."""
    ends, size = [], run.history_path.stat().st_size
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        time.sleep(0.02)
        if (now := run.history_path.stat().st_size) != size:
            size = now
            ends.append(time.perf_counter())
    if len(ends) < 2:
        raise SystemExit(f"{run.id} completed {len(ends)} epochs in {seconds:.0f} s: {run.state}.")
    return (len(ends) - 1) / (ends[-1] - ends[0])


def compare(page: Page, app: RunningApp, run: Run, turns: int, seconds: float) -> None:
    """Print the speed with and without the page, turn by turn, the ratio and the server's share."""
    shares = []
    rates: dict[str, list[float]] = {"without the page": [], "with the page": []}
    for _ in range(turns):
        page.goto("about:blank")
        time.sleep(SETTLE_SECONDS)
        rates["without the page"].append(epochs_a_second(run, seconds))
        page.goto(f"{app.address}/train")
        page.get_by_text("CNN on toy: epoch").first.wait_for(timeout=PATIENCE)
        time.sleep(SETTLE_SECONDS)
        before = processor_seconds(app.pid)
        rates["with the page"].append(epochs_a_second(run, seconds))
        shares.append((processor_seconds(app.pid) - before) / seconds)
    for name, found in rates.items():
        each = ", ".join(f"{one:.2f}" for one in found)
        print(f"{name:17} {statistics.mean(found):.2f} epochs a second ({each})")
    without, watched = (statistics.mean(found) for found in rates.values())
    ratios = [two / one for one, two in zip(*rates.values(), strict=True)]
    print(f"speed with the page: {watched / without:.3f} of that without "
          f"(pairs of turns {min(ratios):.3f} to {max(ratios):.3f})")  # fmt: skip
    print(f"the page costs the server {statistics.mean(shares):.3f} of a core")


def time_snapshots(folder: Path) -> None:
    """Print what the snapshots of a short training cost, of which each epoch has one."""
    from deepmusic.training import fit, snapshots

    write, times = snapshots.SnapshotCallback._write, []

    def timed(callback: snapshots.SnapshotCallback, epoch: int) -> None:
        began = time.perf_counter()
        write(callback, epoch)
        times.append(time.perf_counter() - began)

    snapshots.SnapshotCallback._write = timed
    model, recipe = recipes.recipe("cnn", "class")
    run = worker.create(model, recipe.changed(data="toy", epochs=EPOCHS), folder)
    fit.train(run, open_dataset("toy"))
    # In the first, the network is compiled; and so it is in the first epoch.
    snapshot = statistics.median(times[1:])
    epoch = statistics.median(row["seconds"] for row in run.history()[1:])
    size = sum(path.stat().st_size for path in (run.path / "snapshots").iterdir())
    print(f"a snapshot: {1000 * snapshot:.0f} ms beside an epoch of {1000 * epoch:.0f} ms "
          f"(the first {1000 * times[0]:.0f} ms), {size / len(times) / 1000:.0f} kB")  # fmt: skip


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=4, help="with the page, and without")
    parser.add_argument("--seconds", type=float, default=15, help="of each turn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"DEEPMUSIC_DATA": f"{name}/data", "DEEPMUSIC_RUNS": f"{name}/runs"}
        folder = Path(name, "runs")
        with (
            running_app(DEEPMUSIC_DATA=f"{name}/data", DEEPMUSIC_RUNS=f"{name}/runs") as app,
            running_chromium() as browser,
        ):
            model, recipe = recipes.recipe("cnn", "class")
            run = worker.create(model, recipe.changed(data="toy", epochs=500, patience=500), folder)
            process = worker.start(run)
            try:
                while not (run.state == RUNNING and len(run.history()) > 1):
                    if process.poll() is not None:
                        raise SystemExit(f"The training ended: {run.error or run.log_tail()}")
                    time.sleep(0.2)
                compare(browser.new_page(), app, run, options.turns, options.seconds)
            finally:
                process.kill()
                process.wait()
        time_snapshots(folder)


if __name__ == "__main__":
    main()
