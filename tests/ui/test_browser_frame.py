"""The frame around the pages in a real Chromium: menu, Back, themes, projector, accessibility."""

import re
from urllib.parse import urlsplit

import pytest

from tests.ui.browsing import expect_visible, visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    *("", "listen", "lesson", "compare", "curves", "confusion", "train", "teach", "dataset"),
    "recommend",
)
PHONE = {"viewport": {"width": 390, "height": 844}}


def address_of(page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def follow(page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(re.compile(f"/{name.lower()}"))
    settle(page)


def test_back_takes_one_press_for_each_choice(chromium, server):
    with visit(chromium, server.address) as page:
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
    dark = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    with visit(chromium, f"{server.address}/lesson") as page:
        settle(page)
        light = page.evaluate(dark)
        page.get_by_role("button", name="Main menu").click()
        page.get_by_role("menuitemradio", name="Dark").click()
        page.wait_for_function(f"{dark} !== '{light}'")
        page.wait_for_function("localStorage.getItem('stActiveTheme-/curves-v2')")
        page.goto(f"{server.address}/curves")
        settle(page)
        assert page.evaluate(dark) != light


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


def test_a_projector_shows_large_letters(chromium, server):
    with visit(chromium, f"{server.address}/?projector=on") as page:
        for name in (*PAGES, "?source=demo", "lesson?step=4"):
            page.goto(f"{server.address}/{name}{'&' if '?' in name else '?'}projector=on")
            settle(page)
            assert small_letters(page, 20) == [], name


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_and_letters_are_large_enough(chromium, server, scheme):
    """WCAG 2.1, A and AA."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    faults = {}
    with visit(chromium, server.address, color_scheme=scheme, reduced_motion="reduce") as page:
        for name in (*PAGES, "?source=demo", "lesson?step=3", "dataset?view=map"):
            page.goto(f"{server.address}/{name}")
            settle(page)
            assert small_letters(page, 16) == [], name
            options = {"runOnly": {"type": "tag", "values": tags}}
            found = axe.run(page, options=options).response["violations"]
            for fault in found:
                nodes = [node["html"][:150] for node in fault["nodes"][:3]]
                faults[name, fault["id"]] = nodes
    assert faults == {}


#: Alone, pages shift by 0.03.
MOST_SHIFT = 0.1


def test_nothing_jumps_while_a_page_loads(chromium, server):
    """Cumulative layout shift, but for Streamlit's own 0.08, from its narrow layout to wide."""
    count = """
        window.shifts = 0;
        const isLayout = ({ node }) => node?.matches?.(".stMainBlockContainer");
        new PerformanceObserver((list) => {
            for (const { hadRecentInput, sources, value } of list.getEntries())
                if (!hadRecentInput && !sources.some(isLayout)) window.shifts += value;
        }).observe({ type: "layout-shift", buffered: true });
    """
    with visit(chromium, server.address) as page:
        settle(page)
        page.add_init_script(count)
        shifts = {}
        for name in PAGES:
            # The best of some loads: beside other work, parts come late and one by one.
            for _ in range(4):
                page.goto(f"{server.address}/{name}")
                settle(page)
                shifts[name] = min(shifts.get(name, 9.0), page.evaluate("window.shifts"))
                if shifts[name] <= MOST_SHIFT:
                    break
        assert {name: shift for name, shift in shifts.items() if shift > MOST_SHIFT} == {}
