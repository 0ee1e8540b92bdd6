"""Play 45 minutes with a class in the browser, and take a picture of each minute's screen.

Run with ``python tools/class_hour.py [folder]``. Chromium and playwright are needed.
It ends with an error if a page shows a traceback or the browser's console an error. With
``DEEPMUSIC_GTZAN`` set, the clips of the confusion matrix have their sound.
"""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, Page, expect

from deepmusic.ui.lesson import hour
from tools.running_app import PATIENCE, running_app, running_chromium, settle, watch_faults

_STUDENTS = 3
_EPOCHS = 5

#: Whether the charts of a page are drawn.
_DRAWN = (
    "[...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
    ".every((chart) => chart.querySelector('.main-svg'))"
)

#: Plays some minutes of the hour: yields the page to be pictured after each.
Minutes = Iterator[Page]


class Classroom:
    """The wall, on a projector of 1280 x 720, and the students' phones."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.browser, self.address, self.folder = browser, address, folder
        self.faults: list[str] = []
        self.wall = self.open(f"{address}/lesson?demo=jazz", width=1280, height=720)
        self.wall.locator(".st-key-frame").get_by_text("Projector").click()
        self.wait()

    def open(self, address: str, *, width: int, height: int) -> Page:
        """Open a page on another device."""
        device = self.browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        page = device.new_page()
        watch_faults(page, self.faults)
        page.goto(address)
        settle(page)
        return page

    def press(self, name: str, then: str | re.Pattern[str] = "") -> None:
        """Press a button of the wall, and wait for a text."""
        self.wall.get_by_role("button", name=name, exact=True).first.click(timeout=PATIENCE)
        self.wait(then)

    def go_to(self, name: str, then: str) -> None:
        """Follow a link of the menu, and wait for the page's title."""
        self.wall.get_by_role("link", name=name, exact=True).first.click(timeout=PATIENCE)
        self.wait(then)

    def choose(self, name: str | re.Pattern[str], then: str = "") -> None:
        """Choose an option of the wall, and wait for a text."""
        self.wall.get_by_role("radio", name=name).first.click(timeout=PATIENCE)
        self.wait(then)

    def slide(self, name: str, key: str) -> None:
        """Move a slider of the wall by a key, and wait for other sentences."""
        slider = self.wall.get_by_role("slider", name=name)
        before = slider.get_attribute("aria-valuenow", timeout=PATIENCE)
        slider.press(key)
        expect(slider).not_to_have_attribute("aria-valuenow", before or "", timeout=PATIENCE)
        self.wait()

    def wait(self, text: str | re.Pattern[str] = "") -> None:
        """Wait until a text stands on the wall, and all is drawn."""
        if text:
            self.wall.get_by_text(text).first.wait_for(timeout=PATIENCE)
        settle(self.wall)
        # A click is on its way to the server for a moment, in which the page looks complete.
        self.wall.wait_for_timeout(500)
        settle(self.wall)
        self.wall.wait_for_function(_DRAWN, timeout=PATIENCE)


def steps(room: Classroom) -> Minutes:
    """Sound, STFT, mel, the three networks, answers and evidence."""
    wall = room.wall
    yield wall
    yield from _framed(room)
    _next(room, 2)
    yield wall
    for key in ("Home", "End"):
        room.slide("n_fft", key)
        yield wall
    _next(room, 3)
    yield wall
    yield from _framed(room)
    room.slide("Window", "Home")
    yield wall
    _next(room, 4)
    yield wall
    yield from _framed(room)
    for _ in range(2):
        room.slide("Window", "ArrowRight")
        yield wall
    for number in (5, 6):
        _next(room, number)
        yield wall
        yield from _framed(room)
        room.slide("Window", "ArrowRight")
        yield wall
    _next(room, 7)
    yield wall
    yield from _framed(room)
    wall.locator(".st-key-figure [data-testid=stTooltipIcon]").first.hover()
    wall.locator("[data-testid=stTooltipContent]").wait_for(timeout=PATIENCE)
    yield wall
    wall.mouse.move(5, 5)
    _next(room, 8)
    yield wall
    for network in ("CRNN", "CNN-GRU"):
        room.choose(re.compile(f"^{network}$"))
        yield wall


def _next(room: Classroom, number: int) -> None:
    """Go on to a step, whose question stands on top."""
    room.press("Next", f"{number}. {hour.parts()[number - 1].question}")
    room.wall.get_by_role("button", name="Back").scroll_into_view_if_needed()


def _framed(room: Classroom) -> Minutes:
    """Play the window; one playhead stands in each picture."""
    room.wall.get_by_role("button", name="The framed 3 s").click(timeout=PATIENCE)
    expect(room.wall.locator(".playhead").first).to_be_attached(timeout=PATIENCE)
    yield room.wall


