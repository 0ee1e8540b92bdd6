"""The Recommend page in a real Chromium."""

import re

import pytest
import soundfile

from deepmusic.audio import synth
from deepmusic.library import indexing
from deepmusic.library.store import Library
from tests.ui.browsing import expect_visible, visit
from tools.running_app import PATIENCE, running_app, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server with a library of two songs."""
    music, library = tmp_path_factory.mktemp("music"), tmp_path_factory.mktemp("library")
    for genre in ("jazz", "metal"):
        soundfile.write(music / f"{genre}.flac", synth.play(genre, seconds=4), 22_050)
    indexing.index(music, Library(library), jobs=1)
    with running_app(DEEPMUSIC_LIBRARY=str(library)) as app:
        yield app.address


def test_a_wrong_folder_is_told_beside_a_library(chromium, address):
    from playwright.sync_api import expect

    with visit(chromium, f"{address}/recommend") as page:
        page.get_by_role("button", name="Add music").click()
        page.get_by_role("textbox", name="A folder of music").fill("/no such folder")
        page.get_by_role("button", name="Index it").click()
        expect_visible(page, "/no such folder must be a folder that can be read")
        settle(page)
        expect(page.get_by_text("/no such folder must be")).to_be_visible()


def test_a_query_has_a_name_and_its_results_have_true_reasons(chromium, address):
    """No result is less alike than the threshold; the answer is on the first screen."""
    from playwright.sync_api import expect

    with visit(chromium, f"{address}/recommend?in=demo&source=demo&demo=jazz") as page:
        results = page.locator("[class*=st-key-result_]")
        expect(results.first).to_be_in_viewport(timeout=PATIENCE)
        settle(page)
        expect(page.get_by_text("Like Second Set")).to_be_in_viewport()
        assert 1 <= results.count() <= 5
        for words in results.all_inner_texts():
            assert int(re.search(r"(\d+) %", words)[1]) >= 60
            reasons = words.partition("Why:")[2].partition("\n")[0]
            assert not re.search("unlike|slower|faster|brighter|darker|%|Hz", reasons)
