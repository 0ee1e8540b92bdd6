"""Does training slow the page? Run with ``python benchmarks/rerun_while_training.py``.

One server, one visitor on Classify. The visitor changes the featured network again and again, first
while nothing trains, then while a worker trains the CNN on the toy set; each time from the click to
the end of the rerun, in a real browser. Needs Chromium.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from first_paint import start_server
from playwright.sync_api import Page, sync_playwright

from deepmusic.runs import RUNNING
from deepmusic.training import recipes, worker

RERUNS = 40
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
LABELS = {"CNN": "the CNN named", "CRNN": "the CRNN named"}


def rerun_seconds(page: Page) -> list[float]:
    """Click to and fro, and return how long each rerun took until its words stood there."""
    times = []
    for index in range(RERUNS):
        label, words = list(LABELS.items())[index % 2]
        began = time.perf_counter()
        page.get_by_role("radio", name=label, exact=True).click()
        page.get_by_text(words).wait_for()
        page.wait_for_selector(IDLE)
        times.append(time.perf_counter() - began)
    return times


def report(name: str, times: list[float]) -> None:
    """Print median and worst in ms."""
    print(f"{name:16} median {1000 * statistics.median(times):5.0f} ms, "
          f"worst {1000 * max(times):5.0f} ms ({len(times)} reruns)")  # fmt: skip


def main() -> None:
    """Measure idle and busy reruns in one run."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["DEEPMUSIC_RUNS"] = folder
        server, address = start_server()
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"{address}/?source=demo&demo=jazz")
        page.get_by_text("named the labelled genre").wait_for(timeout=120_000)
        rerun_seconds(page)
        report("idle", rerun_seconds(page))
        model, recipe = recipes.recipe("cnn", "class")
        run = worker.create(model, recipe.changed(data="toy", epochs=500), Path(folder))
        worker.start(run)
        while not (run.state == RUNNING and run.history()):
            time.sleep(0.2)
        report("while training", rerun_seconds(page))
        worker.stop(run)
        while run.is_locked():
            time.sleep(0.2)
        browser.close()
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
