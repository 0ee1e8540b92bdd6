"""The Compare page in a real Chromium."""

import re

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


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_hand_out_prints_on_two_pages_and_fits_a_phone(chromium, server, tmp_path, paper):
    with visit(chromium, f"{server.address}/compare") as page:
        settle(page)
        with page.expect_download(timeout=PATIENCE) as waiting:
            page.get_by_role("button", name="Hand-out").click()
        waiting.value.save_as(tmp_path / "hand-out.html")
    assert (tmp_path / "hand-out.html").stat().st_size < 1_000_000
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, offline=True)
    sheet = phone.new_page()
    sheet.goto((tmp_path / "hand-out.html").as_uri())
    assert sheet.evaluate("document.documentElement.scrollWidth") <= 390
    printed = sheet.pdf(format=paper)
    phone.close()
    assert len(re.findall(rb"/Type /Page\b", printed)) == 2
