"""The main job in a real Chromium, on a server of its own for each kind of first visit."""

import itertools
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

from deepmusic.audio import synth
from deepmusic.cli import main
from deepmusic.config import GTZAN_GENRES
from deepmusic.evaluation import metrics
from deepmusic.runs import list_runs, shipped_run

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
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
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


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
        expect_visible(page, "Here the CRNN has learnt from all clips")
        page.get_by_alt_text("DeepMusic", exact=False).or_(
            page.locator("[data-testid=stHeaderLogo]")
        ).first.wait_for()
        # Once the server is up, the first page's own address is "/"; the other leads there.
        page.goto(f"{address}/classify?source=demo&demo=metal&model=cnn")
        expect_visible(page, "synthetic-metal.wav")
        expect_visible(page, "Here the CNN has learnt from all clips")
        assert page.get_by_text("Page not found").count() == 0


#: Classify and Train have a first visitor in other tests of this file.
OTHER_PAGES = sorted({path.stem for path in (ROOT / "pages").glob("*.py")} - {"classify", "train"})


@pytest.mark.parametrize("name", OTHER_PAGES)
def test_every_page_can_be_the_first_that_a_server_is_asked_for(chromium, name):
    with running_server() as address, visit(chromium, f"{address}/{name}") as page:
        here = page.get_by_role("link", name=name.capitalize(), exact=True)
        here.wait_for(timeout=SLOW)
        page.locator("[data-testid=stMain] :is(h1, h2, h3, [role=radiogroup])").first.wait_for(
            timeout=SLOW
        )


@pytest.fixture(scope="module")
def server_with_clips(toy_gtzan):
    """A server with clips named like GTZAN's."""
    with running_server(DEEPMUSIC_GTZAN=str(toy_gtzan)) as address:
        yield address


def settle(page) -> None:
    """Wait until a page is complete."""
    page.wait_for_selector(READY, timeout=SLOW)
    for unfinished in ("stSkeleton", "stSpinner"):
        page.wait_for_selector(f"[data-testid={unfinished}]", state="detached", timeout=SLOW)


def test_one_visitor_goes_through_every_page(chromium, server_with_clips):
    """From link to link, in light and in dark by turns; `visit` asserts that nothing went wrong."""
    with visit(chromium, f"{server_with_clips}/?source=demo&demo=blues") as page:
        expect_visible(page, "Download JSON")
        links = page.locator("[data-testid=stToolbar], [data-testid=stHeader]").get_by_role("link")
        names = [name for name in links.all_inner_texts() if name]
        assert len(names) >= len(list((ROOT / "pages").glob("*.py")))
        for scheme, name in zip(itertools.cycle(("light", "dark")), names, strict=False):
            page.emulate_media(color_scheme=scheme)
            page.get_by_role("link", name=name, exact=True).click()
            page.wait_for_url(re.compile(rf"/{name.lower()}|/\?|/$"))
            settle(page)
            assert page.locator("[data-testid=stException]").count() == 0, name


def test_the_lesson_by_keyboard_and_by_link(chromium, server):
    with visit(chromium, f"{server}/lesson?step=2&demo=metal") as page:
        expect_visible(page, "2. Which notes are in it, and when?")
        settle(page)
        for number in (3, 4, 5):
            page.keyboard.press("PageDown")
            page.wait_for_url(re.compile(f"step={number}.*demo=metal|demo=metal.*step={number}"))
            settle(page)
        expect_visible(page, "windows say so on their own")
        page.keyboard.press("PageUp")
        expect_visible(page, "4. What does the recurrent layer remember?")


def test_a_cell_of_the_confusion_matrix_leads_to_the_player(chromium, server_with_clips, toy_gtzan):
    run = shipped_run("cnn")
    genres = list(run.config.model.genres)
    clips = metrics.clip_table(run.read_predictions(), genres)
    at_hand = clips[clips.index.isin([path.stem for path in toy_gtzan.rglob("*.wav")])]
    track, row = next(at_hand.iterrows())
    label, heard = (genres.index(row[name]) for name in ("genre", "predicted"))
    with visit(
        chromium, f"{server_with_clips}/confusion", viewport={"width": 1280, "height": 1600}
    ) as page:
        settle(page)
        matrix = page.locator("[data-testid=stPlotlyChart]").first.locator(".nsewdrag").first
        box = matrix.bounding_box()
        cell = {
            "x": (heard + 0.5) * box["width"] / len(genres),
            "y": (label + 0.5) * box["height"] / len(genres),
        }
        matrix.click(position=cell)
        expect_visible(page, f"{row['genre']} \N{RIGHTWARDS ARROW} {row['predicted']}")
        expect_visible(page, "Listen to")
        settle(page)
        page.get_by_role("combobox", name=re.compile("Listen to")).wait_for(timeout=SLOW)
        page.wait_for_function("document.querySelector('audio')?.duration > 5", timeout=SLOW)
        assert f"clip={track}" in page.url


#: The player lies in a shadow root, which hides what has the focus in it.
DEEPEST_FOCUS = """
let focused = document.activeElement;
while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
"""


def tab_to(page, what: str, most: int = 60) -> None:
    """Press Tab until the element that this JavaScript expression is true of has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"{DEEPEST_FOCUS} (e => {what})(focused)"):
            return
    raise AssertionError(f"{most} times Tab do not lead to: {what}")


def test_the_main_job_by_keyboard_alone(chromium, server):
    """Choose the demo clips, choose one, read the verdict, play and seek."""
    with visit(chromium, server) as page:
        expect_visible(page, "What genre is this, and why?")
        settle(page)
        tab_to(page, "e.getAttribute('role') === 'radio'")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect_visible(page, "synthetic-blues.wav")
        settle(page)
        tab_to(page, "e.getAttribute('role') === 'combobox'")
        page.keyboard.type("jazz")
        page.get_by_role("option", name="Synthetic jazz band").wait_for()
        page.keyboard.press("Enter")
        expect_visible(page, "synthetic-jazz.wav")
        expect_visible(page, "Download JSON")
        settle(page)
        tab_to(page, "e.getAttribute('aria-label') === 'Position in the song'")
        page.keyboard.press("Space")
        page.wait_for_function("!document.querySelector('audio').paused", timeout=SLOW)
        page.keyboard.press("Space")
        page.wait_for_function("document.querySelector('audio').paused", timeout=SLOW)
        for key, seconds in (("End", 30), ("PageDown", 20), ("Home", 0), ("ArrowRight", 1)):
            page.keyboard.press(key)
            assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(
                seconds, abs=0.2
            )


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
        log_mel = page.locator("img.spectrogram")
        box = log_mel.bounding_box()
        log_mel.click(position={"x": box["width"] / 2, "y": 20})
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


def test_a_song_leads_to_others_and_one_of_those_further(chromium, server):
    """In the demo bands, so that nothing need be indexed."""
    from playwright.sync_api import expect

    with visit(chromium, f"{server}/recommend") as page:
        page.get_by_role("button", name="Try the demo jazz").click()
        # The first of two: while a page is drawn anew, the old answers are still there.
        first = page.locator(".st-key-result_1").first
        expect(first).to_contain_text("Why:", timeout=SLOW)
        expect(first.locator("audio")).to_have_count(1)
        page.wait_for_selector(READY)
        found = re.search(r"1\. (.+)", first.inner_text())[1]
        first.get_by_role("button", name="More like this").click()
        # What was found asks now, and is not among the answers to itself.
        expect(first).not_to_contain_text(found, timeout=SLOW)
        expect(first).to_contain_text("Why:")


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
