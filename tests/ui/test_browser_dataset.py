"""The Dataset page in a real Chromium."""

import pytest
import soundfile

from deepmusic.audio import synth
from tests.ui.browsing import expect_visible, visit
from tools.running_app import PATIENCE, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_clip_stands_beside_the_map_from_the_start(chromium, server):
    from playwright.sync_api import expect

    with visit(chromium, f"{server.address}/dataset?view=map") as page:
        settle(page)
        expect(page.get_by_role("button", name="Open in Classify")).to_be_in_viewport()
        expect(page.locator("audio")).to_be_in_viewport()


def test_only_the_clips_that_are_here_are_called_so(chromium, server):
    with visit(chromium, f"{server.address}/dataset?view=get") as page:
        expect_visible(page, "1,000 clips, 10 genres, 40 with sound here")
        expect_visible(page, "40 of 1,000 clips are here")


def test_a_folder_is_chosen_in_the_browser(chromium, server, tmp_path):
    from playwright.sync_api import expect

    for genre in ("rock", "jazz"):
        for seed in (0, 1):
            path = tmp_path / "my songs" / genre / f"{seed}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, synth.play(genre, seconds=4, seed=seed), 22_050)
    with visit(chromium, f"{server.address}/dataset?dataset=own") as page:
        settle(page)
        page.set_input_files("input[type=file]", tmp_path / "my songs")
        expect_visible(page, "4 clips")
        expect(page.get_by_role("img", name="Mel-spectrogram").first).to_be_in_viewport(
            timeout=PATIENCE
        )
        page.get_by_role("link", name="Train").click()
        page.get_by_role("combobox", name="Data").click(timeout=PATIENCE)
        page.get_by_role("option", name="A folder of your own").click()
        expect(page.get_by_role("textbox", name="Path")).not_to_have_value("", timeout=PATIENCE)
        expect(page.get_by_role("button", name="Train 3 runs")).to_be_enabled()
