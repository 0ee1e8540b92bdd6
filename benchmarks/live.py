"""How soon does Listen follow? Run with ``python benchmarks/live.py``.

Starts a server and, in a Chromium, 1, 4 and 8 listeners, each with a microphone that plays a piece
of demo music. Printed are the time from a sound to the lane that shows it (median, 95th percentile,
longest; the half second that a sound waits for its chunk included), and the processor time that the
server takes for a listener's second.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import soundfile
from playwright.sync_api import Browser, sync_playwright

from benchmarks.load import processor_seconds
from deepmusic.audio import load_song
from deepmusic.ui import demos
from tools.running_app import ARGUMENTS, CHROMIUM, PATIENCE, running_app


def listen(browser: Browser, address: str, n_listeners: int, seconds: float) -> list[list[int]]:
    """Let so many listen for some seconds; return each one's waits, in ms."""
    contexts = [browser.new_context() for _ in range(n_listeners)]
    pages = []
    for context in contexts:
        page = context.new_page()
        page.goto(f"{address}/listen")
        page.get_by_role("button", name="Start", exact=True).click(timeout=PATIENCE)
        pages.append(page)
    pages[0].wait_for_timeout(1000 * seconds)
    waits = []
    for page in pages:
        waited = page.locator(".listen .lanes").get_attribute("data-waited") or ""
        # The first second is the networks' first.
        waits.append([int(one) for one in waited.split()][4:])
    for context in contexts:
        context.close()
    return waits


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=25)
    options = parser.parse_args()
    song = load_song(demos.read("jazz"))
    with tempfile.TemporaryDirectory() as folder, running_app() as app, sync_playwright() as play:
        path = Path(folder) / "jazz.wav"
        soundfile.write(path, song.samples, song.sample_rate)
        microphone = f"--use-file-for-fake-audio-capture={path}"
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, microphone])
        listen(browser, app.address, 1, 8)
        print(f"{'listeners':>9} {'median':>8} {'95 %':>8} {'longest':>8}  server, per listener")
        for n_listeners in (1, 4, 8):
            before, began = processor_seconds(app.pid), time.perf_counter()
            heard = listen(browser, app.address, n_listeners, options.seconds)
            waits = [wait for listener in heard for wait in listener]
            took = processor_seconds(app.pid) - before
            share = took / (time.perf_counter() - began) / n_listeners
            late = float(np.percentile(waits, 95))
            print(
                f"{n_listeners:>9} {statistics.median(waits):>5.0f} ms {late:>5.0f} ms "
                f"{max(waits):>5} ms  {share:.2f} of a core"
            )
        browser.close()


if __name__ == "__main__":
    main()
