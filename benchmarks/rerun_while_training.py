"""Does training slow the page? Run with ``python benchmarks/rerun_while_training.py``.

One visitor of Classify changes the featured network again and again, first while nothing trains,
then while a worker trains the CNN on the toy dataset; each rerun is timed from the click to its
end, in a real browser. Needs Chromium.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.runs import RUNNING
from deepmusic.training import recipes, worker
from tools.running_app import READY, running_app, running_chromium, settle

RERUNS = 40
#: They answer differently about the demo clip.
NETWORKS = ("CNN", "CRNN")
ANSWER = "document.querySelector('[data-testid=stMain]').innerText"


def rerun_seconds(page: Page) -> list[float]:
    """Return how long each rerun took, from the click until the page had changed and was ready."""
    times = []
    for index in range(RERUNS):
        before = page.evaluate(ANSWER)
        began = time.perf_counter()
        page.get_by_role("radio", name=NETWORKS[index % 2], exact=True).click()
        page.wait_for_function(f"before => {ANSWER} !== before", arg=before)
        page.wait_for_selector(READY)
        times.append(time.perf_counter() - began)
    return times


def report(name: str, times: list[float]) -> None:
    """Print median and worst in ms."""
    print(f"{name:16} median {1000 * statistics.median(times):5.0f} ms, "
          f"worst {1000 * max(times):5.0f} ms ({len(times)} reruns)")  # fmt: skip


def main() -> None:
    """Time the reruns of an idle and a busy machine."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(DEEPMUSIC_RUNS=folder) as app,
        running_chromium() as browser,
    ):
        page = browser.new_page()
        page.goto(f"{app.address}/?source=demo&demo=jazz")
        settle(page)
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


if __name__ == "__main__":
    main()
