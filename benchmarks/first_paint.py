"""How fast is the app there? Run with ``python benchmarks/first_paint.py`` (needs Chromium).

Starts a server for each round and measures, in a real browser, the time from asking for the address
to the first words on the page, for the first visitor (whose server has loaded nothing) and for the
next one, and the time from choosing a demo clip to the verdict, cold and warm.
"""

import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
WORDS = "What genre is this, and why?"
VERDICT = "named the labelled genre"


def start_server() -> tuple[subprocess.Popen, str]:
    """Start the app on a free port and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    server = subprocess.Popen(
        [*command, f"--server.port={port}", "--server.address=127.0.0.1"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    while True:
        try:
            urlopen(f"{address}/_stcore/health", timeout=1).read()
            return server, address
        except OSError:
            time.sleep(0.05)


def seconds_until(browser, address: str, words: str) -> float:
    """Return the time from asking for an address to seeing words on the page."""
    visitor = browser.new_context()
    page = visitor.new_page()
    began = time.perf_counter()
    page.goto(address)
    page.get_by_text(words).first.wait_for(timeout=120_000)
    took = time.perf_counter() - began
    visitor.close()
    return took


def main() -> None:
    """Print the median over rounds of each way into the app."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    times: dict[str, list[float]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(ROUNDS):
            server, address = start_server()
            demo = f"{address}/?source=demo&demo=jazz"
            for name, where, words in (
                ("first paint, first visitor of a server", address, WORDS),
                ("verdict on a demo clip, networks cold", demo, VERDICT),
                ("first paint, next visitor", address, WORDS),
                ("verdict on a demo clip, warm", demo, VERDICT),
            ):
                times.setdefault(name, []).append(seconds_until(browser, where, words))
            server.terminate()
            server.wait()
        browser.close()
    for name, measured in times.items():
        rounds = ", ".join(f"{seconds:.2f}" for seconds in measured)
        print(f"{name:42} {statistics.median(measured):6.2f} s  ({rounds})")


if __name__ == "__main__":
    main()