def vote(room: Classroom) -> Minutes:
    """A room is opened, devices join, two clips are voted on."""
    wall = room.wall
    room.press("Vote", "You vote first")
    yield wall
    room.press("Open a room", "devices have voted")
    yield wall
    code = re.search(r"room=(\w+)", wall.url)
    assert code, wall.url
    phones = [
        room.open(f"{room.address}/vote?room={code[1]}", width=390, height=844)
        for _ in range(_STUDENTS)
    ]
    yield phones[0]
    for phone, genre in zip(phones, ("jazz", "jazz", "blues"), strict=True):
        phone.get_by_role("button", name=genre, exact=True).click(timeout=PATIENCE)
    wall.get_by_text(f"{_STUDENTS} of {_STUDENTS} devices have voted").wait_for(timeout=PATIENCE)
    settle(wall)
    yield wall
    room.press("Show the answers", "Right")
    yield wall
    for number in range(2, 11):
        room.press("Next clip", f"Clip {number} of 10")
        room.press("Show the answers")
    room.wait("Most clips right")
    yield wall
    wall.locator("[data-testid=stTable]").scroll_into_view_if_needed()
    yield wall
    for phone in phones:
        phone.context.close()


def compare(room: Classroom) -> Minutes:
    """Accuracy, the architectures, what each is blind to, and the clip of the lesson."""
    room.go_to("Compare", "Which network predicts")
    yield room.wall
    for view, then in (
        ("Architecture", "659,786 parameters"),
        ("Blind to what?", "Take something away"),
        ("One song", "Together the networks say"),
    ):
        room.choose(view, then)
        yield room.wall


def train(room: Classroom) -> Minutes:
    """Three networks learn the toy set, which is watched."""
    wall = room.wall
    room.go_to("Train", "How does a network learn?")
    yield wall
    wall.get_by_text("Settings", exact=True).first.click()
    wall.get_by_label("Most epochs").fill(str(_EPOCHS))
    wall.get_by_label("Most epochs").press("Enter")
    settle(wall)
    yield wall
    room.press("Train 3 runs")
    progress = wall.locator("[data-testid=stProgress]")
    expect(progress.first).to_be_visible(timeout=PATIENCE)
    yield wall
    wall.get_by_text("validation clips after epoch").first.wait_for(timeout=PATIENCE)
    yield wall
    expect(progress.filter(has_text="finished")).to_have_count(3, timeout=3 * PATIENCE)
    settle(wall)
    yield wall
    room.slide("Epoch", "Home")
    yield wall


def confuse(room: Classroom) -> Minutes:
    """The matrices, and the clips of the largest mistake."""
    room.go_to("Confusion", "Which genres do")
    yield room.wall
    room.press("rock \N{RIGHTWARDS ARROW} country, 4", "Wrong: rock")
    yield room.wall
    room.choose("Side by side")
    yield room.wall


def hand_out(room: Classroom) -> Minutes:
    """The hand-out is loaded, and opened."""
    room.go_to("Compare", "Which network predicts")
    room.choose("Accuracy", "Hand-out")
    with room.wall.expect_download(timeout=PATIENCE) as waiting:
        room.press("Hand-out")
    waiting.value.save_as(room.folder / "hand-out.html")
    sheet = room.browser.new_page(viewport={"width": 1280, "height": 720})
    sheet.goto((room.folder / "hand-out.html").resolve().as_uri())
    yield sheet


#: By the label of the part; `steps` plays the first eight.
PARTS: dict[str, Callable[[Classroom], Minutes]] = {
    "1 Sound": steps,
    "Vote": vote,
    "Compare": compare,
    "Train": train,
    "Confusion": confuse,
    "Hand-out": hand_out,
}


def play(room: Classroom) -> None:
    """Play the hour, and write a picture of each minute."""
    playing: Minutes = iter(())
    minute = 0
    for part in hour.parts():
        playing = PARTS[part.label](room) if part.label in PARTS else playing
        for _ in range(part.minutes):
            page = next(playing)
            if page.locator("[data-testid=stException]").count():
                raise SystemExit(f"Minute {minute}, {part.label}: the page shows a traceback.")
            if room.faults:
                raise SystemExit(f"Minute {minute}, {part.label}: {'; '.join(room.faults)}")
            name = re.sub(r"\W+", "-", part.label).strip("-").lower()
            page.screenshot(path=room.folder / f"{minute:02}-{name}.png")
            print(f"{minute:2} {part.label}", flush=True)
            minute += 1


def main() -> None:
    """Play the hour into the folder that was given, or into a temporary one."""
    gtzan = {name: os.environ[name] for name in ("DEEPMUSIC_GTZAN",) if name in os.environ}
    with ExitStack() as stack:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
        folder.mkdir(parents=True, exist_ok=True)
        app = stack.enter_context(running_app(**gtzan))
        browser = stack.enter_context(running_chromium())
        play(Classroom(browser, app.address, folder))
        print(f"Pictures: {folder}")


if __name__ == "__main__":
    main()
