"""How soon does a training move, and end? Run with ``python benchmarks/toy_training.py``.

A browser opens Train on a fresh server and presses the button for one network after another, on the
toy set. Printed are, for each, the seconds from the press to the first picture (the confusion
matrix before the training), to the first point of the curves, and to the end, and its accuracy on
the test clips; and the seconds of all three together. The first also makes the toy set's clips.
Takes two minutes on two cores. Needs Chromium.
"""

import os
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, expect

from deepmusic import models
from tools.running_app import PATIENCE, running_app, running_chromium, settle

#: In ms; a training takes longer than a page.
LONGEST = 5 * PATIENCE

#: What stands above the confusion matrix: before the training, and from the first epoch on.
PICTURE = re.compile("validation clips after epoch")
MOVED = re.compile("validation clips after epoch [1-9]")


def train(browser: Browser, address: str, title: str) -> tuple[float, float, float, str]:
    """Return the seconds from the press to picture, move and end, and how the run ended."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.goto(f"{address}/train")
    settle(page)
    others = [models.title(name) for name in models.MODELS if models.title(name) != title]
    for left, other in zip((2, 1), others, strict=True):
        page.get_by_role("button", name=other, exact=True).click(timeout=PATIENCE)
        button = page.get_by_role("button", name="Train 2 runs" if left == 2 else "Train")
        button.filter(visible=True).first.wait_for(timeout=PATIENCE)
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click(timeout=PATIENCE)
    began, seconds = time.perf_counter(), []
    bar = page.locator("[data-testid=stProgress]").filter(has_text=f"{title} on toy").first
    expect(bar).not_to_contain_text("finished", timeout=PATIENCE)
    for words in (PICTURE, MOVED):
        page.get_by_text(words).first.wait_for(timeout=LONGEST)
        seconds.append(time.perf_counter() - began)
    expect(bar).to_contain_text(re.compile("finished|failed"), timeout=LONGEST)
    end = time.perf_counter() - began
    text = bar.inner_text()
    page.context.close()
    return *seconds, end, text.partition(": ")[2]


def main() -> None:
    """Train each network, and print its times."""
    total = 0.0
    print(f"{os.cpu_count()} cores; seconds from the press to picture, first move, end")
    with running_app() as app, running_chromium() as browser:
        for title in map(models.title, models.MODELS):
            picture, moved, end, how = train(browser, app.address, title)
            total += end
            print(f"{title:8} {picture:6.1f} {moved:6.1f} {end:6.1f}   {how}", flush=True)
    print(f"all three {total:19.1f}")


if __name__ == "__main__":
    main()
