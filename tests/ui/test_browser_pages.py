"""All ordered pairs of pages, and links into them, in a real Chromium."""

from itertools import cycle

import pytest

from tests.ui.browsing import expect_visible, visit
from tests.ui.test_page_switches import PAGES, every_pair
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


def test_every_page_follows_every_other(chromium, server):
    """One visitor with a song clicks from link to link, over each pair of pages once.

    In light and in dark by turns; `visit` asserts that nothing went wrong.
    """
    with visit(chromium, f"{server.address}/?source=demo&demo=blues") as page:
        schemes = cycle(("light", "dark"))
        for before, name in zip(walk := every_pair(IN_MENU), walk[1:], strict=False):
            page.emulate_media(color_scheme=next(schemes))
            page.get_by_role("link", name=name.title(), exact=True).click()
            page.wait_for_url(lambda url, name=name: f"/{name}" in url or name == "classify")
            settle(page)
            assert page.locator("[data-testid=stException]").count() == 0, f"{before} -> {name}"


@pytest.mark.parametrize("link", LINKS)
def test_a_link_opens_its_page(link, chromium, server):
    """`visit` fails on a traceback, and on an error in the console."""
    with visit(chromium, f"{server.address}/{link}") as page:
        settle(page)
        assert page.locator("h1, h2, h3").count() > 0


def test_a_link_to_a_missing_clip_says_so(chromium, server):
    with visit(chromium, f"{server.address}/?source=gtzan&gtzan=nothing.00000") as page:
        expect_visible(page, "This link leads to nothing.00000 of GTZAN")
