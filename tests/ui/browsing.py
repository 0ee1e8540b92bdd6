"""Visits of pages in a Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from tools.running_app import PATIENCE, READY, missing_media, watch_faults

#: How often a row is clicked at most, and what passes between two clicks, in ms.
_CLICKS, _BETWEEN_CLICKS = 10, 5_000


SCREEN = {"width": 1280, "height": 720}

#: What a visitor leaves in the browser.
FORGET = "localStorage.clear(); sessionStorage.clear()"


class Server(NamedTuple):
    address: str
    runs: Path


class _Window(NamedTuple):
    page: Any
    faults: list[str]


#: The window that visitors without special needs share, by browser: a new one costs seconds.
_shared: WeakKeyDictionary[Any, _Window] = WeakKeyDictionary()


def _open(chromium, **context) -> _Window:
    window = _Window(chromium.new_context(viewport=SCREEN, **context).new_page(), [])
    watch_faults(window.page, window.faults)
    return window


@contextmanager
def visit(
    chromium,
    address: str,
    *,
    viewport: dict[str, int] = SCREEN,
    own_window: bool = False,
    **context,
) -> Iterator:
    """Open a page as a new visitor; fail on a traceback or an error in the console."""
    shares = not own_window and not context
    if not shares:
        window = _open(chromium, **context)
    elif (window := _shared.pop(chromium, None)) is None:
        window = _open(chromium)
    page, faults = window
    try:
        page.set_viewport_size(viewport)
        page.goto(address)
        page.wait_for_selector(READY, timeout=PATIENCE)
        yield page
        assert page.locator("[data-testid=stException]").count() == 0
        assert [*faults, *missing_media(page)] == []
        if shares:
            page.evaluate(FORGET)
            page.goto("about:blank")
            page.context.clear_cookies()
            page.emulate_media(color_scheme="light", reduced_motion="no-preference")
            faults.clear()
            _shared[chromium] = window
    finally:
        if chromium not in _shared or _shared[chromium] is not window:
            page.context.close()


def upload(page, path: Path) -> None:
    page.set_input_files("input[type=file]", path)


def expect_visible(page, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)


def click_row(page, row: int, answer) -> None:
    """Click a row of a table until its answer is there: what is being drawn takes no clicks."""
    from playwright.sync_api import TimeoutError, expect

    canvas = page.locator("[data-testid=stDataFrame] canvas").first
    for _ in range(_CLICKS):
        try:
            box = canvas.bounding_box(timeout=_BETWEEN_CLICKS)
            page.mouse.click(box["x"] + 60, box["y"] + 35 * (row + 1) + 18)
            answer.wait_for(timeout=_BETWEEN_CLICKS)
        except TimeoutError:
            continue
        break
    expect(answer).to_be_visible(timeout=PATIENCE)
