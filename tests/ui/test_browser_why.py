"""Why, and What if: evidence over the spectrogram, and changed sounds, in a real browser."""

import io
import re

import pytest
import soundfile
from playwright.sync_api import expect

from deepmusic.audio import synth
from tests.ui.browsing import visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Where the page's audio stands, and the root mean square of the sound that it has been given.
PLAYING = """async () => {
  const audio = document.querySelector("[data-testid=stAudio]");
  const bytes = await (await fetch(audio.currentSrc)).arrayBuffer();
  const sound = await new AudioContext().decodeAudioData(bytes);
  const samples = sound.getChannelData(0);
  const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
  return [audio.currentTime, audio.paused, sound.duration, Math.sqrt(power), samples[30000]];
}"""

SOURCE = """() => document.querySelector("[data-testid=stAudio]").currentSrc"""

#: Whether the audio has been given a sound that was made of the evidence.
GIVEN = """() => document.querySelector("[data-testid=stAudio]").currentSrc.startsWith("data:")"""


def test_what_mattered_is_played_at_the_same_moment(chromium, server):
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.play("jazz", seconds=12), 22_050, format="FLAC")
    song = {"name": "one.flac", "mimeType": "audio/flac", "buffer": buffer.getvalue()}
    with visit(chromium, server.address) as page:
        page.set_input_files("input[type=file]", song)
        page.get_by_text("Show what mattered").click(timeout=PATIENCE)
        mattered = page.get_by_role("button", name="What mattered", exact=True)
        expect(mattered).to_be_visible(timeout=PATIENCE)
        settle(page)  # The player that waited for the answer is gone.
        expect(page.locator("img.evidence")).to_be_visible()
        # The evidence lies over the spectrogram.
        over, below = (
            page.locator(f"img.{name}").bounding_box() for name in ("evidence", "spectrogram")
        )
        assert over["y"] == pytest.approx(below["y"], abs=1)
        assert over["width"] == pytest.approx(below["width"], rel=0.03)
        expect(page.get_by_text("Sounds like")).to_be_visible(timeout=PATIENCE)
        page.locator("img.spectrogram").click(position={"x": below["width"] / 3, "y": 40})
        whole = page.evaluate(PLAYING)
        mattered.click()
        # The element takes its new source a moment later.
        page.wait_for_function(GIVEN)
        expect(mattered).to_have_attribute("aria-pressed", "true")
        kept = page.evaluate(PLAYING)
        source = page.evaluate(SOURCE)
        page.get_by_role("button", name="The rest").click()
        page.wait_for_function(f"before => ({SOURCE})() !== before", arg=source)
        rest = page.evaluate(PLAYING)
        for moment, paused, seconds, loudness, _ in (kept, rest):
            assert whole[0] - 0.5 <= moment <= whole[0] + 8
            assert not paused
            assert seconds == pytest.approx(12, abs=0.3)
            assert loudness == pytest.approx(whole[3], rel=0.3)
        assert len({round(one[4], 4) for one in (whole, kept, rest)}) == 3
        page.get_by_role("button", name="Whole song").click()
        page.wait_for_function(f"() => !({GIVEN})()")
        assert page.evaluate(PLAYING)[4] == pytest.approx(whole[4], abs=1e-4)


def test_a_changed_song_plays_at_once_and_is_answered(chromium, server):
    buffer = io.BytesIO()
    soundfile.write(buffer, synth.play("jazz", seconds=12), 22_050, format="FLAC")
    song = {"name": "one.flac", "mimeType": "audio/flac", "buffer": buffer.getvalue()}
    with visit(chromium, server.address) as page:
        page.set_input_files("input[type=file]", song)
        page.get_by_text("Change the sound").click(timeout=PATIENCE)
        slider = page.locator("[class*=st-key-what_if_speed]").get_by_role("slider")
        expect(slider).to_be_visible(timeout=PATIENCE)
        page.locator("img.spectrogram").click(position={"x": 20, "y": 40})
        sounds = page.locator("[data-testid=stAudio]")
        assert not sounds.first.evaluate("audio => audio.paused")
        slider.press("End")
        expect(sounds).to_have_count(2, timeout=PATIENCE)
        # Twice as fast, it takes half of the time; the song stops.
        page.wait_for_function(
            """() => {
              const [song, changed] = document.querySelectorAll("[data-testid=stAudio]");
              return song.paused && !changed.paused && Math.abs(changed.duration - 6) < 0.2;
            }"""
        )
        expect(page.locator("table tr").first).to_contain_text("Pretrained")
        expect(page.get_by_text("The answer is now")).to_be_visible(timeout=PATIENCE)
        expect(page.locator(".js-plotly-plot")).to_have_count(2, timeout=PATIENCE)


def test_the_whole_song_is_the_one_that_was_chosen_last(chromium, server):
    """Both are played by the same element."""
    source = "document.querySelector('.st-key-song_bar audio').src"
    with visit(chromium, f"{server.address}/?source=demo&demo=jazz&why=on") as page:
        settle(page)
        first = page.evaluate(source)
        page.get_by_role("button", name="What mattered", exact=True).click(timeout=PATIENCE)
        page.wait_for_function(f"{source}.startsWith('data:')")
        page.get_by_role("button", name="Change").first.click()
        page.locator("[data-testid=stPopoverBody]").get_by_role("combobox").first.click()
        page.keyboard.type("metal")
        page.get_by_role("option").first.wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("demo=metal"))
        page.keyboard.press("Escape")
        settle(page)
        second = page.evaluate(source)
        assert second != first
        page.get_by_role("button", name="What mattered", exact=True).click(timeout=PATIENCE)
        page.wait_for_function(f"{source}.startsWith('data:')")
        page.get_by_role("button", name="Whole song", exact=True).click()
        page.wait_for_function(f"{source} === '{second}'")
