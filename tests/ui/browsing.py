"""Visits of pages in a Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tools.running_app import PATIENCE, READY, missing_media, watch_faults

#: How often a row is clicked at most, and what passes between two clicks, in ms.
_CLICKS, _BETWEEN_CLICKS = 10, 5_000


class Server(NamedTuple):
    address: str
    runs: Path


@contextmanager
def visit(chromium, address: str, **context) -> Iterator:
    """Open a page as a new visitor; fail on a traceback or an error in the console."""
    visitor = chromium.new_context(**{"viewport": {"width": 1280, "height": 720}} | context)
    page = visitor.new_page()
    faults: list[str] = []
    watch_faults(page, faults)
    page.goto(address)
    page.wait_for_selector(READY, timeout=PATIENCE)
    try:
        yield page
        assert page.locator("[data-testid=stException]").count() == 0
        assert [*faults, *missing_media(page)] == []
    finally:
        visitor.close()


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
