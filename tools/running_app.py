"""A server of the app and a Chromium to look at it: for tests, benchmarks and the screenshot."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), ""
)
READY = (
    "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
)
#: In ms; the first answer of a server waits for TensorFlow.
PATIENCE = 120_000
_START_SECONDS = 60
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    # A name that is no localhost, for what browsers keep to secure addresses.
    "--host-resolver-rules=MAP classroom.test 127.0.0.1",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


class RunningApp(NamedTuple):
    """A server of the app."""

    address: str
    pid: int


@contextmanager
def running_app(**environment: str) -> Iterator[RunningApp]:
    """Run the app on a free port, without datasets, runs or library of whoever runs it.

    Parameters
    ----------
    **environment
        Environment variables of the server.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    inherited = {name: text for name, text in os.environ.items() if name != "DEEPMUSIC_GTZAN"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        own = {f"DEEPMUSIC_{name}": f"{folder}/{name}" for name in ("RUNS", "LIBRARY", "DATA")}
        server = subprocess.Popen(
            [*command, f"--server.port={port}", "--server.address=127.0.0.1"],
            cwd=ROOT,
            env=inherited | own | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(server, address)
            yield RunningApp(address, server.pid)
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(30)
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen, address: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            urlopen(f"{address}/_stcore/health", timeout=1).read()
            return
        time.sleep(0.05)
    raise RuntimeError("The app did not start. Try `make app` and read what it says.")


@contextmanager
def running_chromium(*arguments: str) -> Iterator[Browser]:
    """Run a Chromium without a window, with a microphone that hums, and further arguments."""
    if not CHROMIUM:
        raise RuntimeError("There is no Chromium or Chrome. On Debian: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments]
        )
        yield browser
        browser.close()


def watch_faults(page: Page, faults: list[str]) -> None:
    """Collect the errors of a page and of its console.

    Not Streamlit's search for its endpoints; and not files of what has left the page (a slow
    browser asks for these when the server has let them go), which `missing_media` tells apart.
    """
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(_words(line)) if _is_fault(line) else None)


def _words(line: ConsoleMessage) -> str:
    return f"{line.text} {line.location['url']}"


def _is_fault(line: ConsoleMessage) -> bool:
    parts = ("/_stcore/", "/media/")
    return line.type == "error" and not any(part in line.location["url"] for part in parts)


def missing_media(page: Page) -> list[str]:
    """Return the addresses of pictures and sounds that stand on a page and could not be loaded."""
    return page.evaluate(
        """() => [...document.querySelectorAll("img, audio, video")]
            .filter((one) => one.error || (one.complete && !one.naturalWidth && one.src))
            .map((one) => one.currentSrc || one.src)"""
    )


def settle(page: Page) -> None:
    """Wait until a page is complete."""
    page.wait_for_selector(READY, timeout=PATIENCE)
    for unfinished in ("stSkeleton", "stSpinner"):
        page.wait_for_selector(f"[data-testid={unfinished}]", state="detached", timeout=PATIENCE)
