"""The pages in a real Chromium."""

import json
import re
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner

from deepmusic.audio import synth
from deepmusic.cli import main
from deepmusic.config import GTZAN_GENRES
from tests.ui.browsing import expect_visible, upload, visit
from tools.running_app import PATIENCE, READY, running_app, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def mp3(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("songs") / "take five (live).mp3"
    soundfile.write(path, synth.play("jazz", seconds=12), 22_050, format="MP3")
    return path


def test_deep_link_on_a_fresh_server(chromium):
    """The very first request of a server asks for a page by its address."""
    from playwright.sync_api import expect

    with (
        running_app() as app,
        visit(chromium, f"{app.address}/classify?source=demo&demo=reggae&model=crnn") as page,
    ):
        expect_visible(page, "demo-reggae.opus")
        expect(page.get_by_role("radio", name="CRNN")).to_be_checked()
        page.get_by_role("link", name="Lesson", exact=True).wait_for()
        # Once the server is up, the first page's own address is "/"; the other leads there.
        page.goto(f"{app.address}/classify?source=demo&demo=metal&model=cnn")
        expect_visible(page, "demo-metal.opus")
        expect(page.get_by_role("radio", name="CNN", exact=True)).to_be_checked()
        assert page.get_by_text("Page not found").count() == 0


def test_another_page_can_be_the_first_that_a_server_is_asked_for(chromium):
    """One of them is enough: `test_every_page_enters_the_frame` holds the others to the same."""
    with running_app() as app, visit(chromium, f"{app.address}/curves") as page:
        page.get_by_role("link", name="Curves", exact=True).wait_for(timeout=PATIENCE)
        expect_visible(page, "Do the networks learn music")


def test_the_lesson_by_keyboard_and_by_link(chromium, server):
    with visit(chromium, f"{server.address}/lesson?step=2&demo=metal") as page:
        expect_visible(page, "2. Which frequencies, and when?")
        settle(page)
        for number in (3, 4, 5):
            page.keyboard.press("PageDown")
            page.wait_for_url(re.compile(f"step={number}.*demo=metal|demo=metal.*step={number}"))
            settle(page)
        expect_visible(page, "5. What does the recurrent layer remember?")
        page.keyboard.press("PageUp")
        expect_visible(page, "4. What does the first convolution detect?")


#: The player lies in a shadow root, which hides what has the focus in it.
DEEPEST_FOCUS = """
let focused = document.activeElement;
while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
"""


def tab_to(page, what: str, limit: int = 60) -> None:
    """Press Tab until the element that this JavaScript expression is true of has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate(f"{DEEPEST_FOCUS} (e => {what})(focused)"):
            return
    raise AssertionError(f"{limit} times Tab do not lead to: {what}")


def test_an_upload_by_keyboard_alone(chromium, server, mp3):
    """Upload, read the prediction, seek."""
    with visit(chromium, server.address) as page:
        # Choosers are caught from here on, and not only after a press that a busy machine outruns.
        page.on("filechooser", lambda chooser: None)
        settle(page)
        tab_to(page, "e.closest('[data-testid=stFileUploader]') && e.innerText.endsWith('Upload')")
        with page.expect_file_chooser() as waiting:
            page.keyboard.press("Enter")
        waiting.value.set_files(mp3)
        expect_visible(page, "Download JSON")
        settle(page)
        page.wait_for_function("document.querySelector('audio')?.duration > 0", timeout=PATIENCE)
        tab_to(page, "e.getAttribute('aria-label') === 'Position in the song'")
        page.keyboard.press("PageUp")
        page.wait_for_function(
            "Math.abs(document.querySelector('audio').currentTime - 10) < 0.1", timeout=PATIENCE
        )


def test_the_main_job_by_keyboard_alone(chromium, server):
    """Choose the demo clips, choose one, read the prediction, play and seek."""
    with visit(chromium, server.address) as page:
        expect_visible(page, "What genre is this, and why?")
        settle(page)
        tab_to(page, "e.getAttribute('role') === 'radio'")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect_visible(page, "demo-blues.opus")
        settle(page)
        tab_to(page, "e.innerText.startsWith('Change')")
        page.keyboard.press("Enter")
        tab_to(page, "e.getAttribute('role') === 'combobox'")
        page.keyboard.type("jazz")
        page.get_by_role("option", name="Jazz: Second Set").wait_for()
        page.keyboard.press("Enter")
        expect_visible(page, "demo-jazz.opus")
        page.keyboard.press("Escape")
        expect_visible(page, "Download JSON")
        settle(page)
        tab_to(page, "e.getAttribute('aria-label') === 'Position in the song'")
        page.keyboard.press("Space")
        page.wait_for_function("!document.querySelector('audio').paused", timeout=PATIENCE)
        page.keyboard.press("Space")
        page.wait_for_function("document.querySelector('audio').paused", timeout=PATIENCE)
        for key, seconds in (("End", 30), ("PageDown", 20), ("Home", 0), ("ArrowRight", 1)):
            page.keyboard.press(key)
            assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(
                seconds, abs=0.2
            )


def test_upload_of_an_mp3_gives_the_command_line_s_numbers(chromium, server, mp3, tmp_path):
    with visit(chromium, server.address) as page:
        upload(page, mp3)
        expect_visible(page, "Download JSON")
        with page.expect_download() as waiting:
            page.get_by_text("Download JSON").click()
        waiting.value.save_as(tmp_path / "page.json")
    printed = CliRunner().invoke(main, ["predict", str(mp3), "--json"])
    (shown,) = json.loads((tmp_path / "page.json").read_text())
    (stated,) = json.loads(printed.stdout)
    assert shown["file"] == mp3.name
    order = ["musicnn", "cnn", "crnn", "cnn_gru", "ensemble"]
    assert list(shown["models"]) == list(stated["models"]) == order
    for name, model in stated["models"].items():
        assert shown["models"][name]["probabilities"] == pytest.approx(
            model["probabilities"], abs=1e-6
        )
        assert len(shown["models"][name]["windows"]) == len(model["windows"])


def test_a_text_named_mp3_is_refused_in_words(chromium, server, tmp_path):
    fake = tmp_path / "fake.mp3"
    fake.write_text("this is no music")
    with visit(chromium, server.address) as page:
        upload(page, fake)
        expect_visible(page, "fake.mp3 is not sound that can be read")
        expect_visible(page, "What genre is this, and why?")


def test_click_and_keys_seek_without_a_rerun(chromium, server, mp3):
    from playwright.sync_api import expect

    with visit(chromium, server.address) as page:
        upload(page, mp3)
        expect_visible(page, "Download JSON")
        page.wait_for_selector(READY)
        plot = page.get_by_role("slider", name="Position in the song")
        log_mel = page.locator("img.spectrogram")
        box = log_mel.bounding_box()
        log_mel.click(position={"x": box["width"] / 2, "y": 20})
        page.wait_for_function("!document.querySelector('audio').paused")
        plot.focus()
        page.keyboard.press("Space")
        page.wait_for_function("document.querySelector('audio').paused")
        seconds = page.evaluate("document.querySelector('audio').currentTime")
        assert 5.9 < seconds < 9
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(
            seconds + 1, abs=0.1
        )
        expect(plot).to_have_attribute("aria-valuetext", re.compile(r"0:\d\d of 0:12.*CNN"))


def test_a_disagreement_is_played_from_its_start(chromium, server):
    """Of the demo clips, take the first in which the networks first differ after 2 s."""
    for genre in GTZAN_GENRES:
        address = f"{server.address}/compare?view=duel&source=demo&demo={genre}"
        with visit(chromium, address, viewport={"width": 1280, "height": 1500}) as page:
            lane = page.get_by_role("img", name="They differ")
            lane.wait_for(timeout=PATIENCE)
            page.wait_for_selector(READY)
            first = re.search(r"They differ: 0:(\d\d) to", lane.get_attribute("aria-label"))
            if not first or int(first[1]) < 2:
                continue
            start, box = int(first[1]), lane.bounding_box()
            lane.click(position={"x": box["width"] * (start + 1) / 30, "y": box["height"] / 2})
            page.wait_for_function("!document.querySelector('audio').paused")
            played = page.evaluate("document.querySelector('audio').currentTime")
            assert start <= played < start + 2.5
            return
    pytest.skip("the networks agree on every demo clip, or differ from its start")


def test_a_song_leads_to_others_and_one_of_those_further(chromium, server):
    """In the demo bands, so that nothing need be indexed."""
    from playwright.sync_api import expect

    with visit(chromium, f"{server.address}/recommend") as page:
        page.get_by_role("button", name="Try the demo jazz").click()
        # The first of two: while a page is drawn anew, the old answers are still there.
        first = page.locator(".st-key-result_1").first
        expect(first).to_contain_text("Why:", timeout=PATIENCE)
        expect(first.locator("audio")).to_have_count(1)
        page.wait_for_selector(READY)
        found = re.search(r"1\. (.+)", first.inner_text())[1]
        first.get_by_role("button", name="More like this").click()
        # What was found asks now, and is not among the answers to itself.
        expect(first).not_to_contain_text(found, timeout=PATIENCE)
        expect(first).to_contain_text("Why:")


def test_a_phone_shows_the_prediction_first_and_nothing_sticks_out(chromium, server, mp3):
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    with visit(chromium, server.address, **phone) as page:
        upload(page, mp3)
        expect_visible(page, "Download JSON")
        page.wait_for_selector(READY)
        width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert width <= 390
        chart = page.locator("[data-testid=stPlotlyChart]").bounding_box()
        spectrogram = page.locator("img.spectrogram").bounding_box()
        assert chart["y"] < spectrogram["y"]


def test_a_recording_from_the_microphone(chromium, server):
    with visit(chromium, f"{server.address}/?source=record", permissions=["microphone"]) as page:
        recorder = page.locator("[data-testid=stAudioInput]")
        recorder.get_by_role("button").first.click()
        page.wait_for_function(
            "/00:0[4-9]/.test(document.querySelector('[data-testid=stAudioInput]').innerText)",
            timeout=20_000,
        )
        recorder.get_by_role("button").first.click()
        expect_visible(page, "_audio.wav")
        expect_visible(page, "Download JSON")
