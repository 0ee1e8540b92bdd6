"""Classify in a real Chromium: at any zoom, with several songs, and after a reload."""

import io

import pytest
import soundfile

from deepmusic.audio import synth
from tests.ui.browsing import expect_visible, visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: A laptop's 1280 x 720 at a zoom of 150 %.
ZOOMED = {"viewport": {"width": 853, "height": 480}, "device_scale_factor": 1.5}


def flac(name: str, genre: str) -> dict:
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.play(genre, seconds=6), 22_050, format="FLAC")
    return {"name": name, "mimeType": "audio/flac", "buffer": buffer.getvalue()}


def test_all_genres_and_choices_are_seen_at_a_zoom_of_150_percent(chromium, server):
    from playwright.sync_api import expect

    with visit(chromium, f"{server.address}/?source=demo&demo=blues", **ZOOMED) as page:
        chart = page.locator("[data-testid=stPlotlyChart]")
        expect(chart.locator(".ytick")).to_have_count(10, timeout=PATIENCE)
        settle(page)
        for group in page.get_by_role("radiogroup").all():
            box = group.bounding_box()
            for choice in group.get_by_role("radio").all():
                inside = choice.bounding_box()
                assert inside["x"] + inside["width"] <= box["x"] + box["width"] + 1
        cut = page.evaluate("""() => {
            const axis = document.querySelector(".stPlotlyChart .nsewdrag").getBoundingClientRect();
            const marks = [...document.querySelectorAll(".stPlotlyChart .scatterlayer .point")];
            const boxes = marks.map((mark) => mark.getBoundingClientRect());
            return boxes.filter(({ left }) => left < axis.left - 4).length;
        }""")
        assert cut == 0


def test_several_uploads_are_a_table_that_leads_to_each_song(chromium, server):
    from playwright.sync_api import expect

    songs = [flac("one.flac", "jazz"), flac("two.flac", "metal")]
    with visit(chromium, server.address) as page:
        settle(page)
        page.set_input_files("input[type=file]", songs)
        expect_visible(page, "What genre are these 2 songs?")
        with page.expect_download(timeout=PATIENCE) as waiting:
            page.get_by_role("button", name="Download CSV").click(timeout=PATIENCE)
        lines = waiting.value.path().read_text().splitlines()
        assert [line.split(",")[0] for line in lines] == ["file"] + 5 * ["one.flac"] + 5 * [
            "two.flac"
        ]
        settle(page)
        page.get_by_role("combobox", name="Open a song").click()
        page.get_by_role("option", name="two.flac").click()
        expect(page.get_by_role("heading", name="two")).to_be_visible(timeout=PATIENCE)
        expect_visible(page, "Download JSON")
        page.reload()
        expect_visible(page, "one.flac, two.flac were lost with the reload")


def test_a_press_on_a_band_plays_it_and_names_its_genre(chromium, server):
    with visit(chromium, server.address) as page:
        settle(page)
        page.get_by_role("button", name="jazz").click()
        # First, since the demo may have ended before a busy server answers.
        page.wait_for_function("document.querySelector('audio')?.paused === false")
        expect_visible(page, "Download JSON")


def test_the_readout_of_the_player_is_whole(chromium, server):
    with visit(chromium, f"{server.address}/?source=demo&demo=blues", **ZOOMED) as page:
        expect_visible(page, "Download JSON")
        settle(page)
        plot = page.get_by_role("slider", name="Position in the song")
        page.locator("img.spectrogram").click()
        page.wait_for_function("!document.querySelector('audio').paused")
        readout = page.locator(".readout")
        assert "%" in readout.inner_text()
        assert " %" not in readout.text_content(), "a line could end before it"
        plot.focus()
        ring = 4  # Width and distance of the focus ring.
        box, text = plot.bounding_box(), readout.bounding_box()
        assert text["y"] >= box["y"] + box["height"] + ring
