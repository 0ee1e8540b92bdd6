"""The main job in a real Chromium, on a server of its own for each kind of first visit."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import soundfile
from click.testing import CliRunner

from deepmusic import synth
from deepmusic.__main__ import main
from deepmusic.config import GTZAN_GENRES
from deepmusic.runs import list_runs

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), ""
)
READY = (
    "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
)
#: The first answer of a server waits for TensorFlow.
SLOW = 90_000


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("CI must run the browser tests; install chromium.")
        pytest.skip("needs Chromium or Chrome")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--disable-background-networking",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
            ],
        )
        yield browser
        browser.close()


@contextmanager
def running_server(**environment: str) -> Iterator[str]:
    """Run the app on a free port, with these environment variables; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = ["--server.headless=true", f"--server.port={port}", "--server.fileWatcherType=none"]
    server = subprocess.Popen(
        [*command, *options, "--server.address=127.0.0.1"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DEEPMUSIC_GTZAN"}
        | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urlopen(f"{address}/_stcore/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def server():
    with running_server() as address:
        yield address


def is_fault(line) -> bool:
    """Tell errors from Streamlit's own search for its endpoints below a page's address."""
    return line.type == "error" and "/_stcore/" not in line.location["url"]


@contextmanager
def visit(chromium, address: str, **context) -> Iterator:
    """Open a page as a new visitor; fail on a traceback or an error in the console."""
    visitor = chromium.new_context(**{"viewport": {"width": 1280, "height": 720}} | context)
    page = visitor.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if is_fault(line) else None)
    page.goto(address)
    page.wait_for_selector(READY, timeout=SLOW)
    try:
        yield page
        assert page.locator("[data-testid=stException]").count() == 0
        assert faults == []
    finally:
        visitor.close()


def upload(page, path: Path) -> None:
    page.set_input_files("input[type=file]", path)


def expect_visible(page, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.get_by_text(text).first).to_be_visible(timeout=SLOW)


@pytest.fixture(scope="module")
def mp3(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("songs") / "take five (live).mp3"
    soundfile.write(path, synth.play("jazz", seconds=12), 22_050, format="MP3")
    return path


def test_deep_link_on_a_fresh_server(chromium):
    """The very first request of a server asks for a page by its address."""
    with (
        running_server() as address,
        visit(chromium, f"{address}/classify?source=demo&demo=reggae&model=crnn") as page,
    ):
        expect_visible(page, "synthetic-reggae.wav")
        expect_visible(page, "the CRNN named the labelled genre")
        page.get_by_alt_text("DeepMusic", exact=False).or_(
            page.locator("[data-testid=stHeaderLogo]")
        ).first.wait_for()


def test_upload_of_an_mp3_gives_the_command_line_s_numbers(chromium, server, mp3, tmp_path):
    with visit(chromium, server) as page:
        upload(page, mp3)
        expect_visible(page, "Download JSON")
        with page.expect_download() as waiting:
            page.get_by_text("Download JSON").click()
        waiting.value.save_as(tmp_path / "page.json")
    printed = CliRunner().invoke(main, ["predict", str(mp3), "--json"])
    (shown,) = json.loads((tmp_path / "page.json").read_text())
    (stated,) = json.loads(printed.stdout)
    assert shown["file"] == mp3.name
    assert list(shown["models"]) == list(stated["models"]) == ["cnn", "crnn", "cnn_gru", "ensemble"]
    for name, model in stated["models"].items():
        assert shown["models"][name]["probabilities"] == pytest.approx(
            model["probabilities"], abs=1e-6
        )
        assert len(shown["models"][name]["windows"]) == len(model["windows"])


def test_a_text_named_mp3_is_refused_in_words(chromium, server, tmp_path):
    fake = tmp_path / "fake.mp3"
    fake.write_text("this is no music")
    with visit(chromium, server) as page:
        upload(page, fake)
        expect_visible(page, "fake.mp3 is not sound that can be read")
        expect_visible(page, "What genre is this, and why?")


def test_click_and_keys_seek_without_a_rerun(chromium, server, mp3):
    from playwright.sync_api import expect

    with visit(chromium, server) as page:
        upload(page, mp3)
        expect_visible(page, "Download JSON")
        page.wait_for_selector(READY)
        plot = page.get_by_role("slider", name="Position in the song")
        picture = page.locator("img.spectrogram")
        box = picture.bounding_box()
        picture.click(position={"x": box["width"] / 2, "y": 20})
        seconds = page.evaluate("document.querySelector('audio').currentTime")
        assert seconds == pytest.approx(6.0, abs=0.2)
        plot.focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(
            seconds + 1, abs=0.1
        )
        expect(plot).to_have_attribute("aria-valuetext", re.compile(r"0:0[67] of 0:12.*CNN"))


def test_a_place_of_disagreement_is_heard_from_its_start(chromium, server):
    """Of the demo clips, take the first in which the networks first differ after 2 s."""
    for genre in GTZAN_GENRES:
        address = f"{server}/compare?view=duel&source=demo&demo={genre}"
        with visit(chromium, address, viewport={"width": 1280, "height": 1500}) as page:
            lane = page.get_by_role("img", name="They differ")
            lane.wait_for(timeout=SLOW)
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


def test_a_phone_shows_the_verdict_first_and_nothing_sticks_out(chromium, server, mp3):
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    with visit(chromium, server, **phone) as page:
        upload(page, mp3)
        expect_visible(page, "Download JSON")
        page.wait_for_selector(READY)
        width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert width <= 390
        chart = page.locator("[data-testid=stPlotlyChart]").bounding_box()
        audio = page.locator("audio").bounding_box()
        assert chart["y"] < audio["y"]


def test_a_recording_from_the_microphone(chromium, server):
    with visit(chromium, f"{server}/?source=record", permissions=["microphone"]) as page:
        recorder = page.locator("[data-testid=stAudioInput]")
        recorder.get_by_role("button").first.click()
        page.wait_for_function(
            "/00:0[4-9]/.test(document.querySelector('[data-testid=stAudioInput]').innerText)",
            timeout=20_000,
        )
        recorder.get_by_role("button").first.click()
        expect_visible(page, "_audio.wav")
        expect_visible(page, "Download JSON")


def choose_run(page, run_id: str) -> None:
    """Choose a run below the table of runs, by keyboard."""
    page.get_by_role("combobox", name="Run", exact=True).fill(run_id)
    page.get_by_role("option", name=run_id).wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete ...").wait_for(timeout=SLOW)


def test_training_from_the_button_to_classify(chromium, tmp_path):
    """Launch, watch, reload, switch pages, stop, resume, look at the curves, use the network."""
    n_epochs = 30
    with (
        running_server(DEEPMUSIC_RUNS=str(tmp_path)) as address,
        visit(chromium, f"{address}/train", viewport={"width": 1280, "height": 1300}) as page,
    ):
        for other, button in (("CNN", "Train 2 runs"), ("CNN-GRU", "Train")):
            page.get_by_role("button", name=other, exact=True).click()
            page.get_by_role("button", name=button, exact=True).wait_for()
        page.get_by_text("Settings", exact=True).click()
        page.get_by_label("Most epochs").fill(str(n_epochs))
        page.get_by_label("Most epochs").press("Enter")
        page.get_by_role("button", name="Train", exact=True).click()
        third = re.compile(rf"epoch ([3-9]|\d\d) of {n_epochs}")
        page.get_by_text(third).first.wait_for(timeout=SLOW)
        (run,) = list_runs(tmp_path)
        assert run.state == "running"

        page.reload()
        page.get_by_text(third).first.wait_for(timeout=SLOW)
        page.get_by_role("link", name="Classify").click()
        expect_visible(page, "What genre is this, and why?")
        assert run.state == "running"
        page.get_by_role("link", name="Train").click()
        page.get_by_role("button", name="Stop", exact=True).first.click(timeout=SLOW)
        page.get_by_text("cancelled").first.wait_for(timeout=SLOW)
        assert run.state == "cancelled"
        kept = len(run.history())
        assert 2 <= kept < n_epochs

        choose_run(page, run.id)
        page.get_by_role("button", name="Resume", exact=True).last.click()
        page.get_by_text("of the test clips right").first.wait_for(timeout=2 * SLOW)
        assert run.state == "finished"
        assert [row["epoch"] for row in run.history()] == list(range(n_epochs))
        assert f"going on after epoch {kept}\n" in run.log_path.read_text()

        page.goto(f"{address}/curves?runs={run.id}")
        expect_visible(page, run.id)
        page.get_by_role("link", name="Train").click()
        choose_run(page, run.id)
        page.get_by_role("button", name="Use in Classify").last.click()
        page.get_by_role("button", name="Used in Classify").last.wait_for(timeout=SLOW)
        page.get_by_role("link", name="Classify").click()
        page.get_by_text("Try the demo blues").click(timeout=SLOW)
        expect_visible(page, f"CRNN: your run {run.id}")
        expect_visible(page, "Download JSON")
