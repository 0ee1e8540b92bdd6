"""Teach in a real browser: a ZIP of thirty sounds, learnt, tried and kept."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.ui.browsing import expect_visible, visit
from tests.ui.test_teach_page import files
from tools.running_app import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_zip_of_thirty_sounds_is_learnt_and_tried(chromium, server):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files(15):
            archive.writestr(name, data)
    with visit(chromium, f"{server.address}/teach") as page:
        page.get_by_role("button", name="Folder, ZIP or saved classes").click(timeout=PATIENCE)
        sounds = {"name": "mine.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
        field = page.locator("[data-testid=stFileUploader]").filter(has_text="A ZIP whose folders")
        field.locator("input").set_input_files(sounds)
        expect(page.get_by_label("Class 1").first).to_have_value("buzz", timeout=PATIENCE)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Learn", exact=True).click()
        expect_visible(page, "30 of 30")
        page.get_by_text("Demo clip", exact=True).click()
        expect(page.get_by_role("img", name="Class of each window")).to_be_visible(timeout=PATIENCE)
        with page.expect_download() as kept:
            page.get_by_role("button", name="Download").click()
        assert kept.value.suggested_filename == "my classes.zip"
        page.reload()
        expect_visible(page, "buzz (15 sounds), noise (15 sounds) were lost with the reload")
