"""The Compare page in a real Chromium."""

import pytest

from tests.ui.browsing import expect_visible, visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_chart_of_every_view_is_on_the_first_screen(chromium, server):
    from playwright.sync_api import expect

    with visit(chromium, f"{server.address}/compare") as page:
        for view in ("Accuracy", "By genre", "How sure?", "By protocol"):
            page.get_by_role("radio", name=view).click()
            settle(page)
            chart = page.locator("[data-testid=stPlotlyChart]").first
            expect(chart).to_be_in_viewport(ratio=0.95, timeout=PATIENCE)


def test_the_networks_stand_side_by_side_on_one_screen(chromium, server):
    from playwright.sync_api import expect

    with visit(chromium, f"{server.address}/compare?view=architecture") as page:
        expect_visible(page, "659,786 parameters")
        settle(page)
        for word in ("log-mel of 3 s", "genres"):
            boxes = page.locator("[data-testid=stHtml]").get_by_text(word, exact=True)
            expect(boxes).to_have_count(3)
            for number in range(3):
                expect(boxes.nth(number)).to_be_in_viewport()
        edges = boxes.evaluate_all("all => all.map((one) => one.getBoundingClientRect().x)")
        assert edges[0] + 300 < edges[1] < edges[2] - 300
