"""Imports: what they load decides how fast the first page is there."""

import os
import subprocess
import sys

import pytest

#: Whatever the app and the command load before anyone asks for something.
LIGHT = [
    "deepmusic.audio",
    "deepmusic.charts.song",
    "deepmusic.cli",
    "deepmusic.library.indexing",
    "deepmusic.library.known_clips",
    "deepmusic.library.recommend",
    "deepmusic.models",
    "deepmusic.prediction",
    "deepmusic.ui.frame",
]
HEAVY = {"keras", "tensorflow", "librosa", "sklearn", "scipy", "numba"}


def loaded_after(module: str) -> set[str]:
    """Return the names of all modules that are loaded after one was imported."""
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_load_nothing_heavy(module):
    loaded = loaded_after(module)
    assert loaded.isdisjoint(HEAVY)
    assert "streamlit" not in loaded or module.startswith("deepmusic.ui")


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
