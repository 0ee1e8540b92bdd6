"""The frame around the pages in a real Chromium: menu, Back, themes, projector, accessibility."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.ui.browsing import expect_visible, visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    *("", "listen", "lesson", "compare", "curves", "confusion", "train", "teach", "dataset"),
    "recommend",
)
BACKGROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
PHONE = {"viewport": {"width": 390, "height": 844}}


def address_of(page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def follow(page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(re.compile(f"/{name.lower()}"))
    settle(page)


def test_back_takes_one_press_for_each_choice(chromium, server):
    with visit(chromium, server.address, own_window=True) as page:  # Its history is counted.
        settle(page)
        before = page.evaluate("history.length")
        steps = [address_of(page)]
        for name in ("Compare", "Confusion", "Lesson"):
            follow(page, name)
            steps.append(address_of(page))
            assert "?" not in steps[-1], "defaults stay out of the address"
        for _ in range(2):
            page.keyboard.press("PageDown")
            page.wait_for_url(lambda url: address_of(page) != steps[-1])
            settle(page)
            steps.append(address_of(page))
        assert page.evaluate("history.length") - before == len(steps) - 1
        for wanted in reversed(steps[:-1]):
            page.go_back()
            page.wait_for_url(lambda url, wanted=wanted: address_of(page) == wanted)
            settle(page)
        expect_visible(page, "What genre is this, and why?")


def test_back_undoes_a_choice(chromium, server):
    from playwright.sync_api import expect

    with visit(chromium, f"{server.address}/lesson") as page:
        settle(page)
        page.keyboard.press("PageDown")
        page.wait_for_url(re.compile("step=2"))
        settle(page)
        page.go_back()
        expect(page.get_by_role("heading", name=re.compile("^1. "))).to_be_visible()
        page.go_forward()
        expect(page.get_by_role("heading", name=re.compile("^2. "))).to_be_visible()


def test_an_unknown_page_leads_home_with_a_sentence(chromium, server):
    with visit(chromium, f"{server.address}/Nothing_here") as page:
        expect_visible(page, "There is no page Nothing_here here")
        expect_visible(page, "What genre is this, and why?")
        assert address_of(page) == "/"


def test_the_menu_of_a_phone_has_a_name_and_closes_behind_a_link(chromium, server):
    from playwright.sync_api import expect

    with visit(chromium, server.address, **PHONE) as page:
        settle(page)
        page.get_by_role("button", name="Menu", exact=True).click()
        page.get_by_role("link", name="Lesson", exact=True).click()
        expect_visible(page, "1. What is sound to a computer?")
        for _ in range(2):
            expect(page.get_by_role("link", name="Compare")).not_to_be_in_viewport()
            page.reload()
            settle(page)


def test_a_microphone_over_http_is_explained(chromium, server):
    address = server.address.replace("127.0.0.1", "classroom.test")
    with visit(chromium, f"{address}/?source=record") as page:
        expect_visible(page, "Browsers open the microphone to")


def test_the_theme_is_chosen_in_the_app_for_all_pages(chromium, server):
    with visit(chromium, f"{server.address}/lesson") as page:
        settle(page)
        light = page.evaluate(BACKGROUND)
        page.get_by_role("button", name="Main menu").click()
        page.get_by_role("menuitemradio", name="Dark").click()
        page.wait_for_function(f"{BACKGROUND} !== '{light}'")
        page.wait_for_function("localStorage.getItem('stActiveTheme-/curves-v2')")
        page.goto(f"{server.address}/curves")
        settle(page)
        assert page.evaluate(BACKGROUND) != light


#: Letters of all text that is seen, with the smallest first.
LETTERS = """() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim();
        const element = walker.currentNode.parentElement;
        const seen = element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
        if (!text || !seen || element.closest("script, style, noscript")) continue;
        const { width, height } = element.getBoundingClientRect();
        const size = parseFloat(getComputedStyle(element).fontSize);
        if (width > 1 && height > 1) found.push([Math.round(size * 10) / 10, text]);
    }
    return found.sort((one, other) => one[0] - other[0]);
}"""


def small_letters(page, least: float) -> list:
    return [one for one in page.evaluate(LETTERS) if one[0] < least]


def test_projector_mode_is_kept_in_the_address_and_shows_no_captions(chromium, server):
    from playwright.sync_api import expect

    with visit(chromium, f"{server.address}/?source=demo") as page:
        caption = page.get_by_text("Click anywhere to play")
        expect(caption).to_be_visible(timeout=PATIENCE)
        settle(page)
        page.locator(".st-key-frame label").first.click()
        page.wait_for_url(re.compile("projector=on"))
        expect(caption).to_be_hidden()
        follow(page, "Lesson")
        assert "projector=on" in page.url
        ink = page.evaluate("getComputedStyle(document.querySelector('h3')).color")
        assert ink == "rgb(0, 0, 0)"


#: Cumulative layout shift, but for Streamlit's own 0.08, from its narrow layout to wide.
COUNT_SHIFTS = """
    window.shifts = 0;
    const isLayout = ({ node }) => node?.matches?.(".stMainBlockContainer");
    new PerformanceObserver((list) => {
        for (const { hadRecentInput, sources, value } of list.getEntries())
            if (!hadRecentInput && !sources.some(isLayout)) window.shifts += value;
    }).observe({ type: "layout-shift", buffered: true });
