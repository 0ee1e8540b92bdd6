"""Take the README's picture from the running app: ``make screenshot`` (needs Chromium).

Starts the app on a free port, lets it classify a synthetic band, and writes what a visitor sees.
"""

import argparse
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
READY = (
    "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
)
#: In ms; the first answer of a server waits for TensorFlow.
PATIENCE = 120_000


@contextmanager
def running_app() -> Iterator[str]:
    """Run the app on a free port, with no runs but the shipped ones; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    with tempfile.TemporaryDirectory() as runs:
        server = subprocess.Popen(
            [*command, f"--server.port={port}", "--server.address=127.0.0.1"],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name != "DEEPMUSIC_GTZAN"}
            | {"DEEPMUSIC_RUNS": runs},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while True:
                if server.poll() is not None:
                    sys.exit("The app did not start. Try `make app` and read what it says.")
                try:
                    urlopen(f"{address}/_stcore/health", timeout=1).read()
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait()


def take(address: str, words: str, *, width: int, height: int, scheme: str) -> bytes:
    """Return a PNG of a page once these words stand on it and nothing moves any more."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("A screenshot needs Chromium or Chrome. On Debian: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        page.goto(address)
        page.get_by_text(words).first.wait_for(timeout=PATIENCE)
        page.wait_for_selector(READY, timeout=PATIENCE)
        page.wait_for_selector("[data-testid=stSkeleton]", state="detached", timeout=PATIENCE)
        page.evaluate("document.fonts.ready")
        if page.locator("[data-testid=stException]").count():
            sys.exit("The page shows an error; no picture was taken.")
        png = page.screenshot()
        browser.close()
    return png


def to_palette(png: bytes) -> bytes:
    """Keep a picture small: 256 colours, without dither."""
    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    few = image.quantize(256, method=Image.Quantize.FASTOCTREE, kmeans=3, dither=Image.Dither.NONE)
    few.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def main() -> None:
    """Write one picture of one page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", default="/?source=demo&demo=jazz", help="address of the page")
    parser.add_argument("--words", default="Download JSON", help="what stands on it when ready")
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "screenshot.png")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    asked = parser.parse_args()
    with running_app() as address:
        png = take(
            address + asked.page,
            asked.words,
            width=asked.width,
            height=asked.height,
            scheme=asked.scheme,
        )
    small = to_palette(png)
    part = asked.out.with_name(asked.out.name + ".part")
    part.write_bytes(small)
    part.replace(asked.out)
    print(f"{asked.out}: {asked.width} x {asked.height}, {len(small) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
