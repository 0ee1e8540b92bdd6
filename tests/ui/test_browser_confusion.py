"""The Confusion page in a real Chromium."""

import re

import pytest

from deepmusic.evaluation import metrics
from deepmusic.runs import shipped_run
from tests.ui.browsing import visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_click_on_a_cell_shows_its_clips_in_view(chromium, server, toy_gtzan):
    """From the matrices side by side into the one of a network, and on to the player."""
    from playwright.sync_api import expect

    run = shipped_run("cnn")
    genres = list(run.config.model.genres)
    clips = metrics.clip_table(run.read_predictions(), genres)
    available = clips[clips.index.isin([path.stem for path in toy_gtzan.rglob("*.wav")])]
    track, row = next(available.iterrows())
    label, predicted = (genres.index(row[name]) for name in ("genre", "predicted"))
    with visit(chromium, f"{server.address}/confusion?layout=matrices") as page:
        settle(page)
        matrix = page.locator("[data-testid=stPlotlyChart] .nsewdrag").first
        box = matrix.bounding_box()
        side = len(genres)
        cell = (predicted + 0.5) * box["width"] / side, (label + 0.5) * box["height"] / side
        matrix.click(position=dict(zip("xy", cell, strict=True)))
        heading = page.get_by_text(f"{row['genre']} \N{RIGHTWARDS ARROW} {row['predicted']}").last
        expect(heading).to_be_in_viewport(timeout=PATIENCE)
        expect(page.locator("audio")).to_be_in_viewport(timeout=PATIENCE)
        expect(page.get_by_role("combobox", name=re.compile(r"Play \("))).to_have_value(
            re.compile(re.escape(track))
        )
        page.wait_for_function("document.querySelector('audio')?.duration > 5", timeout=PATIENCE)


@pytest.mark.parametrize(("width", "scale"), [(390, 1), (853, 1.5)])
def test_numbers_stay_in_the_cells(chromium, server, width, scale):
    """On a phone, and on a projector at 150 %."""
    address = f"{server.address}/confusion?layout=matrices&numbers=recall"
    screen = {"viewport": {"width": width, "height": 600}, "device_scale_factor": scale}
    with visit(chromium, address, **screen) as page:
        settle(page)
        page.locator(".heatmap-label").first.wait_for(timeout=PATIENCE)
        widest, cell = page.evaluate("""() => {
            const width = (element) => element.getBoundingClientRect().width;
            const matrix = document.querySelector(".stPlotlyChart");
            const numbers = [...matrix.querySelectorAll(".heatmap-label text")];
            return [Math.max(...numbers.map(width)), width(matrix.querySelector(".nsewdrag")) / 10];
        }""")
        assert 0 < widest <= cell
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
