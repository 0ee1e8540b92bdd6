"""Take the README's picture from the running app: ``make screenshot`` (needs Chromium).

Starts the app on a free port, lets it classify a piece of demo music, and writes what is seen.
"""

import argparse
import io
from pathlib import Path

from PIL import Image
from running_app import PATIENCE, ROOT, running_app, running_chromium, settle


def take(address: str, words: str, *, width: int, height: int, scheme: str) -> bytes:
    """Return a PNG of a page once these words stand on it and nothing moves any more."""
    with running_chromium() as browser:
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        page.goto(address)
        page.get_by_text(words).first.wait_for(timeout=PATIENCE)
        settle(page)
        page.evaluate("document.fonts.ready")
        if page.locator("[data-testid=stException]").count():
            raise SystemExit("The page shows an error; no picture was taken.")
        return page.screenshot()


def to_palette(png: bytes) -> bytes:
    """Keep a picture small: 256 colours, without dither."""
    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    few = image.quantize(256, method=Image.Quantize.FASTOCTREE, kmeans=3, dither=Image.Dither.NONE)
    few.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def main() -> None:
    """Write one picture of one page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", default="/?source=demo&demo=jazz", help="address of the page")
    parser.add_argument("--words", default="Download JSON", help="what stands on it when ready")
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "screenshot.png")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    asked = parser.parse_args()
    with running_app() as app:
        png = take(
            app.address + asked.page,
            asked.words,
            width=asked.width,
            height=asked.height,
            scheme=asked.scheme,
        )
    small = to_palette(png)
    part = asked.out.with_name(asked.out.name + ".part")
    part.write_bytes(small)
    part.replace(asked.out)
    print(f"{asked.out}: {asked.width} x {asked.height}, {len(small) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
