"""One song on all pages, and an album as ZIP, in a real Chromium."""

import io
import re
import zipfile

import pytest
import soundfile

from deepmusic.audio import synth
from tests.ui.browsing import click_row, expect_visible, visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AUDIO = "document.querySelector('.st-key-song_bar audio')"


def flac(genre: str, seed: int = 0, seconds: float = 4) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.play(genre, seconds=seconds, seed=seed), 22_050, format="FLAC")
    return buffer.getvalue()


def test_the_bar_leads_on_and_plays_on_from_page_to_page(chromium, server):
    from playwright.sync_api import expect

    song = {"name": "mine.flac", "mimeType": "audio/flac", "buffer": flac("jazz", seconds=12)}
    with visit(chromium, server.address) as page:
        settle(page)
        page.set_input_files("input[type=file]", song)
        title = page.locator("h2.song")
        expect(title).to_have_text("mine", timeout=PATIENCE)
        settle(page)
        assert page.locator(".st-key-song_bar").bounding_box()["height"] < 50, "one line"
        page.evaluate(f"window.before = {AUDIO}; {AUDIO}.loop = true; {AUDIO}.play()")
        ways = page.locator(".st-key-song_ways")
        for way, answer in (
            ("In the lesson", "1. What is sound to a computer?"),
            ("On the map", "The star is your song"),
            ("Duel", "Together the networks say"),
        ):
            ways.get_by_role("button", name=way).click()
            expect(page.get_by_text(answer).first).to_be_in_viewport(timeout=PATIENCE)
            settle(page)
            expect(title).to_have_text("mine")
            assert page.evaluate(f"{AUDIO} === window.before"), way
            assert not page.evaluate(f"{AUDIO}.paused"), way
        page.reload()
        expect_visible(page, "mine.flac was lost with the reload")


def test_the_songs_of_a_zip_fill_a_table(chromium, server):
    from playwright.sync_api import expect

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(30):
            genre = ("jazz", "metal", "classical")[number % 3]
            archive.writestr(f"album/CD {number % 2}/{number:02d}.flac", flac(genre, number))
        archive.writestr("album/notes.txt", "no music")
    album = {"name": "a.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    with visit(chromium, server.address) as page:
        settle(page)
        page.set_input_files("input[type=file]", album)
        expect_visible(page, "What genre are these 30 songs?")
        expect_visible(page, "1 .txt (notes.txt)")
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name=re.compile("Go on with the other")).click(timeout=PATIENCE)
        cancel = page.get_by_role("button", name="Cancel")
        expect(cancel).to_be_visible(timeout=PATIENCE)
        expect(cancel).to_be_hidden(timeout=PATIENCE)
        with page.expect_download(timeout=PATIENCE) as waiting:
            page.get_by_role("button", name="Download playlists").click(timeout=PATIENCE)
        with zipfile.ZipFile(waiting.value.path()) as archive:
            lists = [archive.read(name).decode() for name in archive.namelist()]
        assert sum(one.count("#EXTINF") for one in lists) == 30
        settle(page)
        click_row(page, 0, page.locator("h2.song", has_text="00"))
        settle(page)  # A player that is gone before its file arrived says so in the console.
        page.get_by_role("button", name="All 30 songs").click()
        expect_visible(page, "What genre are these 30 songs?")
