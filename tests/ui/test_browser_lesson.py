"""Lesson in a real Chromium: its window is played alone, and a playhead runs through pictures."""

import pytest

from tests.ui.browsing import visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AUDIO = "document.querySelector('audio')"


def test_the_framed_window_is_played_alone(chromium, server):
    with visit(chromium, f"{server.address}/lesson?step=2&window=5") as page:
        settle(page)
        page.wait_for_function(f"{AUDIO}?.duration > 20", timeout=PATIENCE)
        page.get_by_role("button", name="The framed 3 s").click()
        page.wait_for_function(f"!{AUDIO}.paused")
        start = page.evaluate(f"{AUDIO}.currentTime")
        page.wait_for_function(f"{AUDIO}.paused", timeout=PATIENCE)
        # The fifth of the windows of 3 s that overlap by half.
        assert 5.5 < start < 7.5
        assert 8.5 < page.evaluate(f"{AUDIO}.currentTime") < 9.2


@pytest.mark.parametrize(("step", "pictures"), [(1, 1), (2, 2), (4, 17), (6, 2), (7, 1)])
def test_a_playhead_runs_through_every_picture(chromium, server, step, pictures):
    from playwright.sync_api import expect

    with visit(chromium, f"{server.address}/lesson?step={step}") as page:
        settle(page)
        page.wait_for_function(f"{AUDIO}?.duration > 20", timeout=PATIENCE)
        page.get_by_role("button", name="The framed 3 s").click()
        heads = page.locator(".playhead")
        expect(heads).to_have_count(pictures)
        before = heads.last.bounding_box()["x"]
        last = "[...document.querySelectorAll('.playhead')].at(-1)"
        page.wait_for_function(f"{last}.getBoundingClientRect().x > {before}")
