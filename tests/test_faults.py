"""The worst day: full disks, folders that cannot be written, two servers, clocks that jump."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from deepmusic import models
from deepmusic.config import TrainConfig
from deepmusic.errors import RunError
from deepmusic.runs import list_runs
from deepmusic.training import worker

ROOT = Path(__file__).resolve().parent.parent
TINY = models.MODELS["cnn"].config.changed(filters=(4,), dense_units=8)
TOY = TrainConfig(data="toy", epochs=2)


@pytest.fixture
def run(tmp_path):
    return worker.create(TINY, TOY, tmp_path)


FAULTS = {"full": OSError(28, "No space left on device"), "read-only": OSError(30, "Read-only")}


@pytest.fixture(params=FAULTS)
def stubborn_disk(request, monkeypatch):
    """A disk that is full, or may not be written."""

    def refuse(*args, **kwargs):
        raise FAULTS[request.param]

    for owner, name in ((os, "replace"), (Path, "touch"), (Path, "write_text"), (shutil, "rmtree")):
        monkeypatch.setattr(owner, name, refuse)
    return FAULTS[request.param].strerror


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run.cancel(),
        lambda run: run.write_notes("title", "text"),
        lambda run: run.delete(),
    ],
)
def test_a_disk_that_refuses_is_told_in_words(run, stubborn_disk, change):
    with pytest.raises(RunError, match=f"cannot be changed .{stubborn_disk}.. Free some space"):
        change(run)
    assert run.config, "nothing is lost"


def test_the_page_says_so_too(run, stubborn_disk, monkeypatch):
    monkeypatch.setenv("DEEPMUSIC_RUNS", str(run.path.parent))
    app = AppTest.from_file("../pages/train.py", default_timeout=60)
    app.session_state["frame_is_up"] = True
    app.session_state["chosen_run"] = run.id
    app.run()
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    assert not run.notes["title"]


# === Two servers on one folder of runs ===


def test_two_servers_make_runs_of_their_own(tmp_path):
    """Both make runs within the same second; no run is lost or shared."""
    code = (
        "from tests.test_faults import *\n"
        f"print(*[worker.create(TINY, TOY, Path({str(tmp_path)!r})).id for _ in range(15)])"
    )
    servers = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    made = [one for server in servers for one in server.communicate(timeout=120)[0].split()]
    assert len(made) == len(set(made)) == 30
    assert sorted(made) == [run.id for run in list_runs(tmp_path)]


def test_a_run_that_another_server_deletes_is_gone_for_both(run, monkeypatch):
    rmtree = shutil.rmtree

    def both(path):
        rmtree(path)
        rmtree(path)

    monkeypatch.setattr(shutil, "rmtree", both)
    run.delete()
    assert list_runs(run.path.parent) == []


# === Clocks ===


def test_a_clock_that_is_set_back_loses_no_run_and_no_turn(tmp_path):
    first, second = (worker.create(TINY, TOY, tmp_path) for _ in range(2))
    with first.take_lock(), second.take_lock():
        first.enqueue()
        second.enqueue()
        # The second is queued after the clock was set back by a year.
        os.utime(second.path / "ticket", ns=(0, first.ticket - 10**9 * 86_400 * 365))
        waits = [worker._has_predecessor(run) for run in (first, second)]
        assert sorted(waits) == [False, True], "one goes first, and one waits"
        os.utime(second.path / "ticket", ns=(0, first.ticket))
        assert sorted(worker._has_predecessor(run) for run in (first, second)) == [False, True]
    assert {run.id for run in list_runs(tmp_path)} == {first.id, second.id}


# === Nowhere to write ===


def test_numba_gets_a_folder_where_nothing_can_be_written(tmp_path):
    """A container with a read-only file system, but for its temporary folder."""
    code = (
        "import os; os.access = lambda *args: False\n"
        "import deepmusic, stat; folder = os.environ['NUMBA_CACHE_DIR']\n"
        "print(folder, stat.filemode(os.stat(folder).st_mode))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    environment |= {"HOME": "/proc/nowhere", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    folder, mode = done.stdout.split()
    assert folder.startswith(str(tmp_path / "deepmusic-numba-"))
    assert mode == "drwx------", "numba runs what lies there"
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_numba_keeps_its_own_folder_where_it_has_one():
    assert (
        "NUMBA_CACHE_DIR" not in os.environ
        or "deepmusic-numba" not in (os.environ["NUMBA_CACHE_DIR"])
    )
