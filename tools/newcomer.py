"""Walk through the app as a new user without GTZAN, and count clicks and seconds.

Run with ``python tools/newcomer.py [folder of the screenshots]``. Chromium and playwright are
needed. The first step begins with the start of the app, as ``make app`` does once all is installed.
"""

import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import soundfile
from playwright.sync_api import Locator, Page

from deepmusic.audio import load_song
from deepmusic.files import ASSETS
from tools.running_app import PATIENCE, running_app, running_chromium, settle


def main() -> None:
    """Print a table: each step, its clicks, its seconds, and those since the start."""
    shots = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    began = time.monotonic()
    print(f"{'step':44} clicks seconds  total")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app() as app,
        running_chromium() as browser,
    ):
        song = _own_song(Path(folder))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        total, before = 0, began
        for number, (name, clicks, step) in enumerate(_steps(app.address, song), start=1):
            step(page)
            now, total = time.monotonic(), total + clicks
            print(f"{name:44} {clicks:6} {now - before:7.1f} {now - began:6.1f}", flush=True)
            if shots:
                shots.mkdir(parents=True, exist_ok=True)
                settle(page)
                page.screenshot(path=shots / f"{number}.png")
            before = time.monotonic()
        print(f"{'in all':44} {total:6} {'':7} {before - began:6.1f}")


def _own_song(folder: Path) -> Path:
    """Return an MP3 that the app does not know: half of two demo pieces, with tags."""
    path = folder / "song.mp3"
    parts = [load_song(ASSETS / "demo_music" / f"{genre}.opus") for genre in ("blues", "rock")]
    with soundfile.SoundFile(path, "w", parts[0].sample_rate, 1, format="MP3") as file:
        for part in parts:
            file.write(part.samples[: len(part.samples) // 2])
    return path


def _steps(address: str, song: Path) -> list[tuple[str, int, Callable[[Page], None]]]:
    """Return name, number of clicks and action of each step; an action ends with its answer."""
    return [
        ("from the start of the app to the open page", 0, lambda page: _open(page, address)),
        ("a demo plays, and is named right", 1, _press_jazz),
        ("an own song (opened, then the file chosen)", 3, lambda page: _upload(page, song)),
        ("why?", 1, lambda page: _follow(page, "Why?", page.locator("img.evidence"))),
        (
            "more like it",
            1,
            lambda page: _follow(page, "More like this", page.locator(".st-key-result_1")),
        ),
        (
            "on the map",
            1,
            lambda page: _follow(page, "On the map", page.get_by_text("The star is your song")),
        ),
    ]


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_text("What genre is this, and why?").wait_for(timeout=PATIENCE)


def _press_jazz(page: Page) -> None:
    page.get_by_role("button", name="jazz").click()
    page.get_by_role("status").filter(has_text=re.compile("jazz")).wait_for(timeout=PATIENCE)


def _upload(page: Page, song: Path) -> None:
    page.locator(".st-key-song_bar [data-testid=stPopoverButton]").first.click()
    page.get_by_role("radio", name="Upload").click()
    page.locator("input[type=file]").set_input_files(song, timeout=PATIENCE)
    page.get_by_role("heading", name="song").wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Download JSON").wait_for(timeout=PATIENCE)
    settle(page)


def _follow(page: Page, way: str, answer: Locator) -> None:
    page.locator(".st-key-song_ways").get_by_role("button", name=way).click()
    answer.first.wait_for(timeout=PATIENCE)


if __name__ == "__main__":
    main()
