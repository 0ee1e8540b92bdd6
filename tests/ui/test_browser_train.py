"""The Train page in a real Chromium: from the button over the curves to the network in use."""

import os
import re

import numpy as np
import pytest

from deepmusic import models
from deepmusic.data import Toy, toy
from deepmusic.data.logmels import LogMelFolder
from deepmusic.files import write_atomically
from deepmusic.runs import list_runs
from tests.ui.browsing import Server, expect_visible, visit
from tools.running_app import PATIENCE, running_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME, OWNER = "CRNN on toy", "Ada"
#: What stands beside its progress.
SHOWN = f"{NAME} ({OWNER})"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose toy set need not be synthesised: noise with a loud band per genre."""
    data, runs = (tmp_path_factory.mktemp(name) for name in ("data", "runs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEEPMUSIC_DATA", str(data))
        dataset, rng = Toy(), np.random.default_rng(0)
        folder = LogMelFolder(dataset, models.spec("crnn").config.mel)
        for track, about in dataset.tracks.items():
            log_mel = rng.integers(0, 160, (128, 103), dtype=np.uint8)
            log_mel[12 * dataset.genres.index(about.genre) :][:12] += 90
            folder.write(track, toy._state_of_sound(), log_mel)
    with running_app(DEEPMUSIC_DATA=str(data), DEEPMUSIC_RUNS=str(runs)) as app:
        yield Server(app.address, runs)


def shorten(run, n_epochs):
    """Let a run end sooner than it was asked to."""
    config = run.config
    config = config.changed(train=config.train.changed(epochs=n_epochs))
    write_atomically(run.path / "config.json", config.to_json())


def test_training_from_the_button_to_classify(chromium, server):
    """Launch, watch, reload, switch pages, stop, resume, look at the curves, use the network."""
    from playwright.sync_api import expect

    n_epochs = 500
    address = server.address
    with visit(chromium, f"{address}/train") as page:
        for other, button in (("CNN", "Train 2 runs"), ("CNN-GRU", "Train")):
            page.get_by_role("button", name=other, exact=True).click()
            page.get_by_role("button", name=button, exact=True).wait_for()
        page.get_by_role("button", name="Your name").click()
        page.get_by_role("textbox", name="Your name").fill(OWNER)
        page.get_by_role("textbox", name="Your name").press("Enter")
        page.get_by_role("button", name=f"Your name: {OWNER}").click()
        page.get_by_text("Settings", exact=True).click()
        page.get_by_label("Most epochs").fill(str(n_epochs))
        page.get_by_label("Most epochs").press("Enter")
        page.get_by_role("button", name="Train", exact=True).click()
        expect_visible(page, re.compile("starting TensorFlow|preparing the training clips"))
        second = re.compile(rf"{re.escape(SHOWN)}: epoch ([2-9]|\d+\d) of {n_epochs}")
        watch = page.locator("[data-testid=stProgress]").first
        expect(watch).to_contain_text(second, timeout=2 * PATIENCE)
        expect(watch).to_be_in_viewport()
        (run,) = list_runs(server.runs)
        assert (run.state, run.owner) == ("running", OWNER)

        # A reload begins a new session: what the browser keeps comes along.
        page.reload()
        expect(watch).to_contain_text(second, timeout=PATIENCE)
        expect(page.get_by_role("button", name=f"Your name: {OWNER}")).to_be_visible()
        page.get_by_role("link", name="Classify").click()
        expect_visible(page, "What genre is this, and why?")
        assert run.state == "running"
        page.get_by_role("link", name="Train").click()
        page.get_by_role("button", name="Stop", exact=True).first.click(timeout=PATIENCE)
        expect(watch).to_contain_text(f"{SHOWN}: stopped", timeout=PATIENCE)
        kept = len(run.history())
        assert 1 <= kept < n_epochs
        shorten(run, kept + 2)

        page.get_by_role("button", name="Resume", exact=True).first.click()
        expect(watch).to_contain_text(f"{SHOWN}: finished, test accuracy", timeout=2 * PATIENCE)
        assert [row["epoch"] for row in run.history()] == list(range(kept + 2))
        assert f"going on after epoch {kept}\n" in run.log_path.read_text()

        # Yesterday's run is still in view.
        for path in (run.history_path, run.log_path):
            os.utime(path, (path.stat().st_mtime - 86_400,) * 2)
        page.reload()
        expect(watch).to_contain_text(f"{SHOWN}: finished", timeout=PATIENCE)
        page.get_by_role("button", name="Use in Classify").first.click()
        expect_visible(page, f"CRNN: your run {NAME}")
        expect_visible(page, "Download JSON")
        expect(page.get_by_role("radio", name="CRNN")).to_be_checked()

        # Its name is what all pages call it by.
        for link in ("compare?protocol=toy", "confusion?protocol=toy", f"curves?runs={run.id}"):
            page.goto(f"{address}/{link}")
            expect_visible(page, NAME)
            assert page.get_by_text(run.id).count() == 0, link
