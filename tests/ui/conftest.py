"""Fixtures of the pages' tests: for those in a browser a Chromium and a server."""

import os
from collections.abc import Iterator

import pytest

from deepmusic.data.gtzan import ENVIRONMENT_VARIABLE
from deepmusic.ui.cache import memory
from tests.ui.browsing import Server
from tools.running_app import CHROMIUM, PATIENCE, running_app, running_chromium

#: A page that a test looks at for seconds is gone before compiled scripts would pay.
WITHOUT_COMPILERS = "--js-flags=--no-opt --no-maglev"


@pytest.fixture(autouse=True, scope="session")
def _no_visitors_to_forget() -> Iterator[None]:
    """Let the thread that forgets visitors sleep: an AppTest's runtime has none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "_PAUSE", 3600)
        yield


@pytest.fixture
def without_gtzan(monkeypatch) -> None:
    """Keep the GTZAN of whoever tests out of a test, unless it sets its own."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("CI must run the browser tests; install chromium.")
        pytest.skip("needs Chromium or Chrome")
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)  # A busy machine is slow, and that is no fault.
    with running_chromium(WITHOUT_COMPILERS) as browser:
        yield browser


@pytest.fixture(scope="session")
def server(toy_gtzan, tmp_path_factory) -> Iterator[Server]:
    """A server with clips named like GTZAN's, for all tests that need no fresh one.

    They leave nothing on it but caches; a test that would brings a server of its own.
    """
    runs = tmp_path_factory.mktemp("runs")
    with running_app(DEEPMUSIC_GTZAN=str(toy_gtzan), DEEPMUSIC_RUNS=str(runs)) as app:
        yield Server(app.address, runs)
