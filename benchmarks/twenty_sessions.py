"""Twenty visitors at once: is a vote or a run lost? ``python benchmarks/twenty_sessions.py`` tells.

Twenty browsers (contexts of one Chromium) join a room and vote at the same moment; then each queues
a tiny CNN on the toy set, all at once; while these train, half of them watch, and half go from step
to step of the lesson again and again. Printed are the votes counted, how the runs ended, and how
long a page took from the click until it was complete. Needs Chromium.
"""

import os
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from playwright.sync_api import Browser, Page

from deepmusic.config import GTZAN_GENRES
from deepmusic.formatting import format_genre
from deepmusic.runs import ALIVE, list_runs
from deepmusic.training import worker
from tools.running_app import PATIENCE, READY, RunningApp, running_app, running_chromium, settle

VISITORS = int(sys.argv[1]) if len(sys.argv) > 1 else 20

#: Steps of the lesson, and their titles.
STEPS = {"2 STFT": "2. Which frequencies, and when?", "1 Sound": "1. What is sound to a computer?"}

#: Clicks a button, and has a promise of the seconds until a text stands on the complete page.
PRESS = f"""([label, text]) => {{
  const began = performance.now();
  const all = [...document.querySelectorAll("button")];
  all.find((one) => one.textContent.trim() === label).click();
  window.took = new Promise((resolve) => {{
    const look = () => {{
      const done = document.querySelector("{READY}") && document.body.innerText.includes(text);
      if (done) resolve((performance.now() - began) / 1000);
      else setTimeout(look, 10);
    }};
    setTimeout(look, 10);
  }});
}}"""


def press_all(pages: list[Page], labels: list[str], text: str) -> list[float]:
    """Press a button on each page at the same moment; return the seconds until a text stood."""
    for page, label in zip(pages, labels, strict=True):
        page.evaluate(PRESS, [label, text])
    return [page.evaluate("window.took") for page in pages]


def report(name: str, times: list[float]) -> None:
    """Print median, 95th percentile and worst."""
    middle, high, worst = np.percentile(times, [50, 95, 100])
    print(f"{name:28} median {middle:5.2f} s, p95 {high:5.2f} s, worst {worst:5.2f} s "
          f"({len(times)} clicks)", flush=True)  # fmt: skip


def vote(browser: Browser, app: RunningApp) -> list[Page]:
    """Let all vote at once, and print how many votes the wall counts; return their pages."""
    wall = browser.new_page()
    wall.goto(f"{app.address}/vote")
    wall.get_by_role("button", name="Open a room").click(timeout=PATIENCE)
    wall.get_by_text("devices have voted").wait_for(timeout=PATIENCE)
    code = re.search(r"room=(\w+)", wall.url)
    assert code, wall.url
    pages = [browser.new_context().new_page() for _ in range(VISITORS)]
    for page in pages:
        page.set_default_timeout(PATIENCE)
        page.goto(f"{app.address}/vote?room={code[1]}")
    for page in pages:
        page.get_by_role("button", name="blues").wait_for(timeout=PATIENCE)
        settle(page)
    genres = [format_genre(GTZAN_GENRES[one % len(GTZAN_GENRES)]) for one in range(VISITORS)]
    report("vote", press_all(pages, genres, "You voted"))
    wall.get_by_text(f"{VISITORS} of {VISITORS} devices").wait_for(timeout=PATIENCE)
    print(wall.get_by_text("devices have voted").inner_text())
    wall.close()
    return pages


def queue(pages: list[Page], app: RunningApp) -> None:
    """Let each visitor queue a tiny training, all at once."""
    for number, page in enumerate(pages):
        page.goto(f"{app.address}/train?me=visitor+{number}")
    for page in pages:
        for other, button in (("CRNN", "Train 2 runs"), ("CNN-GRU", "Train")):
            page.get_by_role("button", name=other, exact=True).click(timeout=PATIENCE)
            page.get_by_role("button", name=button, exact=True).wait_for(timeout=PATIENCE)
        page.get_by_text("Settings", exact=True).first.click()
        for field, typed in (
            (page.get_by_role("spinbutton", name="Most epochs"), "1"),
            (page.get_by_role("textbox", name="Filters, layer by layer"), "4, 4"),
        ):
            field.fill(typed, timeout=PATIENCE)
            field.press("Enter")
            settle(page)
    report("Train, pressed by all", press_all(pages, ["Train"] * len(pages), "CNN on toy"))


def rerun_meanwhile(pages: list[Page], app: RunningApp, folder: Path) -> None:
    """Change the step of the lesson, by all pages at once, until no run lives."""
    for page in pages:
        page.goto(f"{app.address}/lesson")
    for page in pages:
        page.get_by_text(STEPS["1 Sound"]).wait_for(timeout=PATIENCE)
        settle(page)
    times = []
    while any(run.state in ALIVE for run in list_runs(folder)):
        step = list(STEPS)[len(times) // len(pages) % 2]
        times += press_all(pages, [step] * len(pages), STEPS[step])
        time.sleep(1)
    report("rerun while runs train", times)


def main() -> None:
    """Vote, queue, rerun, and print what came of it."""
    with tempfile.TemporaryDirectory() as runs, running_app(DEEPMUSIC_RUNS=runs) as app:
        folder = Path(runs)
        print(f"{VISITORS} visitors, {worker.training_slots()} runs at a time, load "
              f"{os.getloadavg()[0]:.0f}", flush=True)  # fmt: skip
        with running_chromium() as browser:
            pages = vote(browser, app)
            queue(pages, app)
            began = time.perf_counter()
            rerun_meanwhile(pages[::2], app, folder)
            print(f"all runs over after {time.perf_counter() - began:.0f} s")
        found = list_runs(folder)
        states = dict(Counter(run.state for run in found))
        print(f"runs: {states}, {VISITORS - len(found)} lost, "
              f"{len({run.owner for run in found})} owners")  # fmt: skip


if __name__ == "__main__":
    main()
