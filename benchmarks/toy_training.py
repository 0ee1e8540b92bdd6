"""How soon does a training move, and end? Run with ``python benchmarks/toy_training.py``.

A browser opens Train on a fresh server and presses the button, for one network after another, on
the toy set. Printed are, for each, the seconds from the press until its progress is shown, to the
first picture (the confusion matrix before the training), to the first point of the curves, and to
the end; its accuracy on the test clips; and the seconds of all three together. The first also makes
the toy set's clips. Needs Chromium.
"""

import os
import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser

from deepmusic import models
from tools.running_app import PATIENCE, running_app, running_chromium, settle

#: In ms; a training takes longer than a page.
LONGEST = 5 * PATIENCE

STAGES = "progress", "picture", "first point", "end"

#: What stands above the confusion matrix: before the training, and from the first epoch on.
PICTURE = re.compile("validation clips after epoch")
MOVED = re.compile("validation clips after epoch [1-9]")


def train(browser: Browser, address: str, title: str) -> tuple[list[float], str]:
    """Return the seconds from the press to each of `STAGES`, and how the run ended."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.goto(f"{address}/train")
    settle(page)
    others = [models.title(name) for name in models.MODELS if models.title(name) != title]
    for other, button in zip(others, ("Train 2 runs", "Train"), strict=True):
        page.get_by_role("button", name=other, exact=True).click(timeout=PATIENCE)
        page.get_by_role("button", name=button, exact=True).wait_for(timeout=PATIENCE)
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click(timeout=PATIENCE)
    began, seconds = time.perf_counter(), []
    bar = page.locator("[data-testid=stProgress]").filter(has_text=f"{title} on toy")
    ended = bar.get_by_text(re.compile("finished|failed"))
    for stage in (bar, page.get_by_text(PICTURE), page.get_by_text(MOVED), ended):
        stage.first.wait_for(timeout=LONGEST)
        seconds.append(time.perf_counter() - began)
    how = bar.first.inner_text().partition(": ")[2]
    page.context.close()
    return seconds, how


def main() -> None:
    """Train each network, and print its times."""
    total = 0.0
    print(f"{os.cpu_count()} cores; seconds from the press to {', '.join(STAGES)}")
    with running_chromium() as browser, TemporaryDirectory() as data:
        for title in map(models.title, models.MODELS):
            # Another server for each, whose page shows no run that has ended.
            with running_app(DEEPMUSIC_DATA=data) as app:
                seconds, how = train(browser, app.address, title)
            total += seconds[-1]
            print(f"{title:8}", *(f"{one:6.1f}" for one in seconds), f"  {how}", flush=True)
    print(f"all three {total:26.1f}")


if __name__ == "__main__":
    main()
