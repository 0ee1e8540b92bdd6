"""Picture all pages in all states, sizes and themes; print words, heights and layout shifts.

    python tools/contact_sheets.py --out sheets                          # starts the app
    python tools/contact_sheets.py http://localhost:8501 --out sheets    # an app that runs

Writes a sheet for each size and theme. The table has a line for each state: words on the page,
its height at 1280 and at 390 pixels, cumulative layout shift, and the smallest letters.
"""

import argparse
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page
from running_app import PATIENCE, READY, running_app, running_chromium, settle


class State(NamedTuple):
    """A state of a page: its name, its address, and files to upload there."""

    name: str
    address: str
    files: tuple[tuple[str, bytes], ...] = ()
    #: Whether to look at the page before it is complete.
    early: bool = False


class Size(NamedTuple):
    """A screen, in CSS pixels, and the pixels of one."""

    width: int
    height: int
    scale: float = 1.0


STATES = (
    State("classify, empty", "/"),
    State("classify, working", "/?source=demo&demo=rock", early=True),
    State("classify, done", "/?source=demo&demo=jazz"),
    State("classify, error", "/", (("fake.mp3", b"this is no music"),)),
    State("classify, missing clip", "/?source=gtzan&gtzan=blues.00000"),
    State("classify, unknown page", "/nothing"),
    *(State(f"lesson {step}", f"/lesson?step={step}&demo=jazz") for step in range(1, 9)),
    *(
        State(f"compare, {view}", f"/compare?view={view}&source=demo")
        for view in ("accuracy", "genres", "calibration", "protocols", "architecture", "duel")
    ),
    State("curves, empty", "/curves?runs="),
    State("curves, done", "/curves"),
    *(
        State(f"confusion, {name}", f"/confusion?{query}")
        for name, query in (
            ("one", ""),
            ("side by side", "layout=matrices"),
            ("empty", "layout=matrices&networks="),
            ("difference", "layout=difference"),
        )
    ),
    State("train, empty", "/train"),
    *(
        State(f"dataset, {view}", f"/dataset?view={view}")
        for view in ("browse", "map", "sounds", "front-end", "check", "get")
    ),
    State("dataset, own", "/dataset?dataset=own"),
    State("listen", "/listen"),
    State("teach", "/teach"),
    State("recommend, empty", "/recommend?in=demo"),
    State("recommend, library", "/recommend?in=library"),
    State("recommend, working", "/recommend?in=demo&source=demo&demo=rock", early=True),
    State("recommend, songs", "/recommend?in=demo&by=songs"),
    State("recommend, done", "/recommend?in=demo&source=demo&demo=jazz"),
)
#: The last is a laptop's 1280 x 720 at a zoom of 150 %.
SIZES = (Size(1280, 720), Size(1440, 900), Size(390, 844), Size(853, 480, 1.5))
_COUNT_SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (!entry.hadRecentInput) window.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""
_MEASURE = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    const letters = [];
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const seen = element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
      const { width } = element.getBoundingClientRect();
      if (walker.currentNode.textContent.trim() && seen && width > 1)
        letters.push(parseFloat(getComputedStyle(element).fontSize));
    }
    const player = main.querySelector("[data-testid=stBidiComponent] *")?.shadowRoot;
    const text = `${main.innerText} ${player?.textContent ?? ""}`;
    const words = text.match(/\\p{L}[\\p{L}'-]+/gu);
    return {
      words: words?.length ?? 0,
      height: main.scrollHeight,
      shift: window.shifts,
      letters: Math.min(...letters),
    };
}"""


@contextmanager
def opened(browser: Browser, address: str, state: State, size: Size, scheme: str) -> Iterator[Page]:
    """Open a page in a state as a new visitor."""
    visitor = browser.new_context(
        viewport={"width": size.width, "height": size.height},
        device_scale_factor=size.scale,
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = visitor.new_page()
    page.add_init_script(_COUNT_SHIFTS)
    page.goto(address + state.address, timeout=PATIENCE)
    if state.early:
        page.locator("[data-testid=stMain]").wait_for(timeout=PATIENCE)
        page.wait_for_timeout(600)
    else:
        page.wait_for_selector(READY, timeout=PATIENCE)
        if state.files:
            payloads: list[Any] = [
                {"name": name, "mimeType": "audio/mpeg", "buffer": data}
                for name, data in state.files
            ]
            page.locator("input[type=file]").first.set_input_files(payloads, timeout=PATIENCE)
            page.wait_for_timeout(1000)
        settle(page)
        page.wait_for_timeout(500)  # Charts are drawn after the page is said to be complete.
    yield page
    visitor.close()


def sheet(pictures: list[tuple[str, bytes]], columns: int, width: int) -> Image.Image:
    """Return pictures side by side, each under its name."""
    images = [(name, Image.open(io.BytesIO(data)).convert("RGB")) for name, data in pictures]
    smaller = [(name, one.resize((width, one.height * width // one.width))) for name, one in images]
    height = max(one.height for _, one in smaller) + 24
    rows = -(-len(smaller) // columns)
    whole = Image.new("RGB", (columns * (width + 8), rows * height), "#888")
    pen = ImageDraw.Draw(whole)
    for index, (name, one) in enumerate(smaller):
        place = index % columns * (width + 8), index // columns * height
        pen.text((place[0] + 4, place[1] + 5), name, fill="white")
        whole.paste(one, (place[0], place[1] + 22))
    return whole


def main() -> None:
    """Write the sheets, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url", nargs="?", help="address of a running app; else one is started")
    parser.add_argument("--out", type=Path, default=Path("sheets"), help="folder of the sheets")
    parser.add_argument("--only", default="", help="states whose names contain this")
    parser.add_argument("--query", default="", help="added to each address: projector=on")
    parser.add_argument("--table", action="store_true", help="the table alone, no sheets")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    states = [
        one._replace(address=f"{one.address}{'&' if '?' in one.address else '?'}{asked.query}")
        if asked.query
        else one
        for one in STATES
        if asked.only in one.name
    ]
    with running_chromium() as browser:
        if asked.url:
            look(browser, asked.url.rstrip("/"), states, asked.out, table_alone=asked.table)
        else:
            with running_app() as app:
                look(browser, app.address, states, asked.out, table_alone=asked.table)


def look(
    browser: Browser, address: str, states: list[State], out: Path, *, table_alone: bool
) -> None:
    """Look at all states of a running app."""
    measured: dict[str, dict[int, dict[str, float]]] = {state.name: {} for state in states}
    for size in SIZES:
        if table_alone and size not in (SIZES[0], SIZES[2]):
            continue
        for scheme in ("light",) if table_alone else ("light", "dark"):
            pictures = []
            for state in states:
                with opened(browser, address, state, size, scheme) as page:
                    measured[state.name].setdefault(size.width, page.evaluate(_MEASURE))
                    pictures.append((state.name, page.screenshot()))
            if not table_alone:
                name = f"{size.width}x{size.height}-{scheme}.png"
                sheet(pictures, 9 if size.width < 500 else 5, min(size.width, 640)).save(out / name)
    print(f"{'state':30} words  height at 1280  at 390  layout shift  letters")
    for name, by_width in measured.items():
        wide, narrow = by_width[SIZES[0].width], by_width[SIZES[2].width]
        print(
            f"{name:30} {wide['words']:5} {wide['height']:15} {narrow['height']:7}"
            f" {wide['shift']:13.3f} {wide['letters']:8.1f}"
        )


if __name__ == "__main__":
    main()
