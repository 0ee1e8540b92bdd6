"""How fast is the app there? Run with ``python benchmarks/first_paint.py`` (needs Chromium).

Starts a server for each round and measures, in a real browser, the time from asking for the address
to the first words on the page, for the first visitor (whose server has loaded nothing) and for the
next one; and from asking for a demo clip to its answer, and to the chart of all networks, which the
browser draws last. Each visitor's browser has to fetch and read all of the app's scripts.
"""

import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.running_app import PATIENCE, running_app, running_chromium

ROUNDS = 3
#: What Playwright waits for: the page's question, the answer, and the chart of all networks.
QUESTION = "text=What genre is this, and why?"
ANSWER = "[data-testid=stHtml] [role=status]"
CHART = "[data-testid=stPlotlyChart]"


def seconds_until(browser: Browser, address: str, what: str) -> float:
    """Return the time from asking for an address to seeing something on the page."""
    visitor = browser.new_context()
    page = visitor.new_page()
    began = time.perf_counter()
    page.goto(address)
    page.locator(what).first.wait_for(timeout=PATIENCE)
    took = time.perf_counter() - began
    visitor.close()
    return took


def main() -> None:
    """Print the median over rounds of each way into the app."""
    times: dict[str, list[float]] = {}
    with running_chromium() as browser:
        for _ in range(ROUNDS):
            with running_app() as app:
                demo = f"{app.address}/?source=demo&demo=jazz"
                for name, where, what in (
                    ("first paint, first visitor of a server", app.address, QUESTION),
                    ("answer to a demo clip, networks cold", demo, ANSWER),
                    ("first paint, next visitor", app.address, QUESTION),
                    ("answer to a demo clip, warm", demo, ANSWER),
                    ("chart of a demo clip, warm", demo, CHART),
                ):
                    times.setdefault(name, []).append(seconds_until(browser, where, what))
    for name, measured in times.items():
        rounds = ", ".join(f"{seconds:.2f}" for seconds in measured)
        print(f"{name:42} {statistics.median(measured):6.2f} s  ({rounds})")


if __name__ == "__main__":
    main()
