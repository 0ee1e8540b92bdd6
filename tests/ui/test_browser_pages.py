"""From page to page by the menu, and links into pages, in a real Chromium."""

from itertools import cycle, pairwise

import pytest

from tests.ui.browsing import expect_visible, visit
from tests.ui.test_page_switches import PAGES
from tools.running_app import settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINKS = (
    "?source=demo&demo=metal&model=crnn",
    "?source=gtzan&gtzan=blues.00000",
    "lesson?step=4&demo=jazz",
    "compare?view=duel&source=demo&demo=rock",
    "compare?protocol=artist_folds",
    "confusion?protocol=fault_filtered&layout=difference",
    "curves?runs=shipped-crnn",
    "dataset?dataset=toy&view=browse",
    "recommend?in=demo&source=demo&demo=jazz",
    "train?projector=on",
)


#: Votes are joined by a code.
IN_MENU = [page for page in PAGES if page != "vote"]


def test_the_menu_leads_from_page_to_page(chromium, server):
    """One visitor with a song clicks from link to link, to the end of the menu and back.

    In light and in dark by turns; `visit` asserts that nothing went wrong. All pairs of pages are
    walked without a browser, in test_page_switches.py.
    """
    with visit(chromium, f"{server.address}/?source=demo&demo=blues") as page:
        schemes = cycle(("light", "dark"))
        for before, name in pairwise([*IN_MENU, *reversed(IN_MENU[:-1])]):
            page.emulate_media(color_scheme=next(schemes))
            page.get_by_role("link", name=name.title(), exact=True).click()
            page.wait_for_url(lambda url, name=name: f"/{name}" in url or name == "classify")
            settle(page)
            assert page.locator("[data-testid=stException]").count() == 0, f"{before} -> {name}"


def test_links_open_their_pages(chromium, server):
    """`visit` fails on an error in the console."""
    with visit(chromium, server.address) as page:
        for link in LINKS:
            page.goto(f"{server.address}/{link}")
            settle(page)
            assert page.locator("h1, h2, h3").count() > 0, link
            assert page.locator("[data-testid=stException]").count() == 0, link


def test_a_link_to_a_missing_clip_says_so(chromium, server):
    with visit(chromium, f"{server.address}/?source=gtzan&gtzan=nothing.00000") as page:
        expect_visible(page, "This link leads to nothing.00000 of GTZAN")