"""

#: WCAG 2.1, A and AA.
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}

#: Alone, pages shift by 0.03; beside other work, parts come late and one by one.
MOST_SHIFT, LOADS = 0.1, 4


class Seen(NamedTuple):
    """What was seen of a page: its layout shift, and faults by axe, letters too small, by mode."""

    shift: float
    faults: dict[str, list[str]]
    small: dict[str, list]


def load(page, address: str) -> float:
    """Load a page, and again while it jumps; return the least layout shift."""
    least = 9.0
    for _ in range(LOADS):
        page.goto(address)
        settle(page)
        least = min(least, page.evaluate("window.shifts"))
        if least <= MOST_SHIFT:
            break
    return least


@pytest.fixture(scope="module")
def tour(chromium, server) -> dict[str, Seen]:
    """Look at every page in light, in dark and as a projector shows it."""
    from axe_playwright_python.sync_playwright import Axe

    axe, seen = Axe(), {}

    def faults(page) -> list[str]:
        return [
            f"{fault['id']}: {node['html'][:150]}"
            for fault in axe.run(page, options=RULES).response["violations"]
            for node in fault["nodes"]
        ]

    with visit(chromium, server.address, own_window=True) as page:
        page.emulate_media(reduced_motion="reduce")
        settle(page)
        page.add_init_script(COUNT_SHIFTS)
        for name in (*PAGES, "?source=demo", "lesson?step=4", "dataset?view=map"):
            page.emulate_media(color_scheme="light")
            shift = load(page, f"{server.address}/{name}")
            found, small = {"light": faults(page)}, {"light": small_letters(page, 16)}
            light = page.evaluate(BACKGROUND)
            page.emulate_media(color_scheme="dark")
            page.wait_for_function(f"{BACKGROUND} !== '{light}'")
            settle(page)
            found["dark"] = faults(page)
            page.locator(".st-key-frame label").first.click()
            page.wait_for_url(re.compile("projector=on"))
            settle(page)
            small["projector"] = small_letters(page, 20)
            seen[name] = Seen(shift, found, small)
    return seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(tour, scheme):
    assert {name: page.faults[scheme] for name, page in tour.items() if page.faults[scheme]} == {}


@pytest.mark.parametrize("mode", ["light", "projector"])
def test_letters_are_large_enough(tour, mode):
    assert {name: page.small[mode] for name, page in tour.items() if page.small[mode]} == {}


def test_nothing_jumps_while_a_page_loads(tour):
    assert {name: page.shift for name, page in tour.items() if page.shift > MOST_SHIFT} == {}
