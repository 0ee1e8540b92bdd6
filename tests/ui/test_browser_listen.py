"""Listen: the answer forms while music plays, and the recording opens on the other pages."""

import pytest
import soundfile
from playwright.sync_api import expect

from deepmusic.audio import load_song
from deepmusic.ui import demos
from tests.ui.browsing import expect_visible, visit
from tools.running_app import ARGUMENTS, CHROMIUM, PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_jazz_is_named_while_it_plays_and_opens_as_a_song(chromium, server, tmp_path):
    song = load_song(demos.read("jazz"))
    soundfile.write(tmp_path / "jazz.wav", song.samples, song.sample_rate)
    microphone = f"--use-file-for-fake-audio-capture={tmp_path / 'jazz.wav'}"
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, microphone])
    with visit(browser, f"{server.address}/listen") as page:
        page.get_by_role("button", name="Start", exact=True).click(timeout=PATIENCE)
        headline = page.get_by_role("status").filter(has_text="jazz")
        expect(headline).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("img", name="CNN-GRU: ")).to_be_visible()
        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_role("button", name="Open in Classify").click(timeout=PATIENCE)
        page.wait_for_url("**source=record**", timeout=PATIENCE)
        expect_visible(page, "that it is jazz")
    browser.close()


def test_a_refused_microphone_says_so(chromium, server):
    with visit(chromium, f"{server.address}/listen") as page:
        page.evaluate(
            "() => { navigator.mediaDevices.getUserMedia = () => "
            "Promise.reject(new DOMException('no', 'NotAllowedError')); }"
        )
        page.get_by_role("button", name="Start", exact=True).click(timeout=PATIENCE)
        expect_visible(page, "refused the microphone")
